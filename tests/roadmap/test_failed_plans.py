"""A computation that fails says why by title, and the same inputs can be planned again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import Conflict, Forbidden
from apps.core.models import Event
from apps.roadmap.actions import closing, cycles, intake, planning, scoring
from apps.roadmap.models import BallotLine, Candidate, Cycle, PlanRun, Request
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.queries.failing import failure_of
from apps.roadmap.queries.instance import key
from apps.roadmap.queries.naming import told
from apps.roadmap.queries.plans import LOST
from tests.personas import People
from tests.portal.graphql_client import ask, code
from tests.roadmap import making
from tests.traces import nothing_changes

AT = "/api/v1/roadmap/cycles/q1"
RUNS = "runs(first: 1) { edges { node { state error } } }"
AGAIN = f'mutation {{ planCycleAgain(input: {{slug: "q1"}}) {{ cycle {{ state {RUNS} }} }} }}'


def frozen(people: People) -> tuple[list[Request], Cycle]:
    """Two requests, one of them restricted; the worker has not begun."""
    making.policy(people)
    requests = [making.ready(people), making.ready(people, "Read the claims", by="chloe")]
    row = making.voting_cycle(people, *requests)
    planning.freeze(actor=people.esther, cycle=row)
    Request.objects.filter(pk=requests[1].pk).update(visibility="restricted")
    return requests, Cycle.objects.get()


def failed(people: People, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Request], Cycle]:
    requests, row = frozen(people)
    names = [key(each.pk) for each in requests]
    text = (
        f"Off the top needs 12 person-weeks of ml-engineer, and there are 10: the reserve takes 0; "
        f"{names[0]} (4), {names[1]} (8)."
    )
    with monkeypatch.context() as patched:
        patched.setattr(planning, "make_plans", _raising(PlanningError(text, names)))
        planning.carry_out(PlanRun.objects.get())
    return requests, row


def _raising(error: Exception):
    def make_plans(*args: object, **kwargs: object) -> None:
        raise error

    return make_plans


def test_a_failure_names_titles_to_those_who_see_them_and_no_ids(people, signed_in, bearer, monkeypatch):
    _, row = failed(people, monkeypatch)
    run = PlanRun.objects.get()
    assert failure_of(people.esther, run).why == (
        "Off the top needs 12 person-weeks of ML engineer, and there are 10: the reserve takes 0; "
        "“Sort the alerts” (4), “Read the claims” (8)."
    )
    hidden = failure_of(people.kim, run)
    assert hidden.why.endswith("“Sort the alerts” (4), a request not shown to you.")
    assert hidden.foreseen and "The same inputs fail again" in hidden.next_step
    pages = [
        signed_in("kim").get(address).content.decode()
        for address in (
            "/roadmap/cycles/q1/",
            "/roadmap/cycles/q1/plans/",
            f"/roadmap/cycles/q1/plans/{run.pk}/",
        )
    ]
    answer = bearer("kim").get(f"{AT}/plans/").json()
    assert answer["state"] == "failed" and answer["error"] == f"{hidden.why} {hidden.next_step}"
    for text in (*pages, json.dumps(answer, ensure_ascii=False)):
        assert "Sort the alerts" in text and "a request not shown to you" in text
        assert "request:0" not in text and "Read the claims" not in text
    assert Event.objects.filter(verb="roadmap.cycle.plan_failed", target_id=row.pk).count() == 1
    told_to_kim = signed_in("kim").get("/roadmap/cycles/q1/").content.decode()
    assert "could not be computed" in told_to_kim and "Plan again" not in told_to_kim


def test_a_fault_that_nobody_foresaw_fails_the_run_and_reaches_the_log(people, monkeypatch):
    frozen(people)
    with monkeypatch.context() as patched:
        patched.setattr(planning, "make_plans", _raising(MemoryError("secret words")))
        with pytest.raises(MemoryError):
            planning.carry_out(PlanRun.objects.get())
    run = PlanRun.objects.get()
    found = failure_of(people.esther, run)
    assert run.state == "failed" and run.finished_at and "secret words" not in run.error
    assert "has it planned again" in found.next_step and not found.foreseen


@pytest.mark.parametrize("way", ["page", "rest", "graphql", "admin"])
def test_it_is_planned_again_from_the_same_snapshot(people, signed_in, bearer, monkeypatch, way):
    _, row = failed(people, monkeypatch)
    if way == "page":
        page = signed_in("esther").get("/roadmap/cycles/q1/").content.decode()
        assert "Plan again" in page
        answer = signed_in("esther").post(
            "/roadmap/cycles/q1/act/", {"do": "plan_again", "version": row.version}
        )
        assert answer.status_code == 302
    elif way == "rest":
        answer = bearer("esther").post(f"{AT}/plan-again/", {"version": row.version}, "application/json")
        assert answer.status_code == 202 and answer.json()["state"] == "queued"
    elif way == "graphql":
        found = ask(bearer("esther"), AGAIN)["planCycleAgain"]["cycle"]
        assert found["runs"]["edges"][0]["node"] == {"state": "QUEUED", "error": ""}
    else:
        address = reverse("admin:roadmap_cycle_operation", args=[row.pk, "plan-again"])
        assert signed_in("esther").post(address, {"seen_version": row.version}).status_code == 302
    first, second = PlanRun.objects.order_by("pk")
    assert first.snapshot == second.snapshot and second.state == "queued"
    assert Event.objects.filter(verb="roadmap.cycle.planned_again", actor=people.esther).count() == 1
    planning.carry_out(second)
    assert Cycle.objects.get().state == "proposed"


@pytest.mark.parametrize("name", ["ada", "dmitri", "farid", "hana", "kim", "root", "ci-risk"])
def test_who_does_not_run_cycles_plans_nothing_again_and_closes_nothing(people, bearer, monkeypatch, name):
    _, row = failed(people, monkeypatch)
    client = bearer(name)
    with nothing_changes():
        for act in (planning.plan_again, closing.close_cycle):
            with pytest.raises(Forbidden):
                act(actor=people[name], cycle=row)
        for path in ("plan-again", "close"):
            assert client.post(f"{AT}/{path}/", {}, "application/json").status_code == 403
        assert code(client, AGAIN) == "forbidden"


def worker(silent_for: timedelta) -> None:
    """The job is taken by a worker that has given no sign of life for so long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s) RETURNING id",
            [timezone.now() - silent_for],
        )
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", cursor.fetchone())


@pytest.mark.parametrize("way", ["silent", "pruned", "ended"])
def test_a_lost_worker_is_told_at_once_and_whoever_runs_the_cycle_plans_again(people, signed_in, bearer, way):
    """The worker died, was pruned by another one, or its job ended and the run did not."""
    frozen(people)
    worker(timedelta(minutes=2))
    PlanRun.objects.update(state="running")
    with connection.cursor() as cursor:
        if way == "pruned":
            cursor.execute("DELETE FROM procrastinate_workers")
        elif way == "ended":
            cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    page = signed_in("esther").get("/roadmap/cycles/q1/").content.decode()
    assert LOST in page and "has it planned again" in page and "Plan again" in page
    told_to_kim = signed_in("kim").get("/roadmap/cycles/q1/plans/").content.decode()
    assert LOST in told_to_kim and "hx-trigger" not in told_to_kim.split('id="run-')[1].split(">")[0]
    assert bearer("kim").get(f"{AT}/plans/").json()["error"].startswith(LOST)
    row = Cycle.objects.get()
    answer = bearer("esther").post(f"{AT}/plan-again/", {"version": row.version}, "application/json")
    assert answer.status_code == 202 and PlanRun.objects.filter(state="queued").count() == 1


def test_a_run_whose_job_waits_for_a_worker_is_not_lost(people, signed_in):
    frozen(people)
    page = signed_in("esther").get("/roadmap/cycles/q1/").content.decode()
    assert "Waits for a worker" in page and "Plan again" not in page and LOST not in page


def test_nothing_is_planned_twice_at_once_and_a_lost_worker_blocks_nothing(people):
    _, row = frozen(people)
    with nothing_changes(), pytest.raises(Conflict, match="at work"):
        planning.plan_again(actor=people.esther, cycle=row)
    run = PlanRun.objects.get()
    worker(timedelta(seconds=5))  # gives signs of life
    PlanRun.objects.update(queued_at=run.queued_at - timedelta(hours=3), state="running")
    with nothing_changes(), pytest.raises(Conflict, match="at work"):
        planning.plan_again(actor=people.esther, cycle=row)
    worker(timedelta(minutes=2))
    again = planning.plan_again(actor=people.esther, cycle=row)
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", LOST) and run.finished_at is not None
    assert Event.objects.filter(verb="roadmap.cycle.plan_failed", target_id=row.pk).count() == 1
    planning.carry_out(again)
    planning.carry_out(run)  # it was not lost after all: the same bytes, and nothing moves twice
    assert len(set(PlanRun.objects.values_list("result", flat=True))) == 1
    assert Cycle.objects.get().state == "proposed"
    with nothing_changes(), pytest.raises(Conflict, match="proposed"):
        planning.plan_again(actor=people.esther, cycle=Cycle.objects.get())


def test_an_infeasible_mandatory_set_is_named_before_the_vote(people):
    making.policy(people)
    items = [making.ready(people, title, weeks={"ml-engineer": 6}) for title in ("Audit trail", "Data map")]
    row = making.cycle(people, weeks={"ml-engineer": 10, "data-engineer": 30})
    for item in items:
        candidate = cycles.add_candidate(
            actor=people.esther, cycle=row, request=item, entry="mandatory", obligation="Audit finding 7"
        )
        cycles.approve_mandatory(actor=people.farid, candidate=candidate)
    with nothing_changes(), pytest.raises(Conflict) as refused:
        cycles.open_voting(actor=people.esther, cycle=row)
    [said] = refused.value.possible
    assert said.startswith(
        "Off the top needs 12 person-weeks of ML engineer, and there are 10: the reserve takes 0"
    )
    assert said.endswith("; “Audit trail” (6), “Data map” (6).")


def test_a_vote_is_broken_off_and_what_leaves_takes_its_points_along(people):
    making.policy(people)
    first, second = making.ready(people), making.ready(people, "Explain the scores")
    row = making.voting_cycle(people, first, second)
    making.vote(people, row, "retail-banking", **{f"r{first.pk}": 60, f"r{second.pk}": 40})
    for name in ("dmitri", "farid", "root"):
        with nothing_changes(), pytest.raises(Forbidden):
            closing.prepare_again(actor=people[name], cycle=row, reason="Mine.")
    row = closing.prepare_again(actor=people.esther, cycle=row, reason="The platform team shrinks.")
    assert row.state == "preparing"
    cycles.remove_candidate(actor=people.esther, candidate=Candidate.objects.get(request=second))
    assert list(BallotLine.objects.values_list("points", flat=True)) == [60]
    row = cycles.open_voting(actor=people.esther, cycle=Cycle.objects.get())
    planning.freeze(actor=people.esther, cycle=row)
    assert planning.carry_out(PlanRun.objects.get()).state == "done"


def test_what_was_withdrawn_before_the_freeze_takes_no_capacity(people):
    making.policy(people)
    first, second = making.ready(people), making.ready(people, "Explain the scores")
    row = making.voting_cycle(people, first, second, weeks={"ml-engineer": 4})
    making.vote(people, row, "retail-banking", **{f"r{first.pk}": 60, f"r{second.pk}": 40})
    intake.withdraw(actor=people.ben, request=first)
    planning.freeze(actor=people.esther, cycle=Cycle.objects.get())
    run = planning.carry_out(PlanRun.objects.get())
    assert key(first.pk) not in run.snapshot.inputs and key(second.pk) in run.result


def test_a_circle_names_titles(people):
    making.policy(people)
    first, other = making.ready(people), making.ready(people, "The platform first")
    scoring.add_dependency(actor=people.dmitri, request=first, other=other, kind="needs")
    with nothing_changes(), pytest.raises(Conflict) as refused:
        scoring.add_dependency(actor=people.dmitri, request=other, other=first, kind="needs")
    assert refused.value.detail == (
        "This would close a circle: “Sort the alerts” needs “The platform first” needs “Sort the alerts”."
    )


def test_names_within_names_stay(people):
    request = making.submitted(people, "Help ml-engineer teams and unit:insurance")
    assert told(people.ben, f"{key(request.pk)} waits.") == (
        "“Help ml-engineer teams and unit:insurance” waits."
    )
