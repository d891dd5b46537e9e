"""The roadmap room in the world of the walk through GraphQL: what is public and what is hidden point at each other."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from django.utils import timezone

from apps.catalog.models import Entity
from apps.people.models import BusinessUnit, Team, User
from apps.roadmap import models as roadmap
from apps.roadmap.planning.canonical import canonical_json, instance_hash, instance_json
from apps.roadmap.planning.instance import MICRO_WEEKS, Instance, Request, Unit
from apps.roadmap.planning.plans import make_plans
from apps.roadmap.queries.instance import key
from tests.roadmap import walked

OPEN_WISH = 10**8  # id of the first open request


def open_and_hidden_roadmap(number: int, public: Entity, hidden: Entity) -> None:
    """A request that all see and one of claims-ai alone, joined in every way, in one cycle with open ballots."""
    policy = walked.a_policy()
    cycle = walked.a_cycle("decided", slug=f"open-{number}", scoring_policy=policy)
    roadmap.Capacity.objects.create(cycle=cycle, role="ml-engineer", weeks=10)
    share = walked.a_share(cycle)
    ballot = walked.a_ballot(share)
    seen = _wish("open", "company", {"pk": OPEN_WISH + number})
    secret = _wish("HUSH", "restricted", {})
    places = []
    for request, other, mark in ((seen, secret, "open"), (secret, seen, "HUSH")):
        _all_of(request, other, mark)
        for entity in (public, hidden):
            roadmap.RequestLink.objects.create(request=request, entity=entity)
            walked.a_handover(request, entity=entity, note=mark, accepted_by=User.objects.get(username="ada"))
        candidate = walked.a_candidate(
            request, cycle, obligation=mark, approved_by=User.objects.get(username="hana")
        )
        walked.a_ballot_line(ballot=ballot, candidate=candidate)
        places.append(candidate)
    _met(_planned(cycle, seen, secret), *places)
    _sealed(seen, number)


def _planned(cycle: roadmap.Cycle, seen: roadmap.Request, secret: roadmap.Request) -> roadmap.PlanRun:
    """Finished plans that take the hidden request: the open one is told with how much more room or how many points."""
    instance = Instance(
        {"data-engineer": 100 * MICRO_WEEKS, "ml-engineer": 10 * MICRO_WEEKS},
        (
            Request(key(seen.pk), {"ml-engineer": 9 * MICRO_WEEKS}, 7),
            Request(key(secret.pk), {"ml-engineer": 8 * MICRO_WEEKS}, 5),
        ),
        (
            Unit("unit:insurance", 4_000, {key(secret.pk): 90}),
            Unit("unit:retail-banking", 6_000, {key(seen.pk): 20}),
        ),
    )
    esther, plans = User.objects.get(username="esther"), canonical_json(make_plans(instance)).decode()
    snapshot = roadmap.Snapshot.objects.create(
        cycle=cycle, inputs=instance_json(instance).decode(), sha256=instance_hash(instance), frozen_by=esther
    )
    kept = {"state": "done", "result": plans, "result_sha256": sha256(plans.encode()).hexdigest()}
    return roadmap.PlanRun.objects.create(cycle=cycle, snapshot=snapshot, **kept)


def _met(run: roadmap.PlanRun, seen: roadmap.Candidate, secret: roadmap.Candidate) -> None:
    """The committee took the open one for the hidden one; its reason speaks of the latter."""
    hana = User.objects.get(username="hana")
    meeting = roadmap.Meeting.objects.create(
        cycle=run.cycle, run=run, chosen="equal_shares", decided_by=hana, decided_at=timezone.now()
    )
    there = roadmap.Attendance.objects.create(meeting=meeting, user=hana)
    there.recused_from.set([seen, secret])
    moved = {"meeting": meeting, "moved_by": hana}
    roadmap.Override.objects.create(takes=seen, displaces=secret, reason="HUSH is too early.", **moved)
    gone = {"taken_back_by": moved["moved_by"], "taken_back_at": timezone.now()}
    roadmap.Override.objects.create(displaces=seen, reason="An open word.", **moved, **gone)


def _wish(mark: str, visibility: str, chosen: dict[str, Any]) -> roadmap.Request:
    ada, dmitri = (User.objects.get(username=name) for name in ("ada", "dmitri"))
    return walked.a_request(
        visibility, "closed", title=f"{mark} wish", problem=mark, owner=Team.objects.get(slug="claims-ai"),
        requester=User.objects.get(username="chloe"), unit=BusinessUnit.objects.get(slug="insurance"), sponsor=ada,
        triager=dmitri, reason=mark, why_now=mark, signal=mark, **chosen,
    )  # fmt: skip


def _all_of(request: roadmap.Request, other: roadmap.Request, mark: str) -> None:
    """Everything that hangs on a request, with its mark."""
    ada, hana, jo = (User.objects.get(username=name) for name in ("ada", "hana", "jo"))
    roadmap.Request.objects.filter(pk=request.pk).update(merged_into=other)
    kpi = walked.a_kpi(request, name=mark, owner=ada, baseline=100)
    unit = BusinessUnit.objects.get(slug="retail-banking")
    roadmap.Support.objects.create(request=request, unit=unit, user=jo, note=mark)
    walked.a_line(request, score=walked.a_score(request, comment=mark), kpi=kpi)
    walked.an_estimate(request, note=mark)
    for one in (other, walked.a_request(title=f"beside {mark}") if mark == "open" else other):
        roadmap.Dependency.objects.get_or_create(request=request, other=one, defaults={"kind": "needs"})
    walked.a_milestone(request, title=mark)
    roadmap.Actual.objects.create(
        request=request, role="ml-engineer", month=date(2026, 11, 1), weeks=2, author=ada
    )
    roadmap.Block.objects.create(request=request, waits_for=mark, owner=ada)
    now = timezone.now()
    walked.an_outcome(request, kpi=kpi, source=mark, confirmed_by=hana, confirmed_at=now)
    walked.a_review(request, lesson=mark, verdict="adopted", done_by=ada, done_at=now)
    roadmap.RequestComment.objects.create(request=request, author=ada, text=mark)


def _sealed(request: roadmap.Request, number: int) -> None:
    """What nobody of the walk may read although they see the request: a sealed score, and a sealed ballot of jo's."""
    kpi = request.kpis.first()
    assert kpi is not None
    score = walked.a_score(request, "esther", sealed=True, round=2, comment="HUSH")
    walked.a_line(request, score=score, kpi=kpi)
    voting = walked.a_cycle("voting", slug=f"voting-{number}")
    share = walked.a_share(voting, "insurance")
    ballot = walked.a_ballot(share)
    walked.a_ballot_line(ballot=ballot, candidate=walked.a_candidate(walked.a_request(), voting))
    walked.a_meeting(voting)  # on plans of a freeze that was taken back
