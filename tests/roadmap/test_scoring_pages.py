"""Scoring in the browser: blind until the reveal, every figure opened into its parts, and no word lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.roadmap.actions import scoring, triage
from apps.roadmap.models import Dependency, Estimate, Request, Score
from tests.personas import ALL, People
from tests.roadmap import making
from tests.traces import nothing_changes

SignedIn = Callable[[str], Client]
SECRET, WHY = "73", "Because the pilot in Lyon said so."


@pytest.fixture
def row(people: People) -> Request:
    """In scoring, nobody has scored it."""
    making.policy(people)
    return triage.accept(actor=people.dmitri, request=making.submitted(people))


@pytest.fixture
def sealed(people: People, row: Request) -> Request:
    making.give_score(people, row, "dmitri", SECRET, comment=WHY)
    return row


def page(row: Request, part: str = "score") -> str:
    return f"/roadmap/requests/{row.pk}/{part}/"


def read(client: Client, address: str, **params: str) -> str:
    answer = client.get(address, params)
    assert answer.status_code == 200
    return answer.content.decode()


def a_score(row: Request, expected: str = "40", **fields: str) -> dict[str, str]:
    kpi = row.kpis.get()
    line = {f"expected-{kpi.pk}": expected, f"evidence-{kpi.pk}": "pilot"}
    return {"do": "score", "impact": "2", "urgency": "steady", "comment": "Seen it.", **line, **fields}


# -- sealed ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ALL if name != "dmitri"])
def test_a_sealed_score_is_on_no_page_of_anybody_else(
    signed_in: SignedIn, sealed: Request, name: str
) -> None:
    client = signed_in(name)
    for address in (page(sealed), page(sealed, "estimate"), "/roadmap/ranking/?show=all", "/activity/", "/"):
        text = client.get(address).content.decode()
        assert WHY not in text and ">73<" not in text, address
        assert "Dmitri scored" not in text, address


def test_the_page_counts_sealed_scores_and_names_nobody(signed_in: SignedIn, sealed: Request) -> None:
    text = read(signed_in("esther"), page(sealed))
    assert "1 of at least 2 scores" in text and "ML Platform" in text
    assert "not Ben, who asked, and nobody of Risk ML" in " ".join(text.split())


def test_who_scored_reads_back_what_they_gave(signed_in: SignedIn, sealed: Request) -> None:
    text = read(signed_in("dmitri"), page(sealed))
    assert "Your score, sealed" in text and ">73<" in text and WHY in text
    assert 'name="do" value="score"' not in text


@pytest.mark.parametrize("name", ["ada", "ben", "chloe", "farid", "kim", "root", "ci-risk"])
def test_who_may_not_score_sees_no_form_and_is_refused(signed_in: SignedIn, row: Request, name: str) -> None:
    client = signed_in(name)
    assert 'value="score"' not in client.get(page(row)).content.decode()
    with nothing_changes():
        assert client.post(page(row), a_score(row)).status_code == 403
        assert client.post(page(row), {"do": "reveal"}).status_code == 403
        assert client.post(page(row), {"do": "ready"}).status_code == 403


# -- giving ----------------------------------------------------------------------------------------------------


def test_a_score_tells_the_range_the_ladder_and_what_waiting_costs(signed_in: SignedIn, row: Request) -> None:
    text = read(signed_in("dmitri"), page(row))
    assert "Ben expects" in text and "between 10 (P10) and 60 (P90)" in text
    assert "Pilot, 90%: it was in use and measured" in text
    assert "a quarter costs 25% of it" in text


def test_two_give_blind_scores_and_reveal_them_together(
    signed_in: SignedIn, people: People, row: Request
) -> None:
    for name in ("dmitri", "esther"):
        answer = signed_in(name).post(page(row), a_score(row, "30" if name == "esther" else "40"))
        assert answer.status_code == 302
    assert signed_in("dmitri").post(page(row), {"do": "reveal"}).status_code == 302
    text = read(signed_in("ada"), page(row))
    assert "63,000" in text and "72,000" in text and "54,000" in text  # the median of both
    assert "× 2,000" in text and "× 90%" in text
    assert "No business sponsor has confirmed it." in text


def test_after_a_reveal_the_page_speaks_of_that_round(
    signed_in: SignedIn, people: People, sealed: Request
) -> None:
    ada, counts = signed_in("ada"), "of at least 2 scores"
    assert f"1 {counts}" in read(ada, page(sealed))
    making.give_score(people, sealed, "esther", SECRET)
    scoring.reveal_scores(actor=people.esther, request=sealed)
    said = read(ada, page(sealed))
    assert "Round 1 is revealed; no sealed score is in." in said and counts not in said
    assert "begins round 2, of at least 2" in said
    making.give_score(people, sealed, "dmitri", SECRET)
    again = read(ada, page(sealed))
    assert f"1 {counts}" in again and "no sealed score is in" not in again


def test_one_person_week_is_one(signed_in: SignedIn, people: People, row: Request) -> None:
    scoring.estimate(actor=people.dmitri, request=row, role="steward", p50="1.000")
    dmitri = signed_in("dmitri")
    for address in (page(row, "estimate"), f"/roadmap/requests/{row.pk}/"):
        said = read(dmitri, address)
        assert "1 person-week" in said and "1 person-weeks" not in said
    scoring.estimate(actor=people.dmitri, request=row, role="steward", p50="0.5")
    assert "0.5 person-weeks" in read(dmitri, f"/roadmap/requests/{row.pk}/")


def test_a_wrong_number_costs_no_word(signed_in: SignedIn, row: Request) -> None:
    client = signed_in("dmitri")
    for wrong in ("many", "-3", "NaN", "1e999", "", "9" * 60):
        with nothing_changes():
            answer = client.post(page(row), a_score(row, wrong))
        assert answer.status_code == 400
        assert "Seen it." in answer.content.decode()


def test_a_second_score_in_a_round_is_refused_with_its_words(signed_in: SignedIn, sealed: Request) -> None:
    answer = signed_in("dmitri").post(page(sealed), a_score(sealed, comment="Once more."))
    assert answer.status_code == 409
    assert "You have scored this round" in answer.content.decode()
    assert Score.objects.count() == 1


def test_too_few_scores_are_not_revealed(signed_in: SignedIn, sealed: Request) -> None:
    client = signed_in("dmitri")
    with nothing_changes():
        answer = client.post(page(sealed), {"do": "reveal"})
    assert answer.status_code == 409 and "1 of at least 2" in answer.content.decode()


def test_a_wide_spread_asks_to_talk_and_to_score_again(
    signed_in: SignedIn, people: People, row: Request
) -> None:
    for name, hours in (("dmitri", 10), ("esther", 40)):
        making.give_score(people, row, name, hours)
    scoring.reveal_scores(actor=people.esther, request=row)
    client = signed_in("dmitri")
    text = read(client, page(row))
    assert "The highest view is 4.0 times" in text and "Your score, after the discussion" in text
    client.post(page(row), {"do": "comment", "text": "Nights count too."})
    assert client.post(page(row), {"do": "ready"}).status_code == 409
    for name in ("dmitri", "esther"):
        assert signed_in(name).post(page(row), a_score(row)).status_code == 302
    client.post(page(row), {"do": "reveal"})
    text = read(client, page(row))
    assert "Nights count too." in text and "Round 1, superseded" in text
    assert "The highest view" not in text


def test_stale_scores_say_so_and_may_be_given_again(
    signed_in: SignedIn, people: People, row: Request
) -> None:
    long_ago = timezone.now() - timedelta(days=120)
    for name in ("dmitri", "esther"):
        making.give_score(people, row, name, 40, at=long_ago)
    scoring.reveal_scores(actor=people.esther, request=row)
    assert "These scores are stale since" in read(signed_in("ada"), page(row))
    assert "stale" in read(signed_in("ada"), "/roadmap/ranking/")


def test_what_is_ready_may_go_back_to_scoring_with_a_reason(signed_in: SignedIn, people: People) -> None:
    making.policy(people)
    row = making.ready(people)
    client = signed_in("esther")
    assert client.post(page(row), {"do": "again", "reason": ""}).status_code == 400
    assert client.post(page(row), {"do": "again", "reason": "Prices changed."}).status_code == 302
    row.refresh_from_db()
    assert row.state == "scoring"


def test_an_unknown_press_changes_nothing(signed_in: SignedIn, row: Request) -> None:
    client = signed_in("dmitri")
    with nothing_changes():
        assert client.post(page(row), {"do": "explode"}).status_code == 400
        assert client.post(page(row, "estimate"), {}).status_code == 400


def test_nobody_learns_of_a_request_that_is_not_shown(signed_in: SignedIn, people: People) -> None:
    row = making.submitted(people, visibility="restricted")
    for part in ("score", "estimate"):
        assert signed_in("kim").get(page(row, part)).status_code == 404
    assert signed_in("esther").get("/roadmap/requests/99999999999999999999/score/").status_code == 404


# -- effort and dependencies -----------------------------------------------------------------------------------


def test_estimates_are_ranges_with_a_history(signed_in: SignedIn, row: Request) -> None:
    client = signed_in("dmitri")
    for low, middle, high, note in (("1", "2", "4", "A guess."), ("2", "3", "5", "Counted.")):
        sent = {"do": "estimate", "role": "ml-engineer", "p10": low, "p50": middle, "p90": high, "note": note}
        assert client.post(page(row, "estimate"), sent).status_code == 302
    text = read(signed_in("kim"), page(row, "estimate"))
    assert "A guess." in text and "Counted." in text
    assert "2 to 5, most likely 3 person-weeks" in text and "most likely 2" not in text
    assert 'name="do" value="estimate"' not in text


@pytest.mark.parametrize(
    ("low", "middle", "high"), [("5", "2", "9"), ("", "x", ""), ("", "1e9", ""), ("1", "", "2")]
)
def test_a_wrong_range_costs_no_word(
    signed_in: SignedIn, row: Request, low: str, middle: str, high: str
) -> None:
    sent = {"do": "estimate", "role": "ml-engineer", "p10": low, "p50": middle, "p90": high, "note": "Hm."}
    answer = signed_in("dmitri").post(page(row, "estimate"), sent)
    assert answer.status_code == 400 and "Hm." in answer.content.decode()
    assert not Estimate.objects.exists()


def test_dependencies_are_added_refused_in_circles_and_removed(
    signed_in: SignedIn, people: People, row: Request
) -> None:
    other = making.submitted(people, "Clean the data")
    client = signed_in("dmitri")
    sent = {"do": "depend", "kind": "needs", "other": str(other.pk)}
    assert client.post(page(row, "estimate"), sent).status_code == 302
    circle = client.post(page(other, "estimate"), {**sent, "other": str(row.pk)})
    assert circle.status_code == 409 and "circle" in circle.content.decode()
    text = read(signed_in("kim"), page(other, "estimate"))
    assert "Needed by:" in text and "Sort the alerts" in text
    held = Dependency.objects.get()
    release = {"do": "release", "dependency": str(held.pk)}
    ben = signed_in("ben")
    with nothing_changes():
        assert ben.post(page(row, "estimate"), release).status_code == 403
    assert client.post(page(row, "estimate"), release).status_code == 302
    assert client.post(page(row, "estimate"), release).status_code == 404


def test_a_dependency_on_a_hidden_request_is_counted_and_not_named(
    signed_in: SignedIn, people: People, row: Request
) -> None:
    hidden = making.submitted(people, "Merge with a rival", by="chloe", visibility="restricted")
    scoring.add_dependency(actor=people.esther, request=row, other=hidden, kind="needs")
    text = read(signed_in("ben"), page(row, "estimate"))
    assert "1 with a request that is not shown to you" in text and "rival" not in text


# -- ranking ---------------------------------------------------------------------------------------------------


@pytest.fixture
def two(people: People) -> tuple[Request, Request]:
    """The first is worth more, the second costs less."""
    making.policy(people)
    return (
        making.ready(people, "Sort the alerts", hours=40, weeks={"ml-engineer": 20}),
        making.ready(people, "Read the claims", hours=20, weeks={"ml-engineer": 2}, by="chloe"),
    )


def order(text: str) -> list[str]:
    return sorted(("Sort the alerts", "Read the claims"), key=text.index)


def test_the_ranking_sorts_by_any_figure(signed_in: SignedIn, two: Any) -> None:
    client = signed_in("kim")
    assert order(read(client, "/roadmap/ranking/")) == ["Sort the alerts", "Read the claims"]
    assert order(read(client, "/roadmap/ranking/", sort="-wsjf")) == ["Read the claims", "Sort the alerts"]
    for hostile in ("-", "state", "--value", ""):
        assert order(read(client, "/roadmap/ranking/", sort=hostile))[0] == "Sort the alerts"


def test_a_figure_opens_into_its_parts(signed_in: SignedIn, two: Any) -> None:
    text = read(signed_in("kim"), "/roadmap/ranking/", open=str(two[0].pk))
    assert "Reach 400 × impact 2 × confidence 90% / 20 person-weeks" in text
    assert "Median of 72,000, 72,000" in text
    assert "Cost of delay 18,000 / 20 person-weeks" in text


def test_the_ranking_holds_only_what_is_shown(signed_in: SignedIn, people: People) -> None:
    making.policy(people)
    row = making.scored(people, "Merge with a rival")
    Request.objects.filter(pk=row.pk).update(visibility="restricted")
    assert "rival" not in read(signed_in("kim"), "/roadmap/ranking/", open=str(row.pk))
    assert "rival" in read(signed_in("ada"), "/roadmap/ranking/")


def test_the_ranking_costs_the_same_for_many(signed_in: SignedIn, people: People, two: Any) -> None:
    client = signed_in("kim")
    with CaptureQueriesContext(
        connection,
    ) as few:
        read(client, "/roadmap/ranking/")
    for number in range(4):
        making.scored(people, f"Another {number}")
    with CaptureQueriesContext(connection) as many:
        read(client, "/roadmap/ranking/")
    assert len(many) <= len(few)
