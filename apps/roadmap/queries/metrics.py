"""The figures by which leads see whether the roadmap serves the units: how fast, how fair, how true its forecasts.

Each comes with the bars that it opens into and the definition to read it by. Time is counted for what was sent within
the span, and so are stages of models; plans are those of cycles that began within it; effort and outcomes need years,
and take all that there is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import Count, Min
from django.utils import timezone

from apps.core.errors import Forbidden
from apps.core.models import Event
from apps.people.standing import standing_of
from apps.roadmap.models import Candidate, Cycle, Override, PlanRun, Request, Share
from apps.roadmap.policies import is_central
from apps.roadmap.queries import forecasts, models_moving
from apps.roadmap.queries.instance import request_id
from apps.roadmap.queries.plans import PARTS, instance_of_run, result_of
from apps.roadmap.queries.promised import breaches
from apps.roadmap.workflow import Entry, PlanKind, RequestType, State
from apps.tooling.queries.metrics import Drawn, Series
from apps.tooling.queries.survival import Waited, quantile

WINDOW_DAYS = 365
MOST_BARS = 12
DAY = timedelta(days=1)
DECIDED = ("planned", "not_planned", "declined", "merged")


@dataclass(frozen=True)
class Span:
    """Who reads, from when to when."""

    user: Any
    since: datetime
    at: datetime

    @cached_property
    def sent(self) -> list[Request]:
        rows = Request.objects.visible_to(self.user).exclude(state=State.WITHDRAWN)
        found = rows.filter(submitted_at__gte=self.since, submitted_at__lte=self.at)
        return list(found.select_related("unit").defer("search_vector"))

    @cached_property
    def runs(self) -> list[PlanRun]:
        """The last finished plans of each cycle that was decided on, in the order of the cycles."""
        cycles = Cycle.objects.visible_to(self.user).filter(
            starts__gte=self.since.date(), starts__lte=self.at.date()
        )
        decided = PlanRun._base_manager.filter(cycle__in=cycles, meetings__decided_at__isnull=False)
        rows = decided.select_related("cycle", "snapshot").order_by("cycle__starts", "pk")
        return list({run.cycle_id: run for run in rows}.values())[-MOST_BARS:]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a figure is called, how it is defined, and where its rows are."""

    label: str
    definition: str
    draw: Callable[[Span], Drawn]
    unit: str = ""
    route: str = "roadmap:requests"
    query: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as it is at `at`."""

    name: str
    kind: Kind
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
            next_step="The pages of cycles show every plan and why it is as it is.",
        )


def figures(user: Any, at: datetime | None = None, days: int = WINDOW_DAYS) -> list[Figure]:
    """All of them at one instant; what several need is read once."""
    require_lead(user)
    when = at or timezone.now()
    span = Span(user, when - timedelta(days=days), when)
    return [Figure(name, kind, kind.draw(span), when) for name, kind in FIGURES.items()]


def figure(user: Any, name: str, at: datetime | None = None, days: int = WINDOW_DAYS) -> Figure:
    require_lead(user)
    when = at or timezone.now()
    return Figure(
        name, FIGURES[name], FIGURES[name].draw(Span(user, when - timedelta(days=days), when)), when
    )


# -- how fast --------------------------------------------------------------------------------------------------


def _first_response(span: Span) -> Drawn:
    return _waiting(span, {row.pk: row.answered_at for row in span.sent if row.answered_at})


def _decision(span: Span) -> Drawn:
    verbs = [f"roadmap.request.{verb}" for verb in DECIDED]
    rows = Event._base_manager.filter(
        verb__in=verbs,
        target_type=Request._meta.label_lower,
        target_id__in=[row.pk for row in span.sent],
        at__lte=span.at,
    )
    firsts = rows.order_by().values_list("target_id").annotate(Min("at"))
    return _waiting(span, dict(firsts))


def _waiting(span: Span, ended: Mapping[int, datetime]) -> Drawn:
    """Days by type; what has not ended waits until now."""
    waited: dict[str, list[Waited]] = {each.value: [] for each in RequestType}
    for row in span.sent:
        if row.submitted_at is not None:
            end = ended.get(row.pk, span.at)
            waited[row.type].append(Waited((end - row.submitted_at) / DAY, row.pk in ended))
    everything = [each for some in waited.values() for each in some]
    return Drawn(
        _rounded(quantile(everything, 0.5)),
        tuple(str(RequestType(each).label) for each in waited),
        tuple(
            Series(name, tuple(_rounded(quantile(some, share)) for some in waited.values()))
            for name, share in (("Median", 0.5), ("90th percentile", 0.9))
        ),
    )


def _rounded(value: float | None, places: int = 1) -> float | None:
    return None if value is None else round(value, places)


def _percent(part: Any, whole: Any) -> float | None:
    return round(float(100 * Fraction(part) / Fraction(whole)), 1) if whole else None


# -- how fair --------------------------------------------------------------------------------------------------


def _acceptance(span: Span) -> Drawn:
    """By the unit that asked: answered requests that were not declined."""
    answered: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for row in span.sent:
        if row.answered_at is not None and row.state not in (State.TRIAGE, State.NEEDS_INFO):
            answered[row.unit.name] += 1
            accepted[row.unit.name] += row.state != State.DECLINED
    names = sorted(answered, key=lambda name: (-answered[name], name))[:MOST_BARS]
    return Drawn(
        _percent(accepted.total(), answered.total()),
        tuple(f"{name} ({answered[name]})" for name in names),
        (Series("Accepted", tuple(_percent(accepted[name], answered[name]) for name in names)),),
    )


def _received(span: Span) -> Drawn:
    """Of the last decided cycle: what each unit received of its own points, beside its share."""
    if not span.runs:
        return Drawn(None, (), ())
    run = span.runs[-1]
    received = result_of(run)[PARTS[PlanKind.EQUAL_SHARES]]["received"]
    names = {
        each.key: str(each.unit or "Strategic")
        for each in Share._base_manager.filter(cycle=run.cycle).select_related("unit")
    }
    units = sorted(instance_of_run(run).units, key=lambda unit: (-unit.share, unit.id))[:MOST_BARS]
    parts = [None if received.get(unit.id) is None else Fraction(received[unit.id]) for unit in units]
    known = [part for part in parts if part is not None]
    return Drawn(
        _percent(min(known), 1) if known else None,
        tuple(names.get(unit.id, unit.id) for unit in units),
        (
            Series("Received", tuple(None if part is None else _percent(part, 1) for part in parts)),
            Series("Share", tuple(unit.share / 100 for unit in units)),
        ),
    )


def _by_cycle(span: Span, name: str, read: Callable[[PlanRun], float | None]) -> Drawn:
    """The value of the last cycle, and all of them."""
    values = tuple(read(run) for run in span.runs)
    return Drawn(
        values[-1] if values else None, tuple(str(run.cycle) for run in span.runs), (Series(name, values),)
    )


def _price(span: Span) -> Drawn:
    return _by_cycle(
        span, "Price of fairness", lambda run: _percent(Fraction(result_of(run)["price_of_fairness"]), 1)
    )


def _overrides(span: Span) -> Drawn:
    rows = Override._base_manager.filter(meeting__run__in=span.runs, taken_back_at=None).order_by()
    counts = dict(rows.values_list("meeting__cycle").annotate(Count("pk")))
    return _by_cycle(span, "Overrides", lambda run: float(counts.get(run.cycle_id, 0)))


def _mandatory(span: Span) -> Drawn:
    return _of_capacity(span, "Mandatory", Entry.MANDATORY)


def _carried(span: Span) -> Drawn:
    return _of_capacity(span, "Carried over", Entry.CARRIED)


def _of_capacity(span: Span, name: str, entry: Entry) -> Drawn:
    """The part of a cycle's capacity that requests of this entry took."""
    rows = Candidate._base_manager.filter(cycle__in=[run.cycle_id for run in span.runs], entry=entry)
    wanted = set(rows.values_list("cycle", "request"))

    def part(run: PlanRun) -> float | None:
        instance = instance_of_run(run)
        chosen = [each for each in instance.requests if (run.cycle_id, request_id(each.id)) in wanted]
        return _percent(sum(each.cost for each in chosen), sum(instance.capacities.values()))

    return _by_cycle(span, name, part)


# -- how true --------------------------------------------------------------------------------------------------


def _bias(span: Span) -> Drawn:
    rows = forecasts.estimates(span.user)
    groups = _grouped(rows, lambda row: row.role)
    return Drawn(
        _ratio(rows),
        tuple(f"{name} ({len(some)})" for name, some in groups),
        (Series("Actual of P50", tuple(_ratio(some) for _, some in groups)),),
    )


def _ratio(rows: Iterable[forecasts.Forecast]) -> float | None:
    some = list(rows)
    return _percent(sum(Fraction(row.actual) for row in some), sum(Fraction(row.expected) for row in some))


def _coverage(span: Span) -> Drawn:
    rows = forecasts.estimates(span.user)
    groups = _grouped(rows, lambda row: row.role)
    return Drawn(
        _covered(rows),
        tuple(f"{name} ({len(some)})" for name, some in groups),
        (Series("Within P90", tuple(_covered(some) for _, some in groups)),),
    )


def _covered(rows: Iterable[forecasts.Forecast]) -> float | None:
    some = list(rows)
    return _percent(sum(row.actual <= row.most for row in some), len(some))


def _calibration(span: Span) -> Drawn:
    """By unit; hidden where fewer than five figures are confirmed, since it would judge by chance."""
    rows = forecasts.outcomes(span.user)
    groups = [pair for pair in _grouped(rows, lambda row: row.unit) if len(pair[1]) >= forecasts.FEWEST]
    shown = rows if len(rows) >= forecasts.FEWEST else []
    return Drawn(
        forecasts.calibration(shown),
        tuple(f"{name} ({len(some)})" for name, some in groups),
        (Series("Realised of predicted", tuple(forecasts.calibration(some) for _, some in groups)),),
    )


def _grouped(
    rows: Iterable[forecasts.Forecast], key: Callable[[forecasts.Forecast], str]
) -> list[tuple[str, list[forecasts.Forecast]]]:
    groups: dict[str, list[forecasts.Forecast]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))[:MOST_BARS]


FIGURES: dict[str, Kind] = {
    "first_response": Kind(
        "Time to first response",
        "Calendar days from sending a request to the center's first answer, as the Kaplan-Meier estimate: what is not "
        "answered counts as waiting for at least as long as it did. No figure where fewer are answered than the share "
        "asks for. Withdrawn requests are left out.",
        _first_response,
        "days",
    ),
    "time_to_decision": Kind(
        "Time to decision",
        "Calendar days from sending a request until it was planned, not planned, declined or merged for the first time, "
        "by the same estimate.",
        _decision,
        "days",
    ),
    "breaches": Kind(
        "Breaches",
        "Days that the roadmap itself named and that passed: milestones not reached by their P90, looks back at outcomes "
        "not done by their day. Answers to requests have no named day; how long they take, the two figures before say.",
        lambda span: breaches(span.user, span.since, span.at),
        query="state=in_progress&state=delivered&state=outcome_review",
    ),
    "acceptance": Kind(
        "Acceptance",
        "Requests that the center answered and did not decline, by the unit that asked; in brackets how many answered.",
        _acceptance,
        "%",
    ),
    "received": Kind(
        "Received against share",
        "In the default plan of the last decided cycle: the part of its own points that each unit received, beside its "
        "share of the capacity. The figure is the least that any unit received. No figure for a unit without a ballot.",
        _received,
        "%",
        route="roadmap:cycles",
    ),
    "price_of_fairness": Kind(
        "Price of fairness",
        "The value that the default plan gives up against the value maximum, by decided cycle.",
        _price,
        "%",
        route="roadmap:cycles",
    ),
    "overrides": Kind(
        "Overrides",
        "Items that the steering committee moved against the plan, by decided cycle.",
        _overrides,
        route="roadmap:cycles",
    ),
    "mandatory": Kind(
        "Mandatory share",
        "The part of a cycle's whole capacity that mandatory items took off the top.",
        _mandatory,
        "%",
        route="roadmap:cycles",
    ),
    "carry_over": Kind(
        "Carry-over",
        "The part of a cycle's whole capacity that work of earlier cycles took off the top.",
        _carried,
        "%",
        route="roadmap:cycles",
    ),
    "estimate_bias": Kind(
        "Estimate bias",
        "Person-weeks that delivered requests really took, of their P50, by role; in brackets how many requests. 100% is "
        "no bias. Only requests with recorded actuals.",
        _bias,
        "%",
        query="state=delivered&state=outcome_review&state=closed",
    ),
    "p90_coverage": Kind(
        "Within P90",
        "Delivered requests that took no more of a role than their P90. Nine in ten should.",
        _coverage,
        "%",
        query="state=delivered&state=outcome_review&state=closed",
    ),
    "calibration": Kind(
        "Calibration",
        "Median of realised / predicted (P50) over all figures with a confirmed outcome, by unit; in brackets how many. "
        "Advisory, and hidden under five.",
        _calibration,
        "%",
        query="state=outcome_review&state=closed",
    ),
    "model_velocity": Kind(
        "Model velocity",
        "Calendar days from a model's first experiment to production, by the unit that owns it, as the Kaplan-Meier "
        "estimate: what is not in production counts as waiting for at least as long as it did. Experiments begun within "
        "the time, as the catalog has their stages; stopped models are left out, since stopping early is no delay. In "
        "brackets how many.",
        lambda span: models_moving.velocity(span.user, span.since, span.at),
        "days",
        route="catalog:list",
        query="kind=model",
    ),
    "pilot_conversion": Kind(
        "Pilot to production",
        "Of models whose first pilot began within the time and has ended, the part that came to production. The bars "
        "show all pilots begun, by the unit that owns the model; in brackets how many. A suspended pilot goes on.",
        lambda span: models_moving.conversion(span.user, span.since, span.at),
        "%",
        route="catalog:list",
        query="kind=model",
    ),
}
