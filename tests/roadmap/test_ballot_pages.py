"""The ballot and the advice in the browser: what is typed is kept, and what is sealed is read by nobody else."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.models import Event
from apps.roadmap.actions import cycles, planning, scoring, voting
from apps.roadmap.models import Advice, Ballot, BallotLine, Candidate, Cycle, PlanRun, Request
from tests.roadmap import making

POINTS = 73  # a number that stands nowhere else on these pages


@pytest.fixture
def voted(people):
    """A vote with two requests; retail banking has given 73 and 27 points."""
    making.policy(people)
    first = making.ready(people, "Sort the alerts", hours=40)
    second = making.ready(people, "Read the claims", by="chloe", hours=10)
    row = making.voting_cycle(people, first, second)
    making.vote(people, row, "retail-banking", **{f"r{first.pk}": POINTS, f"r{second.pk}": 27})
    return row


def sent(row, share, version=1, **points):
    names = {
        f"points-{Candidate.objects.get(request__title=title).pk}": each for title, each in points.items()
    }
    return {"version": version, **names}


def address(row, slug, page="ballot"):
    return f"/roadmap/cycles/{row.slug}/{page}/{making.share(row, slug).pk}/"


def test_the_sponsor_casts_and_recasts(signed_in, voted):
    farid, path = signed_in("farid"), address(voted, "retail-banking")
    page = farid.get(path).content.decode()
    assert 'value="73"' in page and "Sealed." in page and "of 100 points" in page
    answer = farid.post(path, sent(voted, "retail-banking", **{"Sort the alerts": 60, "Read the claims": ""}))
    assert answer.status_code == 302
    assert list(BallotLine.objects.values_list("points", flat=True)) == [60]
    assert Ballot.objects.get().version == 2


@pytest.mark.parametrize("typed", ["101", "-1", "ten", "9999999999999999999999", "1.5", "٣x"])
def test_wrong_points_are_said_and_kept(signed_in, voted, typed):
    farid, path = signed_in("farid"), address(voted, "retail-banking")
    answer = farid.post(
        path, sent(voted, "retail-banking", **{"Sort the alerts": typed, "Read the claims": "8"})
    )
    page = answer.content.decode()
    assert answer.status_code == 400 and typed in page and 'value="8"' in page
    assert sorted(BallotLine.objects.values_list("points", flat=True)) == [27, POINTS]


def test_more_than_100_points_are_refused_with_their_sum(signed_in, voted):
    farid, path = signed_in("farid"), address(voted, "retail-banking")
    answer = farid.post(path, sent(voted, "retail-banking", **{"Sort the alerts": 80, "Read the claims": 30}))
    assert answer.status_code == 400 and "add up to 110" in answer.content.decode()


def test_a_lost_race_keeps_the_points_typed_and_shows_those_that_are_cast(signed_in, voted):
    farid, path = signed_in("farid"), address(voted, "retail-banking")
    typed = sent(voted, "retail-banking", version=0, **{"Sort the alerts": 41, "Read the claims": 59})
    answer = farid.post(path, typed)
    page = answer.content.decode()
    assert answer.status_code == 409 and "recast meanwhile" in page
    assert 'value="41"' in page and 'value="59"' in page and ">73<" in page
    assert Ballot.objects.get().version == 1
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    assert farid.post(path, {**typed, "version": version}).status_code == 302
    assert sorted(BallotLine.objects.values_list("points", flat=True)) == [41, 59]


def test_a_form_without_its_version_casts_nothing(signed_in, voted):
    answer = signed_in("farid").post(address(voted, "retail-banking"), {})
    assert answer.status_code == 400 and Ballot.objects.get().version == 1


@pytest.mark.parametrize("name", ["ada", "ben", "chloe", "dmitri", "esther", "hana", "jo", "kim", "root"])
def test_nobody_else_reads_or_casts_it_at_any_address(signed_in, people, voted, name):
    client, share = signed_in(name), making.share(voted, "retail-banking")
    before = Event.objects.count()
    answer = client.post(
        address(voted, "retail-banking"), sent(voted, "retail-banking", **{"Sort the alerts": 1})
    )
    assert answer.status_code in (403, 404)
    assert Event.objects.count() == before and Ballot.objects.get().version == 1
    base = f"/roadmap/cycles/{voted.slug}"
    request = Request.objects.get(title="Sort the alerts")
    for path in (
        f"{base}/",
        f"{base}/setup/",
        f"{base}/ballot/{share.pk}/",
        f"{base}/advice/{share.pk}/",
        f"{base}/plans/",
        f"{base}/plans/1/",
        f"{base}/sandbox/",
        f"{base}/why/{request.pk}/",
        f"{base}/inputs.json",
        f"{base}/inputs.pb",
        request.get_absolute_url(),
    ):
        text = (
            client.get(path).content.decode().replace(f"Request {request.pk}", "")
        )  # may be the same number
        assert not re.search(
            rf"(?<![\w.:/-]){POINTS}(?![\w.:/-])",
            re.sub(r"<(svg|script)\b.*?</\1>", "", text, flags=re.DOTALL),
        ), path


def test_a_reopened_vote_puts_the_opened_ballots_away(signed_in, people, voted):
    planning.freeze(actor=people.esther, cycle=voted)
    planning.carry_out(PlanRun.objects.get())
    run, client = PlanRun.objects.get(), signed_in("ada")
    base = f"/roadmap/cycles/{voted.slug}"
    paths = (f"{base}/plans/", f"{base}/plans/{run.pk}/", f"{base}/inputs.json", f"{base}/inputs.pb")
    assert [client.get(path).status_code for path in paths] == [200] * 4
    assert ">73<" in client.get(f"{base}/").content.decode()
    planning.reopen(actor=people.esther, cycle=Cycle.objects.get(), reason="A unit was left out.")
    assert [client.get(path).status_code for path in paths] == [404] * 4
    assert ">73<" not in client.get(f"{base}/").content.decode()


def test_members_advise_and_only_the_voter_reads_it(signed_in, people, voted):
    path = address(voted, "retail-banking", "advice")
    candidate = Candidate.objects.get(request__title="Sort the alerts")
    ben = signed_in("ben")
    given = {f"points-{candidate.pk}": "64", f"note-{candidate.pk}": "The night shift waits for it."}
    assert ben.get(path).status_code == 200
    assert ben.post(path, given).status_code == 302
    assert ben.post(path, {**given, f"points-{candidate.pk}": "164"}).status_code == 400
    assert Advice.objects.get().points == 64
    assert "The night shift" in signed_in("farid").get(address(voted, "retail-banking")).content.decode()
    for name in ("ada", "esther", "jo", "root"):
        assert "The night shift" not in signed_in(name).get(path).content.decode()
    assert signed_in("chloe").post(path, given).status_code == 403


def test_what_is_not_shown_is_counted_and_not_named(signed_in, people, voted):
    Request.objects.filter(title="Read the claims").update(visibility="restricted")
    page = signed_in("farid").get(address(voted, "retail-banking")).content.decode()
    assert "Read the claims" not in page and "1 more request is voted on" in page


def test_a_delegate_casts_and_a_service_account_does_not(signed_in, people, voted):
    share = making.share(voted, "retail-banking")
    voting.name_delegate(actor=people.farid, share=share, user=people.ada)
    path = address(voted, "retail-banking")
    assert signed_in("ada").post(path, sent(voted, "", **{"Sort the alerts": 5})).status_code == 302
    assert signed_in("ci-risk").get(path).status_code in (302, 403, 404)


def test_after_the_freeze_the_ballots_stand_on_the_cycle(signed_in, people, voted):
    planning.freeze(actor=people.esther, cycle=voted)
    answer = signed_in("farid").get(address(voted, "retail-banking"))
    assert answer.status_code == 302 and answer["Location"].endswith("#ballots")
    late = signed_in("farid").post(
        address(voted, "retail-banking"), sent(voted, "", **{"Sort the alerts": 5})
    )
    assert late.status_code == 409 and "not open" in late.content.decode()


def test_the_ballot_costs_the_same_statements_however_many_candidates(signed_in, people, voted):
    farid, path = signed_in("farid"), address(voted, "retail-banking")
    farid.get(path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        farid.get(path)
    assert len(few) < 40


@pytest.mark.parametrize("share", [0, 10**30])
def test_a_share_that_is_none_is_not_found(signed_in, voted, share):
    assert signed_in("farid").get(f"/roadmap/cycles/q1/ballot/{share}/").status_code == 404


def test_a_need_says_how_it_comes(signed_in, people):
    making.policy(people)
    first, bought, top, under = (
        making.ready(people, title)
        for title in ("Sort the alerts", "Read the mail", "Keep the law", "Store the files")
    )
    for request, other in ((first, bought), (first, top), (first, under), (top, under)):
        scoring.add_dependency(actor=people.dmitri, request=request, other=other, kind="needs")
    row = making.cycle(people, first, bought, under, weeks={"ml-engineer": 40})
    cycles.add_candidate(
        actor=people.esther, cycle=row, request=top, entry="mandatory", obligation="Audit finding 7"
    )
    page = signed_in("farid").get(address(row, "retail-banking")).content.decode()
    assert "needs Read the mail, which is bought with it" in page
    assert "needs Keep the law, which comes off the top anyway" in page
    assert "needs Store the files, which comes off the top anyway" in page
    Candidate.objects.filter(request=bought).delete()
    Request.objects.filter(pk=bought.pk).update(state="delivered")
    page = signed_in("farid").get(address(row, "retail-banking")).content.decode()
    assert "needs Read the mail, which is delivered already" in page
