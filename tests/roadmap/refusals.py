"""Every write of the roadmap room, with a body that would be accepted from somebody with the right: restricted requests
of risk-ml in the states that matter, and cycles that CoE leads run."""

from __future__ import annotations

from datetime import date
from typing import Any

from graphql_relay import to_global_id

from apps.roadmap import models as roadmap
from tests.factories import EntityFactory
from tests.personas import People
from tests.roadmap import walked

# Pages that only show. `policy-preview` computes who would move under other figures and keeps nothing.
READING = {
    "home", "opportunities", "requests", "requests-csv", "mine", "options", "similar", "request", "triage", "ranking",
    "policies", "policy", "policy-preview", "cycles", "cycle", "inputs", "inputs-pb", "plans",
    "plans-as-kept", "plan-run", "why",
    "meeting", "lessons", "leads",
}  # fmt: skip
AT = "/api/v1/roadmap/requests"
CYCLES = "/api/v1/roadmap/cycles"

Line = tuple[str, str, dict[str, Any]]


def with_roadmap(people: People) -> None:
    """A hidden request in each state that a write needs, with all its parts, and a cycle in each stage."""
    for state in ("draft", "needs_info", "submitted", "scoring", "ready"):
        walked.a_request("restricted", state, title=f"secret {state}")
    work = walked.a_request("restricted", "in_progress", title="secret work")
    walked.a_milestone(work)
    roadmap.Block.objects.create(request=work, waits_for="Access", owner=people.ben)
    walked.a_handover(work, entity=EntityFactory(name="built", visibility="restricted"))
    done = walked.a_request("restricted", "delivered", title="secret done")
    walked.an_outcome(done)
    walked.a_review(done)
    roadmap.Dependency.objects.create(request=work, other=done, kind="needs")
    _cycles(people)


def _cycles(people: People) -> None:
    walked.a_policy()
    walked.a_cycle("decided", slug="in-decided")
    for state in ("preparing", "voting", "proposed"):
        cycle = walked.a_cycle(state, slug=f"in-{state}")
        walked.a_share(cycle)
        entry = {"entry": "mandatory", "obligation": "Audit finding 7"} if state == "preparing" else {}
        walked.a_candidate(
            walked.a_request("restricted", "in_cycle", title=f"secret {state} item"), cycle, **entry
        )
    meeting = walked.a_meeting(cycle)
    item = roadmap.Candidate.objects.get(cycle=cycle)
    roadmap.Override.objects.create(meeting=meeting, takes=item, reason="secret why", moved_by=people.hana)
    roadmap.PlanRun.objects.update(state="done", result_sha256="0" * 64)
    frozen = walked.a_cycle("frozen", slug="in-frozen")
    snapshot = roadmap.Snapshot.objects.create(
        cycle=frozen, inputs=walked.EMPTY, sha256="1" * 64, frozen_by=people.esther
    )
    roadmap.PlanRun.objects.create(cycle=frozen, snapshot=snapshot, state="failed", error="It failed.")
    assert meeting.run_id


def _request(title: str) -> roadmap.Request:
    return roadmap.Request.objects.get(title=f"secret {title}")


def rest_writes() -> dict[str, Line]:
    """Operation -> method, address and body."""
    lines = _intake() | _answering() | _delivering()
    whole = {f"roadmap_requests_{name}": line for name, line in lines.items()}
    policy = {"rates": [], "rationale": "Mine.", "base_number": 1}
    publish: Line = ("post", "/api/v1/roadmap/scoring-policies/", policy)
    return whole | _of_cycles() | {"roadmap_scoring_policies_create": publish}


def _intake() -> dict[str, Line]:
    draft, asked, sent = (f"{AT}/{_request(state).pk}" for state in ("draft", "needs_info", "submitted"))
    return {
        "create": ("post", f"{AT}/", {"team": "risk-ml", "title": "Mine"}),
        "partial_update": ("patch", f"{draft}/", {"title": "Taken", "version": _request("draft").version}),
        "submit_create": ("post", f"{draft}/submit/", {}),
        "answer_info_create": ("post", f"{asked}/answer-info/", {"answer": "So."}),
        "withdraw_create": ("post", f"{sent}/withdraw/", {}),
        "sponsor_create": ("post", f"{sent}/sponsor/", {}),
        "visibility_create": ("post", f"{sent}/visibility/", {"visibility": "company"}),
        "support_create": ("post", f"{sent}/support/", {"unit": "insurance"}),
        "follow_create": ("post", f"{sent}/follow/", {"wanted": True}),
        "comment_create": ("post", f"{sent}/comment/", {"text": "Mine."}),
    }


def _answering() -> dict[str, Line]:
    sent, scored, ready, work = (
        f"{AT}/{_request(name).pk}" for name in ("submitted", "scoring", "ready", "work")
    )
    score = {"impact": "2", "urgency": "steady", "lines": []}
    dependency = roadmap.Dependency.objects.get().pk
    return {
        "triage_create": ("post", f"{sent}/triage/", {}),
        "ask_info_create": ("post", f"{sent}/ask-info/", {"question": "Why?"}),
        "accept_create": ("post", f"{sent}/accept/", {}),
        "decline_create": ("post", f"{sent}/decline/", {"reason": "No."}),
        "defer_create": ("post", f"{sent}/defer/", {"reason": "Later."}),
        "strategic_create": ("post", f"{sent}/strategic/", {"strategic": True}),
        "merge_create": ("post", f"{sent}/merge/", {"into": _request("scoring").pk}),
        "score_create": ("post", f"{scored}/score/", score),
        "reveal_create": ("post", f"{scored}/reveal/", {}),
        "ready_create": ("post", f"{scored}/ready/", {}),
        "score_again_create": ("post", f"{ready}/score-again/", {"reason": "Old."}),
        "estimate_create": ("post", f"{scored}/estimate/", {"role": "ml-engineer", "p50": "2"}),
        "add_dependency_create": (
            "post",
            f"{scored}/add-dependency/",
            {"other": _request("ready").pk, "kind": "needs"},
        ),
        "remove_dependency_create": ("post", f"{work}/remove-dependency/", {"dependency": dependency}),
    }


def _delivering() -> dict[str, Line]:
    work, done = (f"{AT}/{_request(name).pk}" for name in ("work", "done"))
    window = {"title": "Mine", "p50": "2027-01-01", "p90": "2027-02-01"}
    period = {"period_start": "2026-01-01", "period_end": "2026-02-01", "value": "1", "source": "Mine."}
    kpi = roadmap.RequestKpi.objects.get(request=_request("done")).pk
    spent = {"role": "ml-engineer", "month": str(date(2026, 11, 1)), "weeks": "2"}
    built = {"entity": "model:retail-banking/built", "team": "risk-ml"}
    review = {"review": roadmap.OutcomeReview.objects.get().pk, "verdict": "adopted", "lesson": "Mine."}
    return {
        "start_create": ("post", f"{work}/start/", {}),
        "cancel_create": ("post", f"{work}/cancel/", {"reason": "Mine."}),
        "deliver_create": ("post", f"{work}/deliver/", {}),
        "milestone_create": ("post", f"{work}/milestone/", window),
        "finish_milestone_create": (
            "post",
            f"{work}/finish-milestone/",
            {"milestone": roadmap.Milestone.objects.get().pk},
        ),
        "block_create": ("post", f"{work}/block/", {"waits_for": "Me", "owner": "kim"}),
        "unblock_create": ("post", f"{work}/unblock/", {"block": roadmap.Block.objects.get().pk}),
        "actual_create": ("post", f"{work}/actual/", spent),
        "handover_create": ("post", f"{work}/handover/", built),
        "accept_handover_create": (
            "post",
            f"{work}/accept-handover/",
            {"handover": roadmap.Handover.objects.get().pk},
        ),
        "outcome_create": ("post", f"{done}/outcome/", {"kpi": kpi, **period}),
        "confirm_outcome_create": (
            "post",
            f"{done}/confirm-outcome/",
            {"outcome": roadmap.Outcome.objects.get().pk},
        ),
        "review_create": ("post", f"{done}/review/", review),
    }


def _of_cycles() -> dict[str, Line]:
    opened, voting, proposed = (f"{CYCLES}/in-{state}" for state in ("preparing", "voting", "proposed"))
    mandatory, item, planned = (_request(f"{state} item").pk for state in ("preparing", "voting", "proposed"))
    whole = {"slug": "mine", "name": "Mine", "starts": "2027-01-01", "ends": "2027-04-01"}
    unit = "unit:retail-banking"
    lines: dict[str, tuple[str, dict[str, Any]]] = {
        "create": (f"{CYCLES}/", whole),
        "change_create": (f"{voting}/change/", {"name": "Mine"}),
        "take_back_delegate_create": (f"{voting}/take-back-delegate/", {"voter": unit, "user": "kim"}),
        "capacity_create": (f"{opened}/capacity/", {"capacities": [{"role": "ml-engineer", "weeks": "9"}]}),
        "shares_create": (f"{opened}/shares/", {"shares": [{"voter": unit, "basis_points": 10_000}]}),
        "candidates_create": (f"{opened}/candidates/", {"request": _request("ready").pk}),
        "carry_over_create": (f"{opened}/carry-over/", {"request": _request("work").pk}),
        "remove_candidate_create": (f"{opened}/remove-candidate/", {"request": mandatory}),
        "approve_mandatory_create": (f"{opened}/approve-mandatory/", {"request": mandatory}),
        "open_voting_create": (f"{opened}/open-voting/", {}),
        "ballots_create": (f"{voting}/ballots/", {"voter": unit, "lines": []}),
        "advice_create": (f"{voting}/advice/", {"voter": unit, "request": item, "points": 5}),
        "delegate_create": (f"{voting}/delegate/", {"voter": unit, "user": "kim"}),
        "freeze_create": (f"{voting}/freeze/", {}),
        "prepare_again_create": (f"{voting}/prepare-again/", {"reason": "Mine."}),
        "plan_again_create": (f"{CYCLES}/in-frozen/plan-again/", {}),
        "close_create": (f"{CYCLES}/in-decided/close/", {}),
        "reopen_create": (f"{proposed}/reopen/", {"reason": "Mine."}),
        "sandbox_create": (f"{proposed}/sandbox/", {"capacities": [{"role": "ml-engineer", "weeks": "9"}]}),
        "call_meeting_create": (f"{proposed}/call-meeting/", {}),
        "attend_create": (f"{proposed}/attend/", {}),
        "override_create": (f"{proposed}/override/", {"takes": planned, "reason": "Mine."}),
        "take_back_override_create": (
            f"{proposed}/take-back-override/",
            {"override": roadmap.Override.objects.get().pk},
        ),
        "decide_create": (f"{proposed}/decide/", {"chosen": "equal_shares", "sha256": "0" * 64}),
    }
    return {f"roadmap_cycles_{name}": ("post", address, body) for name, (address, body) in lines.items()}


def mutations() -> dict[str, str]:
    """Field -> its input."""
    draft, asked, sent, item = (
        to_global_id("RoadmapRequest", _request(name).pk)
        for name in ("draft", "needs_info", "submitted", "voting item")
    )
    share = to_global_id("PlanningShare", roadmap.Share.objects.get(cycle__slug="in-voting").pk)
    return {
        "beginRoadmapRequest": 'team: "risk-ml", title: "Mine"',
        "saveRoadmapRequest": f'id: "{draft}", problem: "Taken"',
        "submitRoadmapRequest": f'id: "{draft}"',
        "withdrawRoadmapRequest": f'id: "{sent}"',
        "answerRoadmapQuestion": f'id: "{asked}", text: "So."',
        "supportRoadmapRequest": f'id: "{sent}", unit: "insurance"',
        "commentOnRoadmapRequest": f'id: "{sent}", text: "Mine."',
        "followRoadmapRequest": f'id: "{sent}"',
        "setRoadmapRequestVisibility": f'id: "{sent}", visibility: COMPANY',
        "openPlanningVote": 'slug: "in-preparing"',
        "preparePlanningCycleAgain": 'slug: "in-voting", reason: "Mine."',
        "freezePlanningCycle": 'slug: "in-voting"',
        "reopenPlanningVote": 'slug: "in-proposed", reason: "Mine."',
        "planCycleAgain": 'slug: "in-frozen"',
        "closePlanningCycle": 'slug: "in-decided"',
        "changePlanningCycle": 'slug: "in-voting", name: "Mine"',
        "nameBallotDelegate": f'share: "{share}", user: "kim"',
        "takeBackBallotDelegate": f'share: "{share}", user: "kim"',
        "castBallot": f'share: "{share}", lines: [{{request: "{item}", points: 5}}]',
    }


def page_writes() -> dict[str, tuple[list[Any], dict[str, Any]]]:
    """Route -> its arguments and its form."""
    draft, sent, scored, work, done = (
        [_request(name).pk] for name in ("draft", "submitted", "scoring", "work", "done")
    )
    share = roadmap.Share.objects.get(cycle__slug="in-voting").pk
    written = {"title": "Taken", "type": "use_case", "version": _request("draft").version}
    cycle = {
        "slug": "mine",
        "name": "Mine",
        "starts": "2027-01-01",
        "ends": "2027-04-01",
        "mandatory_cap": "40",
    }
    policy = {"rationale": "Mine.", "stale_after_days": "90", "base_number": "1"}
    routes: dict[str, tuple[list[Any], dict[str, Any]]] = {
        "request-new": ([], {"team": "risk-ml", "title": "Mine", "type": "use_case"}),
        "request-edit": (draft, {**written, "do": "save"}),
        "request-save": (draft, written),
        "request-act": (sent, {"do": "sponsor"}),
        "score": (scored, {"do": "reveal"}),
        "estimate": (scored, {"do": "estimate", "role": "ml-engineer", "p50": "2"}),
        "delivery": (work, {"do": "start"}),
        "outcomes": (done, {"do": "review"}),
        "triage-act": (sent, {"do": "decline", "reason": "No."}),
        "policy-new": ([], policy),
        "cycle-new": ([], cycle),
        "cycle-setup": (["in-preparing"], {"do": "capacity", "weeks-ml-engineer": "9"}),
        "cycle-act": (["in-voting"], {"do": "freeze", "version": "1"}),
        "ballot": (["in-voting", share], {"version": "0"}),
        "advice": (["in-voting", share], {}),
        "sandbox": (["in-proposed"], {}),
        "meeting-act": (["in-proposed"], {"do": "attend"}),
    }
    return {f"roadmap:{name}": line for name, line in routes.items()}
