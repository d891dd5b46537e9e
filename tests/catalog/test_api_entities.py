"""Reading entities over REST: their form, their addresses, their filters, and who sees what."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from apps.catalog.actions import grant_access
from apps.catalog.models import DatasetDetails, Entity, Relation
from tests.factories import EntityFactory, RelationFactory, SourceFactory
from tests.personas import ALL, People

LIST = "/api/v1/entities/"
Bearer = Callable[..., Client]

# Who sees a thing of risk-ml, by hand: company, unit, restricted.
SEES = {
    "ada": (1, 1, 1),
    "ben": (1, 1, 1),
    "chloe": (1, 0, 0),
    "dmitri": (1, 1, 0),
    "esther": (1, 1, 1),
    "farid": (1, 1, 0),
    "grace": (1, 0, 0),
    "hana": (1, 0, 0),
    "ivan": (1, 0, 0),
    "jo": (1, 0, 0),
    "kim": (1, 0, 0),
    "root": (1, 1, 1),
    "ci-risk": (1, 1, 1),
}


def names(client: Client, query: str = "") -> list[str]:
    return [row["name"] for row in client.get(f"{LIST}?{query}").json()["results"]]


def test_an_entity_has_the_documented_members(people: People, bearer: Bearer) -> None:
    thing = EntityFactory(
        name="Fraud-Score",
        title="Fraud score",
        tags=["fraud"],
        tier=1,
        stage="production",
        accountable=people.ben,
        operated_by=people.team("ml-platform"),
        links=[{"url": "https://example.com/x", "title": "Runbook"}],
    )
    row = bearer("chloe").get(LIST).json()["results"][0]
    assert row == {
        "id": thing.pk,
        "ref": "model:retail-banking/Fraud-Score",
        "kind": "model",
        "namespace": "retail-banking",
        "name": "Fraud-Score",
        "title": "Fraud score",
        "description": "What it does, in a sentence.",
        "owner": "risk-ml",
        "operated_by": "ml-platform",
        "accountable": "ben",
        "visibility": "company",
        "stage": "production",
        "stage_since": row["stage_since"],
        "tier": 1,
        "tags": ["fraud"],
        "links": [{"url": "https://example.com/x", "title": "Runbook"}],
        "reusable": False,
        "curated": {},
        "details": {},
        "source": None,
        "tombstoned_at": None,
        "version": 1,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "url": f"http://testserver{thing.get_absolute_url()}",
    }
    assert row["created_at"].endswith("Z")


@pytest.mark.parametrize("slash", ["/", ""])
def test_an_entity_is_found_by_id_and_by_reference(people: People, bearer: Bearer, slash: str) -> None:
    thing = EntityFactory(name="Fraud-Score")
    client = bearer("chloe")
    for address in (
        thing.pk,
        "model:retail-banking/Fraud-Score",
        "model:Retail-Banking/fraud-score",
        "model:retail-banking%2FFraud-Score",
    ):
        answer = client.get(f"{LIST}{address}{slash}")
        assert answer.status_code == 200, address
        assert answer.json()["id"] == thing.pk
    assert client.get(f"{LIST}dataset:retail-banking/Fraud-Score{slash}").status_code == 404


def test_details_say_what_the_caller_may_do(people: People, bearer: Bearer) -> None:
    thing = EntityFactory()
    abilities = {
        name: bearer(name).get(f"{LIST}{thing.pk}/").json()["abilities"] for name in ("ada", "ben", "chloe")
    }
    assert abilities == {
        "ada": {"view": True, "change": True, "administer": True},
        "ben": {"view": True, "change": True, "administer": False},
        "chloe": {"view": True, "change": False, "administer": False},
    }


def test_the_details_of_a_kind(people: People, bearer: Bearer) -> None:
    thing = EntityFactory(kind="dataset")
    DatasetDetails.objects.create(entity=thing, classification="confidential", allowed_purposes=["fraud"])
    row = bearer("ada").get(f"{LIST}{thing.pk}/").json()
    assert row["details"]["classification"] == "confidential"
    assert row["details"]["allowed_purposes"] == ["fraud"]
    assert "entity" not in row["details"]


@pytest.mark.parametrize("name", ALL)
def test_list_and_detail_show_what_the_table_of_rights_says(
    people: People, bearer: Bearer, name: str
) -> None:
    things = [
        EntityFactory(name=visibility, visibility=visibility)
        for visibility in ("company", "unit", "restricted")
    ]
    client = bearer(name)
    expected = [thing.name for thing, seen in zip(things, SEES[name], strict=True) if seen]
    assert sorted(names(client)) == sorted(expected)
    for thing, seen in zip(things, SEES[name], strict=True):
        for address in (thing.pk, thing.ref):
            for rest in ("", "grants/", "lineage/"):
                assert client.get(f"{LIST}{address}/{rest}").status_code == (200 if seen else 404)


def test_an_invisible_entity_looks_like_none(people: People, bearer: Bearer) -> None:
    hidden = EntityFactory(name="hidden", visibility="restricted")
    client = bearer("chloe")
    there, not_there = (
        client.get(f"{LIST}{hidden.ref}/").json(),
        client.get(f"{LIST}model:retail-banking/nix/").json(),
    )
    for answer in (there, not_there):
        answer.pop("request_id"), answer.pop("instance")
    assert there == not_there


def test_the_source_of_an_entity_shows_only_to_those_who_see_sources(people: People, bearer: Bearer) -> None:
    EntityFactory(source=SourceFactory(name="mlflow-prod"), source_key="x")
    assert bearer("ada").get(LIST).json()["results"][0]["source"] is None
    assert bearer("dmitri").get(LIST).json()["results"][0]["source"] == "mlflow-prod"


def test_filters(people: People, bearer: Bearer) -> None:
    platform = people.team("ml-platform")
    EntityFactory(
        name="fraud-score", title="Fraud score", stage="production", tier=1, tags=["fraud", "python"]
    )
    EntityFactory(name="loans", kind="dataset", tags=["fraud"], accountable=people.chloe, visibility="unit")
    EntityFactory(name="gateway", kind="service", owner=platform, namespace="coe", reusable=True)
    EntityFactory(name="stray", kind="tool", owner=None, namespace="coe")
    EntityFactory(name="lost", tombstoned_at=timezone.now())
    client = bearer("esther")
    expected = {
        "": ["fraud-score", "gateway", "loans", "stray"],
        "kind=model": ["fraud-score"],
        "kind=model&kind=dataset": ["fraud-score", "loans"],
        "namespace=coe": ["gateway", "stray"],
        "unit=retail-banking": ["fraud-score", "loans"],
        "team=ml-platform": ["gateway"],
        "stage=production": ["fraud-score"],
        "tag=fraud": ["fraud-score", "loans"],
        "tag=fraud&tag=python": ["fraud-score"],
        "tier=1&tier=2": ["fraud-score"],
        "visibility=unit": ["loans"],
        "q=frau": ["fraud-score", "loans"],
        "q=score+frau": ["fraud-score"],
        "q=!!!": [],
        "unowned=true": ["stray"],
        "unowned=false": ["fraud-score", "gateway", "loans", "stray"],
        "reusable=true": ["gateway"],
        "gone=true": ["fraud-score", "gateway", "loans", "lost", "stray"],
        "kind=model&team=ml-platform": [],
        "sort=-updated_at": ["stray", "gateway", "loans", "fraud-score"],
    }
    assert {query: names(client, query) for query in expected} == expected
    assert names(bearer("ben"), "mine=true") == ["fraud-score", "loans"]
    assert names(bearer("chloe"), "mine=true") == ["loans"]


def test_lineage_shows_the_visible_neighbourhood(people: People, bearer: Bearer) -> None:
    model = EntityFactory(name="model-a")
    seen = EntityFactory(name="seen", kind="dataset")
    hidden = EntityFactory(name="hidden", kind="dataset", visibility="restricted")
    RelationFactory(source=model, target=seen)
    RelationFactory(source=model, target=hidden)
    graph = bearer("chloe").get(f"{LIST}{model.pk}/lineage/?direction=up&depth=2").json()
    assert [(node["ref"], node["distance"]) for node in graph["nodes"]] == [
        ("dataset:retail-banking/seen", -1),
        ("model:retail-banking/model-a", 0),
    ]
    assert graph["edges"] == [{"start": seen.pk, "end": model.pk, "type": "trained_on"}]
    assert not graph["truncated"]
    assert len(bearer("ada").get(f"{LIST}{model.pk}/lineage/").json()["nodes"]) == 3
    assert bearer("ada").get(f"{LIST}{model.pk}/lineage/?depth=99").status_code == 400


def test_grants_name_teams_and_people(people: People, bearer: Bearer) -> None:
    thing = EntityFactory(visibility="restricted")
    grant_access(actor=people.ada, entity=thing, grantee=people.team("claims-ai"), permission="view")
    grant_access(actor=people.ada, entity=thing, grantee=people.kim, permission="change")
    assert bearer("chloe").get(f"{LIST}{thing.pk}/grants/").json() == {
        "results": [
            {"kind": "team", "grantee": "claims-ai", "permission": "view"},
            {"kind": "user", "grantee": "kim", "permission": "change"},
        ]
    }


def test_nothing_here_depends_on_rows_of_others(people: People, bearer: Bearer) -> None:
    """A relation to something hidden shows in no list, no detail and no lineage."""
    hidden = EntityFactory(visibility="restricted")
    relation = RelationFactory(source=EntityFactory(), target=hidden)
    client = bearer("kim")
    assert client.get("/api/v1/relations/").json()["results"] == []
    assert client.get(f"/api/v1/relations/{relation.pk}/").status_code == 404
    assert client.get(f"/api/v1/relations/?entity={hidden.pk}").json()["results"] == []
    assert Entity.objects.count() == 2
    assert Relation.objects.count() == 1
