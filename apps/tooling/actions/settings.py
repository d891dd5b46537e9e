"""The frame of reviews: tiers and the rules that choose them, environments, days on which nobody works.

CoE leads keep it. What runs already is not touched: a request keeps its tier, its deadline and its grants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import models, transaction

from apps.core.checking import checked_choice, checked_text, refuse, refuse_unknown
from apps.core.concurrency import differing, refused_as, swap
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.events import record
from apps.core.policies import policy_of, require
from apps.people.models import SLUG, BusinessUnit
from apps.tooling.models import ClosedDay, Environment, Tier, TierRule
from apps.tooling.models.context import RINGS
from apps.tooling.vocabulary import DataClass
from apps.tooling.workflow import Level, StepRole

MOST_NAMES = 20
LONGEST_NAME = 63
LATEST_POSITION = 1_000
DAYS = {  # field of a tier: from, to
    "instant_days": (1, 365),
    "longest_days": (1, 365),
    "total_days": (1, 3_650),
    "working_days": (1, 60),
}


@transaction.atomic
def update_tier(
    *, actor: Any, tier: Tier, changes: Mapping[str, Any], expected_version: int | None = None
) -> Tier:
    """Changes how requests of this risk are decided from now on. Raises Invalid naming what does not fit together."""
    require(actor, "change", tier)
    refuse_unknown(changes, {*DAYS, "steps"})
    new: dict[str, Any] = {name: _days(name, value) for name, value in changes.items() if name in DAYS}
    if "steps" in changes:
        new["steps"] = _steps(changes["steps"])
    _fitting({name: getattr(tier, name) for name in DAYS} | new)
    changed = differing(tier, new)
    if changed:
        told = {name: [getattr(tier, name), value] for name, value in changed.items()}
        with refused_as(
            tier_instant_within_longest="Somebody changed the tier meanwhile; what is granted at once is longer now.",
            tier_longest_1_to_365="Somebody changed the tier meanwhile; a single grant is longer than all together.",
        ):
            swap(tier, expected_version, changed)
        record("tooling.tier.changed", actor=actor, target=tier, data={"changes": told})
    return tier


@transaction.atomic
def add_tier_rule(
    *,
    actor: Any,
    level: str,
    environment: Environment | None = None,
    data_class: int = DataClass.PUBLIC,
    ring: str = "",
    at: datetime | None = None,
) -> TierRule:
    """From now on a context like this asks for `level`; the highest of the rules that fit wins."""
    _require_keeper(actor, TierRule)
    checked_choice("level", level, Level.values)
    if data_class not in [each.value for each in DataClass]:
        raise refuse("data_class", "Choose a data class.")
    if ring and ring not in [value for value, _ in RINGS]:
        raise refuse("ring", f"Choose one of {', '.join(dict(RINGS))}, or none.")
    with refused_as(tier_rule_once="There is such a rule already."):
        row = TierRule._base_manager.create(
            level=level, environment=environment, data_class=data_class, ring=ring
        )
    tier = Tier._base_manager.get(level=level)
    record("tooling.tier.rule_added", actor=actor, target=tier, data={"rule": str(row)}, at=at)
    return row


@transaction.atomic
def remove_tier_rule(*, actor: Any, rule: TierRule, at: datetime | None = None) -> None:
    """The context asks for what the other rules say; where none fits, for the high tier."""
    require(actor, "change", rule)
    tier = Tier._base_manager.get(level=rule.level)
    if not TierRule._base_manager.filter(pk=rule.pk).delete()[0]:
        raise Conflict("Somebody removed the rule already.")
    record("tooling.tier.rule_removed", actor=actor, target=tier, data={"rule": str(rule)}, at=at)


@transaction.atomic
def create_environment(
    *,
    actor: Any,
    slug: str,
    name: str,
    position: int = 0,
    other_names: Sequence[str] = (),
    at: datetime | None = None,
) -> Environment:
    """One more environment. Its short name stands in grants, files and APIs and stays; environments are not removed."""
    _require_keeper(actor, Environment)
    if not isinstance(slug, str) or not SLUG.regex.fullmatch(slug):  # type: ignore[union-attr]
        raise refuse("slug", "Use a-z, 0-9 and inner hyphens, at most 63 characters.")
    others = _locked_environments()
    if slug in _names_of(others):
        raise Conflict(errors={"slug": ["An environment is called so already, or is known by this name."]})
    fields = _environment_fields({"name": name, "position": position, "other_names": other_names})
    _require_free([*fields["other_names"]], others)
    with refused_as(tooling_environment_slug_key="An environment is called so already."):
        row = Environment._base_manager.create(slug=slug, **fields)
    record("tooling.environment.created", actor=actor, target=row, at=at)
    return row


@transaction.atomic
def update_environment(*, actor: Any, environment: Environment, changes: Mapping[str, Any]) -> Environment:
    """Changes its name, place or other names; the short name stays."""
    require(actor, "change", environment)
    new = _environment_fields(changes)
    others = [row for row in _locked_environments() if row.pk != environment.pk]
    _require_free(new.get("other_names", []), others)
    environment.refresh_from_db()
    changed = differing(environment, new)
    if changed:
        told = {name: [getattr(environment, name), value] for name, value in changed.items()}
        Environment._base_manager.filter(pk=environment.pk).update(**changed)
        environment.refresh_from_db()
        record("tooling.environment.changed", actor=actor, target=environment, data={"changes": told})
    return environment


@transaction.atomic
def add_closed_day(
    *,
    actor: Any,
    day: date,
    name: str,
    business_unit: BusinessUnit | None = None,
    at: datetime | None = None,
) -> ClosedDay:
    """A day that deadlines leave out, for one unit or for all. Deadlines that were told already stay."""
    _require_keeper(actor, ClosedDay)
    if not isinstance(day, date) or isinstance(day, datetime):
        raise refuse("day", "Give a day, as 2026-12-24.")
    said = checked_text("name", name, 100, empty="Say why nobody works on it.")
    if business_unit is not None:
        require(actor, "view", business_unit)
    with refused_as(closed_day_once="This day is closed already."):
        row = ClosedDay._base_manager.create(business_unit=business_unit, day=day, name=said)
    record("tooling.closed_day.added", actor=actor, target=row, data=_told(row), at=at)
    return row


@transaction.atomic
def remove_closed_day(*, actor: Any, closed_day: ClosedDay, at: datetime | None = None) -> None:
    require(actor, "change", closed_day)
    record("tooling.closed_day.removed", actor=actor, target=closed_day, data=_told(closed_day), at=at)
    if not ClosedDay._base_manager.filter(pk=closed_day.pk).delete()[0]:
        raise Conflict("Somebody removed the day already.")


def _told(row: ClosedDay) -> dict[str, Any]:
    return {"day": row.day.isoformat(), "name": row.name, "unit": row.business_unit_id}


def _require_keeper(actor: Any, model: type[models.Model]) -> None:
    """Adding a row is about none that exists: the rule of changing any."""
    if not policy_of(model).is_possible(actor, "change"):
        raise Forbidden("CoE leads keep the settings of reviews.", next_step="Ask the coe-office.")


def _days(name: str, value: Any) -> int | None:
    if value is None and name == "instant_days":
        return None
    low, high = DAYS[name]
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise refuse(name, f"Give a whole number of days from {low} to {high:,}.")
    return value


def _fitting(days: Mapping[str, Any]) -> None:
    errors = {}
    if days["instant_days"] is not None and days["instant_days"] > days["longest_days"]:
        errors["instant_days"] = ["What is granted at once cannot be longer than the longest grant."]
    if days["total_days"] < days["longest_days"]:
        errors["total_days"] = ["All grants together cannot be shorter than the longest single one."]
    if errors:
        raise Invalid(errors=errors)


def _steps(value: Any) -> list[str]:
    """In the order of `StepRole`. A tier without a step would be decided by nobody."""
    if not isinstance(value, list | tuple) or any(role not in StepRole.values for role in value):
        raise refuse("steps", f"Choose among {', '.join(StepRole.values)}.")
    if not value:
        raise refuse("steps", "Choose at least one; nobody would decide otherwise.")
    return [role for role in StepRole.values if role in value]


def _environment_fields(changes: Mapping[str, Any]) -> dict[str, Any]:
    refuse_unknown(changes, {"name", "position", "other_names"})
    fields: dict[str, Any] = {}
    if "name" in changes:
        fields["name"] = checked_text("name", changes["name"], 100, empty="Give it a name.")
    if "position" in changes:
        place = changes["position"]
        if not isinstance(place, int) or not 0 <= place <= LATEST_POSITION:
            raise refuse("position", f"Give a whole number from 0 to {LATEST_POSITION:,}.")
        fields["position"] = place
    if "other_names" in changes:
        fields["other_names"] = _names(changes["other_names"])
    return fields


def _names(value: Any) -> list[str]:
    if not isinstance(value, list | tuple) or len(value) > MOST_NAMES:
        raise refuse("other_names", f"Give at most {MOST_NAMES} names.")
    names = [checked_text("other_names", each, LONGEST_NAME).lower() for each in value]
    return list(dict.fromkeys(name for name in names if name))


def _locked_environments() -> list[Environment]:
    """All of them, one change at a time: a name that stands for two environments would be read as either."""
    return list(Environment._base_manager.select_for_update(no_key=True).order_by("pk"))


def _names_of(rows: Sequence[Environment]) -> set[str]:
    return {name.lower() for row in rows for name in (row.slug, *row.other_names)}


def _require_free(names: Sequence[str], others: Sequence[Environment]) -> None:
    taken = sorted(set(names) & _names_of(others))
    if taken:
        raise Conflict(
            errors={"other_names": [f"Another environment is known as {', '.join(taken)} already."]}
        )
