"""A row of every model of the roadmap room for the walks over models and addresses, made directly: requests and all
that hangs on them are those of risk-ml."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import models
from django.utils import timezone

from apps.people.models import BusinessUnit, Team, User
from apps.roadmap import models as roadmap
from tests.factories import EntityFactory
from tests.personas import People

_numbers = count(1)
EMPTY = '{"format":"coe-planning-1","capacities":{},"requests":[],"units":[],"reserve":{}}'


def _user(name: str) -> User:
    return User.objects.get(username=name)


def _unit(slug: str = "retail-banking") -> BusinessUnit:
    return BusinessUnit.objects.get(slug=slug)


def a_request(visibility: str = "company", state: str = "needs_info", **fields: Any) -> roadmap.Request:
    """Ben's request of risk-ml, submitted, and in a state in which its team may still change it."""
    whole = {
        "owner": Team.objects.get(slug="risk-ml"),
        "unit": _unit(),
        "requester": _user("ben"),
        "title": f"Request {next(_numbers)}",
        "problem": "Analysts read every alert by hand.",
        "submitted_at": None if state == "draft" else timezone.now(),
        "reason": "Because." if state in {"declined", "deferred", "cancelled"} else "",
    }
    return roadmap.Request.objects.create(visibility=visibility, state=state, **(whole | fields))


def a_kpi(request: roadmap.Request, **fields: Any) -> roadmap.RequestKpi:
    whole = {"category": "cost", "name": "Hours", "measure": "hours a week", "direction": "down"}
    figures = {"p10": 10, "p50": 40, "p90": 60}
    return roadmap.RequestKpi.objects.create(request=request, **(whole | figures | fields))


def a_score(
    request: roadmap.Request, by: str = "dmitri", *, sealed: bool = False, **fields: Any
) -> roadmap.Score:
    whole = {"impact": Decimal(2), "urgency": "steady", "revealed_at": None if sealed else timezone.now()}
    return roadmap.Score.objects.create(
        request=request, scorer=_user(by), requester=request.requester, **(whole | fields)
    )


def a_line(request: roadmap.Request, **fields: Any) -> roadmap.ScoreLine:
    score = fields.pop("score", None) or a_score(request)
    kpi = fields.pop("kpi", None) or a_kpi(request)
    return roadmap.ScoreLine.objects.create(
        score=score, kpi=kpi, **({"expected": 30, "evidence": "pilot"} | fields)
    )


def an_estimate(request: roadmap.Request, **fields: Any) -> roadmap.Estimate:
    whole = {"role": "ml-engineer", "p10": 1, "p50": 2, "p90": 4, "author": _user("dmitri")}
    return roadmap.Estimate.objects.create(request=request, **(whole | fields))


def a_milestone(request: roadmap.Request, **fields: Any) -> roadmap.Milestone:
    whole = {"title": "First run", "p50": date(2026, 12, 1), "p90": date(2026, 12, 20)}
    return roadmap.Milestone.objects.create(request=request, **(whole | fields))


def an_outcome(request: roadmap.Request, **fields: Any) -> roadmap.Outcome:
    whole = {
        "kpi": fields.pop("kpi", None) or a_kpi(request),
        "period_start": date(2026, 7, 1),
        "period_end": date(2026, 10, 1),
        "value": -31,
        "source": "Time sheets",
        "recorded_by": _user("ada"),
        "requester": request.requester,
    }
    return roadmap.Outcome.objects.create(request=request, **(whole | fields))


def a_review(request: roadmap.Request, **fields: Any) -> roadmap.OutcomeReview:
    return roadmap.OutcomeReview.objects.create(
        request=request, **({"days": 90, "due": date(2027, 1, 1)} | fields)
    )


def a_handover(request: roadmap.Request, **fields: Any) -> roadmap.Handover:
    entity = fields.pop("entity", None) or EntityFactory()
    return roadmap.Handover.objects.create(request=request, entity=entity, team=request.owner, **fields)


def a_policy(**fields: Any) -> roadmap.ScoringPolicy:
    last = roadmap.ScoringPolicy.objects.order_by("-number").values_list("number", flat=True).first() or 0
    rates = [{"category": "cost", "measure": "hours a week", "value": "2000"}]
    whole = {"number": last + 1, "rationale": "As finance counts.", "author": _user("esther"), "rates": rates}
    return roadmap.ScoringPolicy.objects.create(**(whole | fields))


def a_cycle(state: str = "preparing", **fields: Any) -> roadmap.Cycle:
    slug = fields.pop("slug", "") or f"cycle-{next(_numbers)}"
    whole = {"name": slug, "starts": date(2027, 1, 1), "ends": date(2027, 4, 1)}
    return roadmap.Cycle.objects.create(slug=slug, state=state, **(whole | fields))


def a_share(cycle: roadmap.Cycle | None = None, unit: str = "retail-banking", **fields: Any) -> roadmap.Share:
    owner = _unit(unit) if unit else None
    return roadmap.Share.objects.create(
        cycle=cycle or a_cycle("voting"), unit=owner, **({"basis_points": 5_000} | fields)
    )


def a_candidate(
    request: roadmap.Request, cycle: roadmap.Cycle | None = None, **fields: Any
) -> roadmap.Candidate:
    whole = {"proposed_by": _user("esther")}
    return roadmap.Candidate.objects.create(request=request, cycle=cycle or a_cycle(), **(whole | fields))


def a_ballot(share: roadmap.Share | None = None, **fields: Any) -> roadmap.Ballot:
    """Farid's, sealed unless its cycle is frozen."""
    share = share or a_share()
    return roadmap.Ballot.objects.create(share=share, cycle=share.cycle, cast_by=_user("farid"), **fields)


def a_ballot_line(**fields: Any) -> roadmap.BallotLine:
    ballot = fields.pop("ballot", None) or a_ballot()
    candidate = fields.pop("candidate", None) or a_candidate(a_request(state="in_cycle"), ballot.cycle)
    return roadmap.BallotLine.objects.create(ballot=ballot, candidate=candidate, **({"points": 73} | fields))


def an_advice(people: People) -> roadmap.Advice:
    share = a_share()
    candidate = a_candidate(a_request(state="in_cycle"), share.cycle)
    return roadmap.Advice.objects.create(share=share, candidate=candidate, user=people.ada, points=40)


def a_snapshot(cycle: roadmap.Cycle | None = None) -> roadmap.Snapshot:
    return roadmap.Snapshot.objects.create(
        cycle=cycle or a_cycle("frozen"), inputs=EMPTY, sha256="0" * 64, frozen_by=_user("esther")
    )


def a_run(cycle: roadmap.Cycle | None = None, **fields: Any) -> roadmap.PlanRun:
    snapshot = a_snapshot(cycle)
    return roadmap.PlanRun.objects.create(cycle=snapshot.cycle, snapshot=snapshot, **fields)


def a_meeting(cycle: roadmap.Cycle | None = None) -> roadmap.Meeting:
    run = a_run(cycle)
    return roadmap.Meeting.objects.create(cycle=run.cycle, run=run)


def an_override() -> roadmap.Override:
    meeting = a_meeting()
    takes = a_candidate(a_request(state="in_cycle"), meeting.cycle)
    return roadmap.Override.objects.create(
        meeting=meeting, takes=takes, reason="The regulator asks.", moved_by=_user("hana")
    )


# Rows that are seen by whoever sees the request that they hang on.
OF_A_REQUEST: dict[type[models.Model], Callable[[roadmap.Request], models.Model]] = {
    roadmap.Request: lambda request: request,
    roadmap.RequestKpi: a_kpi,
    roadmap.Support: lambda request: roadmap.Support.objects.create(
        request=request, unit=_unit("insurance"), user=_user("jo")
    ),
    roadmap.RequestLink: lambda request: roadmap.RequestLink.objects.create(
        request=request, entity=EntityFactory()
    ),
    roadmap.Dependency: lambda request: roadmap.Dependency.objects.create(
        request=request, other=a_request(), kind="needs"
    ),
    roadmap.RequestComment: lambda request: roadmap.RequestComment.objects.create(
        request=request, author=_user("ada"), text="A remark."
    ),
    roadmap.Score: a_score,
    roadmap.ScoreLine: a_line,
    roadmap.Estimate: an_estimate,
    roadmap.Candidate: a_candidate,
    roadmap.Milestone: a_milestone,
    roadmap.Block: lambda request: roadmap.Block.objects.create(
        request=request, waits_for="Access", owner=_user("ben")
    ),
    roadmap.Actual: lambda request: roadmap.Actual.objects.create(
        request=request, role="ml-engineer", month=date(2026, 11, 1), weeks=2, author=_user("dmitri")
    ),
    roadmap.Handover: a_handover,
    roadmap.Outcome: an_outcome,
    roadmap.OutcomeReview: a_review,
}
# Rows that everybody reads.
OF_THE_COMPANY: dict[type[models.Model], Callable[[People], models.Model]] = {
    roadmap.ScoringPolicy: lambda people: a_policy(),
    roadmap.Cycle: lambda people: a_cycle(),
    roadmap.Capacity: lambda people: roadmap.Capacity.objects.create(
        cycle=a_cycle(), role="ml-engineer", weeks=10
    ),
    roadmap.Share: lambda people: a_share(),
    roadmap.Delegate: lambda people: _a_delegate(),
    roadmap.Snapshot: lambda people: a_snapshot(),
    roadmap.PlanRun: lambda people: a_run(),
    roadmap.Meeting: lambda people: a_meeting(),
    roadmap.Attendance: lambda people: roadmap.Attendance.objects.create(
        meeting=a_meeting(), user=people.hana
    ),
    roadmap.Override: lambda people: an_override(),
}
# Rows with viewers of their own: sealed ballots are their voter's, advice its giver's and the voter's.
OF_FEW: dict[type[models.Model], tuple[set[str], Callable[[People], models.Model]]] = {
    roadmap.Ballot: ({"farid"}, lambda people: a_ballot()),
    roadmap.BallotLine: ({"farid"}, lambda people: a_ballot_line()),
    roadmap.Advice: ({"ada", "farid"}, an_advice),
    roadmap.Follow: (
        {"ada"},
        lambda people: roadmap.Follow.objects.create(request=a_request(), user=people.ada),
    ),
}


def _a_delegate() -> roadmap.Delegate:
    share = a_share()
    return roadmap.Delegate.objects.create(
        cycle=share.cycle, share=share, user=_user("ada"), named_by=_user("farid")
    )
