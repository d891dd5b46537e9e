"""The parts of the tooling room, as tabs above its lists."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from apps.people.standing import standing_of
from apps.tooling.policies import is_central

TABS = (
    ("home", "Radar", "radar"),
    ("requests", "Requests", "file-question-mark"),
    ("proposals", "Proposals", "vote"),
    ("check", "Check", "list-checks"),
    ("use", "Use", "scan-search"),
)
FOR_THE_CENTER = (("leads", "Figures", "chart-line"),)


def room_tabs(request: HttpRequest, active: str) -> list[dict[str, Any]]:
    """`active` is the name of a route."""
    center = FOR_THE_CENTER if is_central(standing_of(request.user)) else ()
    return [
        {"label": label, "icon": icon, "url": reverse(f"tooling:{route}"), "active": route == active}
        for route, label, icon in (*TABS, *center)
    ]
