"""A request's scores as its page shows them: rounds that were revealed, one's own sealed score, and how many are in.

What is sealed is counted and never read for anybody but its scorer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from statistics import median
from typing import Any

from apps.people.models import Team
from apps.people.standing import standing_of
from apps.roadmap.models import Dependency, Estimate, Request, RequestKpi, Score, ScoringPolicy
from apps.roadmap.policies import is_central
from apps.roadmap.queries.scores import current_policy, opinion_of, rates_of, weeks_of
from apps.roadmap.valuing import Part, Valuation, parts_of, value_of
from apps.roadmap.workflow import State


@dataclass(frozen=True, slots=True)
class Opened:
    """One revealed score with the value that it comes to."""

    score: Score
    parts: tuple[Part, ...]

    @property
    def value(self) -> Decimal:
        return sum((part.value for part in self.parts), Decimal(0))


@dataclass(frozen=True, slots=True)
class Round:
    """Revealed scores of one round. `decay` and `impact` are the medians that the figures take."""

    number: int
    scores: tuple[Opened, ...]
    valuation: Valuation
    weeks: Decimal | None
    decay: Decimal
    impact: Decimal
    stale_from: datetime

    @property
    def revealed_at(self) -> datetime:
        return max(each.score.revealed_at for each in self.scores if each.score.revealed_at is not None)

    def is_stale(self, at: datetime) -> bool:
        return self.stale_from < at


def rounds(user: Any, request: Request, policy: ScoringPolicy | None = None) -> list[Round]:
    """The revealed rounds under today's policy, the newest first: four statements."""
    rows = Score.objects.visible_to(user).filter(request=request, revealed_at__isnull=False)
    scores = rows.select_related("scorer").prefetch_related("lines__kpi").order_by("-round", "at", "id")
    chosen = policy or current_policy()
    weeks = weeks_of([request.pk]).get(request.pk)
    made = [
        _round(request, number, list(some), chosen, weeks)
        for number, some in groupby(scores, lambda score: score.round)
    ]
    return [each for each in made if each is not None]


def _round(
    request: Request,
    number: int,
    scores: Sequence[Score],
    policy: ScoringPolicy | None,
    weeks: Decimal | None,
) -> Round | None:
    rates = rates_of(policy)
    opinions = [opinion_of(score) for score in scores]
    valuation = value_of(opinions, rates, reach=request.reach, weeks=weeks)
    if valuation is None:
        return None
    days = (policy or ScoringPolicy()).stale_after_days
    return Round(
        number,
        tuple(
            Opened(score, parts_of(opinion, rates)) for score, opinion in zip(scores, opinions, strict=True)
        ),
        valuation,
        weeks,
        median([rates.decay.get(each.urgency, Decimal(0)) for each in opinions]),
        median([each.impact for each in opinions]),
        max(score.at for score in scores) + timedelta(days=days),
    )


def own_sealed(user: Any, request: Request) -> Score | None:
    """The score that this person gave in the round that is not revealed yet."""
    rows = Score.objects.visible_to(user).filter(request=request, scorer=user.pk, revealed_at=None)
    return rows.prefetch_related("lines__kpi").first()


def sealed_count(request: Request) -> int:
    """How many scores of the present round are in; whose they are is told to nobody."""
    return Score._base_manager.filter(request=request, revealed_at=None).count()


def scoring_teams() -> list[Team]:
    """The central teams, whose people score."""
    return list(Team._base_manager.filter(kind=Team.Kind.CENTRAL, ends=None).order_by("name"))


def why_not_score(user: Any, request: Request) -> str:
    """Why this person gives no score now; empty where nothing is in the way but that they gave one already."""
    standing = standing_of(user)
    if not is_central(standing):
        return "Platform engineers and CoE leads score; you read the figures once they are revealed."
    if request.requester_id == user.pk:
        return "You asked for it yourself, and nobody scores what they asked for."
    if request.owner_id in standing.teams:
        return f"It is a request of {request.owner}, your own team; people of other teams score it."
    if request.state != State.SCORING:
        return "Scores are given while a request is in scoring."
    return ""


def kpis_of(request: Request) -> list[RequestKpi]:
    return list(RequestKpi._base_manager.filter(request=request).select_related("owner").order_by("id"))


def estimate_history(user: Any, request: Request) -> list[Estimate]:
    """All estimates, the newest first; the first of a role is the one that counts."""
    rows = Estimate.objects.visible_to(user).filter(request=request)
    return list(rows.select_related("author").order_by("-at", "-id"))


def dependencies_of(user: Any, request: Request) -> tuple[list[Dependency], list[Dependency], int]:
    """What it needs or excludes, what needs or excludes it, and how many more are not shown to this person."""
    shown = Dependency.objects.visible_to(user).select_related("request", "other").order_by("kind", "pk")
    own, others = list(shown.filter(request=request)), list(shown.filter(other=request))
    rows = Dependency._base_manager
    everything = rows.filter(request=request).count() + rows.filter(other=request).count()
    return own, others, everything - len(own) - len(others)
