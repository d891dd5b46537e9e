"""The sponsors' weekly mail: built from what a sponsor may see, sent once to each, and to nobody without need."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from apps.core import jobs
from apps.core.feed import about
from apps.people.models import BusinessUnit, Committee, User
from apps.roadmap.actions import delivery, meetings, outcomes
from apps.roadmap.actions.digest import send_digest, send_digests
from apps.roadmap.queries.digest import digest_of
from tests.personas import People
from tests.roadmap import making
from tests.roadmap.delivering import begun, called, delivered, restricted


def send(people: People, name: str, days: int = 0) -> bool:
    until = timezone.now() + timedelta(minutes=1, days=days)
    return send_digest(user=people[name].pk, until=until.isoformat())


def test_a_sponsor_reads_what_happened_to_the_requests_of_their_units(people: People) -> None:
    making.policy(people)
    request = begun(people)
    delivery.block(actor=people.dmitri, request=request, waits_for="Access", owner=people.ben)
    making.submitted(people, "Read damage photos", by="chloe")
    assert send(people, "farid")
    (letter,) = mail.outbox
    assert letter.to == ["farid@example.com"] and "roadmap this week" in letter.subject
    assert "Sort the alerts" in letter.body and request.get_absolute_url() in letter.body
    assert "Read damage photos" not in letter.body


def test_a_title_stands_once_and_the_committee_decides(people: People) -> None:
    """Not its chair, who only says what was decided."""
    requests, meeting = called(people)
    Committee.objects.filter(purpose="steering").update(quorum=2)
    for name in ("farid", "hana"):
        meetings.attend(actor=people[name], meeting=meeting)
    sha256 = meeting.run.result_sha256
    meetings.decide(actor=people.farid, meeting=meeting, chosen="equal_shares", sha256=sha256)
    assert send(people, "farid")
    (letter,) = mail.outbox
    for request in requests[:2]:
        assert letter.body.count(request.title) == 1
    assert "- The steering committee planned it" in letter.body
    assert "- The steering committee did not plan it\nWhy: Not in the plan of First quarter" in letter.body
    assert "Farid planned" not in letter.body and "Farid left" not in letter.body
    told = [entry.sentence for entry in about(people.kim, meeting.cycle)]
    assert "The steering committee decided on First quarter" in told


def test_what_does_not_fit_is_counted_before_the_rest(people: People) -> None:
    making.policy(people)
    making.ready(people)
    assert send(people, "farid")
    lines = mail.outbox[0].body.splitlines()
    first = lines.index("- 2 earlier steps this week")
    assert lines[first - 1] == "Sort the alerts (ready)" and lines[first + 1].startswith("- ")


def test_units_below_count_and_what_is_restricted_does_not(people: People) -> None:
    group = BusinessUnit.objects.get(slug="group")
    BusinessUnit.objects.filter(pk=group.pk).update(sponsor=people.kim)
    making.submitted(people, "Open to the company")
    restricted(making.submitted(people, "Hushed matter"))
    assert send(people, "kim")
    assert "Open to the company" in mail.outbox[0].body and "Hushed matter" not in mail.outbox[0].body


def test_it_tells_what_waits_for_the_sponsor(people: People) -> None:
    making.submitted(people, "Needs a sponsor")
    request = delivered(people, "Was built")
    outcomes.record_outcome(
        actor=people.ada,
        kpi=request.kpis.get(),
        period_start=timezone.localdate() - timedelta(days=30),
        period_end=timezone.localdate(),
        value="-3",
        source="Time sheets",
    )
    found = digest_of(people.farid, timezone.now() - timedelta(days=7), timezone.now())
    assert [each.title for each in found.to_sponsor] == ["Needs a sponsor"]
    assert [each.request.title for each in found.to_confirm] == ["Was built"]
    send(people, "farid")
    assert "Waiting for your word" in mail.outbox[0].body and "Outcomes to confirm" in mail.outbox[0].body


def test_nothing_to_tell_is_no_mail(people: People) -> None:
    assert not send(people, "jo")
    begun(people)
    assert not send(people, "farid", days=30)
    assert not send(people, "ben")
    User.objects.filter(username="farid").update(is_active=False)
    assert not send(people, "farid")
    assert not send_digest(user=99_999_999, until=timezone.now().isoformat())
    assert mail.outbox == []


def test_each_sponsor_is_asked_once(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs, "defer", lambda name, **given: asked.append({"name": name, **given}))
    assert send_digests() == 2
    assert {each["user"] for each in asked} == {people.farid.pk, people.jo.pk}
    assert {each["name"] for each in asked} == {"roadmap.send_digest"}
