"""People as the wiki meets them: who of those named may read a page, who must read a policy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.people.models import Membership, Team, User, Visibility
from apps.people.queries import own_teams, running
from apps.people.standing import standing_of
from apps.wiki.models import Page, Space
from apps.wiki.vocabulary import Audience

MOST_NAMED = 50
NARROWING: tuple[str, ...] = (Audience.COMPANY, Audience.UNIT, Audience.TEAM)
REACH: dict[str, str] = {"company": Audience.COMPANY, "unit": Audience.UNIT, "restricted": Audience.TEAM}


def readers_named(page: Page, names: Iterable[str], writer: Any) -> list[User]:
    """Active people of these usernames who see the page, the writer excepted."""
    wanted = {name.lower() for name in list(names)[:MOST_NAMED]}
    rows = User._base_manager.filter(username__in=wanted, is_active=True).exclude(pk=writer.pk)
    return [user for user in rows if Page.objects.visible_to(user).filter(pk=page.pk).exists()]


def founding_teams(user: Any) -> QuerySet[Team]:
    """Those in whose name somebody may open a space: their own; for CoE leads any that runs."""
    if standing_of(user).coe_lead:
        return Team.objects.visible_to(user).filter(running()).order_by("name")
    return own_teams(user)


def shown_to(obj: Page | Space) -> str:
    """Who sees a page or a space, as the end of a sentence."""
    if obj.visibility == Visibility.COMPANY:
        return "everybody in the company"
    owner = str(obj.owner or "CoE leads")
    unit = obj.owner.business_unit if obj.owner and obj.visibility == Visibility.UNIT else None
    return f"{unit}, {owner} and those with a grant" if unit else f"{owner} and those with a grant"


def audience(page: Page) -> QuerySet[User]:
    """The active people who must acknowledge the page: those its frame names, as far as its visibility reaches."""
    people = User._base_manager.filter(is_active=True, kind=User.Kind.PERSON)
    if page.acknowledged_by == Audience.NOBODY:
        return people.none()
    reach = reach_of(page)
    if reach == Audience.COMPANY:
        return people
    members = current_memberships()
    if reach == Audience.TEAM:
        members = members.filter(team=page.owner_id)
    else:
        members = members.filter(team__business_unit=page.owner.business_unit_id if page.owner else None)
    return people.filter(pk__in=members.values("user"))


def reach_of(page: Page) -> str:
    """How wide the audience of a page is that has one: the narrower of what its frame and its visibility say."""
    return max(page.acknowledged_by, REACH[page.visibility], key=NARROWING.index)


def current_memberships(at: datetime | None = None) -> QuerySet[Membership]:
    """Who works where at a moment (now, unless told otherwise); teams that have ended have nobody."""
    at = at or timezone.now()
    rows = Membership._base_manager.filter(Q(ends=None) | Q(ends__gt=at), starts__lte=at)
    return rows.filter(Q(team__ends=None) | Q(team__ends__gt=at))


def asks(user: User) -> Q:
    """The pages that ask `user` to acknowledge them: `audience`, read from the person's side."""
    if user.kind != User.Kind.PERSON or not user.is_active:
        return Q(pk__in=[])
    teams = standing_of(user).teams
    units = set(Team._base_manager.filter(pk__in=teams).values_list("business_unit", flat=True))
    company, unit, team = (reaches(level) for level in NARROWING)
    in_unit = Q(owner__business_unit__in=units - {None})
    if None in units:
        in_unit |= Q(owner__business_unit__isnull=True)
    return company | (unit & in_unit) | (team & Q(owner__in=teams))


def reaches(level: str) -> Q:
    """Pages whose audience is exactly as wide as `level`: the narrower of what their frame and visibility say."""
    as_wide = NARROWING[: NARROWING.index(level) + 1]
    visible = {name for name, reach in REACH.items() if reach in as_wide}
    here = Q(acknowledged_by=level) | Q(visibility__in=[name for name in visible if REACH[name] == level])
    return here & Q(acknowledged_by__in=as_wide, visibility__in=sorted(visible))
