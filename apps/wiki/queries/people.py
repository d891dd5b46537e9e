"""People as the wiki meets them: who of those named may read a page, who must read a policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.people.models import Membership, User
from apps.wiki.models import Page
from apps.wiki.vocabulary import Audience

MOST_NAMED = 50
NARROWING: tuple[str, ...] = (Audience.COMPANY, Audience.UNIT, Audience.TEAM)
REACH: dict[str, str] = {"company": Audience.COMPANY, "unit": Audience.UNIT, "restricted": Audience.TEAM}


def readers_named(page: Page, names: Iterable[str], writer: Any) -> list[User]:
    """Active people of these usernames who see the page, the writer excepted."""
    wanted = {name.lower() for name in list(names)[:MOST_NAMED]}
    rows = User._base_manager.filter(username__in=wanted, is_active=True).exclude(pk=writer.pk)
    return [user for user in rows if Page.objects.visible_to(user).filter(pk=page.pk).exists()]


def audience(page: Page) -> QuerySet[User]:
    """The active people who must acknowledge the page: those its frame names, as far as its visibility reaches."""
    people = User._base_manager.filter(is_active=True, kind=User.Kind.PERSON)
    if page.acknowledged_by == Audience.NOBODY:
        return people.none()
    reach = max(page.acknowledged_by, REACH[page.visibility], key=NARROWING.index)
    if reach == Audience.COMPANY:
        return people
    members = Membership._base_manager.filter(Q(ends=None) | Q(ends__gt=timezone.now()))
    if reach == Audience.TEAM:
        members = members.filter(team=page.owner_id)
    else:
        members = members.filter(team__business_unit=page.owner.business_unit_id if page.owner else None)
    return people.filter(pk__in=members.values("user"))
