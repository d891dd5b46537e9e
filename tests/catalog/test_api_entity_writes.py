"""Writing entities over REST: by actions, with the version that was read, and never by halves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.catalog.models import Entity
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.actions import start_membership
from tests.factories import EntityFactory
from tests.personas import People
from tests.traces import nothing_changes

LIST = "/api/v1/entities/"
Bearer = Callable[..., Client]
JSON = "application/json"


def create(client: Client, **body: Any) -> Any:
    return client.post(LIST, {"kind": "model", "name": "churn"} | body, content_type=JSON)


def test_a_member_adds_an_entity_of_their_team(people: People, bearer: Bearer) -> None:
    answer = create(
        bearer("ben"),
        title="Churn",
        tags=["churn"],
        tier=2,
        visibility="unit",
        accountable="ada",
        links=[{"url": "https://example.com/a?b=c"}],
        details={"risk_class": "limited"},
        curated={"owner_note": "x"},
    )
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["ref"], row["owner"], row["stage"]) == ("model:retail-banking/churn", "risk-ml", "idea")
    assert (row["accountable"], row["visibility"], row["tier"]) == ("ada", "unit", 2)
    assert row["details"]["risk_class"] == "limited"
    assert row["links"] == [{"url": "https://example.com/a?b=c", "title": "https://example.com/a?b=c"}]
    event = Event.objects.get(verb="catalog.entity.created")
    assert (event.actor.username, event.target_id) == ("ben", row["id"])


def test_a_service_account_adds_for_its_team(people: People, bearer: Bearer) -> None:
    assert create(bearer("ci-risk")).json()["owner"] == "risk-ml"


@pytest.mark.parametrize(
    ("name", "team", "status"),
    [
        ("ben", "claims-ai", 403),
        ("ben", "nowhere", 403),
        ("kim", None, 403),
        ("kim", "risk-ml", 403),
        ("ci-risk", "claims-ai", 403),
        ("root", "risk-ml", 403),
        ("ben", "risk-ml", 201),
    ],
)
def test_the_team_is_that_of_the_identity(
    people: People, bearer: Bearer, name: str, team: str | None, status: int
) -> None:
    client = bearer(name)
    if status == 201:
        assert create(client, team=team).status_code == 201
        return
    with nothing_changes():
        answer = create(client, **({"team": team} if team else {}))
    assert answer.status_code == status


def test_somebody_in_two_teams_says_for_which(people: People, bearer: Bearer) -> None:
    start_membership(actor=SYSTEM, user=people.ben, team=people.team("claims-ai"))
    client = bearer("ben")
    refused = create(client)
    assert refused.status_code == 403
    assert "claims-ai, risk-ml" in refused.json()["detail"]
    assert create(client, team="claims-ai").json()["namespace"] == "insurance"


BAD = {
    "a name that Backstage would refuse": {"name": "has space"},
    "a name that ends badly": {"name": "churn-"},
    "a name with a line break": {"name": "churn\n"},
    "a name that is too long": {"name": "x" * 64},
    "an empty name": {"name": ""},
    "a name that is a number": {"name": 5},
    "a name of another script": {"name": "с hurn"},
    "a full-width name": {"name": "ｃｈｕｒｎ"},
    "a direction override": {"title": "safe\u202egnp.exe"},
    "an invisible character": {"title": "fr\u200baud"},
    "a control character": {"description": "a\u0007b"},
    "an unknown kind": {"kind": "spaceship"},
    "a kind that is a list": {"kind": ["model"]},
    "an unknown field": {"nmae": "x"},
    "a stage": {"stage": "production"},
    "an owner": {"owner": "claims-ai"},
    "an upper-case tag": {"tags": ["Fraud"]},
    "a tag with blanks": {"tags": ["a b"]},
    "too many tags": {"tags": [f"t{number}" for number in range(31)]},
    "tags that are text": {"tags": "fraud"},
    "a script as link": {"links": [{"url": "javascript:alert(1)"}]},
    "a script in capitals": {"links": [{"url": "JaVaScRiPt:alert(1)"}]},
    "data as link": {"links": [{"url": "data:text/html,<script>"}]},
    "a link with a password": {"links": [{"url": "https://user:pass@example.com"}]},
    "a link without a host": {"links": [{"url": "https:///x"}]},
    "a link with a quote": {"links": [{"url": 'https://example.com/"onclick='}]},
    "a link that is text": {"links": ["https://example.com"]},
    "a link with more": {"links": [{"url": "https://example.com", "onclick": "x"}]},
    "a huge tier": {"tier": 10**30},
    "a tier as text": {"tier": "1"},
    "a tier as truth": {"tier": True},
    "reusable as text": {"reusable": "yes"},
    "an unknown visibility": {"visibility": "public"},
    "unknown details": {"details": {"colour": "red"}},
    "a huge number of days": {"details": {"retraining_max_age_days": 2**31}},
    "curated as list": {"curated": []},
    "a description beyond the limit": {"description": "x" * 20_001},
    "a bad user name": {"accountable": "Not A Name"},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_malformed_input_names_its_field(people: People, bearer: Bearer, body: dict[str, Any]) -> None:
    client = bearer("ada")
    with nothing_changes():
        answer = create(client, **body)
    assert answer.status_code == 400, answer.content
    field = next(iter(body))
    assert any(name.split(".")[0] == field for name in answer.json()["errors"]), answer.json()


RULES = {
    "a name taken but for capitals": ({"name": "Fraud-Score"}, 409),
    "the details of another kind": ({"details": {"classification": "public"}}, 409),
    "another unit's namespace": ({"namespace": "insurance"}, 409),
    "a nested extra": ({"curated": {"a": {"b": 1}}}, 409),
    "a service as accountable": ({"accountable": "ci-risk"}, 409),
    "nobody as accountable": ({"accountable": "nobody"}, 404),
    "no such operating team": ({"operated_by": "nowhere"}, 404),
}


@pytest.mark.parametrize(("body", "status"), RULES.values(), ids=RULES.keys())
def test_rules_beyond_the_form_are_conflicts(
    people: People, bearer: Bearer, body: dict[str, Any], status: int
) -> None:
    EntityFactory(name="fraud-score", visibility="restricted")
    client = bearer("ada")
    with nothing_changes():
        answer = create(client, **body)
    assert answer.status_code == status, answer.content


def test_a_change_needs_the_version_that_was_read(people: People, bearer: Bearer) -> None:
    thing = EntityFactory()
    client, address = bearer("ben"), f"{LIST}{thing.pk}/"
    with nothing_changes():
        missing = client.patch(address, {"title": "New"}, content_type=JSON)
    assert (missing.status_code, missing.json()["code"]) == (428, "version_missing")
    by_header = client.patch(address, {"title": "New"}, content_type=JSON, headers={"If-Match": '"1"'})
    assert (by_header.status_code, by_header.json()["version"]) == (200, 2)
    by_body = client.patch(address, {"title": "Newer", "version": 2}, content_type=JSON)
    assert (by_body.status_code, by_body.json()["title"], by_body.json()["version"]) == (200, "Newer", 3)
    with nothing_changes():
        late = client.patch(address, {"title": "Mine", "version": 2}, content_type=JSON)
        unclear = client.patch(
            address, {"title": "Mine", "version": 3}, content_type=JSON, headers={"If-Match": '"2"'}
        )
        nonsense = client.patch(address, {"title": "Mine"}, content_type=JSON, headers={"If-Match": "*"})
    assert (late.status_code, late.json()["current_version"], late.json()["possible"]) == (409, 3, ["reload"])
    assert (unclear.status_code, nonsense.status_code) == (400, 400)


@pytest.mark.parametrize("field", ["stage", "visibility", "owner", "kind", "namespace", "name", "ref", "id"])
def test_state_never_moves_by_patch(people: People, bearer: Bearer, field: str) -> None:
    thing = EntityFactory()
    client = bearer("ada")
    with nothing_changes():
        answer = client.patch(f"{LIST}{thing.pk}/", {field: "production", "version": 1}, content_type=JSON)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]


def test_null_clears_what_may_be_empty(people: People, bearer: Bearer) -> None:
    thing = EntityFactory(tier=1, accountable=people.ben, operated_by=people.team("ml-platform"))
    body = {"tier": None, "accountable": None, "operated_by": None, "tags": [], "version": 1}
    row = bearer("ada").patch(f"{LIST}{thing.ref}/", body, content_type=JSON).json()
    assert (row["tier"], row["accountable"], row["operated_by"]) == (None, None, None)


def test_a_stage_moves_by_its_own_post(people: People, bearer: Bearer) -> None:
    thing = EntityFactory()
    client, address = bearer("ben"), f"{LIST}{thing.ref}/stage/"
    with nothing_changes():
        refused = client.post(address, {"to": "production"}, content_type=JSON)
    assert (refused.status_code, refused.json()["possible"]) == (409, ["experiment", "stopped"])
    moved = client.post(address, {"to": "experiment", "note": "We try it."}, content_type=JSON)
    assert (moved.status_code, moved.json()["stage"]) == (200, "experiment")
    assert thing.stage_events.get().note == "We try it."
    with nothing_changes():
        assert client.post(address, {"to": "retired"}, content_type=JSON).status_code == 403, (
            "the lead's decision"
        )
        assert client.post(address, {"to": "pilot", "version": 1}, content_type=JSON).status_code == 409
        assert client.post(address, {"to": "heaven"}, content_type=JSON).status_code == 400


def test_visibility_and_owner_are_the_leads(people: People, bearer: Bearer) -> None:
    thing = EntityFactory()
    lead, address = bearer("ada"), f"{LIST}{thing.pk}/"
    shown = lead.post(f"{address}visibility/", {"visibility": "restricted"}, content_type=JSON)
    assert (shown.status_code, shown.json()["visibility"]) == (200, "restricted")
    assert lead.post(f"{address}owner/", {"owner": "nowhere"}, content_type=JSON).status_code == 404
    given = lead.post(f"{address}owner/", {"owner": "claims-ai", "version": 2}, content_type=JSON)
    assert given.status_code == 204, "restricted, and no longer hers"
    thing.refresh_from_db()
    assert thing.owner == people.team("claims-ai")
    assert thing.ref.startswith("model:retail-banking/"), "the reference survives"


def test_grants_are_given_and_taken(people: People, bearer: Bearer) -> None:
    thing = EntityFactory(visibility="restricted")
    lead, address = bearer("ada"), f"{LIST}{thing.pk}/grants/"
    given = lead.post(address, {"team": "claims-ai", "permission": "view"}, content_type=JSON)
    assert (given.status_code, len(given.json()["results"])) == (201, 1)
    assert bearer("chloe").get(f"{LIST}{thing.pk}/").status_code == 200
    assert lead.delete(f"{address}?team=claims-ai&permission=view").status_code == 204
    assert bearer("chloe").get(f"{LIST}{thing.pk}/").status_code == 404
    with nothing_changes():
        for body in (
            {"permission": "view"},
            {"team": "claims-ai", "user": "kim", "permission": "view"},
            {"team": "claims-ai", "permission": "own"},
        ):
            assert lead.post(address, body, content_type=JSON).status_code in {400, 409}


WRITES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "change": ("patch", "", {"title": "Mine now", "version": 1}),
    "stage": ("post", "stage/", {"to": "experiment"}),
    "visibility": ("post", "visibility/", {"visibility": "restricted"}),
    "owner": ("post", "owner/", {"owner": "claims-ai"}),
    "grant": ("post", "grants/", {"user": "chloe", "permission": "change"}),
    "revoke": ("delete", "grants/?user=kim&permission=view", {}),
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize(
    ("name", "visibility", "status"),
    [
        ("chloe", "company", 403),
        ("chloe", "restricted", 404),
        ("kim", "company", 403),
        ("farid", "unit", 403),
        ("dmitri", "restricted", 404),
        ("root", "company", 403),
    ],
)
def test_a_denied_write_leaves_no_trace(
    people: People, bearer: Bearer, write: str, name: str, visibility: str, status: int
) -> None:
    thing = EntityFactory(visibility=visibility)
    client, (method, rest, body) = bearer(name), WRITES[write]
    with nothing_changes():
        answer = getattr(client, method)(f"{LIST}{thing.pk}/{rest}", body, content_type=JSON)
    assert answer.status_code == status, answer.content


def test_two_creations_of_one_name_leave_one(people: People, bearer: Bearer) -> None:
    client = bearer("ada")
    assert [create(client, name=name).status_code for name in ("churn", "CHURN")] == [201, 409]
    assert Entity.objects.count() == 1
