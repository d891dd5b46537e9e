"""The organisation over REST: teams, units, people, tokens and the caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.core.policies import SYSTEM
from apps.people.actions import create_token, deactivate_user, send_liaison
from apps.people.models import ApiToken
from tests.personas import ALL, People
from tests.traces import nothing_changes

Bearer = Callable[..., Client]


def rows(client: Client, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/{address}").json()["results"]
    return found


def test_teams(people: People, bearer: Bearer) -> None:
    client = bearer("kim")
    assert [row["slug"] for row in rows(client, "teams/")] == [
        "claims-ai",
        "coe-office",
        "ml-platform",
        "risk-ml",
    ]
    assert [row["slug"] for row in rows(client, "teams/?kind=central")] == ["coe-office", "ml-platform"]
    assert [row["slug"] for row in rows(client, "teams/?unit=insurance")] == ["claims-ai"]
    team = client.get("/api/v1/teams/risk-ml/").json()
    assert (team["lead"], team["business_unit"]) == ("ada", "retail-banking")
    assert [(member["username"], member["role"], member["craft"]) for member in team["members"]] == [
        ("ada", "lead", ""),
        ("ben", "member", "data-scientist"),
    ]
    assert team["abilities"] == {"view": True, "change": False, "change_members": False}
    assert bearer("ada").get("/api/v1/teams/risk-ml/").json()["abilities"]["change_members"]


def test_units(people: People, bearer: Bearer) -> None:
    send_liaison(actor=people.esther, user=people.dmitri, business_unit=people.unit("insurance"))
    client = bearer("kim")
    assert [row["slug"] for row in rows(client, "units/")] == ["group", "insurance", "retail-banking"]
    unit = client.get("/api/v1/units/insurance/").json()
    assert (unit["parent"], unit["sponsor"], unit["liaisons"], unit["teams"]) == (
        "group",
        "jo",
        ["dmitri"],
        ["claims-ai"],
    )


def test_people(people: People, bearer: Bearer) -> None:
    client = bearer("kim")
    assert {row["username"] for row in rows(client, "people/")} == set(ALL)
    assert [row["username"] for row in rows(client, "people/?kind=service")] == ["ci-risk"]
    assert [row["username"] for row in rows(client, "people/?team=risk-ml")] == ["ada", "ben"]
    deactivate_user(actor=people.esther, user=people.ben)
    assert [row["username"] for row in rows(client, "people/?active=false")] == ["ben"]
    assert [row["username"] for row in rows(client, "people/?team=risk-ml")] == ["ada"]
    ada = client.get("/api/v1/people/ada/").json()
    assert ada["teams"] == [{"team": "risk-ml", "role": "lead", "craft": ""}]
    assert client.get("/api/v1/people/nobody/").status_code == 404


def test_me(people: People, bearer: Bearer, signed_in: Callable[[str], Client]) -> None:
    me = bearer("esther", "read").get("/api/v1/me/").json()
    assert (me["username"], me["roles"], me["leads"]) == (
        "esther",
        ["coe_lead", "platform_engineer"],
        ["coe-office"],
    )
    assert [team["slug"] for team in me["teams"]] == ["coe-office"]
    assert me["token"]["scopes"] == ["read"]
    assert signed_in("kim").get("/api/v1/me/").json()["token"] is None
    assert Client().get("/api/v1/me/").status_code == 401
    assert bearer("ada").get("/api/v1/me/?x=1").status_code == 400
    assert bearer("ada").post("/api/v1/me/").status_code == 405


def test_tokens_are_listed_and_ended_by_their_keepers(people: People, bearer: Bearer) -> None:
    bens, _ = create_token(actor=SYSTEM, user=people.ben, name="notebook", scopes=["read"])
    machine, _ = create_token(actor=SYSTEM, user=people["ci-risk"], name="ci", scopes=["read"])
    ada = bearer("ada")
    shown = rows(ada, "tokens/")
    assert [row["user"] for row in shown] == ["ada", "ci-risk"]
    assert "sha256" not in shown[0]
    assert [row["user"] for row in rows(ada, "tokens/?user=ada")] == ["ada"]
    assert [row["id"] for row in rows(ada, "tokens/?user=ci-risk")] == [machine.pk]
    assert rows(ada, "tokens/?user=ben") == []
    with nothing_changes():
        assert ada.post(f"/api/v1/tokens/{bens.pk}/revoke/").status_code == 404
        assert bearer("chloe").post(f"/api/v1/tokens/{machine.pk}/revoke/").status_code == 404
    ended = ada.post(f"/api/v1/tokens/{machine.pk}/revoke/")
    assert (ended.status_code, ended.json()["usable"]) == (200, False)
    assert ada.post(f"/api/v1/tokens/{machine.pk}/revoke/").status_code == 200
    assert ApiToken.objects.get(pk=machine.pk).revoked_at is not None


@pytest.mark.parametrize(
    "address", ["teams/", "units/", "people/", "tokens/", "teams/risk-ml/", "people/ada/"]
)
@pytest.mark.parametrize("method", ["post", "patch", "put", "delete"])
def test_the_organisation_is_read_only_here(
    people: People, bearer: Bearer, address: str, method: str
) -> None:
    client = bearer("esther")
    with nothing_changes():
        answer = getattr(client, method)(f"/api/v1/{address}", {}, content_type="application/json")
    assert answer.status_code == 405
