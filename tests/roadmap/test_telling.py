"""Each step of a request is told by mail, with its reason, to who asked for it and who follows it; sponsors are asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.core.feed import about
from apps.core.models import Event
from apps.people.models import User
from apps.roadmap.actions import cycles, intake, scoring, telling, triage
from apps.roadmap.models import Request
from apps.roadmap.queries.reasons import MEANS, why
from apps.roadmap.workflow import State
from tests.personas import People
from tests.roadmap import making
from tests.roadmap.delivering import delivered


def told(people: People, task: str = "tell_change") -> list[str]:
    """Who got a mail by the jobs that wait; each job is done once."""
    mail.outbox.clear()
    jobs = ProcrastinateJob.objects.filter(task_name=f"roadmap.{task}").order_by("id")
    act = getattr(telling, task)
    found = [args for args in jobs.values_list("args", flat=True) if act(**args)]
    names = dict(User.objects.values_list("pk", "username"))
    ids = tuple(jobs.values_list("id", flat=True))
    forget(ids)
    return [names[args["user"]] for args in found]


def forget(ids: tuple[int, ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", [list(ids)])


def test_a_no_is_told_with_its_reason_to_requester_and_followers(people):
    request = making.submitted(people)
    intake.follow(actor=people.chloe, request=request)
    intake.follow(actor=people.dmitri, request=request)
    told(people)
    triage.decline(actor=people.dmitri, request=request, reason="A product does it: the fraud suite.")
    assert sorted(told(people)) == ["ben", "chloe"]
    letter = mail.outbox[0]
    assert letter.subject == "“Sort the alerts”: declined" and letter.to == ["ben@example.com"]
    assert "Dmitri declined Sort the alerts." in letter.body
    assert "Why: A product does it: the fraud suite." in letter.body
    assert request.get_absolute_url() in letter.body and "Next: " in letter.body
    assert "A product does it: the fraud suite." in {entry.remark for entry in about(people.kim, request)}


def test_every_step_has_a_reason(people):
    making.policy(people)
    request = making.ready(people)
    row = making.cycle(people, request)
    cycles.remove_candidate(actor=people.esther, candidate=row.candidates.get())
    other = delivered(people, "Another")
    steps = Event.objects.filter(verb__startswith="roadmap.request.", target_id__in=(request.pk, other.pk))
    moves = [each for each in steps if "to" in each.data and each.data["from"] != each.data["to"]]
    assert len(moves) > 8 and all(why(each) for each in moves)
    assert told(people).count("ben") >= 8
    assert all("Why: " in letter.body for letter in mail.outbox)
    said = " ".join(letter.body for letter in mail.outbox)
    assert MEANS["ready"] in said and MEANS["left_cycle"] in said


def test_nobody_reads_what_they_no_longer_see_and_nobody_their_own_step(people):
    request = making.submitted(people)
    assert "ben" not in told(people)
    intake.follow(actor=people.chloe, request=request)
    triage.take_triage(actor=people.dmitri, request=request)
    Request.objects.filter(pk=request.pk).update(visibility="restricted")
    assert told(people) == ["ben"]
    triage.ask_info(actor=people.esther, request=request, question="Whose alerts?")
    User.objects.filter(username="ben").update(is_active=False)
    assert told(people) == [] and not mail.outbox


def test_who_stopped_following_hears_no_more_but_the_requester_does(people):
    request = making.submitted(people)
    for name in ("ben", "chloe"):
        intake.follow(actor=people[name], request=request)
        intake.follow(actor=people[name], request=request, wanted=False)
    triage.take_triage(actor=people.dmitri, request=request)
    assert told(people) == ["ben"]


def test_loaded_history_is_told_to_nobody(people):
    request = making.submitted(people)
    told(people)
    triage.take_triage(actor=people.dmitri, request=request, at=timezone.now() - timedelta(days=2))
    assert not ProcrastinateJob.objects.filter(task_name="roadmap.tell_change").exists()


def test_the_sponsor_is_asked_when_it_comes_to_scoring(people):
    request = making.submitted(people)
    assert told(people, "ask_sponsor") == []
    request = triage.accept(actor=people.dmitri, request=request)
    assert told(people, "ask_sponsor") == ["farid"]
    letter = mail.outbox[0]
    assert letter.subject == "“Sort the alerts” needs a sponsor" and letter.to == ["farid@example.com"]
    assert "Ben asks Retail Banking" in letter.body and request.get_absolute_url() in letter.body


@pytest.mark.parametrize(
    "meanwhile", [{"sponsored_at": timezone.now()}, {"state": State.DECLINED, "reason": "No."}]
)
def test_a_sponsor_is_not_asked_for_a_word_that_is_not_needed(people, meanwhile):
    request = triage.accept(actor=people.dmitri, request=making.submitted(people))
    Request.objects.filter(pk=request.pk).update(**meanwhile)
    assert told(people, "ask_sponsor") == []


def test_scoring_again_does_not_ask_a_sponsor_who_has_spoken(people):
    making.policy(people)
    request = making.ready(people)
    told(people, "ask_sponsor")
    scoring.score_again(actor=people.esther, request=request, reason="Prices changed.")
    assert told(people, "ask_sponsor") == []
