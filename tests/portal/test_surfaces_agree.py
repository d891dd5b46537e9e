"""One rule on every surface: for each model, persona and visibility, list = detail = search = export = admin.

Who sees what is written by hand; which models are walked comes from the list of models, so that a new one is
refused here until somebody says who may see it and where it is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.catalog import models as catalog
from apps.core.checks import own_models
from apps.core.models import Event
from apps.core.policies import SYSTEM, can
from apps.people import models as people_models
from apps.people.actions import create_token, send_liaison
from apps.roadmap import models as roadmap
from apps.tooling import models as tooling
from apps.wiki import models as wiki
from portal.rest import router
from tests import factories
from tests.personas import ALL, People
from tests.roadmap import walked as asked
from tests.tooling import walked
from tests.wiki import making

EVERYBODY = set(ALL)
CENTER = {"dmitri", "esther", "root"}
LEADS = {"esther", "root"}
SEES_RISK = {
    "company": EVERYBODY,
    "unit": {"ada", "ben", "ci-risk", "dmitri", "esther", "farid", "root"},
    "restricted": {"ada", "ben", "ci-risk", "esther", "root"},
}

Make = Callable[[People, catalog.Entity], models.Model]


def _deployment(people: People, entity: catalog.Entity) -> catalog.Deployment:
    return factories.DeploymentFactory(entity=entity)


def _version(people: People, entity: catalog.Entity) -> catalog.ModelVersion:
    return factories.VersionFactory(entity=entity)


def _alias(people: People, entity: catalog.Entity) -> catalog.Alias:
    return catalog.Alias.objects.create(entity=entity, alias="champion", version=_version(people, entity))


def _revision(people: People, entity: catalog.Entity) -> catalog.DeploymentRevision:
    return catalog.DeploymentRevision.objects.create(deployment=_deployment(people, entity), status="running")


def _event(people: People, entity: catalog.Entity) -> Event:
    from django.db import transaction

    from apps.core.events import record

    with transaction.atomic():
        return record("catalog.entity.changed", actor=SYSTEM, target=entity)


def _relation(people: People, entity: catalog.Entity) -> catalog.Relation:
    return factories.RelationFactory(source=entity, target=factories.EntityFactory(kind="dataset"))


# Rows that are seen by whoever sees the entity that they belong to.
OF_AN_ENTITY: dict[type[models.Model], Make] = {
    catalog.Entity: lambda people, entity: entity,
    catalog.ModelVersion: _version,
    catalog.Alias: _alias,
    catalog.Deployment: _deployment,
    catalog.DeploymentRevision: _revision,
    catalog.Relation: _relation,
    catalog.Finding: lambda people, entity: factories.FindingFactory(entity=entity),
    catalog.StageEvent: lambda people, entity: catalog.StageEvent.objects.create(
        entity=entity, to_stage="idea"
    ),
    catalog.ModelDetails: lambda people, entity: catalog.ModelDetails.objects.create(entity=entity),
    catalog.DatasetDetails: lambda people, entity: catalog.DatasetDetails.objects.create(entity=entity),
    Event: _event,
    **walked.OF_A_TOOL,
}
# Rows with viewers of their own.
OTHERS: dict[type[models.Model], tuple[set[str], Callable[[People], models.Model]]] = {
    catalog.Source: (CENTER, lambda people: factories.SourceFactory()),
    catalog.SyncRun: (CENTER, lambda people: factories.SyncRunFactory()),
    catalog.WebhookDelivery: (
        CENTER,
        lambda people: catalog.WebhookDelivery.objects.create(
            source=factories.SourceFactory(), delivery_id="d"
        ),
    ),
    people_models.User: (EVERYBODY, lambda people: people.kim),
    people_models.BusinessUnit: (EVERYBODY, lambda people: people.unit("insurance")),
    people_models.Team: (EVERYBODY, lambda people: people.team("claims-ai")),
    people_models.Membership: (
        EVERYBODY,
        lambda people: people_models.Membership.objects.get(user=people.chloe),
    ),
    people_models.Liaison: (
        EVERYBODY,
        lambda people: send_liaison(actor=SYSTEM, user=people.dmitri, business_unit=people.unit("insurance")),
    ),
    people_models.Committee: (EVERYBODY, lambda people: people_models.Committee.objects.get(slug="ethics")),
    people_models.CommitteeSeat: (
        EVERYBODY,
        lambda people: people_models.CommitteeSeat.objects.get(user=people.grace),
    ),
    people_models.ServiceAccount: (EVERYBODY, lambda people: people_models.ServiceAccount.objects.get()),
    people_models.ApiToken: (
        LEADS | {"ada", "ci-risk"},
        lambda people: create_token(actor=SYSTEM, user=people["ci-risk"], name="ci", scopes=["read"])[0],
    ),
    **{model: ({"ada"}, maker) for model, maker in making.OWN.items()},
    wiki.Acknowledgement: ({"kim", "ada", "ben", "ci-risk", "esther", "root"}, making.an_acknowledgement),
    wiki.Blob: (set(), making.a_blob),
    wiki.Space: (EVERYBODY, lambda people: making.a_space()),
    **{model: (EVERYBODY, maker) for model, maker in walked.OF_THE_COMPANY.items()},
    **{model: (set(), maker) for model, maker in walked.OF_NOBODY.items()},
    **asked.OF_FEW,
    **{model: (EVERYBODY, maker) for model, maker in asked.OF_THE_COMPANY.items()},
    tooling.DecisionCount: (CENTER | {"ada", "ben", "ci-risk"}, walked.a_count),
}


# Rows of something that has a visibility.
OF_SOMETHING: list[type[models.Model]] = [*OF_AN_ENTITY, *making.OF_A_PAGE, *asked.OF_A_REQUEST]


def test_every_model_is_walked() -> None:
    assert set(OF_SOMETHING) | set(OTHERS) == set(own_models())


def cases() -> list[tuple[type[models.Model], str]]:
    return [(model, visibility) for model in OF_SOMETHING for visibility in SEES_RISK] + [
        (model, "company") for model in OTHERS
    ]


def make(model: type[models.Model], visibility: str, people: People) -> tuple[models.Model, set[str]]:
    if model in OTHERS:
        viewers, maker = OTHERS[model]
        return maker(people), viewers
    if model in making.OF_A_PAGE:
        return making.OF_A_PAGE[model](making.a_page(visibility)), SEES_RISK[visibility]
    if model in asked.OF_A_REQUEST:
        return asked.OF_A_REQUEST[model](asked.a_request(visibility)), SEES_RISK[visibility]
    entity = factories.EntityFactory(name=f"walked-{model._meta.model_name}", visibility=visibility)
    return OF_AN_ENTITY[model](people, entity), SEES_RISK[visibility]


# Lists of their own; what stands below another object's address is walked where it belongs.
REST = {viewset.model: basename for path, viewset, basename in router.registry if "(" not in path}


def rest_list(client: Client, row: Any) -> bool:
    """Whether the REST list shows the row, page after page."""
    address = reverse(f"{REST[type(row)]}-list") + "?limit=100"
    address += (
        f"&verb={row.verb}" if isinstance(row, Event) else ""
    )  # making the personas left hundreds of others
    while address:
        answer = client.get(address)
        if answer.status_code in {403, 404}:
            return False
        assert answer.status_code == 200, answer.content
        body = answer.json()
        if any(_is(item, row) for item in body["results"]):
            return True
        address = body["next"]
    return False


def _is(item: dict[str, Any], row: Any) -> bool:
    if "id" in item:
        return bool(item["id"] == row.pk)
    return item.get("username", item.get("slug")) == getattr(row, "username", getattr(row, "slug", None))


def rest_detail(client: Client, row: Any) -> bool:
    names = {
        people_models.Team: "slug",
        people_models.BusinessUnit: "slug",
        people_models.User: "username",
        wiki.Space: "slug",
        tooling.Capability: "slug",
        tooling.Environment: "slug",
        roadmap.Cycle: "slug",
        roadmap.ScoringPolicy: "number",
    }
    status = 404
    for key in (row.pk, getattr(row, names.get(type(row), "pk")), getattr(row, "name", "")):
        if not key:
            continue
        status = client.get(f"/api/v1/{prefix(type(row))}/{key}/").status_code
        if status == 200:
            return True
    assert status in {403, 404}
    return False


def prefix(model: type[models.Model]) -> str:
    return next(path for path, _, basename in router.registry if basename == REST[model])


@pytest.mark.parametrize(
    ("model", "visibility"), cases(), ids=lambda value: getattr(value, "__name__", value)
)
def test_policy_list_detail_and_rest_agree(
    people: People, bearer: Any, model: type[Any], visibility: str
) -> None:
    row, viewers = make(model, visibility, people)
    for name in ALL:
        user = people[name]
        seen = {
            "list": model.objects.visible_to(user).filter(pk=row.pk).exists(),
            "detail": can(user, "view", row),
        }
        if model in REST:
            client = bearer(name)
            seen |= {"REST list": rest_list(client, row), "REST detail": rest_detail(client, row)}
        assert seen == dict.fromkeys(seen, name in viewers), (name, visibility)


@pytest.mark.parametrize("visibility", SEES_RISK)
def test_pages_search_export_and_graphql_agree(
    people: People, bearer: Any, signed_in: Any, visibility: str
) -> None:
    entity = factories.EntityFactory(name="walked-thing", title="Walkable wonder", visibility=visibility)
    for name in ALL:
        client = bearer(name)
        seen = {
            "REST search": "walked-thing" in client.get("/api/v1/search/?q=walkable").content.decode(),
            "REST by reference": client.get(f"/api/v1/entities/{entity.ref}/").status_code == 200,
            "GraphQL entity": graphql(client, ENTITY)["entity"] is not None,
            "GraphQL entities": bool(graphql(client, ENTITIES)["entities"]["edges"]),
        }
        if name != "ci-risk":  # a service account has no session
            browser = signed_in(name)
            seen |= {
                "page": browser.get(entity.get_absolute_url()).status_code == 200,
                "versions page": browser.get(f"{entity.get_absolute_url()}/versions").status_code == 200,
                "list page": b"walked-thing" in browser.get("/catalog/?q=walkable").content,
                "search page": b"walked-thing" in browser.get("/search/?q=walkable").content,
                "suggestions": b"walked-thing" in browser.get("/search/suggest/?q=walkable").content,
                "CSV": b"walked-thing" in b"".join(browser.get("/catalog/?format=csv").streaming_content),  # type: ignore[attr-defined]
                "count": b"1 entity" in browser.get("/catalog/count?q=walkable").content,
            }
        assert seen == dict.fromkeys(seen, name in SEES_RISK[visibility]), (name, visibility)


ENTITY = '{ entity(kind: MODEL, namespace: "retail-banking", name: "walked-thing") { name } }'
ENTITIES = '{ entities(first: 10, search: "walkable") { edges { node { name } } } }'


def graphql(client: Client, query: str) -> dict[str, Any]:
    answer = client.post("/graphql", {"query": query}, content_type="application/json").json()
    if "errors" in answer:
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"not_found"}, answer
    data: dict[str, Any] = answer["data"]
    return data


def admin_models() -> list[type[models.Model]]:
    return [model for model in own_models() if admin.site.is_registered(model)]


def test_the_admin_shows_what_the_policy_shows(people: People, signed_in: Any) -> None:
    """Whoever may open a model's list there sees exactly their rows; the others see no row at all."""
    for model in admin_models():
        row, _ = make(model, "restricted" if model in OF_SOMETHING else "company", people)
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for persona in ("ada", "kim", "dmitri", "esther", "root"):
            browser = signed_in(persona)
            answer = browser.get(reverse(f"{name}_changelist"))
            change = browser.get(reverse(f"{name}_change", args=[row.pk]))
            visible = can(people[persona], "view", row)
            if answer.status_code == 200:
                shown = {found.pk for found in answer.context_data["cl"].result_list}
                assert (row.pk in shown) == visible, (model, persona)
            if not visible or answer.status_code != 200:
                assert change.status_code in {302, 403, 404}, (model, persona)


def test_a_vanished_target_is_for_leads_only(people: People, bearer: Any) -> None:
    event = Event.objects.create(
        verb="catalog.entity.created",
        target_type="catalog.entity",
        target_id=10**12,
        at=timezone.now(),
        subject_type="catalog.entity",
        subject_id=10**12,
    )
    seen = {name for name in ALL if Event.objects.visible_to(people[name]).filter(pk=event.pk).exists()}
    assert seen == {"esther"}
