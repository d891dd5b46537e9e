"""What was learned: from work that was stopped, and from reviews of what was delivered; searchable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, Q, Value

from apps.roadmap.models import OutcomeReview, Request
from apps.roadmap.workflow import State

PAGE_ROWS = 30
MOST_PAGES = 200
MOST_WORDS = 8
STOPPED = "cancelled"
KINDS = (
    (STOPPED, "Stopped before delivery"),
    (OutcomeReview.Verdict.STOPPED_LEARNED, "Stopped, learned"),
    (OutcomeReview.Verdict.NOT_ADOPTED, "Built, not adopted"),
    (OutcomeReview.Verdict.ADOPTED, "Adopted"),
)


@dataclass(frozen=True, slots=True)
class Lesson:
    """`review` is None for work that was cancelled: there its reason is the lesson."""

    request: Request
    kind: str
    text: str
    at: datetime
    review: OutcomeReview | None = None

    @property
    def days(self) -> int | None:
        """After delivery; None where it was stopped before anybody looked back."""
        return None if self.review is None or self.review.early else self.review.days

    @property
    def label(self) -> str:
        return dict(KINDS)[self.kind]


def lessons(
    user: Any, *, q: str = "", kind: str = "", unit: str = "", page: int = 1
) -> tuple[list[Lesson], bool]:
    """One page, newest first, and whether there are more; three statements. A kind that nobody knows finds nothing."""
    start = (min(max(page, 1), MOST_PAGES) - 1) * PAGE_ROWS
    both = _stopped(user, q, kind, unit).union(_reviewed(user, q, kind, unit), all=True)
    found = list(both.order_by("-learned_at", "-row")[start : start + PAGE_ROWS + 1])
    return _read(found[:PAGE_ROWS]), len(found) > PAGE_ROWS


def _stopped(user: Any, q: str, kind: str, unit: str) -> Any:
    rows = Request.objects.visible_to(user).filter(state=State.CANCELLED).order_by()
    rows = rows.filter(_having(q, "reason", "title", "problem"))
    if unit:
        rows = rows.filter(unit__slug=unit)
    if kind not in ("", STOPPED):
        rows = rows.none()
    return rows.values(row=F("pk"), learned_at=F("state_since"), of=Value(STOPPED))


def _reviewed(user: Any, q: str, kind: str, unit: str) -> Any:
    rows = OutcomeReview.objects.visible_to(user).filter(done_at__isnull=False).order_by()
    rows = rows.filter(_having(q, "lesson", "request__title", "request__problem"))
    if unit:
        rows = rows.filter(request__unit__slug=unit)
    if kind:
        rows = rows.filter(verdict=kind)
    return rows.values(row=F("pk"), learned_at=F("done_at"), of=Value("review"))


def _having(text: str, *columns: str) -> Q:
    """Every word in one of the columns."""
    wanted = Q()
    for word in text.split()[:MOST_WORDS]:
        some = Q()
        for column in columns:
            some |= Q(**{f"{column}__icontains": word})
        wanted &= some
    return wanted


def _read(found: list[dict[str, Any]]) -> list[Lesson]:
    """Ids come from visible rows, so that the rows may be read as they are."""
    cancelled = (
        Request._base_manager.select_related("unit")
        .defer("search_vector")
        .in_bulk([each["row"] for each in found if each["of"] == STOPPED])
    )
    reviews = OutcomeReview._base_manager.select_related("request__unit").in_bulk(
        [each["row"] for each in found if each["of"] != STOPPED]
    )
    return [
        _of_request(cancelled[each["row"]]) if each["of"] == STOPPED else _of_review(reviews[each["row"]])
        for each in found
    ]


def _of_request(row: Request) -> Lesson:
    return Lesson(row, STOPPED, row.reason, row.state_since)


def _of_review(row: OutcomeReview) -> Lesson:
    assert row.done_at is not None
    return Lesson(row.request, row.verdict, row.lesson, row.done_at, row)
