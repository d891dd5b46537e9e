"""What a new portal begins with: environments, tiers and their rules. Made after `migrate` where there is none;
no data migration, because a flush in tests would drop what it made."""

from __future__ import annotations

from typing import Any

from django.apps import apps as current
from django.db.models.signals import post_migrate

from apps.tooling.vocabulary import DataClass, Ring
from apps.tooling.workflow import Level, StepRole

ENVIRONMENTS = (
    ("development", "Development", ["dev", "sandbox"]),
    ("test", "Test", ["testing", "qa"]),
    ("staging", "Staging", ["stage", "preproduction", "acceptance"]),
    ("production", "Production", ["prod", "live"]),
)
TIERS: dict[str, dict[str, Any]] = {
    Level.LOW: {
        "instant_days": 30,
        "longest_days": 90,
        "total_days": 180,
        "working_days": 2,
        "steps": [StepRole.CENTRAL],
    },
    Level.MEDIUM: {
        "longest_days": 180,
        "total_days": 365,
        "working_days": 5,
        "steps": [StepRole.CENTRAL, StepRole.BUSINESS],
    },
    Level.HIGH: {
        "longest_days": 365,
        "total_days": 730,
        "working_days": 10,
        "steps": [StepRole.CENTRAL, StepRole.BUSINESS, StepRole.SECURITY, StepRole.COMMITTEE],
    },
}
TIER_RULES = (  # level, environment, from this data class on, ring
    (Level.LOW, None, DataClass.PUBLIC, ""),
    (Level.MEDIUM, "staging", DataClass.PUBLIC, ""),
    (Level.MEDIUM, "production", DataClass.PUBLIC, ""),
    (Level.MEDIUM, None, DataClass.CONFIDENTIAL, ""),
    (Level.HIGH, "production", DataClass.CONFIDENTIAL, ""),
    (Level.HIGH, None, DataClass.RESTRICTED, ""),
    (Level.HIGH, None, DataClass.PUBLIC, Ring.BANNED),
)


def connect() -> None:
    post_migrate.connect(_fill, dispatch_uid="tooling.defaults")


def _fill(*, app_config: Any, using: str, apps: Any = current, **signal: Any) -> None:
    if app_config.label != "tooling":
        return
    try:
        environment, tier, rule = (
            apps.get_model("tooling", name) for name in ("Environment", "Tier", "TierRule")
        )
    except LookupError:  # migrated back to before they existed
        return
    if not environment._base_manager.using(using).exists():
        for position, (slug, name, others) in enumerate(ENVIRONMENTS, start=1):
            environment._base_manager.using(using).create(
                slug=slug, name=name, position=position, other_names=others
            )
    if not tier._base_manager.using(using).exists():
        for level, fields in TIERS.items():
            tier._base_manager.using(using).create(level=level, **fields)
        _fill_rules(environment, rule, using)


def _fill_rules(environment: Any, rule: Any, using: str) -> None:
    known = {row.slug: row for row in environment._base_manager.using(using)}
    for level, where, data_class, ring in TIER_RULES:
        if where is None or where in known:
            rule._base_manager.using(using).get_or_create(
                level=level, environment=known.get(where), data_class=data_class.value, ring=str(ring)
            )
