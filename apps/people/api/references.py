"""The team or person that a request names, as far as the caller sees them."""

from __future__ import annotations

from typing import Any

from apps.core.errors import NotFound
from apps.people.models import Team, User


def team_named(user: Any, slug: str | None) -> Team | None:
    if slug is None:
        return None
    team = Team.objects.visible_to(user).select_related("business_unit").filter(slug=slug).first()
    if team is None:
        raise NotFound(f"There is no team {slug}.", next_step="GET /api/v1/teams/ lists them.")
    return team


def person_named(user: Any, username: str | None) -> User | None:
    if username is None:
        return None
    person = User.objects.visible_to(user).filter(username=username).first()
    if person is None:
        raise NotFound(f"There is nobody named {username}.", next_step="GET /api/v1/people/ lists everybody.")
    return person
