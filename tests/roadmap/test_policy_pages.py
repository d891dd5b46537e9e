"""The scoring policy in the browser: revisions, what each changed, who would move, and no word lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.roadmap.actions import scoring
from apps.roadmap.models import Request, ScoringPolicy
from tests.personas import ALL, People
from tests.roadmap import making
from tests.traces import nothing_changes

SignedIn = Callable[[str], Client]
NEW, PREVIEW = "/roadmap/policy/new/", "/roadmap/policy/preview/"
HOURS = ("cost", "hours a week", "2000")
POINTS = ("satisfaction", "points", "5000")


def sent(*rates: tuple[str, str, str], base: int = 1, **fields: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "rationale": "Finance counts anew.",
        "stale_after_days": "90",
        "base_number": str(base),
        "ladder-opinion": "0.3",
        "ladder-survey": "0.5",
        "ladder-prototype": "0.7",
        "ladder-pilot": "0.9",
        "decay-steady": "0.25",
        "decay-fading": "0.5",
        "decay-deadline": "1",
        "decay-patient": "0.05",
        "row": [],
    }
    for number, rate in enumerate(rates or (HOURS,)):
        data["row"].append(str(number))
        data |= {
            f"rate-{number}-{name}": value
            for name, value in zip(("category", "measure", "value"), rate, strict=True)
        }
    return {**data, **fields}


@pytest.fixture
def two(people: People) -> tuple[Request, Request]:
    """80 points are worth less than 40 hours under the first policy: points have no rate there."""
    making.policy(people)
    points = making.kpi(people.chloe, category="satisfaction", measure="points", name="Happy customers")
    first = making.scored(people, "Sort the alerts", hours=40)
    second = making.scored(people, "Please the customers", hours=40, by="chloe", kpis=[points])
    return first, second


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_everybody_reads_the_policy_and_what_it_changed(signed_in: SignedIn, people: People) -> None:
    making.policy(people)
    rates = [{"category": "cost", "measure": "hours a week", "value": "2500"}]
    scoring.publish_policy(actor=people.esther, rates=rates, rationale="Wages rose.", stale_after_days=60)
    client = signed_in("kim")
    text = text_of(client.get("/roadmap/policy/2/"))
    assert "Raised" in text and "2,000" in text and "2,500" in text and "Wages rose." in text
    assert "Days until scores are stale" in text and "Lowered" in text
    assert "Superseded" in text_of(client.get("/roadmap/policy/1/"))
    current = text_of(client.get("/roadmap/policy/"))
    assert "2,500" in current and NEW not in current
    assert client.get("/roadmap/policy/3/").status_code == 404


def test_before_the_first_policy_the_pages_say_so(signed_in: SignedIn, people: People) -> None:
    assert "No scoring policy yet" in text_of(signed_in("kim").get("/roadmap/policy/"))
    assert "First scoring policy" in text_of(signed_in("esther").get(NEW))
    assert signed_in("esther").post(NEW, sent(base=0)).status_code == 302
    assert ScoringPolicy.objects.get().rates == [
        {"category": "cost", "measure": "hours a week", "value": "2000"}
    ]


@pytest.mark.parametrize("name", [name for name in ALL if name != "esther"])
def test_nobody_but_coe_leads_writes_or_tries_it(signed_in: SignedIn, people: People, name: str) -> None:
    making.policy(people)
    client = signed_in(name)
    with nothing_changes():
        assert client.get(NEW).status_code == 403
        assert client.post(NEW, sent()).status_code == 403
        assert client.post(PREVIEW, sent()).status_code == 403


def test_the_preview_shows_who_moves_and_publishes_nothing(signed_in: SignedIn, two: Any) -> None:
    client = signed_in("esther")
    with nothing_changes():
        answer = client.post(PREVIEW, sent(HOURS, POINTS))
    text = text_of(answer)
    assert answer.status_code == 200
    assert "2 of 2 open requests would stand elsewhere" in text
    assert "1 up" in text and "1 down" in text and "180,000" in text
    assert "Finance counts anew." in text  # the editor, with every word
    assert "0 of 2 open requests" in text_of(client.post(PREVIEW, sent()))


def test_a_wrong_rate_is_told_at_its_row_by_preview_and_publishing(signed_in: SignedIn, two: Any) -> None:
    client = signed_in("esther")
    wrong = (
        sent(("cost", "hours a week", "dear")),
        sent(("cost", "hours a week", "-1")),
        sent(("cost", "", "3")),
        sent(HOURS, HOURS),
        sent(("fame", "hours a week", "3")),
        sent(**{"ladder-pilot": "1.5"}),
        sent(**{"decay-steady": ""}),
        sent(stale_after_days="0"),
        sent(("cost", "hours a week", "NaN")),
    )
    for data in wrong:
        for address in (PREVIEW, NEW):
            with nothing_changes():
                answer = client.post(address, data)
            assert answer.status_code == 400, data
            assert "Finance counts anew." in answer.content.decode()


def test_a_policy_needs_a_reason(signed_in: SignedIn, people: People) -> None:
    making.policy(people)
    answer = signed_in("esther").post(NEW, sent(("cost", "hours a week", "3"), rationale=" "))
    assert answer.status_code == 400 and "Say why" in answer.content.decode()
    assert ScoringPolicy.objects.count() == 1


def test_rates_are_added_and_removed_without_a_script(signed_in: SignedIn, people: People) -> None:
    making.policy(people)
    client = signed_in("esther")
    added = client.post(NEW, sent(HOURS, rows="add"))
    assert added.status_code == 200 and added.content.decode().count('name="row"') == 2
    assert "Finance counts anew." in added.content.decode()
    gone = client.post(NEW, sent(HOURS, POINTS, rows="remove-0"))
    assert "hours a week" not in gone.content.decode().partition('id="rates"')[2].partition("</section>")[0]
    assert ScoringPolicy.objects.count() == 1


def test_a_policy_published_meanwhile_keeps_the_text_and_lets_it_be_sent_again(
    signed_in: SignedIn, people: People
) -> None:
    making.policy(people)
    making.policy(people)
    client = signed_in("esther")
    answer = client.post(NEW, sent(("cost", "hours a week", "7"), base=1))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Policy 2 was published meanwhile" in text and "Finance counts anew." in text
    assert 'name="base_number" value="2"' in text
    assert client.post(NEW, sent(("cost", "hours a week", "7"), base=2)).status_code == 302
    assert ScoringPolicy.objects.count() == 3


def test_units_without_a_rate_are_told(signed_in: SignedIn, two: Any) -> None:
    text = text_of(signed_in("kim").get("/roadmap/policy/"))
    assert "Figures without a rate" in text and "<strong>points</strong>" in text
