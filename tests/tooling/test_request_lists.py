"""The register, one's own requests, the inbox and the calendar: who sees what, by which address, at what cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Entity
from apps.tooling.actions.conditions import attach_condition, prove_condition
from apps.tooling.actions.reviewing import ask_info
from apps.tooling.actions.submitting import submit_request
from apps.tooling.queries import clock
from tests.personas import People
from tests.tooling.making import approve, draft, in_review, sent, tool

SignedIn = Callable[[str], Client]
LIST = "/tooling/requests/"


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def csv(client: Client, query: str = "") -> list[str]:
    answer: Any = client.get(f"{LIST}export.csv{query}")
    return b"".join(answer.streaming_content).decode().splitlines()


def test_the_register_shows_what_was_sent_and_no_draft(people: People, signed_in: SignedIn) -> None:
    in_review(people, tool(people, "comet"))
    draft(people, tool(people, "secret-plan"))
    for name in ("kim", "chloe", "ben", "esther", "root"):
        body = page(signed_in(name), LIST)
        assert "comet" in body and "secret-plan" not in body
        assert len(csv(signed_in(name))) == 2
    assert "secret-plan" in page(signed_in("ada"), f"{LIST}mine/")
    assert "secret-plan" not in page(signed_in("dmitri"), f"{LIST}mine/")


def test_requests_of_tools_that_one_does_not_see_are_not_there(people: People, signed_in: SignedIn) -> None:
    request = approve(people, in_review(people, tool(people, "comet")))
    Entity._base_manager.filter(pk=request.tool_id).update(
        owner=people.team("risk-ml"), visibility="restricted"
    )
    assert "comet" in page(signed_in("ben"), LIST)
    for path in ("", "facets/", "calendar/"):
        assert "comet" not in page(signed_in("chloe"), LIST + path)
    assert len(csv(signed_in("chloe"))) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 2),
        ("?state=active", 1),
        ("?state=in_review&state=active", 2),
        ("?state=expired", 0),
        ("?tier=medium&team=risk-ml&unit=retail-banking", 2),
        ("?unit=insurance", 0),
        ("?tool=tool:coe/comet", 1),
        ("?tool=nonsense", 0),
        ("?q=scoring", 2),
        ("?q=giraffe", 0),
        ("?overdue=1", 0),
        ("?sort=nonsense", 2),
        ("?sort=-ends", 2),
        ("?capability=tracking", 0),
    ],
)
def test_an_address_holds_the_view(people: People, signed_in: SignedIn, query: str, found: int) -> None:
    approve(people, in_review(people, tool(people, "comet")))
    in_review(people, tool(people, "neptune"))
    namespace = Entity.objects.get(name="comet").namespace
    query = query.replace("tool:coe/", f"tool:{namespace}/")
    client = signed_in("kim")
    assert page(client, LIST + query).count("data-row-link") == found
    assert len(csv(client, query)) == found + 1
    page(client, f"{LIST}facets/{query}")


def test_an_expired_exception_is_found_as_expired(people: People, signed_in: SignedIn) -> None:
    old = draft(people, tool(people, "comet"), days=-10)  # asked for 30 days, 40 days ago: granted at once
    request = submit_request(actor=people.ben, request=old, at=clock.now() - timedelta(days=40))
    assert request.state == "active"
    body = page(signed_in("kim"), f"{LIST}?state=expired")
    assert body.count("data-row-link") == 1 and "Expired" in body
    assert page(signed_in("kim"), f"{LIST}?state=active").count("data-row-link") == 0
    assert "Expired" in page(signed_in("kim"), f"{LIST}{request.pk}/")


def test_a_cursor_of_another_list_is_refused(people: People, signed_in: SignedIn) -> None:
    assert signed_in("kim").get(f"{LIST}?cursor=abc").status_code == 400


def test_everybody_finds_what_waits_for_them(people: People, signed_in: SignedIn) -> None:
    request = in_review(people, tool(people, "comet"))
    attach_condition(
        actor=people.dmitri,
        request=request,
        text="Export nightly",
        owner=people.ben,
        due=clock.now() + timedelta(days=9),
    )
    approve(people, request)
    open_, waiting = (
        in_review(people, tool(people, "neptune")),
        sent(people, tool(people, "wandb"), "staging"),
    )
    asked = sent(people, tool(people, "aim"), "staging")
    ask_info(actor=people.dmitri, request=asked, question="Which runs?")
    inbox = f"{LIST}inbox/"
    dmitri, farid, ben = (page(signed_in(name), inbox) for name in ("dmitri", "farid", "ben"))
    assert "To decide" in dmitri and "To triage" in dmitri and "wandb" in dmitri
    assert "neptune" in farid and "To triage" not in farid
    assert "Which runs?" in ben and "Export nightly" in ben and "To decide" not in ben
    assert "Nothing waits for you" in page(signed_in("kim"), inbox)
    prove_condition(actor=people.ben, condition=request.conditions.get(), evidence="Job 7")
    assert "Job 7" in page(signed_in("dmitri"), inbox)
    part = page(signed_in("farid"), f"{LIST}{open_.pk}/review/?part=1")
    assert "Approve" in part and "<html" not in part
    assert signed_in("kim").get(f"{LIST}{open_.pk}/review/?part=1").status_code == 404
    assert waiting.state == "submitted"


def test_acting_from_the_inbox_comes_back_to_it(people: People, signed_in: SignedIn) -> None:
    request = sent(people, tool(people, "comet"), "staging")
    act = f"{LIST}{request.pk}/act/"
    answer = signed_in("dmitri").post(act, {"do": "start", "next": f"{LIST}inbox/"})
    assert answer["Location"] == f"{LIST}inbox/"
    step = request.steps.get(role="central")
    answer = signed_in("dmitri").post(
        f"{LIST}{request.pk}/review/",
        {"verdict": "approve", "step": step.pk, "next": "https://evil.example.com/"},
    )
    assert answer["Location"] == request.get_absolute_url()


def test_the_calendar_counts_what_ends(people: People, signed_in: SignedIn) -> None:
    approve(people, in_review(people, tool(people, "comet"), days=20))
    request = approve(people, in_review(people, tool(people, "neptune"), days=100))
    body = page(signed_in("kim"), f"{LIST}calendar/")
    assert "comet" in body and "neptune" not in body
    month = f"{request.grants.get().expires - timedelta(seconds=1):%Y-%m}"
    assert "neptune" in page(signed_in("kim"), f"{LIST}calendar/?month={month}")
    assert "comet" not in page(signed_in("chloe"), f"{LIST}calendar/?mine=1")
    for absurd in ("?month=9999-99", "?month=x", "?month=1999-01"):
        assert "The next 30 days" in page(signed_in("kim"), f"{LIST}calendar/{absurd}")


# Session, person, standing, clock and tokens first; then each page reads its rows with what hangs on them.
@pytest.mark.parametrize("path", ["", "facets/", "mine/", "inbox/", "calendar/"])
def test_a_list_costs_the_same_for_one_and_for_many(people: People, signed_in: SignedIn, path: str) -> None:
    client = signed_in("dmitri")

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            page(client, LIST + path)
        return len(seen)

    def more(name: str) -> None:
        approve(people, in_review(people, tool(people, f"{name}-done"), days=20))
        in_review(people, tool(people, f"{name}-open"))
        sent(people, tool(people, f"{name}-sent"), "staging")

    more("a")
    cost()
    few = cost()
    for name in ("b", "c", "d"):
        more(name)
    assert cost() == few <= 25
