"""The radar's page and the file for Backstage: the same tools in picture and table, nothing that is not for all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.actions import set_visibility
from apps.catalog.models import Entity
from apps.core.policies import SYSTEM
from apps.tooling.actions.standards import publish_standard
from tests.personas import People
from tests.tooling import making

SignedIn = Callable[[str], Client]
FILE = "/api/ml-portal/tech-radar"
PAST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def tools(people: People) -> dict[str, Entity]:
    """Two revisions: mlflow moves in, wandb out, aim is new."""
    tools = {name: making.tool(people, name, title=name.capitalize()) for name in ("mlflow", "wandb", "aim")}
    where = making.capability(people)
    revisions = [
        {"mlflow": "trial", "wandb": "trial"},
        {"mlflow": "mandatory", "wandb": "hold", "aim": "assess"},
    ]
    for number, rings in enumerate(revisions):
        at = PAST + timedelta(days=number)
        publish_standard(
            actor=SYSTEM,
            capability=where,
            rationale=f"Reason {number + 1}.",
            rules=[{"tool": tools[name].ref, "ring": ring} for name, ring in rings.items()],
            effective_from=at,
            at=at,
        )
    return tools


def page(client: Client, **params: str) -> str:
    answer = client.get("/tooling/", params)
    assert answer.status_code == 200
    return answer.content.decode()


def test_picture_and_table_show_the_same_numbers(signed_in: SignedIn, tools: dict[str, Entity]) -> None:
    body = page(signed_in("kim"))
    blips = re.findall(
        r'<a class="blip ring-(\w+)" id="blip-(\d+)" href="([^"]+)"[^>]*data-name="(\w+)"', body
    )
    rows = re.findall(r'<tr id="tool-(\d+)" data-blip="\1">', body)
    assert [(ring, number, name) for ring, number, _, name in blips] == [
        ("mandatory", "1", "Mlflow"),
        ("assess", "2", "Aim"),
        ("hold", "3", "Wandb"),
    ]
    assert rows == ["1", "2", "3"]
    assert blips[0][2] == "/tooling/tools/coe/mlflow/"
    assert [body.count(f'href="#blip-{number}"') for number in rows] == [1, 1, 1]


def test_moves_are_told_by_shape_and_word(signed_in: SignedIn, tools: dict[str, Entity]) -> None:
    body = page(signed_in("kim"))
    assert body.count('class="blip-tip"') == 2 and body.count('class="blip-halo"') == 1
    assert "Mandatory, Tracking, moved in; used by 0" in body
    assert "Hold, Tracking, moved out; used by 0" in body and "Assess, Tracking, new; used by 0" in body


def test_what_is_narrowed_to_stands_in_the_address_and_on_chips(
    signed_in: SignedIn, tools: dict[str, Entity]
) -> None:
    body = page(signed_in("ben"), capability="tracking", environment="production")
    assert 'href="/tooling/?environment=production" aria-label="Remove filter Capability Tracking"' in body
    assert 'href="/tooling/?capability=tracking" aria-label="Remove filter Environment Production"' in body
    assert '<option value="production" selected>' in body


@pytest.mark.parametrize(
    "params",
    [
        {"capability": "nothing"},
        {"environment": "\u202e", "data_class": "9"},
        {"capability": "<script>alert(1)</script>" * 9},
        {"data_class": "RESTRICTED"},
    ],
)
def test_odd_filters_show_an_empty_radar(
    signed_in: SignedIn, tools: dict[str, Entity], params: dict[str, str]
) -> None:
    body = page(signed_in("ben"), **params)
    assert "No tool stands here" in body and "<script>alert" not in body and 'class="blip' not in body


def test_an_empty_radar_says_what_to_do(signed_in: SignedIn) -> None:
    assert "The radar is empty" in page(signed_in("kim"))


def test_who_does_not_see_a_tool_sees_neither_blip_nor_row(
    people: People, signed_in: SignedIn, tools: dict[str, Entity]
) -> None:
    set_visibility(actor=people.esther, entity=tools["wandb"], visibility="restricted")
    assert "Wandb" in page(signed_in("dmitri"))
    assert "wandb" not in page(signed_in("kim")).lower()


def test_names_are_escaped(people: People, signed_in: SignedIn) -> None:
    evil = making.tool(people, "evil", title='"><svg onload=alert(1)>')
    making.standard(people, making.capability(people), (evil, "trial"))
    assert "<svg onload" not in page(signed_in("kim"))


def test_nobody_looks_without_signing_in(tools: dict[str, Entity]) -> None:
    answer = Client().get("/tooling/")
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")


def test_tabs_of_figures_are_for_the_center(signed_in: SignedIn, tools: dict[str, Entity]) -> None:
    assert "/tooling/leads/" in page(signed_in("esther"))
    assert "/tooling/leads/" not in page(signed_in("ben"))


def test_statements_do_not_grow_with_tools(
    people: People, signed_in: SignedIn, tools: dict[str, Entity]
) -> None:
    client = signed_in("ben")

    def statements() -> int:
        page(client)
        with CaptureQueriesContext(connection) as found:
            page(client)
        return len(found)

    before = statements()
    more = [making.tool(people, f"more-{number}") for number in range(10)]
    making.standard(people, making.capability(people, "more", "data"), *((each, "trial") for each in more))
    assert statements() == before


# -- Backstage


def file(client: Client | None = None) -> dict[str, Any]:
    answer = (client or Client()).get(FILE)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def test_the_file_has_backstages_shape(tools: dict[str, Entity]) -> None:
    found = file()
    assert [each["id"] for each in found["quadrants"]] == ["data", "building", "running", "platform"]
    assert all(set(each) == {"id", "name", "color", "description"} for each in found["rings"])
    assert [each["id"] for each in found["rings"]] == [
        "mandatory",
        "recommended",
        "trial",
        "assess",
        "hold",
        "banned",
    ]
    entry = next(each for each in found["entries"] if each["title"] == "Mlflow")
    assert (entry["key"], entry["id"], entry["quadrant"]) == (
        "tool:coe/mlflow",
        "tool:coe/mlflow",
        "building",
    )
    assert entry["url"].endswith("/tooling/tools/coe/mlflow/")
    assert [link["title"] for link in entry["links"]] == ["Standard: Tracking", "In the catalog"]
    assert entry["timeline"] == [
        {"date": "2026-01-02T00:00:00Z", "ringId": "mandatory", "description": "Reason 2.", "moved": 1},
        {"date": "2026-01-01T00:00:00Z", "ringId": "trial", "description": "Reason 1.", "moved": 0},
    ]
    moved = {each["title"]: each["timeline"][0]["moved"] for each in found["entries"]}
    assert moved == {"Mlflow": 1, "Wandb": -1, "Aim": 0}


def test_the_file_holds_what_the_whole_company_sees(people: People, tools: dict[str, Entity]) -> None:
    assert len(file()["entries"]) == 3
    set_visibility(actor=people.esther, entity=tools["wandb"], visibility="unit")
    assert "wandb" not in Client().get(FILE).content.decode().lower()


def test_who_has_the_file_is_told_so(people: People, tools: dict[str, Entity]) -> None:
    first = Client().get(FILE)
    assert re.fullmatch(r'"[0-9a-f]{40}"', first["ETag"]) and first["Cache-Control"] == "no-cache"
    again = Client().get(FILE, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    Entity.objects.filter(pk=tools["aim"].pk).update(title="Another")
    assert Client().get(FILE, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_published_revision_changes_the_file(people: People, tools: dict[str, Entity]) -> None:
    before = Client().get(FILE)["ETag"]
    making.standard(people, making.capability(people, "more"), (making.tool(people, "feast"), "trial"))
    assert Client().get(FILE)["ETag"] != before and len(file()["entries"]) == 4


def test_an_upcoming_revision_enters_at_its_instant(
    people: People, tools: dict[str, Entity], monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.tooling.queries import book as reading

    _, now = reading._stamp()
    making.standard(
        people,
        making.capability(people, "more"),
        (making.tool(people, "feast"), "trial"),
        effective_from=now + timedelta(days=1),
    )
    assert len(file()["entries"]) == 3
    later = reading._stamp()[0], now + timedelta(days=1)
    monkeypatch.setattr(reading, "_stamp", lambda: later)
    assert len(file()["entries"]) == 4


def test_it_is_switched_off_with_the_other_public_file(settings: Any, tools: dict[str, Entity]) -> None:
    settings.BACKSTAGE_PUBLIC_FILE = False
    answer = Client().get(FILE)
    assert answer.status_code == 404 and answer["Content-Type"] == "application/problem+json"
    assert b"mlflow" not in answer.content.lower()


def test_only_reading(tools: dict[str, Entity]) -> None:
    assert Client().post(FILE).status_code == 405
    assert Client().head(FILE).status_code == 200


@pytest.mark.parametrize(("tracking", "versioning"), [("mandatory", "trial"), ("trial", "recommended")])
def test_a_tool_of_two_capabilities_stands_where_it_is_permitted_most_and_names_the_other(
    people: People, signed_in: SignedIn, tracking: str, versioning: str
) -> None:
    both = making.tool(people, "dvc", title="Dvc")
    making.standard(people, making.capability(people), (both, tracking))
    making.standard(people, making.capability(people, "versioning", "data"), (both, versioning))
    rows = page(signed_in("kim")).partition('id="tool-1"')[2].partition("</tr>")[0]
    names = re.findall(r'href="/tooling/capabilities/(\w+)/"', rows)
    assert names == (["tracking", "versioning"] if tracking == "mandatory" else ["versioning", "tracking"])
    assert "also " in rows
    narrowed = page(signed_in("kim"), capability="tracking").partition('id="tool-1"')[2].partition("</tr>")[0]
    assert re.findall(r'href="/tooling/capabilities/(\w+)/"', narrowed) == ["tracking", "versioning"]
