"""Scores are given blind and revealed together; estimates are ranges; the policy is one for the whole company."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.core.checking import checked_choice, checked_text, refuse
from apps.core.concurrency import refused_as, swap
from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import SYSTEM, System, require
from apps.people.standing import standing_of
from apps.roadmap.actions.figures import exact_number
from apps.roadmap.actions.inheriting import one_at_a_time
from apps.roadmap.actions.moving import locked, moment, move
from apps.roadmap.models import Dependency, Estimate, Request, RequestKpi, Score, ScoreLine, ScoringPolicy
from apps.roadmap.planning.checks import dependency_cycle
from apps.roadmap.queries.completeness import FEWEST_SCORERS, unready
from apps.roadmap.queries.instance import key
from apps.roadmap.queries.naming import told
from apps.roadmap.workflow import IMPACTS, Category, Evidence, Link, Role, State, Urgency

MOST_WEEKS = Decimal(10_000)
LARGEST = Decimal(10) ** 18
MOST_RATES = 200


@transaction.atomic
def give_score(
    *,
    actor: Any,
    request: Request,
    impact: Any,
    urgency: str,
    lines: Sequence[Mapping[str, Any]],
    comment: str = "",
    at: datetime | None = None,
) -> Score:
    """One blind score in the present round: for each KPI the expected change and its evidence.

    Nobody else reads it before the round is revealed. Conflict for a second one in the same round.
    """
    require(actor, "score", request)
    request, when = locked(request), moment(at)
    require(actor, "score", request)
    checked = _checked_lines(request, lines)
    text = checked_text("comment", comment, 5_000, lines=True)
    with refused_as(
        score_once_a_round="You have scored this round; the next one begins when it is revealed."
    ):
        score = Score._base_manager.create(
            request=request,
            round=open_round(request),
            scorer_id=actor.pk,
            requester_id=request.requester_id,
            impact=_impact(impact),
            urgency=checked_choice("urgency", urgency, Urgency.values),
            comment=text,
            at=when,
        )
    for kpi, expected, evidence in checked:
        ScoreLine._base_manager.create(score=score, kpi=kpi, expected=expected, evidence=evidence)
    record("roadmap.request.scored", actor=SYSTEM, target=request, data={"round": score.round}, at=at)
    return score


def open_round(request: Request) -> int:
    """The round in which scores are given now: after the last revealed one."""
    rows = Score._base_manager.filter(request=request, revealed_at__isnull=False)
    return int(rows.aggregate(last=Max("round"))["last"] or 0) + 1


@transaction.atomic
def reveal_scores(*, actor: Any, request: Request, at: datetime | None = None) -> list[Score]:
    """Opens the round's scores to all who see the request, all at once, when there are enough of them."""
    require(actor, "reveal", request)
    request, when = locked(request), moment(at)
    rows = Score._base_manager.filter(request=request, round=open_round(request), revealed_at=None)
    if rows.count() < FEWEST_SCORERS:
        raise Conflict(
            f"{rows.count()} of at least {FEWEST_SCORERS} scores are given.",
            next_step="Ask another person of the center to score it.",
        )
    keys = list(rows.values_list("pk", flat=True))
    rows.update(revealed_at=when)
    if request.reason:  # why it had to be scored is answered
        swap(request, request.version, {"reason": ""}, at=when)
    record("roadmap.request.revealed", actor=actor, target=request, data={"scores": len(keys)}, at=at)
    return list(Score._base_manager.filter(pk__in=keys))


@transaction.atomic
def declare_ready(*, actor: Any, request: Request, at: datetime | None = None) -> Request:
    """It may come into a cycle: sponsor, second unit or strategic wallet, estimate and agreeing scores are there."""
    require(actor, "reveal", request)
    request, when = locked(request), moment(at)
    lacking = unready(request, when)
    if lacking:
        raise Conflict(" ".join(lacking), possible=lacking)
    move(actor, request, State.READY, when, "ready")
    return request


@transaction.atomic
def score_again(*, actor: Any, request: Request, reason: str, at: datetime | None = None) -> Request:
    """Its scores have grown old or something changed: back to scoring."""
    require(actor, "plan", request)
    why = checked_text("reason", reason, 2_000, lines=True)
    request = locked(request)
    move(actor, request, State.SCORING, moment(at), "rescored", reason=why)
    return request


@transaction.atomic
def estimate(
    *,
    actor: Any,
    request: Request,
    role: str,
    p50: Any,
    p10: Any = None,
    p90: Any = None,
    note: str = "",
    at: datetime | None = None,
) -> Estimate:
    """Person-weeks of one role as a range; the last one counts, all stay."""
    require(actor, "estimate", request)
    middle = _weeks("p50", p50)
    low = _weeks("p10", p10) if p10 not in (None, "") else middle
    high = _weeks("p90", p90) if p90 not in (None, "") else middle
    if not low <= middle <= high:
        raise refuse("p50", "P10 is at most P50, and P50 at most P90.")
    row = Estimate._base_manager.create(
        request=request,
        role=checked_choice("role", role, Role.values),
        p10=low,
        p50=middle,
        p90=high,
        author_id=actor.pk,
        note=checked_text("note", note, 300),
        at=moment(at),
    )
    data = {"role": row.role, "p50": str(middle)}
    record("roadmap.request.estimated", actor=actor, target=request, data=data, at=at)
    return row


@transaction.atomic
def add_dependency(
    *, actor: Any, request: Request, other: Request, kind: str, at: datetime | None = None
) -> Dependency:
    """`request` needs `other` first, or excludes it. Refuses a circle, naming its members."""
    require(actor, "estimate", request)
    require(actor, "view", other)
    chosen = checked_choice("kind", kind, Link.values)
    if request.pk == other.pk:
        raise refuse("other", "Choose another request.")
    first, second = sorted((request.pk, other.pk))
    list(Request._base_manager.select_for_update(of=("self",)).filter(pk__in=(first, second)).order_by("pk"))
    with refused_as(dependency_once="These two are joined already."):
        row = Dependency._base_manager.create(request=request, other=other, kind=chosen)
    if chosen == Link.NEEDS:
        _refuse_circle(actor)
    record("roadmap.request.dependency_added", actor=actor, target=request, data={"kind": chosen}, at=at)
    return row


@transaction.atomic
def remove_dependency(*, actor: Any, dependency: Dependency, at: datetime | None = None) -> None:
    require(actor, "change", dependency)
    data = {"kind": dependency.kind}  # the other one may be hidden from those who see this one
    target = dependency.request
    dependency.delete()
    record("roadmap.request.dependency_removed", actor=actor, target=target, data=data, at=at)


def _refuse_circle(actor: Any) -> None:
    """Circles are of this dependency: what stood before it had none. One at a time, since two that are added at once may
    close a circle together."""
    one_at_a_time()
    needs: dict[str, list[str]] = {}
    for request, other in Dependency._base_manager.filter(kind=Link.NEEDS).values_list("request", "other"):
        needs.setdefault(key(request), []).append(key(other))
    circle = dependency_cycle(needs)
    if circle:
        ring = told(actor, " needs ".join([*circle, circle[0]]))
        raise Conflict(
            f"This would close a circle: {ring}.",
            next_step="Take one of these needs away first, or leave this one.",
        )


@transaction.atomic
def publish_policy(
    *,
    actor: Any,
    rates: Sequence[Mapping[str, Any]],
    rationale: str,
    ladder: Mapping[str, Any] | None = None,
    decay: Mapping[str, Any] | None = None,
    stale_after_days: int = 90,
    base_number: int | None = None,
    at: datetime | None = None,
) -> ScoringPolicy:
    """The next revision of how values are compared. `base_number` is the one that the author read."""
    require_policy_author(actor)
    policy = drafted_policy(
        rates=rates, rationale=rationale, ladder=ladder, decay=decay, stale_after_days=stale_after_days
    )
    if not policy.rationale:
        raise refuse("rationale", "Say why; everybody whose request moves reads it.")
    last = ScoringPolicy._base_manager.aggregate(last=Max("number"))["last"] or 0
    if base_number is not None and base_number != last:
        raise Conflict(f"Policy {last} was published meanwhile.", current_number=last)
    policy.number, policy.author_id, policy.at = last + 1, actor.pk, moment(at)
    with refused_as(roadmap_scoringpolicy_number_key="Another policy was published at this moment; load it."):
        policy.save(force_insert=True)
    require(actor, "change", policy)
    record("roadmap.policy.published", actor=actor, target=policy, data={"number": policy.number}, at=at)
    return policy


def require_policy_author(actor: Any) -> None:
    """Raises Forbidden for whoever may not publish the scoring policy, nor try out another one."""
    if not isinstance(actor, System) and not standing_of(actor).coe_lead:
        raise Forbidden("CoE leads publish the scoring policy.", next_step="Propose it to the coe-office.")


def drafted_policy(
    *,
    rates: Sequence[Mapping[str, Any]],
    rationale: str = "",
    ladder: Mapping[str, Any] | None = None,
    decay: Mapping[str, Any] | None = None,
    stale_after_days: int = 90,
) -> ScoringPolicy:
    """A checked policy that is kept nowhere, to look at who would move. Invalid names what is wrong."""
    return ScoringPolicy(
        rates=_rates(rates),
        ladder=_parts("ladder", ladder, Evidence),
        decay=_parts("decay", decay, Urgency),
        stale_after_days=_days(stale_after_days),
        rationale=checked_text("rationale", rationale, 10_000, lines=True),
    )


def _rates(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    if len(rows) > MOST_RATES:
        raise refuse("rates", f"At most {MOST_RATES} rates.")
    found = [_rate(row, number) for number, row in enumerate(rows, start=1)]
    seen: set[tuple[str, str]] = set()
    for number, rate in enumerate(found, start=1):
        if (rate["category"], rate["measure"]) in seen:
            raise refuse("rates", f"Rate {number}: there is one for {rate['measure']} already.")
        seen.add((rate["category"], rate["measure"]))
    return found


def _rate(row: Any, number: int) -> dict[str, str]:
    if not isinstance(row, Mapping) or set(row) != {"category", "measure", "value"}:
        raise refuse("rates", f"Rate {number} has category, measure and value.")
    value = exact_number("rates", row["value"])
    if value < 0 or value >= LARGEST:
        raise refuse("rates", f"Rate {number}: the value is not negative.")
    measure = checked_text("rates", row["measure"], 30, empty=f"Rate {number}: name the unit of measure.")
    return {
        "category": checked_choice("rates", row["category"], Category.values),
        "measure": measure,
        "value": str(value),
    }


def _parts(field: str, given: Mapping[str, Any] | None, words: Any) -> dict[str, str]:
    """Word to a part between 0 and 1, as exact text; empty for the house's own."""
    if not given:
        return {}
    if set(given) != set(words.values):
        raise refuse(field, f"Give a figure for each of {', '.join(words.values)}.")
    parts = {name: exact_number(field, value) for name, value in given.items()}
    if any(not 0 <= part <= 1 for part in parts.values()):
        raise refuse(field, "Each figure lies between 0 and 1.")
    return {name: str(part) for name, part in parts.items()}


def _days(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 3_650:
        raise refuse("stale_after_days", "Between 1 and 3,650 days.")
    return value


def _checked_lines(
    request: Request, lines: Sequence[Mapping[str, Any]]
) -> list[tuple[RequestKpi, Decimal, str]]:
    kpis = {kpi.pk: kpi for kpi in request.kpis.all()}
    found = {}
    for line in lines:
        kpi = kpis.get(line.get("kpi") or 0)
        if kpi is None:
            raise refuse("lines", "A line speaks of a figure that the request does not have.")
        expected = exact_number("lines", line.get("expected"))
        if not 0 <= expected < LARGEST:
            raise refuse("lines", f"{kpi}: the expected change is not negative.")
        found[kpi.pk] = (kpi, expected, checked_choice("lines", line.get("evidence"), Evidence.values))
    if set(found) != set(kpis):
        raise refuse("lines", "Score every figure of the request once; 0 is an answer.")
    return list(found.values())


def _impact(value: Any) -> Decimal:
    number = exact_number("impact", value)
    if number not in IMPACTS:
        raise refuse("impact", "Impact is 3, 2, 1, 0.5 or 0.25.")
    return number


def _weeks(field: str, value: Any) -> Decimal:
    number = exact_number(field, value)
    if not 0 <= number <= MOST_WEEKS:
        raise refuse(field, f"Between 0 and {MOST_WEEKS:,} person-weeks.")
    return number.quantize(Decimal("0.001"))
