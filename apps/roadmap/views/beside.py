"""What stands beside the form: what is missing, what happens when it is sent, what exists already."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.people.branches import NearestSponsor
from apps.people.models import BusinessUnit, User
from apps.roadmap.models import Request
from apps.roadmap.queries.completeness import TEXTS, missing
from apps.roadmap.queries.requests import pace, reusable, similar

LABELS = {
    "title": "Title",
    "problem": "Problem",
    "decision_changed": "Decision that changes",
    "if_nothing": "What if we do nothing",
    "why_now": "Why now",
    "approach": "Build, buy or reuse",
    "approach_reason": "Why so",
    "kpis": "Figures that should move",
}


def beside(user: Any, draft: Request) -> dict[str, Any]:
    """The context of `roadmap/asking/beside.html` for a draft as it is kept now."""
    lacking = missing(draft)
    return {
        "draft": draft,
        "lacking": [(name, LABELS.get(name, name), sentences) for name, sentences in lacking.items()],
        "left": len(LABELS) - len(lacking),
        "whole": len(TEXTS) + 2,
        "sponsor": sponsor_of(draft),
        "pace": pace(timezone.now()),
    }


def sponsor_of(request: Request) -> User | None:
    """Who would answer for the value: the sponsor of the unit, else of the nearest one above that has one."""
    unit = BusinessUnit._base_manager.filter(pk=request.unit_id).values(found=NearestSponsor("pk"))
    return User._base_manager.filter(pk__in=unit).first()


def alike(user: Any, text: str, without: int | None = None) -> dict[str, Any]:
    """The context of `roadmap/asking/similar.html`. `text` may be as it was sent, in a form that was refused."""
    return {
        "similar": similar(user, text, without=without),
        "entities": reusable(user, text),
        "asked": bool(text.strip()),
    }
