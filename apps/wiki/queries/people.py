"""People as the wiki meets them: who of those named may read a page, who must read a policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from apps.people.models import User
from apps.wiki.models import Page
from apps.wiki.vocabulary import Audience

MOST_NAMED = 50


def readers_named(page: Page, names: Iterable[str], writer: Any) -> list[User]:
    """Active people of these usernames who see the page, the writer excepted."""
    wanted = {name.lower() for name in list(names)[:MOST_NAMED]}
    rows = User._base_manager.filter(username__in=wanted, is_active=True).exclude(pk=writer.pk)
    return [user for user in rows if Page.objects.visible_to(user).filter(pk=page.pk).exists()]


def audience(page: Page) -> QuerySet[User]:
    """The active people who must acknowledge the page: as its policy says, of those who see it."""
    people = User._base_manager.filter(is_active=True, kind=User.Kind.PERSON)
    if page.acknowledged_by == Audience.NOBODY:
        return people.none()
    if page.acknowledged_by == Audience.COMPANY:
        return people
    running = Q(memberships__ends__isnull=True)
    if page.acknowledged_by == Audience.TEAM:
        return people.filter(running, memberships__team=page.owner_id).distinct()
    unit = page.owner.business_unit_id if page.owner else None
    return people.filter(running, memberships__team__business_unit=unit).distinct()
