"""Scores that everybody may read, and what they come to under a policy; computed when read, stored nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Max, Q, QuerySet, Subquery, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce, Now

from apps.roadmap.models import Cycle, Estimate, Request, Score, ScoringPolicy
from apps.roadmap.valuing import Expectation, Opinion, Rates, Valuation, value_of
from apps.roadmap.workflow import LADDER, Entry, State, Urgency

DECAY = {Urgency.STEADY: "0.25", Urgency.FADING: "0.5", Urgency.DEADLINE: "1", Urgency.PATIENT: "0.05"}


def current_policy() -> ScoringPolicy | None:
    return ScoringPolicy._base_manager.order_by("-number").first()


def rates_of(policy: ScoringPolicy | None) -> Rates:
    """The policy's figures; before the first policy nothing has a rate."""
    ladder = (
        policy.ladder if policy and policy.ladder else {str(key): str(value) for key, value in LADDER.items()}
    )
    decay = policy.decay if policy and policy.decay else {str(key): value for key, value in DECAY.items()}
    rates = policy.rates if policy else []
    return Rates(
        {(row["category"], row["measure"]): Decimal(row["value"]) for row in rates},
        {name: Decimal(value) for name, value in ladder.items()},
        {name: Decimal(value) for name, value in decay.items()},
    )


def scored() -> QuerySet[Score]:
    """Revealed scores with what values are made of: two more statements, whatever their number."""
    rows = Score._base_manager.filter(revealed_at__isnull=False).select_related("scorer")
    return rows.prefetch_related("lines__kpi").order_by("at", "id")


def last_round(scores: Iterable[Score]) -> list[Score]:
    """Of the revealed scores of one request those that count."""
    every = list(scores)
    last = max((score.round for score in every), default=0)
    return [score for score in every if score.round == last]


def revealed(request: Request) -> list[Score]:
    """The scores of the last revealed round."""
    rows = Score._base_manager.filter(request=request, revealed_at__isnull=False)
    last = rows.aggregate(last=Max("round"))["last"]
    return list(scored().filter(request=request, round=last)) if last else []


def valuations(requests: Iterable[Request], policy: ScoringPolicy | None) -> dict[int, Valuation]:
    """Figures of many requests by three statements; requests without a revealed score are left out."""
    wanted = {request.pk: request for request in requests}
    rates, weeks = rates_of(policy), weeks_of(wanted)
    found: dict[int, list[Score]] = {}
    for score in scored().filter(request__in=wanted):
        found.setdefault(score.request_id, []).append(score)
    answer = {}
    for pk, scores in found.items():
        valuation = valued(wanted[pk], scores, rates, weeks.get(pk))
        if valuation is not None:
            answer[pk] = valuation
    return answer


def valued(
    request: Request, scores: Iterable[Score], rates: Rates, weeks: Decimal | None
) -> Valuation | None:
    """From its revealed scores and its P50 person-weeks. No statement."""
    opinions = [opinion_of(score) for score in last_round(scores)]
    return value_of(opinions, rates, reach=request.reach, weeks=weeks)


def opinion_of(score: Score) -> Opinion:
    lines = [
        Expectation(line.kpi.name, line.kpi.category, line.kpi.measure, line.expected, line.evidence)
        for line in score.lines.all()
    ]
    return Opinion(score.scorer.username, lines, score.impact, score.urgency)


def valuation(request: Request, policy: ScoringPolicy | None = None) -> Valuation | None:
    return valuations([request], policy or current_policy()).get(request.pk)


def spread_is_wide(request: Request) -> bool:
    found = valuation(request)
    return found is not None and found.is_wide


def is_stale(request: Request, at: datetime, policy: ScoringPolicy | None = None) -> bool:
    """Whether the last revealed scores are older than the policy allows."""
    return are_stale(revealed(request), at, policy or current_policy())


def are_stale(scores: Sequence[Score], at: datetime, policy: ScoringPolicy | None) -> bool:
    """Of the scores of one round."""
    days = (policy or ScoringPolicy()).stale_after_days
    return bool(scores) and max(score.at for score in scores) + timedelta(days=days) < at


def fresh_from() -> CombinedExpression:
    """The instant from which on a score is not stale today, within a statement."""
    days = ScoringPolicy._base_manager.order_by("-number").values("stale_after_days")[:1]
    return Now() - Coalesce(Subquery(days), ScoringPolicy().stale_after_days) * Value(timedelta(days=1))


def losing_freshness(cycle: Cycle, at: datetime) -> list[Request]:
    """The requests to be voted on whose scores are stale at that instant."""
    days = (cycle.scoring_policy or current_policy() or ScoringPolicy()).stale_after_days
    rows = Request._base_manager.filter(
        candidacies__cycle=cycle, candidacies__entry=Entry.OPEN, state=State.IN_CYCLE
    )
    opened = Q(scores__revealed_at__isnull=False)
    old = rows.annotate(last=Max("scores__at", filter=opened)).filter(last__lt=at - timedelta(days=days))
    return list(old.order_by("title", "pk"))


def estimates_of(request: Request) -> list[Estimate]:
    """The last estimate of each role."""
    rows = Estimate._base_manager.filter(request=request).order_by("role", "-at", "-id").distinct("role")
    return list(rows.select_related("author"))


def weeks_of(requests: Iterable[int]) -> dict[int, Decimal]:
    """P50 person-weeks over all roles, by request."""
    totals: dict[int, Decimal] = {}
    for pk, weeks in role_weeks(requests).items():
        totals[pk] = sum(weeks.values(), Decimal(0))
    return totals


def last_estimates() -> QuerySet[Estimate]:
    """The last one of each request and role."""
    rows = Estimate._base_manager.order_by("request_id", "role", "-at", "-id")
    return rows.distinct("request_id", "role")


def role_weeks(requests: Iterable[int]) -> dict[int, dict[str, Decimal]]:
    """P50 person-weeks by request and role, from the last estimate of each."""
    found: dict[int, dict[str, Decimal]] = {}
    for estimate in last_estimates().filter(request__in=list(requests)):
        found.setdefault(estimate.request_id, {})[estimate.role] = estimate.p50
    return found
