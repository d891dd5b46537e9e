"""Now, next and later as windows; the map of opportunities; the page of lessons. Each shows what its reader may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.actions import create_entity
from apps.catalog.models import Entity
from apps.roadmap.actions import delivery, outcomes
from apps.roadmap.models import Request
from apps.roadmap.queries.functions import function_of, label_of
from apps.roadmap.queries.horizon import outlook
from apps.roadmap.queries.opportunities import opportunity_map
from apps.roadmap.queries.requests import RequestFilter
from apps.roadmap.views.spans import days_axis, figure, figures_axis, months_of
from tests.personas import People
from tests.roadmap import making
from tests.roadmap.delivering import begun, came_due, delivered, planned, restricted

SignedIn = Callable[[str], Client]
PAGES = ("/roadmap/", "/roadmap/opportunities/", "/roadmap/lessons/")


def page(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.status_code
    return str(answer.content.decode())


def items(people: People, name: str, column: str) -> list[Any]:
    return outlook(people[name], RequestFilter(), timezone.localdate())[column][0]


def test_a_window_comes_from_open_milestones_and_never_promises_a_day(people: People) -> None:
    request, today = begun(people), timezone.localdate()
    for title, p50, p90 in (("Model", 5, 9), ("Screens", 20, 50)):
        delivery.add_milestone(
            actor=people.dmitri,
            request=request,
            title=title,
            p50=today + timedelta(days=p50),
            p90=today + timedelta(days=p90),
        )
    (item,) = items(people, "kim", "now")
    assert item.window.source == "milestones" and not item.late
    assert (item.window.p50, item.window.p90) == (today + timedelta(days=20), today + timedelta(days=50))


def test_without_milestones_it_comes_from_the_longest_role_and_the_cycle(people: People) -> None:
    today = timezone.localdate()
    request = making.ready(people, weeks={"ml-engineer": 4, "data-scientist": 6})
    assert items(people, "kim", "later")[0].window is None
    making.cycle(people, request)
    (item,) = items(people, "kim", "next")
    assert (item.window.source, item.window.p50) == ("estimate", today + timedelta(weeks=6))


def test_what_is_blocked_stands_first_with_its_age_its_owner_and_what_it_waits_for(
    people: People, signed_in: SignedIn
) -> None:
    begun(people, "An easy one")
    request = begun(people)
    since = timezone.now() - timedelta(days=12)
    delivery.block(
        actor=people.dmitri, request=request, waits_for="Access to the archive", owner=people.ben, at=since
    )
    assert [each.request.title for each in items(people, "kim", "now")] == ["Sort the alerts", "An easy one"]
    body = page(signed_in("kim"), "/roadmap/")
    assert "Blocked for 12 days" in body and "Access to the archive" in body and "Ben ends it" in body


def test_the_address_narrows_by_unit_and_type_and_bad_values_find_nothing(
    people: People, signed_in: SignedIn
) -> None:
    planned(people)
    planned(people, "Read damage photos", by="chloe", type="compliance")
    client = signed_in("kim")
    body = page(client, "/roadmap/?unit=insurance")
    assert "Read damage photos" in body and "Sort the alerts" not in body
    body = page(client, "/roadmap/?type=use_case")
    assert "Sort the alerts" in body and "Read damage photos" not in body
    for path in ("/roadmap/?unit=nobody&type=poem", "/roadmap/?unit=" + "x" * 3_000):
        body = page(client, path)
        assert "Sort the alerts" not in body


def test_a_restricted_request_is_on_no_page_of_others(people: People, signed_in: SignedIn) -> None:
    making.policy(people)
    restricted(begun(people, "Secret churn of marketing"))
    stopped = planned(people, "Secret churn of marketing, first try")
    delivery.cancel(actor=people.dmitri, request=stopped, reason="Secret churn data was sold.")
    restricted(stopped)
    for path in PAGES:
        assert "Secret churn" not in page(signed_in("chloe"), path)
    assert "Secret churn" in page(signed_in("ben"), "/roadmap/")
    assert "Secret churn" in page(signed_in("ben"), "/roadmap/lessons/")


def test_pages_want_a_session_and_are_only_read(people: People, client: Client, signed_in: SignedIn) -> None:
    for path in PAGES:
        assert client.get(path).status_code == 302
        assert signed_in("ben").post(path).status_code == 405


@pytest.mark.parametrize("path", PAGES)
def test_statements_do_not_grow_with_rows(people: People, signed_in: SignedIn, path: str) -> None:
    client = signed_in("ben")
    _one_of_each(people, 1)
    page(client, path)
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(client, path)
    for number in (2, 3):
        _one_of_each(people, number)
    with CaptureQueriesContext(connection) as many:
        page(client, path)
    assert len(many) == len(few) <= 22


def _one_of_each(people: People, number: int) -> None:
    request = begun(people, f"Alerts {number}")
    delivery.block(actor=people.dmitri, request=request, waits_for="Access", owner=people.ben)
    making.ready(people, f"Leads {number}")
    stopped = planned(people, f"Photos {number}")
    delivery.cancel(actor=people.dmitri, request=stopped, reason="No data.")
    _reviewed(people, f"Letters {number}", "adopted", "Start small.")
    _running(people, f"alerts-{number}", ["fraud"])


def _running(people: People, name: str, tags: list[str], by: str = "ada", team: str = "risk-ml") -> Entity:
    entity = create_entity(actor=people[by], kind="model", name=name, owner=people.team(team), tags=tags)
    Entity.objects.filter(pk=entity.pk).update(stage="production")
    return entity


def _reviewed(people: People, title: str, verdict: str, lesson: str) -> Request:
    request = delivered(people, title)
    came_due(request)
    review = request.outcome_reviews.get(days=90)
    outcomes.review_outcome(actor=people.dmitri, review=review, verdict=verdict, lesson=lesson)
    return request


# -- opportunities ---------------------------------------------------------------------------------------------


def test_the_map_says_who_has_what_who_asks_and_who_has_nothing(people: People, signed_in: SignedIn) -> None:
    _running(people, "fraud-scores", ["fraud"])
    _running(people, "letters", ["function:logistics", "fraud"], by="chloe", team="claims-ai")
    making.submitted(people, "Campaigns of the week", by="chloe")
    found = opportunity_map(people.kim)
    lines = {line.label: {cell.function: cell for cell in line.cells} for line in found.lines}
    assert lines["Retail Banking"]["crime"].state == "running"
    assert lines["Insurance"]["crime"].state == "nothing"
    assert lines["Insurance"]["logistics"].running == 1
    assert lines["Insurance"]["marketing"].state == "asked"
    body = page(signed_in("kim"), "/roadmap/opportunities/")
    assert "Logistics" in body and "Nothing for" in body and "fraud-scores" in body


def test_an_outright_tag_wins_over_words() -> None:
    assert function_of(["fraud", "function:marketing"]) == "marketing"
    assert function_of(["real-time"], "Score the credit limits") == "risk"
    assert function_of([], "Something else") == "other"
    assert (label_of("crime"), label_of("cold-chain")) == ("Fraud and crime", "Cold chain")


# -- lessons ---------------------------------------------------------------------------------------------------


def test_lessons_are_found_by_words_kind_and_unit(people: People, signed_in: SignedIn) -> None:
    making.policy(people)
    stopped = planned(people, "Guess the weather")
    delivery.cancel(actor=people.dmitri, request=stopped, reason="The licence ran out.")
    _reviewed(people, "Sort the alerts", "not_adopted", "Begin with one desk.")
    _reviewed(people, "Route the letters", "adopted", "Keep the old list for a month.")
    client = signed_in("kim")
    body = page(client, "/roadmap/lessons/")
    assert all(text in body for text in ("The licence ran out.", "Begin with one desk.", "Keep the old list"))
    body = page(client, "/roadmap/lessons/?q=one+DESK")
    assert "Begin with one desk." in body and "licence" not in body
    body = page(client, "/roadmap/lessons/?kind=cancelled")
    assert "licence" in body and "one desk" not in body
    for query in ("unit=insurance", "kind=nothing", "q=zebra", "page=150", "page=-1&q=zebra"):
        assert "licence" not in page(client, f"/roadmap/lessons/?{query}")


# -- geometry --------------------------------------------------------------------------------------------------


def test_axes_keep_everything_within_the_picture() -> None:
    today = date(2026, 5, 20)
    axis = days_axis(today, [date(1, 1, 1), date(9999, 12, 31)])
    assert len(months_of(axis)) <= 13
    assert axis.span(date(1, 1, 1), date(9999, 12, 31)).width == 100
    numbers = figures_axis([Decimal(-3), Decimal(20)])
    assert 0 < numbers.at(Decimal(0)) < numbers.at(Decimal(20)) < 100
    assert figures_axis([]).at(Decimal(0)) == 0


def test_figures_keep_their_sign_and_lose_needless_zeros() -> None:
    figures = [Decimal(text) for text in ("-0.25", "12500.0000", "-0.0001", "100")]
    assert [figure(each) for each in figures] == ["-0.25", "12,500", "0", "100"]
