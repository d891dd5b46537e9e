"""Many people at once: the database decides, and every loser is told what is possible now."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people import actions as organisation
from apps.tooling.actions import granting, reviewing
from apps.tooling.actions.drafts import begin_renewal, save_draft
from apps.tooling.actions.submitting import submit_request
from apps.tooling.models import ExceptionRequest, Grant
from apps.tooling.queries import clock
from apps.tooling.workflow import State
from tests.personas import People, make_world
from tests.tooling import making


def at_once(*jobs: Callable[[], object]) -> Counter[str]:
    """Runs all jobs at the same moment; counts "done" and the names of the errors."""
    start, outcomes = threading.Barrier(len(jobs)), []

    def run(job: Callable[[], object]) -> None:
        try:
            start.wait(20)
            job()
            outcomes.append("done")
        except PortalError as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(outcomes)


def prepared() -> tuple[People, ExceptionRequest]:
    people = make_world()
    mlflow, wandb = making.tool(people, "mlflow"), making.tool(people, "wandb")
    making.standard(people, making.capability(people), (mlflow, "recommended"), (wandb, "hold"))
    return people, making.in_review(people, wandb)


@pytest.mark.django_db(transaction=True)
def test_sixteen_people_decide_one_request_at_once() -> None:
    people, request = prepared()
    platform = people.team("ml-platform")
    crowd = [
        organisation.create_user(actor=SYSTEM, username=f"p{number}", name=f"P{number}")
        for number in range(16)
    ]
    for person in crowd:
        organisation.start_membership(actor=SYSTEM, user=person, team=platform)
    central = making.step(request, "central")
    outcomes = at_once(
        *(
            lambda person=person: reviewing.give_verdict(actor=person, step=central, approves=True)
            for person in crowd
        )
    )
    assert outcomes["done"] == 1 and sum(outcomes.values()) == 16
    assert set(outcomes) <= {"done", "Conflict", "Forbidden"}
    assert request.verdicts.count() == Event.objects.filter(verb="tooling.request.reviewed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_last_two_verdicts_at_once_give_one_decision() -> None:
    people, request = prepared()
    steps = {role: making.step(request, role) for role in ("central", "business")}
    outcomes = at_once(
        lambda: reviewing.give_verdict(actor=people.dmitri, step=steps["central"], approves=True),
        lambda: reviewing.give_verdict(actor=people.farid, step=steps["business"], approves=True),
    )
    request.refresh_from_db()
    assert outcomes == {"done": 2} and request.state == State.ACTIVE
    assert request.grants.count() == Event.objects.filter(verb="tooling.request.approved").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_and_the_last_verdict_at_once_end_in_one_of_both() -> None:
    people, request = prepared()
    making.approve(people, request, central="dmitri")
    business = making.step(request, "business")
    outcomes = at_once(
        lambda: reviewing.give_verdict(actor=people.farid, step=business, approves=True),
        lambda: reviewing.withdraw(actor=people.ben, request=request),
    )
    request.refresh_from_db()
    assert outcomes["done"] == 1
    assert (request.state, request.grants.count()) in {(State.ACTIVE, 1), (State.WITHDRAWN, 0)}


@pytest.mark.django_db(transaction=True)
def test_two_requests_sent_at_once_for_one_tool_hold_it_once() -> None:
    people, request = prepared()
    drafts = [making.draft(people, request.tool, "development", by=name) for name in ("ada", "ben")]
    outcomes = at_once(
        *(lambda each=each: submit_request(actor=each.requester, request=each) for each in drafts)
    )
    assert outcomes == {"done": 1, "Conflict": 1}
    assert Grant.objects.filter(environment__slug="development").count() == 1


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "renew", "close", "revoke", "wait"]), st.integers(1, 40)), max_size=14
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_a_team_does_it_never_holds_more_than_the_cap_and_nothing_expired_comes_back(
    people: People, steps: list[Step]
) -> None:
    with transaction.atomic():
        mlflow, wandb = making.tool(people, "mlflow"), making.tool(people, "wandb")
        making.standard(people, making.capability(people), (mlflow, "recommended"), (wandb, "hold"))
        _live(people, wandb, steps)
        spans = sorted((each.starts, each.ends) for each in Grant.objects.all() if each.ends > each.starts)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))
        assert sum((end - start for start, end in spans), timedelta()) <= timedelta(days=180)
        transaction.set_rollback(True)


def _live(people: People, wandb: object, steps: list[Step]) -> None:
    """Acts through time; what is refused changes nothing, and a grant that ended stays ended."""
    now, ended = clock.now() - timedelta(days=1), set()
    for what, days in steps:
        latest = ExceptionRequest.objects.order_by("-pk").first()
        try:
            if what == "ask":
                until = (now + timedelta(days=days)).date()
                request = making.draft(people, wandb, requested_until=until)
                _decided(people, submit_request(actor=people.ben, request=request, at=now), now)
            elif what == "renew" and latest is not None:
                request = begin_renewal(actor=people.ben, request=latest, at=now)
                until = (now + timedelta(days=days + 20)).date()
                save_draft(actor=people.ben, request=request, changes={"requested_until": until})
                _decided(people, submit_request(actor=people.ben, request=request, at=now), now)
            elif what == "close" and latest is not None:
                granting.close(actor=people.ben, request=latest, at=now)
            elif what == "revoke" and latest is not None:
                granting.revoke(
                    actor=people.ivan, request=latest, reason="Leak", notice_days=days % 7, at=now
                )
        except (Conflict, Forbidden, Invalid, NotFound):
            pass
        now += timedelta(days=days) if what == "wait" else timedelta(hours=1)
        spans = {each.pk: each.ends for each in Grant.objects.all()}
        assert all(spans[pk] <= end for pk, end in ended)
        ended |= {(pk, end) for pk, end in spans.items() if end <= now}


def _decided(people: People, request: ExceptionRequest, at: datetime) -> None:
    """What is not granted at once, the center grants."""
    if request.state == State.SUBMITTED:
        reviewing.start_review(actor=people.dmitri, request=request, at=at)
        step = making.step(request, "central")
        reviewing.give_verdict(actor=people.dmitri, step=step, approves=True, at=at)
