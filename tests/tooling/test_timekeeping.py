"""The story of time: what opens, escalates, ends and is told by itself, once, to the instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.catalog.models import Entity
from apps.core.errors import Conflict
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people import actions as organisation
from apps.tooling import tasks
from apps.tooling.actions import granting, moving, reviewing, timekeeping
from apps.tooling.actions.drafts import begin_renewal, save_draft
from apps.tooling.actions.reminding import remind, tell_expiring
from apps.tooling.actions.submitting import submit_request
from apps.tooling.actions.timekeeping import keep_deadlines, open_waiting_reviews, settle, tell_reviews_due
from apps.tooling.decide import Decision, decide
from apps.tooling.models import Capability, ExceptionRequest, Grant, Reminder
from apps.tooling.queries import clock
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.holding import last_end
from apps.tooling.queries.tiers import calendar_of
from apps.tooling.vocabulary import DataClass, Reason
from apps.tooling.workflow import State
from tests.personas import People
from tests.tooling import making
from tests.tooling.test_request_races import at_once, prepared

SECOND = timedelta(microseconds=1)


@pytest.fixture
def wandb(people: People) -> Entity:
    mlflow, wandb = making.tool(people, "mlflow"), making.tool(people, "wandb", title="W&B")
    making.standard(people, making.capability(people), (mlflow, "recommended"), (wandb, "hold"))
    return wandb


def answer(tool: Entity, where: str, at: datetime) -> Decision:
    return decide(snapshot().book, "risk-ml", tool.ref, "0.17", where, DataClass.INTERNAL, at)


def told(verb: str) -> Iterator[dict[str, Any]]:
    yield from Event.objects.filter(verb=verb).order_by("id").values_list("data", flat=True)


def fresh(request: ExceptionRequest) -> ExceptionRequest:
    return ExceptionRequest.objects.get(pk=request.pk)


# -- waiting for the center ------------------------------------------------------------------------------------


def test_a_review_opens_by_itself_after_a_working_day(people: People, wandb: Entity) -> None:
    request = making.sent(people, wandb, "production", days=90)
    due = calendar_of(request.team).due(request.submitted_at, 1)
    assert open_waiting_reviews(due - SECOND) == 0
    assert open_waiting_reviews(due) == 1
    assert open_waiting_reviews(due) == 0
    assert fresh(request).state == "in_review"
    assert request.steps.count() == 2
    assert len(list(told("tooling.request.review_opened"))) == 1


def test_a_question_to_the_team_stops_that_clock(people: People, wandb: Entity) -> None:
    request = making.sent(people, wandb, "production", days=90)
    reviewing.ask_info(actor=people.dmitri, request=request, question="Which data?")
    assert open_waiting_reviews(clock.now() + timedelta(days=20)) == 0
    assert fresh(request).state == "needs_info"


# -- missed deadlines ------------------------------------------------------------------------------------------


def test_a_missed_deadline_gives_a_provisional_grant_outside_production_once(
    people: People, wandb: Entity
) -> None:
    request = making.in_review(people, wandb, "development", "production")
    assert request.due_at is not None
    assert keep_deadlines(request.due_at - SECOND) == 0
    assert keep_deadlines(request.due_at) == 1
    grant = request.grants.get()
    assert (grant.environment.slug, grant.provisional) == ("development", True)
    assert grant.expires - grant.starts == timedelta(days=30)
    assert answer(wandb, "development", request.due_at).reason is Reason.EXCEPTED
    assert not answer(wandb, "production", request.due_at).allowed
    assert answer(wandb, "development", grant.expires).reason is Reason.GRANT_EXPIRED
    assert keep_deadlines(grant.expires) == 0
    assert request.grants.count() == 1
    [data] = told("tooling.request.overdue")
    assert data["environments"] == ["development"] and data["level"] == "medium"
    assert fresh(request).escalated_at == request.due_at


def test_a_provisional_grant_ends_with_what_was_asked_for(people: People, wandb: Entity) -> None:
    request = making.in_review(people, wandb, "development", "production", days=25)
    assert request.due_at is not None and request.requested_until is not None
    keep_deadlines(request.due_at)
    assert request.grants.get().expires == calendar_of(request.team).end_of(request.requested_until)


def test_the_decision_replaces_the_provisional_grant(people: People, wandb: Entity) -> None:
    request = making.in_review(people, wandb, "development", "production")
    assert request.due_at is not None
    keep_deadlines(request.due_at)
    later = request.due_at + timedelta(days=2)
    for role, name in {"central": "dmitri", "business": "farid"}.items():
        step = making.step(request, role)
        reviewing.give_verdict(actor=people[name], step=step, approves=True, comment="Fine.", at=later)
    assert answer(wandb, "production", later).reason is Reason.EXCEPTED
    provisional = request.grants.get(provisional=True)
    assert provisional.ends == later


@pytest.mark.parametrize("asked", ["restricted", "paused"])
def test_high_risk_is_escalated_only_and_a_paused_request_is_not_late(
    people: People, wandb: Entity, asked: str
) -> None:
    high = asked == "restricted"
    request = making.in_review(people, wandb, "development", data_class=3 if high else 2)
    if not high:
        reviewing.ask_info(actor=people.dmitri, request=request, question="Which data?")
    assert request.due_at is not None
    assert keep_deadlines(request.due_at + timedelta(days=1)) == int(high)
    assert not request.grants.exists()
    assert (fresh(request).escalated_at is not None) is high


def test_a_provisional_grant_never_overlaps_an_exception_that_holds(people: People, wandb: Entity) -> None:
    request = making.sent(people, wandb, "development", days=90, data_class=2, emergency=True)
    soon = clock.now() + timedelta(hours=5)
    ExceptionRequest.objects.filter(pk=request.pk).update(due_at=soon)
    assert keep_deadlines(soon) == 1
    first, second = request.grants.order_by("starts")
    assert first.emergency and second.provisional and second.starts >= first.ends


def test_one_bad_row_stops_no_other(people: People, wandb: Entity, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = making.in_review(people, wandb, "development", "production")
    good = making.in_review(people, making.tool(people, "neptune"), "staging")
    issue = granting.issue

    def failing(request: ExceptionRequest, *rest: Any, **more: Any) -> list[Grant]:
        if request.pk == bad.pk:
            raise RuntimeError("broken")
        return issue(request, *rest, **more)

    monkeypatch.setattr(granting, "issue", failing)
    assert good.due_at is not None
    assert keep_deadlines(good.due_at) == 1
    assert fresh(bad).escalated_at is None and fresh(good).escalated_at is not None
    monkeypatch.undo()
    assert keep_deadlines(good.due_at) == 1  # the next run does what failed
    assert fresh(bad).grants.get().provisional


def test_an_emergency_that_is_over_wants_its_review_once(people: People, wandb: Entity) -> None:
    request = making.sent(people, wandb, "production", days=60, emergency=True)
    ends = last_end(request)
    assert ends is not None and tell_reviews_due(ends - SECOND) == 0
    assert (tell_reviews_due(ends), tell_reviews_due(ends)) == (1, 0)
    assert len(list(told("tooling.request.review_due"))) == 1


# -- the end ---------------------------------------------------------------------------------------------------


def test_an_exception_expires_at_its_instant_and_never_becomes_active_again(
    people: People, wandb: Entity
) -> None:
    request = making.approve(people, making.in_review(people, wandb))
    ends = last_end(request)
    assert ends is not None
    assert settle(ends - SECOND) == 0
    assert answer(wandb, "production", ends - SECOND).allowed
    assert answer(wandb, "production", ends).reason is Reason.GRANT_EXPIRED  # before any job has run
    assert (settle(ends), settle(ends)) == (1, 0)
    assert fresh(request).state == "expired"
    for state in (State.ACTIVE, State.APPROVED, State.RENEWAL_PENDING):
        with pytest.raises(Conflict):
            moving.move(SYSTEM, fresh(request), state, ends, "activated")
    assert settle(ends + timedelta(days=400)) == 0
    assert fresh(request).state == "expired"


def test_a_revocation_with_notice_becomes_a_revocation(people: People, wandb: Entity) -> None:
    request = making.approve(people, making.in_review(people, wandb))
    granting.revoke(actor=people.esther, request=request, reason="A leak.", notice_days=7)
    ends = last_end(request)
    assert ends is not None and settle(ends - SECOND) == 0
    assert settle(ends) == 1
    assert fresh(request).state == "revoked"


def test_what_the_standard_allows_now_is_promoted(people: People, wandb: Entity) -> None:
    request = making.approve(people, making.in_review(people, wandb, "development", "production"))
    tracking = Capability.objects.get(slug="tracking")
    making.standard(people, tracking, rules=[
        {"tool": wandb.ref, "ring": "trial", "environment": "development"},
        {"tool": wandb.ref, "ring": "hold", "environment": "production"},
    ])  # fmt: skip
    assert settle() == 0  # not everywhere
    making.standard(people, tracking, (wandb, "recommended"))
    assert ProcrastinateJob.objects.filter(task_name="tooling.settle").exists()
    assert (settle(), settle()) == (1, 0)
    assert fresh(request).state == "promoted"
    assert all(grant.ends <= clock.now() for grant in request.grants.all())


def test_an_approved_renewal_becomes_active_when_it_begins(people: People, wandb: Entity) -> None:
    request = making.approve(people, making.in_review(people, wandb))
    ends = last_end(request)
    assert ends is not None
    near = ends - timedelta(days=10)
    renewal = begin_renewal(actor=people.ben, request=request, at=near)
    save_draft(
        actor=people.ben, request=renewal, changes={"requested_until": (ends + timedelta(days=40)).date()}
    )
    submit_request(actor=people.ben, request=renewal, at=near)
    reviewing.start_review(actor=people.dmitri, request=renewal, at=near)
    for role, name in {"central": "dmitri", "business": "farid"}.items():
        step = making.step(renewal, role)
        reviewing.give_verdict(actor=people[name], step=step, approves=True, at=near)
    assert fresh(renewal).state == "approved"
    assert remind(near) == 0  # the next grant takes over, so nothing ends
    assert settle(ends) == 2
    assert (fresh(request).state, fresh(renewal).state) == ("expired", "active")


# -- reminders -------------------------------------------------------------------------------------------------


def test_the_end_is_told_at_each_of_the_days_once(people: People, wandb: Entity) -> None:
    request = making.approve(people, making.in_review(people, wandb))
    ends = last_end(request)
    assert ends is not None
    assert remind(ends - timedelta(days=30) - SECOND) == 0
    for days in (30, 14, 7, 1):
        at = ends - timedelta(days=days)
        assert (remind(at), remind(at), remind(at + timedelta(hours=20))) == (1, 0, 0)
    assert remind(ends) == 0
    assert [data["days"] for data in told("tooling.grant.expiring")] == [30, 14, 7, 1]
    assert Reminder.objects.count() == 4
    jobs = ProcrastinateJob.objects.filter(task_name="tooling.tell_expiring", args__days=30)
    assert set(jobs.values_list("args__user", flat=True)) == {people.ada.pk, people.ben.pk}


def test_a_late_worker_tells_only_the_nearest_day_and_short_grants_are_not_told_at_birth(
    people: People, wandb: Entity
) -> None:
    request = making.approve(people, making.in_review(people, wandb, days=12))
    ends = last_end(request)
    assert ends is not None
    assert remind(clock.now()) == 0
    assert remind(ends - timedelta(hours=30)) == 1  # T-7 was missed
    assert remind(ends - timedelta(hours=20)) == 1
    assert [data["days"] for data in told("tooling.grant.expiring")] == [7, 1]


def test_the_mail_goes_to_members_who_may_still_read_it(people: People, wandb: Entity) -> None:
    request = making.approve(people, making.in_review(people, wandb))
    ends = last_end(request)
    assert ends is not None
    at = ends - timedelta(days=14)
    remind(at)
    assert tell_expiring(user=people.ben.pk, request=request.pk, days=14, at=at)
    [message] = mail.outbox
    assert message.subject == "The exception for W&B ends in 14 days" and message.to == ["ben@example.com"]
    assert f"/tooling/requests/{request.pk}/" in message.body and "ask for a renewal" in message.body
    assert not tell_expiring(user=people.chloe.pk, request=request.pk, days=14, at=at)
    membership = people.ben.memberships.get()
    organisation.end_membership(actor=SYSTEM, membership=membership)
    assert not tell_expiring(user=people.ben.pk, request=request.pk, days=14, at=at)
    assert not tell_expiring(user=people.ada.pk, request=request.pk, days=14, at=ends)
    assert len(mail.outbox) == 1


# -- the jobs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["open_waiting_reviews", "keep_deadlines", "settle", "remind", "scan"])
def test_every_job_runs_with_the_clock_of_the_database(people: People, wandb: Entity, name: str) -> None:
    making.sent(people, wandb)
    job = getattr(tasks, name)
    assert job.name == f"tooling.{name}" and job.queueing_lock == job.name
    job(timestamp=0)
    assert fresh(ExceptionRequest.objects.get()).state == "active"


# -- two workers at once ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_everything_once() -> None:
    people, request = prepared()
    assert request.due_at is not None
    due = request.due_at
    done: list[int] = []
    assert at_once(*[lambda: done.append(keep_deadlines(due))] * 2)["done"] == 2
    assert sum(done) == 1
    assert len(list(told("tooling.request.overdue"))) == 1
    making.approve(people, request)
    ends = last_end(request)
    assert ends is not None
    near = ends - timedelta(days=7)
    for act, at in ((remind, near), (settle, ends)):
        done.clear()
        assert at_once(*[lambda act=act, at=at: done.append(act(at))] * 2)["done"] == 2  # type: ignore[misc]
        assert sum(done) == 1
    assert fresh(request).state == "expired" and timekeeping.settle(ends) == 0
    assert Reminder.objects.count() == 1
