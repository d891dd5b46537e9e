"""Stage, access and relations decided in the browser, with the rights of people.md and one winner of each
race."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.catalog.actions import set_visibility
from apps.catalog.models import Entity, Relation
from apps.core.models import Event
from apps.core.policies import can
from tests.factories import EntityFactory, RelationFactory


@pytest.fixture
def entity(people: Any) -> Entity:
    return EntityFactory(name="fraud-score", title="Fraud score", stage="pilot")


def post(client: Client, entity: Entity, below: str, **data: str) -> Any:
    return client.post(entity.get_absolute_url() + below, data)


def fresh(entity: Entity) -> Entity:
    return Entity.objects.get(pk=entity.pk)


def test_a_stage_moves_with_its_note(signed_in: Any, entity: Entity) -> None:
    response = post(signed_in("ben"), entity, "/stage", stage="production", note="It passed.", version="1")
    assert response.headers["Location"] == entity.get_absolute_url()
    assert fresh(entity).stage == "production"
    assert fresh(entity).stage_events.get().note == "It passed."


def test_a_move_that_does_not_exist_keeps_the_note(signed_in: Any, entity: Entity) -> None:
    response = post(signed_in("ben"), entity, "/stage", stage="retired", note="My reasons", version="1")
    assert response.status_code == 400
    assert b"My reasons" in response.content
    assert fresh(entity).stage == "pilot"


def test_the_loser_of_a_stage_race_sees_where_it_stands(signed_in: Any, entity: Entity) -> None:
    post(signed_in("ben"), entity, "/stage", stage="production", version="1")
    response = post(signed_in("ada"), entity, "/stage", stage="production", note="My reasons", version="1")
    html = response.content.decode()
    assert response.status_code in {400, 409}
    assert "My reasons" in html
    assert 'value="deprecated"' in html
    assert not Event.objects.filter(verb="catalog.entity.stage_changed", actor__username="ada").exists()


def test_retiring_is_for_leads(signed_in: Any, entity: Entity) -> None:
    Entity.objects.filter(pk=entity.pk).update(stage="deprecated")
    ben = signed_in("ben").get(entity.get_absolute_url() + "/stage").content.decode()
    assert 'value="retired"' not in ben
    assert "Retiring it is for the lead" in ben
    assert post(signed_in("ben"), entity, "/stage", stage="retired", version="1").status_code == 403
    assert fresh(entity).stage == "deprecated"
    assert post(signed_in("esther"), entity, "/stage", stage="retired", version="1").status_code == 302
    assert fresh(entity).stage == "retired"


def test_visibility_and_its_race(signed_in: Any, people: Any, entity: Entity) -> None:
    ada = signed_in("ada")
    assert post(ada, entity, "/access/visibility", visibility="restricted", version="1").status_code == 302
    assert fresh(entity).visibility == "restricted"
    response = post(ada, entity, "/access/visibility", visibility="company", version="1")
    assert response.status_code == 409
    assert b"Somebody changed this" in response.content
    assert fresh(entity).visibility == "restricted"


def test_grants_are_given_and_revoked(signed_in: Any, people: Any, entity: Entity) -> None:
    set_visibility(actor=people.ada, entity=entity, visibility="restricted")
    ada = signed_in("ada")
    assert (
        post(
            ada, entity, "/access/grant", grantee="team:claims-ai", permission="view", note="Shared"
        ).status_code
        == 302
    )
    assert can(people.chloe, "view", entity)
    assert post(ada, entity, "/access/grant", grantee="user:kim", permission="change").status_code == 302
    assert can(people.kim, "change", entity)
    html = ada.get(entity.get_absolute_url() + "/access").content.decode()
    assert "team:claims-ai" in html
    assert "user:kim" in html
    assert post(ada, entity, "/access/revoke", grantee="team:claims-ai", permission="view").status_code == 302
    assert not can(people.chloe, "view", entity)
    assert post(ada, entity, "/access/revoke", grantee="team:claims-ai", permission="view").status_code == 404
    for key in ("team:nobody", "nobody", "", "user:ci-risk", "team:\x00"):
        assert post(ada, entity, "/access/grant", grantee=key, permission="view").status_code == 400
    assert post(ada, entity, "/access/grant", grantee="user:ben", permission="administer").status_code == 400


def test_a_transfer_warns_before_one_loses_sight(signed_in: Any, people: Any, entity: Entity) -> None:
    set_visibility(actor=people.ada, entity=entity, visibility="restricted")
    ada, events = signed_in("ada"), Event.objects.count()
    asked = post(ada, entity, "/access/owner", owner="claims-ai", version="2")
    assert asked.status_code == 200
    assert b"You lose sight of it" in asked.content
    assert fresh(entity).owner == people.team("risk-ml")
    assert Event.objects.count() == events
    done = post(ada, entity, "/access/owner", owner="claims-ai", version="2", sure="1")
    assert done.headers["Location"] == "/catalog/"
    assert fresh(entity).owner == people.team("claims-ai")
    assert ada.get(entity.get_absolute_url()).status_code == 404


def test_a_transfer_that_was_overtaken_changes_nothing(signed_in: Any, people: Any, entity: Entity) -> None:
    set_visibility(actor=people.ada, entity=entity, visibility="unit")
    response = post(signed_in("ada"), entity, "/access/owner", owner="claims-ai", version="1", sure="1")
    assert response.status_code == 409
    assert fresh(entity).owner == people.team("risk-ml")
    assert post(signed_in("ada"), entity, "/access/owner", owner="no-team", version="2").status_code == 400


def test_relations_read_in_both_directions(signed_in: Any, entity: Entity) -> None:
    data, service = (
        EntityFactory(kind="dataset", name="payments"),
        EntityFactory(kind="service", name="scoring"),
    )
    ben = signed_in("ben")
    assert post(ben, entity, "/relations/add", type="trained_on:out", target=data.ref).status_code == 302
    assert (
        post(
            ben,
            entity,
            "/relations/add",
            type="serves:in",
            target=service.ref.upper().replace("SERVICE", "service"),
        ).status_code
        == 302
    )
    found = set(Relation.objects.values_list("source__name", "type", "target__name"))
    assert found == {("fraud-score", "trained_on", "payments"), ("scoring", "serves", "fraud-score")}


def test_relations_that_cannot_be(signed_in: Any, people: Any, entity: Entity) -> None:
    whole = EntityFactory(kind="use_case", name="whole")
    RelationFactory(source=entity, target=whole, type="part_of")
    hidden = EntityFactory(
        name="hidden", title="Secret scorer", visibility="restricted", owner=people.team("claims-ai")
    )
    foreign = EntityFactory(name="foreign", owner=people.team("claims-ai"))
    ben, before = signed_in("ben"), Relation.objects.count()
    assert post(ben, whole, "/relations/add", type="part_of:out", target=entity.ref).status_code == 409
    assert post(ben, entity, "/relations/add", type="consumes:out", target=entity.ref).status_code == 409
    assert post(ben, entity, "/relations/add", type="serves:in", target=foreign.ref).status_code == 403
    for target in (hidden.ref, "model:nowhere/x", "nonsense", "", "a\x00"):
        answer = post(ben, entity, "/relations/add", type="consumes:out", target=target)
        assert answer.status_code == 400
        assert b"Secret scorer" not in answer.content
    assert Relation.objects.count() == before


def test_only_curated_relations_are_ended_by_people(signed_in: Any, people: Any, entity: Entity) -> None:
    own = RelationFactory(source=entity)
    synced = RelationFactory(source=entity, origin="mlflow-main")
    assert post(signed_in("chloe"), entity, f"/relations/{own.pk}/end").status_code == 403
    assert post(signed_in("ben"), entity, f"/relations/{synced.pk}/end").status_code == 409
    assert post(signed_in("ben"), own.target, f"/relations/{own.pk}/end").status_code == 302
    assert post(signed_in("ben"), entity, f"/relations/{own.pk}/end").status_code == 404
    assert post(signed_in("ben"), entity, "/relations/99999999999999999999999/end").status_code == 404
    living = Relation.objects.filter(ended_at=None)
    assert list(living) == [synced]
