"""The parts of the roadmap room, and the parts of one request, as tabs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.people.standing import standing_of
from apps.roadmap.models import Request
from apps.roadmap.policies import is_central
from apps.roadmap.workflow import DONE, UNDER_WAY

TABS = (
    ("home", "Now, next, later", "map"),
    ("requests", "Requests", "file-text"),
    ("triage", "Triage", "list-filter"),
    ("ranking", "Ranking", "list-ordered"),
    ("cycles", "Cycles", "calendar-range"),
    ("policies", "Policy", "scale"),
    ("opportunities", "Opportunities", "grid-3x3"),
    ("lessons", "Lessons", "book-open"),
    ("leads", "Figures", "chart-line"),
)
FOR_THE_CENTER = ("triage", "leads")
LISTS = (("requests", "All"), ("mine", "Mine"))


def room_tabs(request: HttpRequest, active: str) -> list[dict[str, Any]]:
    """The one navigation of the room; `active` is the name of a route."""
    center = is_central(standing_of(request.user))
    return [
        {"label": label, "icon": icon, "url": reverse(f"roadmap:{route}"), "active": route == active}
        for route, label, icon in TABS
        if center or route not in FOR_THE_CENTER
    ]


def request_lists(active: str) -> list[dict[str, Any]]:
    """The two lists behind the tab of requests."""
    return [
        {"label": label, "url": reverse(f"roadmap:{route}"), "active": route == active}
        for route, label in LISTS
    ]


def request_tabs(row: Request, active: str) -> list[dict[str, Any]]:
    """Delivery and outcomes only where there are any."""
    tabs = [
        ("request", "Request", "file-text"),
        ("score", "Scores", "scale"),
        ("estimate", "Effort", "ruler"),
    ]
    if row.state in (*UNDER_WAY, *DONE):
        tabs.append(("delivery", "Delivery", "hammer"))
    if row.state in DONE:
        tabs.append(("outcomes", "Outcomes", "chart-line"))
    return [
        {
            "label": label,
            "icon": icon,
            "url": reverse(f"roadmap:{route}", args=[row.pk]),
            "active": route == active,
        }
        for route, label, icon in tabs
    ]
