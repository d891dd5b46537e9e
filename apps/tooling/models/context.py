"""Where tools are used, how careful a review is, and on which days nobody works."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.core.concurrency import Versioned
from apps.core.policies import Hidden, PolicyManager
from apps.people.models import SLUG, BusinessUnit
from apps.tooling.policies import SettingPolicy
from apps.tooling.vocabulary import DataClass, Ring
from apps.tooling.workflow import Level, StepRole

DATA_CLASSES = [(each.value, each.name.capitalize()) for each in DataClass]
RINGS = [(each.value, each.value.capitalize()) for each in Ring]


class Environment(models.Model):
    """A row and not a text, so that grants of one environment can exclude each other."""

    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    name = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField(default=0, help_text="From the first to the last.")
    other_names = ArrayField(
        models.CharField(max_length=63),
        default=list,
        blank=True,
        help_text="What clusters call it: prod, live.",
    )

    policy = SettingPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name


class Tier(Versioned):
    """How a request of this risk is decided. Days of grants are calendar days, deadlines are working days."""

    level = models.CharField(max_length=6, choices=Level, unique=True)
    instant_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Granted at once for at most so many days; empty: reviewed."
    )
    longest_days = models.PositiveSmallIntegerField(help_text="The longest single grant.")
    total_days = models.PositiveSmallIntegerField(
        help_text="All grants of a team for one tool and environment together, renewals included."
    )
    working_days = models.PositiveSmallIntegerField(help_text="Until a decision is due.")
    steps = ArrayField(models.CharField(max_length=9, choices=StepRole), default=list, blank=True)

    policy = SettingPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(longest_days__range=(1, 365), total_days__gte=models.F("longest_days")),
                name="tier_longest_1_to_365",
            ),
            models.CheckConstraint(
                condition=Q(instant_days__isnull=True) | Q(instant_days__lte=models.F("longest_days")),
                name="tier_instant_within_longest",
            ),
        ]

    def __str__(self) -> str:
        return self.get_level_display()


class TierRule(models.Model):
    """Which tier a context asks for; of the rules that fit the highest wins, and where none fits, high."""

    level = models.CharField(max_length=6, choices=Level)
    environment = models.ForeignKey(
        Environment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: any.",
    )
    data_class = models.PositiveSmallIntegerField(
        choices=DATA_CLASSES, default=DataClass.PUBLIC.value, help_text="From this class on."
    )
    ring = models.CharField(max_length=11, choices=RINGS, blank=True, help_text="Empty: any.")

    policy = SettingPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                "level", "environment", "data_class", "ring", name="tier_rule_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        where = self.environment.name if self.environment else "Anywhere"
        ring = f", {self.ring}" if self.ring else ""
        return f"{where}, {self.get_data_class_display().lower()} data or more sensitive{ring}: {self.level}"


class ClosedDay(models.Model):
    """A day on which a unit does not work, besides its public holidays and weekends."""

    business_unit = models.ForeignKey(
        BusinessUnit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: all.",
    )
    day = models.DateField()
    name = models.CharField(max_length=100)

    policy = SettingPolicy()
    objects = PolicyManager()

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint("business_unit", "day", name="closed_day_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"


class BookStamp(models.Model):
    """One row that changes with everything that decisions read, by triggers: processes keep their book until then."""

    stamp = models.UUIDField(default=uuid.uuid4)

    policy = Hidden()
    objects = PolicyManager()

    def __str__(self) -> str:
        return str(self.stamp)
