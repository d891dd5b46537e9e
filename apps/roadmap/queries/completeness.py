"""What a draft lacks before it may be submitted, and what a request lacks before it is ready for a cycle."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from apps.people.branches import InOneLine
from apps.roadmap.models import Request, Score, Support
from apps.roadmap.queries.scores import is_stale, revealed, spread_is_wide
from apps.roadmap.workflow import RequestType, State

TEXTS = {
    "problem": "Say what the problem is, and whose.",
    "decision_changed": "Say which decision will be taken differently.",
    "if_nothing": "Say what happens if nobody does anything.",
    "why_now": "Say why now and not in a year.",
    "approach": "Choose build, buy or reuse.",
    "approach_reason": "Say why so, and what you looked at.",
}
FEWEST_SCORERS = 2


def missing(request: Request) -> dict[str, list[str]]:
    """Field to sentences; empty when the request may be submitted."""
    found: dict[str, list[str]] = {}
    for field, sentence in _gaps(request):
        found.setdefault(field, []).append(sentence)
    return found


def _gaps(request: Request) -> Iterator[tuple[str, str]]:
    if not request.title.strip():
        yield "title", "Give it a title."
    for field, sentence in TEXTS.items():
        if not getattr(request, field).strip():
            yield field, sentence
    kpis = list(request.kpis.all())
    if not kpis and request.type != RequestType.SUPPORT:
        yield "kpis", "Name at least one figure that should move."
    for kpi in kpis:
        if not (kpi.measured_how and kpi.review_at and kpi.owner_id):
            yield (
                "kpis",
                f"Say of “{kpi.name}” how it is measured, when it is reviewed and who answers for it.",
            )


def unready(request: Request, at: datetime | None = None) -> list[str]:
    """Why the request is not ready for a cycle; empty when it is."""
    return list(_obstacles(request, at or timezone.now()))


def _obstacles(request: Request, at: datetime) -> Iterator[str]:
    if request.sponsored_at is None:
        yield "No business sponsor has confirmed it."
    if not request.strategic and not second_units(request).exists():
        yield "No second unit supports it, and the strategic wallet does not stand for it."
    if not request.estimates.exists():
        yield "The center has not estimated it."
    yield from _lacking_scores(request, at)


def _lacking_scores(request: Request, at: datetime) -> Iterator[str]:
    """A round counts for the scoring in which it was revealed: what was sent back is scored anew."""
    scores = revealed(request)
    again = request.state == State.SCORING and any(_revealed_before(each, request) for each in scores)
    if len(scores) < FEWEST_SCORERS or again:
        anew = " anew, since it came back to scoring" if again else ""
        yield f"It needs {FEWEST_SCORERS} blind scores, revealed{anew}."
    elif is_stale(request, at):
        yield "The scores are stale; score it again."
    elif spread_is_wide(request):
        yield "The scores lie twofold apart; discuss and score again."


def _revealed_before(score: Score, request: Request) -> bool:
    return score.revealed_at is not None and score.revealed_at < request.state_since


def second_units(request: Request) -> QuerySet[Support]:
    """Supports of units that are neither the request's own, nor above or below it, however far."""
    return of_second_units().filter(request=request)


def of_second_units() -> QuerySet[Support]:
    """All such supports, of whatever request."""
    return Support._base_manager.filter(~InOneLine("unit", "request__unit"))
