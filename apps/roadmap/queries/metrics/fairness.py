"""How fair: what units asked for and received, and what came off the top or was moved against the plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction

from django.db.models import Count

from apps.roadmap.models import Candidate, Override, PlanRun, Share
from apps.roadmap.queries.instance import request_id
from apps.roadmap.queries.metrics.spans import MOST_BARS, Span, percent
from apps.roadmap.queries.plans import PARTS, instance_of_run, result_of
from apps.roadmap.workflow import Entry, PlanKind, State
from apps.tooling.queries.metrics import Drawn, Series


def acceptance(span: Span) -> Drawn:
    """By the unit that asked: answered requests that were not declined."""
    answered: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    for row in span.sent:
        if row.answered_at is not None and row.state not in (State.TRIAGE, State.NEEDS_INFO):
            answered[row.unit.name] += 1
            accepted[row.unit.name] += row.state != State.DECLINED
    names = sorted(answered, key=lambda name: (-answered[name], name))[:MOST_BARS]
    return Drawn(
        percent(accepted.total(), answered.total()),
        tuple(f"{name} ({answered[name]})" for name in names),
        (Series("Accepted", tuple(percent(accepted[name], answered[name]) for name in names)),),
    )


def received(span: Span) -> Drawn:
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
        percent(min(known), 1) if known else None,
        tuple(names.get(unit.id, unit.id) for unit in units),
        (
            Series("Received", tuple(None if part is None else percent(part, 1) for part in parts)),
            Series("Share", tuple(unit.share / 100 for unit in units)),
        ),
    )


def _by_cycle(span: Span, name: str, read: Callable[[PlanRun], float | None]) -> Drawn:
    """The value of the last cycle, and all of them."""
    values = tuple(read(run) for run in span.runs)
    return Drawn(
        values[-1] if values else None, tuple(str(run.cycle) for run in span.runs), (Series(name, values),)
    )


def price(span: Span) -> Drawn:
    return _by_cycle(
        span, "Price of fairness", lambda run: percent(Fraction(result_of(run)["price_of_fairness"]), 1)
    )


def overrides(span: Span) -> Drawn:
    rows = Override._base_manager.filter(meeting__run__in=span.runs, taken_back_at=None).order_by()
    counts = dict(rows.values_list("meeting__cycle").annotate(Count("pk")))
    return _by_cycle(span, "Overrides", lambda run: float(counts.get(run.cycle_id, 0)))


def mandatory(span: Span) -> Drawn:
    return _of_capacity(span, "Mandatory", Entry.MANDATORY)


def carried(span: Span) -> Drawn:
    return _of_capacity(span, "Carried over", Entry.CARRIED)


def _of_capacity(span: Span, name: str, entry: Entry) -> Drawn:
    """The part of a cycle's capacity that requests of this entry took."""
    rows = Candidate._base_manager.filter(cycle__in=[run.cycle_id for run in span.runs], entry=entry)
    wanted = set(rows.values_list("cycle", "request"))

    def part(run: PlanRun) -> float | None:
        instance = instance_of_run(run)
        chosen = [each for each in instance.requests if (run.cycle_id, request_id(each.id)) in wanted]
        return percent(sum(each.cost for each in chosen), sum(instance.capacities.values()))

    return _by_cycle(span, name, part)
