"""The tier of a request, its deadline and how long it may last: computed, never chosen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F, Sum

from apps.catalog.models import Entity
from apps.people.models import Team
from apps.people.working_days import WorkCalendar
from apps.tooling.models import ClosedDay, Environment, Grant, Tier, TierRule
from apps.tooling.models.grants import ENDS
from apps.tooling.vocabulary import DataClass
from apps.tooling.workflow import RISE, Level


def level_for(environments: Iterable[Environment], data_class: int, rings: Iterable[str]) -> Level:
    """The highest tier of the rules that fit any of the contexts; high where none fits."""
    where, held = {each.pk for each in environments}, {str(ring) for ring in rings}
    fitting = [
        Level(rule.level)
        for rule in TierRule._base_manager.all()
        if (rule.environment_id is None or rule.environment_id in where)
        and DataClass(data_class) >= DataClass(rule.data_class)
        and (not rule.ring or rule.ring in held)
    ]
    return max(fitting, key=RISE.__getitem__, default=Level.HIGH)


def tier_of(level: str) -> Tier:
    return Tier._base_manager.get(level=level)


def calendar_of(team: Team) -> WorkCalendar:
    """The working days of the team's unit; of a central team, weekends and the days that all close."""
    unit = team.business_unit
    closed = ClosedDay._base_manager.filter(business_unit=None)
    if unit is None:
        return WorkCalendar(closed=frozenset(closed.values_list("day", flat=True)))
    closed = closed | ClosedDay._base_manager.filter(business_unit=unit)
    return WorkCalendar(
        unit.time_zone, unit.holiday_calendar, frozenset(closed.values_list("day", flat=True))
    )


def held_already(team: Team, tool: Entity, environment: Environment) -> timedelta:
    """How long all grants of the team for the tool and environment last together, past and future."""
    rows = Grant._base_manager.filter(team=team, tool=tool, environment=environment)
    total = rows.aggregate(total=Sum(ENDS - F("starts")))["total"]
    return total or timedelta()


def latest_end(team: Team, tool: Entity, environment: Environment, tier: Tier, starts: datetime) -> datetime:
    """The last instant until which a grant that begins at `starts` may last: one grant's and the total cap."""
    left = timedelta(days=tier.total_days) - held_already(team, tool, environment)
    return starts + min(timedelta(days=tier.longest_days), max(left, timedelta()))
