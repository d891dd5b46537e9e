"""The figures by which leads see whether tooling serves the teams: how fast, how often, and what is not followed.

Each is computed from rows that the reader sees, for what was sent or counted within the last 180 days, and comes with the
series to draw and the definition to read it by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncMonth

from apps.core.errors import Forbidden
from apps.core.moments import month_after
from apps.core.policies import PolicyQuerySet
from apps.people.standing import standing_of
from apps.tooling.models import DecisionCount, ExceptionRequest, Grant, ObservedUse
from apps.tooling.policies import is_central
from apps.tooling.queries import clock
from apps.tooling.queries.lookups import tools_by_ref
from apps.tooling.queries.requests import with_now
from apps.tooling.queries.survival import Waited, quantile
from apps.tooling.queries.use import Standing, judged
from apps.tooling.vocabulary import Reason
from apps.tooling.workflow import Level, State

WINDOW_DAYS = 180
MOST_BARS = 12
DAY = timedelta(days=1)
UNITLESS = "The center"


@dataclass(frozen=True, slots=True)
class Series:
    """One row of bars; None where there is no figure."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure's value, and the bars that it opens into."""

    value: float | None
    labels: tuple[str, ...]
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Whose rows, from when to when."""

    user: Any
    since: datetime
    at: datetime

    def sent(self) -> PolicyQuerySet[ExceptionRequest]:
        rows = ExceptionRequest.objects.visible_to(self.user)
        return rows.filter(submitted_at__gte=self.since, submitted_at__lte=self.at)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a figure is called, how it is defined, and where its rows are."""

    label: str
    definition: str
    draw: Callable[[Span], Drawn]
    unit: str = ""
    route: str = "tooling:requests"
    query: str = ""


K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Figure(Generic[K]):
    """One figure as it is at `at`; `kind` says what it is, in the words of its room."""

    name: str
    kind: K
    drawn: Drawn
    at: datetime

    @property
    def value(self) -> float | None:
        return self.drawn.value


def require_lead(user: Any) -> None:
    """Raises Forbidden for those who neither lead the CoE nor build its platform."""
    standing = standing_of(user)
    if not (is_central(standing) or standing.superuser):
        raise Forbidden(
            "These figures are for CoE leads and platform engineers.",
            next_step="The register shows every request and its decision.",
        )


def figures(user: Any, at: datetime | None = None, days: int = WINDOW_DAYS) -> list[Figure[Kind]]:
    """All of them, at one instant."""
    when = at or clock.now()
    return [figure(user, name, when, days) for name in FIGURES]


def figure(user: Any, name: str, at: datetime | None = None, days: int = WINDOW_DAYS) -> Figure[Kind]:
    require_lead(user)
    when = at or clock.now()
    kind = FIGURES[name]
    return Figure(name, kind, kind.draw(Span(user, when - timedelta(days=days), when)), when)


# -- how fast --------------------------------------------------------------------------------------------------


def _time_to_decision(span: Span) -> Drawn:
    waited: dict[str, list[Waited]] = {level: [] for level in Level.values}
    columns = ("level", "submitted_at", "decided_at", "state", "updated_at")
    rows: Iterable[Any] = span.sent().exclude(decided_at=F("submitted_at")).values_list(*columns)
    for level, sent, decided, state, moved in rows:
        end = decided or (moved if state == State.WITHDRAWN else span.at)
        waited[level].append(Waited((end - sent) / DAY, decided is not None))
    everything = [each for some in waited.values() for each in some]
    return Drawn(
        _days(quantile(everything, 0.5)),
        tuple(Level(level).label for level in waited),
        tuple(
            Series(name, tuple(_days(quantile(some, share)) for some in waited.values()))
            for name, share in (("Median", 0.5), ("90th percentile", 0.9))
        ),
    )


def _days(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _breaches(span: Span) -> Drawn:
    rows = with_now(span.sent(), span.at)
    late = Q(escalated_at__isnull=False) | Q(overdue=True) | Q(decided_at__gt=F("due_at"))
    counts = dict(rows.filter(late).order_by().values_list("level").annotate(Count("pk")))
    values = tuple(float(counts.get(level, 0)) for level in Level.values)
    return Drawn(
        sum(values), tuple(Level(level).label for level in Level.values), (Series("Missed", values),)
    )


# -- what came of it -------------------------------------------------------------------------------------------


def _approval_rate(span: Span) -> Drawn:
    decided: Counter[str] = Counter()
    granted: Counter[str] = Counter()
    rows = span.sent().filter(decided_at__isnull=False).order_by()
    for unit, state in rows.values_list("team__business_unit__name", "state"):
        decided[unit or UNITLESS] += 1
        granted[unit or UNITLESS] += state != State.REJECTED
    labels = sorted(decided, key=lambda unit: (-decided[unit], unit))[:MOST_BARS]
    rates = tuple(_share(granted[unit], decided[unit]) for unit in labels)
    counts = tuple(float(decided[unit]) for unit in labels)
    return Drawn(
        _share(granted.total(), decided.total()),
        tuple(f"{unit} ({count:.0f})" for unit, count in zip(labels, counts, strict=True)),
        (Series("Granted", rates),),
    )


def _share(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _provisional(span: Span) -> Drawn:
    rows = Grant.objects.visible_to(span.user).filter(
        provisional=True, granted_at__gte=span.since, granted_at__lte=span.at
    )
    return _by_month(span, rows, "granted_at", "Provisional grants")


def _renewals(span: Span) -> Drawn:
    rows = span.sent().filter(renews__isnull=False)
    return _top(
        Counter(dict(_named(rows.values_list("tool__title", "tool__name").annotate(n=Count("pk"))))),
        "Renewals",
    )


def _named(rows: Iterable[tuple[str, str, int]]) -> Iterable[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for title, name, number in rows:
        counts[title or name] += number
    return counts.items()


def _by_month(span: Span, rows: Any, column: str, name: str) -> Drawn:
    counted = (
        rows.order_by()
        .annotate(month=TruncMonth(column, tzinfo=UTC))
        .values_list("month")
        .annotate(Count("pk"))
    )
    counts = {(month.year, month.month): number for month, number in counted}
    months = list(_months(span.since, span.at))
    values = tuple(float(counts.get((month.year, month.month), 0)) for month in months)
    return Drawn(sum(values), tuple(f"{month:%b %Y}" for month in months), (Series(name, values),))


def _months(since: datetime, until: datetime) -> Iterable[datetime]:
    month = since.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month <= until:
        yield month
        month = month_after(month)


# -- what is not followed --------------------------------------------------------------------------------------


def _expired_in_use(span: Span) -> Drawn:
    found = judged(ObservedUse.objects.visible_to(span.user))
    counts: Counter[str] = Counter()
    for use in found:
        if use.standing is Standing.ENDED:
            counts[use.context.tool_ref] += len(use.entities)
    return _top(_titled(span.user, counts), "Entities")


def _denials(span: Span) -> Drawn:
    rows = DecisionCount.objects.visible_to(span.user).exclude(reason=Reason.EXCEPTED)
    counted = rows.filter(day__gte=span.since.date(), day__lte=span.at.date()).order_by()
    totals = counted.values_list("tool_name").annotate(total=Sum("count"))
    return _top(_titled(span.user, Counter(dict(totals))), "Denials")


def _titled(user: Any, counts: Counter[str]) -> Counter[str]:
    """By the titles of the tools that the reader sees, instead of their references; else by the last part."""
    known = tools_by_ref(user, counts)
    found: Counter[str] = Counter()
    for ref, number in counts.items():
        found[str(known[ref]) if ref in known else ref.rpartition("/")[2]] += number
    return found


def _exceptions_to_standard(span: Span) -> Drawn:
    excepted: Counter[str] = Counter()
    allowed: Counter[str] = Counter()
    for use in judged(ObservedUse.objects.visible_to(span.user)):
        if use.standing in (Standing.EXCEPTED, Standing.ALLOWED):
            counts = excepted if use.standing is Standing.EXCEPTED else allowed
            counts[use.context.environment] += len(use.entities)
    places = sorted({*excepted, *allowed})
    rates = tuple(_share(excepted[place], excepted[place] + allowed[place]) for place in places)
    whole = _share(excepted.total(), excepted.total() + allowed.total())
    return Drawn(whole, tuple(place.capitalize() for place in places), (Series("By exception", rates),))


def _top(counts: Counter[str], name: str) -> Drawn:
    most: Sequence[tuple[str, int]] = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_BARS]
    values = tuple(float(number) for _, number in most)
    return Drawn(float(counts.total()), tuple(label for label, _ in most), (Series(name, values),))


FIGURES: dict[str, Kind] = {
    "time_to_decision": Kind(
        "Time to decision",
        "Calendar days from sending a request to its final decision: a request that is still open, or was "
        "withdrawn, counts as waiting for at least as long as it did. What a rule granted at once is left out. No "
        "figure where fewer requests are decided than the share asks for; technically, the Kaplan-Meier estimate.",
        _time_to_decision,
        "days",
    ),
    "breaches": Kind(
        "Missed deadlines",
        "Requests that were decided after their deadline, were escalated, or are overdue now. Deadlines are in working "
        "days of the team's unit and rest while the team has the ball.",
        _breaches,
        query="overdue=1",
    ),
    "approval_rate": Kind(
        "Approval rate",
        "Granted requests of all decided ones, by the business unit of the team; in brackets how many were decided.",
        _approval_rate,
        "%",
    ),
    "provisional_grants": Kind(
        "Provisional grants",
        "Grants outside production that were given because the center missed its deadline, by month.",
        _provisional,
    ),
    "expired_in_use": Kind(
        "Expired in use",
        "Entities that the last scan saw using a tool whose exception has ended, judged now, by tool.",
        _expired_in_use,
        route="tooling:use",
        query="show=ended",
    ),
    "renewals": Kind(
        "Renewals",
        "Requests that renew an exception, by tool. Two for one tool ask to revisit the standard.",
        _renewals,
    ),
    "denials": Kind(
        "Denials",
        "Answers on every surface that denied a use, by tool. The nightly scan asks nobody and is not counted.",
        _denials,
        route="tooling:use",
    ),
    "exception_rate": Kind(
        "Exceptions to standards",
        "Uses that only an exception allows, of all uses seen that are allowed now, by environment.",
        _exceptions_to_standard,
        "%",
        route="tooling:use",
        query="show=excepted",
    ),
}
