"""Two at once, by real threads on real transactions: one goes through, the other is told, nothing is lost or doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.core.errors import PortalError
from apps.roadmap.actions import cycles, intake, planning, scoring, triage, voting
from apps.roadmap.models import (
    Ballot,
    BallotLine,
    Candidate,
    Cycle,
    Dependency,
    PlanRun,
    Request,
    Score,
    Snapshot,
    Support,
)
from tests.personas import People
from tests.roadmap import making

pytestmark = pytest.mark.django_db(transaction=True)
Act = Callable[[], Any]


def at_once(*acts: Act) -> list[Any]:
    """What each gave back, or the refusal that it met."""
    ready, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Act) -> None:
        try:
            ready.wait(20)
            results[place] = act()
        except PortalError as refusal:
            results[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def refusals(results: list[Any]) -> list[PortalError]:
    return [each for each in results if isinstance(each, PortalError)]


def test_two_first_ballots_of_one_voter(people: People) -> None:
    making.policy(people)
    request = making.ready(people)
    row = making.voting_cycle(people, request)
    share, candidate, farid = making.share(row, "retail-banking"), Candidate.objects.get(), people.farid
    voting.name_delegate(actor=farid, share=share, user=people.ada)

    def cast(actor: Any, points: int) -> Act:
        return lambda: voting.cast_ballot(
            actor=actor, share=share, points={candidate: points}, expected_version=0
        )

    results = at_once(cast(farid, 60), cast(people.ada, 40))
    (refusal,) = refusals(results)
    assert refusal.status == 409
    ballot = Ballot.objects.get()
    assert ballot.version == 1 and BallotLine.objects.get().points == (
        60 if ballot.cast_by_id == farid.pk else 40
    )


def test_a_ballot_and_the_freeze(people: People) -> None:
    """Either the ballot is frozen too, or it came too late; never a ballot that the snapshot does not hold."""
    making.policy(people)
    request = making.ready(people)
    row = making.voting_cycle(people, request)
    share, candidate = making.share(row, "retail-banking"), Candidate.objects.get()
    farid, esther = people.farid, people.esther
    results = at_once(
        lambda: voting.cast_ballot(actor=farid, share=share, points={candidate: 77}),
        lambda: planning.freeze(actor=esther, cycle=Cycle.objects.get()),
    )
    assert not isinstance(results[1], PortalError) and Snapshot.objects.count() == 1
    assert ('":77' in Snapshot.objects.get().inputs) is Ballot.objects.exists()
    assert Ballot.objects.exists() is not isinstance(results[0], PortalError)


def test_two_freezes(people: People) -> None:
    making.policy(people)
    making.voting_cycle(people, making.ready(people))
    esther, row = people.esther, Cycle.objects.get()
    results = at_once(*[lambda: planning.freeze(actor=esther, cycle=row)] * 2)
    assert [each.status for each in refusals(results)] == [409]
    assert Snapshot.objects.count() == PlanRun.objects.count() == 1


def test_two_who_save_the_same_draft(people: People) -> None:
    request, ada, ben = making.draft(people), people.ada, people.ben

    def save(actor: Any, words: str) -> Act:
        return lambda: intake.save_request(
            actor=actor, request=request, changes={"problem": words}, expected_version=request.version
        )

    (refusal,) = refusals(at_once(save(ada, "From ada"), save(ben, "From ben")))
    assert refusal.status == 409 and refusal.extra["current_version"] == request.version + 1
    assert Request.objects.get().problem in ("From ada", "From ben")


def test_two_needs_that_close_a_circle_together(people: People) -> None:
    """Each alone would be none; their four requests are no pair of them the same."""
    one, two, three, four = (making.submitted(people, f"Request {number}") for number in range(4))
    dmitri, esther = people.dmitri, people.esther

    def need(actor: Any, first: Request, other: Request) -> Act:
        return lambda: scoring.add_dependency(actor=actor, request=first, other=other, kind="needs")

    need(dmitri, one, two)()
    need(dmitri, three, four)()
    results = at_once(need(dmitri, two, three), need(esther, four, one))
    assert [each.status for each in refusals(results)] == [409]
    assert Dependency.objects.count() == 3


def test_two_scores_of_one_person_two_merges_two_supports_and_two_cycles(people: People) -> None:
    making.policy(people)
    request = triage.accept(actor=people.dmitri, request=making.submitted(people))
    results = at_once(*[lambda: making.give_score(people, request, "dmitri", 40)] * 2)
    assert len(refusals(results)) == 1 and Score.objects.count() == 1
    jo, unit = people.jo, people.unit("insurance")
    results = at_once(*[lambda: intake.support(actor=jo, request=request, unit=unit)] * 2)
    assert len(refusals(results)) == 1 and Support.objects.count() == 1
    first, second, dmitri = (
        making.submitted(people, "First"),
        making.submitted(people, "Second"),
        people.dmitri,
    )
    results = at_once(
        lambda: triage.merge(actor=dmitri, request=first, into=second),
        lambda: triage.merge(actor=dmitri, request=second, into=first),
    )
    assert [each.status for each in refusals(results)] == [409]
    assert Request.objects.filter(state="duplicate").count() == 1
    esther, today = people.esther, timezone.localdate()
    given = {"slug": "q9", "name": "Ninth", "starts": today, "ends": today + timedelta(days=9)}
    results = at_once(*[lambda: cycles.create_cycle(actor=esther, **given)] * 2)
    assert [each.status for each in refusals(results)] == [409] and Cycle.objects.count() == 1
