"""How fast models come to production, and how many pilots do: read from the stages of the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.catalog.models import StageEvent
from apps.catalog.vocabulary import Kind, Stage
from apps.tooling.queries.metrics import Drawn, Series
from apps.tooling.queries.survival import Waited, quantile

DAY = timedelta(days=1)
MOST_BARS = 12
CENTER = "The center"
LIVE, OTHERWISE, GOING_ON = "To production", "Ended otherwise", "Going on"
Step = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class Course:
    """The stages that a model came to, in order, and the business unit of the team that owns it."""

    unit: str
    steps: tuple[Step, ...]

    def first(self, stage: str, after: datetime | None = None) -> datetime | None:
        return next((at for name, at in self.steps if name == stage and (after is None or at >= after)), None)

    @property
    def last(self) -> str:
        return self.steps[-1][0]


def courses(user: Any, at: datetime) -> list[Course]:
    """Of every model that `user` sees, until `at`; one statement."""
    rows = (
        StageEvent.objects.visible_to(user).filter(entity__kind=Kind.MODEL, at__lte=at).order_by("at", "pk")
    )
    found: dict[int, tuple[str, list[Step]]] = {}
    for pk, unit, stage, when in rows.values_list(
        "entity", "entity__owner__business_unit__name", "to_stage", "at"
    ):
        found.setdefault(pk, (unit or CENTER, []))[1].append((stage, when))
    return [Course(unit, tuple(steps)) for unit, steps in found.values()]


def velocity(user: Any, since: datetime, at: datetime) -> Drawn:
    """Days from the first experiment to production by unit, as the Kaplan-Meier estimate, of experiments begun since."""
    waited: dict[str, list[Waited]] = {}
    for each in courses(user, at):
        began = each.first(Stage.EXPERIMENT)
        if began is None or began < since:
            continue
        live = each.first(Stage.PRODUCTION, began)
        if live is not None or each.last != Stage.STOPPED:
            waited.setdefault(each.unit, []).append(Waited(((live or at) - began) / DAY, live is not None))
    units = _most(waited)
    everything = [one for some in waited.values() for one in some]
    return Drawn(
        _days(everything, 0.5),
        tuple(f"{unit} ({len(waited[unit])})" for unit in units),
        tuple(
            Series(name, tuple(_days(waited[unit], share) for unit in units))
            for name, share in (("Median", 0.5), ("90th percentile", 0.9))
        ),
    )


def _days(waited: Iterable[Waited], share: float) -> float | None:
    found = quantile(list(waited), share)
    return None if found is None else round(found, 1)


def conversion(user: Any, since: datetime, at: datetime) -> Drawn:
    """Of pilots begun since, by unit: to production, ended otherwise, still going on; the value: of those that ended."""
    ends: dict[str, list[str]] = {}
    for each in courses(user, at):
        began = each.first(Stage.PILOT)
        if began is not None and began >= since:
            ends.setdefault(each.unit, []).append(_end(each, began))
    units = _most(ends)
    everything = [end for some in ends.values() for end in some]
    closed = [end for end in everything if end != GOING_ON]
    return Drawn(
        _part(closed, LIVE),
        tuple(f"{unit} ({len(ends[unit])})" for unit in units),
        tuple(
            Series(end, tuple(_part(ends[unit], end) for unit in units))
            for end in (LIVE, OTHERWISE, GOING_ON)
        ),
    )


def _end(course: Course, began: datetime) -> str:
    if course.first(Stage.PRODUCTION, began) is not None:
        return LIVE
    return GOING_ON if course.last in (Stage.PILOT, Stage.SUSPENDED) else OTHERWISE


def _part(ends: list[str], wanted: str) -> float | None:
    return round(100 * ends.count(wanted) / len(ends), 1) if ends else None


def _most(groups: dict[str, list[Any]]) -> list[str]:
    """Units with the most models first."""
    return sorted(groups, key=lambda unit: (-len(groups[unit]), unit))[:MOST_BARS]
