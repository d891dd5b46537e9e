"""Revisions of the scoring policy: what each changed, which figures have no rate, and who would move under a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count

from apps.roadmap.models import Request, RequestKpi, ScoringPolicy
from apps.roadmap.queries.ranking import OPEN, ranking
from apps.roadmap.queries.scores import rates_of
from apps.roadmap.valuing import Rates
from apps.roadmap.workflow import Category, Evidence, Urgency

MOST_UNRATED = 50


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of a policy in two revisions; None where the revision has none."""

    name: str
    before: Decimal | None
    after: Decimal | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed" if self.before != self.after else "same"


def revisions(user: Any) -> list[ScoringPolicy]:
    return list(ScoringPolicy.objects.visible_to(user).select_related("author").order_by("-number"))


def changes(old: ScoringPolicy, new: ScoringPolicy) -> list[Change]:
    """Rates, ladder, decay and age, those that differ."""
    before, after = _figures(old), _figures(new)
    rows = [Change(name, before.get(name), after.get(name)) for name in dict.fromkeys([*before, *after])]
    return [row for row in rows if row.kind != "same"]


def _figures(policy: ScoringPolicy) -> dict[str, Decimal]:
    rates = rates_of(policy)
    named = {rate_name(*key): value for key, value in sorted(rates.per_unit.items())}
    named |= {f"Evidence: {Evidence(name).label.lower()}": rates.ladder[name] for name in Evidence.values}
    named |= {f"Urgency: {short_urgency(name)}": rates.decay[name] for name in Urgency.values}
    return named | {"Days until scores are stale": Decimal(policy.stale_after_days)}


def rate_name(category: str, measure: str) -> str:
    return f"{Category(category).label}, {measure}"


def short_urgency(name: str) -> str:
    return str(Urgency(name).label).partition(":")[0].lower()


@dataclass(frozen=True, slots=True)
class Move:
    """Where a request stands by value before and after; ranks count from 1."""

    request: Request
    before: int
    after: int
    value_before: Decimal
    value_after: Decimal

    @property
    def steps(self) -> int:
        """Positive where it rises."""
        return self.before - self.after


def moves(user: Any, draft: ScoringPolicy, at: datetime) -> list[Move]:
    """Who would move: requests that may still come into a cycle, in the order that the draft gives."""
    now = ranking(user, at, states=OPEN)
    then = ranking(user, at, states=OPEN, policy=draft)
    ranks = {row.request.pk: (place, row.valuation.value) for place, row in enumerate(now, start=1)}
    return [
        Move(row.request, ranks[row.request.pk][0], place, ranks[row.request.pk][1], row.valuation.value)
        for place, row in enumerate(then, start=1)
        if row.request.pk in ranks
    ]


def unrated(user: Any, rates: Rates) -> list[tuple[str, str, int]]:
    """Category, unit of measure and how many visible requests use it, where the policy has no rate for it."""
    visible = Request.objects.visible_to(user).filter(submitted_at__isnull=False).order_by().values("pk")
    rows = RequestKpi._base_manager.filter(request__in=visible).order_by()
    counted = rows.values_list("category", "measure").annotate(Count("request", distinct=True))
    found = Counter({(category, measure): number for category, measure, number in counted})
    return list(_without_rate(found, rates))[:MOST_UNRATED]


def _without_rate(found: Counter[tuple[str, str]], rates: Rates) -> Iterator[tuple[str, str, int]]:
    for (category, measure), number in found.most_common():
        if (category, measure) not in rates.per_unit:
            yield category, measure, number
