"""Reads of the organisation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from apps.core.errors import Forbidden
from apps.people.models import BusinessUnit, Committee, Liaison, Membership, Team, User
from apps.people.standing import standing_of


def running(prefix: str = "", at: datetime | None = None) -> Q:
    """Rows of a period that hold now, or at `at`. An end that is set already may still be to come."""
    when = at or timezone.now()
    return Q(**{f"{prefix}starts__lte": when}) & (
        Q(**{f"{prefix}ends": None}) | Q(**{f"{prefix}ends__gt": when})
    )


def teams(user: Any) -> QuerySet[Team]:
    """All teams with how many people are in them now."""
    members = Count("memberships", filter=running("memberships__"), distinct=True)
    return (
        Team.objects.visible_to(user).select_related("business_unit", "lead").annotate(member_count=members)
    )


def members(user: Any, team: Team) -> QuerySet[Membership]:
    return Membership.objects.visible_to(user).filter(running(), team=team).select_related("user")


def units(user: Any) -> QuerySet[BusinessUnit]:
    """Units with the number of liaisons that serve them now; a unit without one is to be shown as such."""
    liaisons = Count("liaisons", filter=running("liaisons__"), distinct=True)
    return (
        BusinessUnit.objects.visible_to(user)
        .select_related("parent", "sponsor")
        .annotate(liaison_count=liaisons)
    )


def liaisons(user: Any, unit: BusinessUnit) -> QuerySet[Liaison]:
    return Liaison.objects.visible_to(user).filter(running(), business_unit=unit).select_related("user")


def committees(user: Any) -> QuerySet[Committee]:
    return Committee.objects.visible_to(user).select_related("chair").prefetch_related("seats__user")


def people(user: Any) -> QuerySet[User]:
    return User.objects.visible_to(user).filter(kind=User.Kind.PERSON)


def own_teams(user: Any) -> QuerySet[Team]:
    """The teams in whose name somebody may act."""
    return Team.objects.visible_to(user).filter(pk__in=standing_of(user).teams).order_by("name")


def acting_team(user: Any, slug: str | None = None) -> Team:
    """The team of a request is that of its identity; a `team` in the body may only choose among several.

    Raises Forbidden for somebody without team, with several and no choice, or with a choice that is not theirs.
    """
    return chosen_team(list(own_teams(user)), slug)


def chosen_team(candidates: Sequence[Team], slug: str | None) -> Team:
    """The one that `slug` names among somebody's own teams, or their only one; raises as `acting_team` does."""
    if slug:
        candidates = [team for team in candidates if team.slug == slug]
        if not candidates:
            raise Forbidden(f"You are not in the team {slug}.", next_step="Choose one of your own teams.")
    if not candidates:
        raise Forbidden("You have no team.", next_step="Ask a team's lead to add you.")
    if len(candidates) > 1:
        choices = ", ".join(team.slug for team in candidates)
        raise Forbidden(f"You are in several teams; say for which you act: {choices}.")
    return candidates[0]
