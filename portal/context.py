"""What every page's frame shows: the rail, the person and their teams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.core.middleware import current_request_id
from apps.core.plugs import NavItem, registered
from apps.people.models import Team
from apps.people.standing import standing_of


@dataclass(frozen=True, slots=True)
class NavLink:
    label: str
    url: str
    icon: str
    active: bool


def frame(request: HttpRequest) -> dict[str, Any]:
    """`nav`, `person`, `teams`, `standing` and the request's id; teams are read only when a template asks."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"request_id": current_request_id(), "nav": []}
    standing = standing_of(user)
    return {
        "nav": [_link(item, request.path) for item in registered(NavItem)],
        "person": user,
        "standing": standing,
        "teams": Team.objects.visible_to(user).filter(pk__in=standing.teams),
        "request_id": current_request_id(),
    }


def _link(item: NavItem, path: str) -> NavLink:
    """One's own profile stands in no room: it opens from the person's menu."""
    own = path.startswith(reverse("people:profile"))
    active = path == "/" if item.prefix == "/" else path.startswith(item.prefix) and not own
    return NavLink(item.label, reverse(item.url_name), item.icon, active)
