"""The file that Backstage polls: what is in it, by Backstage's own rules, and what must never be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from apps.catalog.backstage.world import Everybody
from apps.catalog.models import Entity, EntityGroupGrant, EntityUserGrant
from apps.catalog.vocabulary import Kind, RelationType
from apps.people.models import Membership, User
from tests.backstage_rules.served import documents, fetch
from tests.factories import EntityFactory, RelationFactory, SourceFactory
from tests.personas import People

# What is in it


def test_every_kind_has_its_form(people: People) -> None:
    for kind in Kind.values:
        EntityFactory(kind=kind, name=f"a-{kind.replace('_', '-')}", stage="pilot")
    found = documents()
    forms = {
        name: (document["spec"]["type"], document["spec"].get("lifecycle"))
        for name, document in found.items()
        if ":retail-banking/" in name
    }
    assert forms == {
        "component:retail-banking/a-model": ("ml-model", "pilot"),
        "component:retail-banking/a-service": ("service", "pilot"),
        "component:retail-banking/a-application": ("application", "pilot"),
        "component:retail-banking/a-pipeline": ("pipeline", "pilot"),
        "component:retail-banking/a-tool": ("tool", "pilot"),
        "component:retail-banking/a-agent": ("agent", "pilot"),
        "component:retail-banking/a-dashboard": ("dashboard", "pilot"),
        "api:retail-banking/a-api": ("openapi", "pilot"),
        "resource:retail-banking/a-dataset": ("dataset", None),
        "resource:retail-banking/a-feature-view": ("feature-view", None),
        "resource:retail-banking/a-prompt": ("prompt", None),
        "system:retail-banking/a-use-case": ("use-case", None),
    }
    assert found["system:retail-banking/a-use-case"]["spec"]["domain"] == "domain:default/retail-banking"
    assert found["api:retail-banking/a-api"]["spec"]["definition"] == "none given"


def test_organisation(people: People) -> None:
    found = documents()
    assert found["domain:default/retail-banking"]["spec"] == {
        "owner": "user:default/farid",
        "type": "business-unit",
        "subdomainOf": "domain:default/group",
    }
    assert found["domain:default/group"]["spec"]["owner"] == "group:default/unowned"
    assert found["group:default/risk-ml"]["spec"] == {
        "type": "team",
        "profile": {"displayName": "Risk ML"},
        "children": [],
        "members": ["user:default/ada", "user:default/ben"],
    }
    assert found["user:default/ada"]["spec"]["memberOf"] == ["group:default/risk-ml"]
    assert found["user:default/kim"]["spec"] == {"profile": {"displayName": "Kim"}, "memberOf": []}
    assert "user:default/ci-risk" not in found


def test_entity_says_where_it_comes_from(people: People, settings: Any) -> None:
    settings.BASE_URL = "https://ml.example.com"
    source = SourceFactory(kind="mlflow")
    entity = EntityFactory(name="Fraud-Score", source=source, source_key="1e3", tier=1)
    document = documents()["component:retail-banking/fraud-score"]
    own = "https://ml.example.com/catalog/model/retail-banking/Fraud-Score"
    assert document["metadata"]["annotations"] == {
        "coe-portal/id": str(entity.pk),
        "coe-portal/ref": "model:retail-banking/Fraud-Score",
        "coe-portal/tier": "1",
        "coe-portal/url": own,
        "backstage.io/kubernetes-id": "Fraud-Score",
        "mlflow.org/registered-model": "1e3",
    }
    assert {"url": own, "title": "CoE Portal"} in document["metadata"]["links"]


def test_relations_in_backstages_reading(people: People) -> None:
    kinds = {
        "case": "use_case",
        "call": "api",
        "data": "dataset",
        "nightly": "pipeline",
        "score": "model",
        "web": "service",
    }
    made = {name: EntityFactory(kind=kind, name=name) for name, kind in kinds.items()}
    for source, type_, target in [
        ("score", "part_of", "case"), ("score", "trained_on", "data"), ("nightly", "produces", "data"),
        ("score", "deployed_as", "web"), ("web", "serves", "score"), ("call", "part_of", "web"),
        ("nightly", "consumes", "call"), ("web", "documented_by", "call"), ("case", "depends_on", "data"),
    ]:  # fmt: skip
        RelationFactory(source=made[source], target=made[target], type=type_)
    RelationFactory(source=made["score"], target=made["nightly"], type="depends_on", ended_at=timezone.now())
    found = documents()
    edges = {
        name.rpartition("/")[2]: {
            field: value for field, value in found[name]["spec"].items()
            if field in {"system", "dependsOn", "providesApis", "consumesApis", "subcomponentOf"}
        }
        for name in found if ":retail-banking/" in name
    }  # fmt: skip
    assert edges == {
        "case": {},
        "call": {},
        "data": {"dependsOn": ["component:retail-banking/nightly"]},
        "nightly": {"consumesApis": ["api:retail-banking/call"]},
        "score": {"system": "system:retail-banking/case", "dependsOn": ["resource:retail-banking/data"]},
        "web": {"providesApis": ["api:retail-banking/call"], "dependsOn": ["component:retail-banking/score"]},
    }


def test_what_nobody_owns_belongs_to_unowned(people: People) -> None:
    EntityFactory(name="stray", owner=None, namespace="coe")
    assert documents()["component:coe/stray"]["spec"]["owner"] == "group:default/unowned"


def test_a_team_called_unowned_is_not_doubled(people: People) -> None:
    from apps.core.policies import SYSTEM
    from apps.people import actions

    actions.create_team(actor=SYSTEM, slug="unowned", name="Lost property", kind="central")
    assert documents()["group:default/unowned"]["metadata"]["title"] == "Lost property"


# Names


def test_colliding_names_get_their_kind_and_nothing_is_lost(people: People) -> None:
    service = EntityFactory(kind="service", name="Fraud-score")
    model = EntityFactory(kind="model", name="fraud-score")
    EntityFactory(kind="application", name="fraud-score-service")
    long = [EntityFactory(kind=kind, name="n" * 63) for kind in ("dataset", "prompt")]
    RelationFactory(source=EntityFactory(kind="dashboard", name="board"), target=service, type="depends_on")
    names = {
        document["metadata"]["annotations"]["coe-portal/id"]: name
        for name, document in documents().items()
        if ":retail-banking/" in name
    }
    assert names[str(model.pk)] == "component:retail-banking/fraud-score"
    assert names[str(service.pk)] == f"component:retail-banking/fraud-score-service-{service.pk}"
    assert names[str(long[1].pk)] == f"resource:retail-banking/{'n' * 56}-prompt"
    assert documents()["component:retail-banking/board"]["spec"]["dependsOn"] == [names[str(service.pk)]]


def test_a_hidden_entity_of_the_same_name_changes_nothing(people: People) -> None:
    EntityFactory(kind="service", name="fraud-score")
    before = fetch()
    EntityFactory(kind="model", name="fraud-score", visibility="restricted")
    assert fetch() == before


# What must never be in it


def test_only_what_everybody_sees(people: People) -> None:
    """In a world with every kind, relation type, visibility and sort of owner, with grants to many."""
    hidden = list(_crowded_world(people))
    content = fetch().decode()
    found = documents()
    for name in hidden:
        assert name not in content
    published = {
        document["metadata"]["annotations"]["coe-portal/ref"]
        for name, document in found.items()
        if "/seen-" in name
    }
    for name in people:
        rows = Entity.objects.visible_to(people[name]).filter(tombstoned_at=None)
        assert published <= {entity.ref for entity in rows}, name
    company = Entity.objects.filter(visibility="company", tombstoned_at=None)
    assert published == {entity.ref for entity in company} and len(published) == 2 * len(Kind.values)


def _crowded_world(people: People) -> Iterator[str]:
    """Makes entities of every kind; yields the names that must stay hidden."""
    teams = [people.team("risk-ml"), people.team("claims-ai"), people.team("ml-platform"), None]
    seen: list[Entity] = []
    for number, kind in enumerate(Kind.values):
        owner = teams[number % len(teams)]
        code = kind.replace("_", "-")
        names = [f"seen-{mark}-{code}" for mark in ("a", "b")]
        seen += [EntityFactory(kind=kind, name=name, owner=owner, accountable=people.ben) for name in names]
        for visibility in ("unit", "restricted"):
            name = f"hidden-{visibility}-{code}"
            for accountable in (None, people.kim):
                dark = EntityFactory(
                    kind=kind, name=f"{name}-{'x' if accountable else 'y'}", title=f"Of {name}", owner=owner,
                    visibility=visibility, accountable=accountable, tags=["hidden-tag"],
                    links=[{"url": f"https://{name}.example.com", "title": name}],
                )  # fmt: skip
                _grant_to_everybody_there_is(people, dark)
                for index, type_ in enumerate(RelationType.values):
                    RelationFactory(source=seen[index % len(seen)], target=dark, type=type_)
                    RelationFactory(source=dark, target=seen[-1 - index % len(seen)], type=type_)
            yield name
        EntityFactory(kind=kind, name=f"gone-{code}", owner=owner, tombstoned_at=timezone.now())
        yield f"gone-{code}"
    yield "hidden-tag"


def _grant_to_everybody_there_is(people: People, entity: Entity) -> None:
    from django.contrib.auth.models import Permission

    view = Permission.objects.get(codename="view_entity")
    EntityUserGrant.objects.create(content_object=entity, user=people.kim, permission=view)
    EntityGroupGrant.objects.create(
        content_object=entity, group=people.team("risk-ml").group, permission=view
    )


def test_everybody_is_nobody_in_particular(people: People) -> None:
    """The reader of the file sees through the policies no more than a person without team, role and grant."""
    EntityFactory(name="hidden", visibility="restricted", owner=None, namespace="coe")
    shown = EntityFactory(name="shown")
    assert list(Entity.objects.visible_to(Everybody())) == [shown]
    assert list(Entity.objects.visible_to(people.kim)) == [shown]
    for action in Entity.policy.rules:
        if action != "view":
            assert not Entity.objects.allowed(Everybody(), action).exists(), action


def test_no_address_of_a_person(people: People) -> None:
    User.objects.filter(username="ben").update(name="ben.long@corp.example.org")
    content = fetch().decode()
    for person in User.objects.exclude(email=""):
        assert person.email not in content
    assert "corp.example.org" not in content and "@" not in content
    assert documents()["user:default/ben"]["spec"]["profile"] == {"displayName": "ben"}


def test_who_left_is_not_named(people: People) -> None:
    User.objects.filter(username="farid").update(is_active=False)
    User.objects.filter(username="ben").update(is_active=False)
    Membership.objects.filter(user__username="chloe").update(ends=timezone.now())
    found = documents()
    assert not {"user:default/farid", "user:default/ben"} & set(found)
    assert found["domain:default/retail-banking"]["spec"]["owner"] == "group:default/unowned"
    assert found["group:default/risk-ml"]["spec"]["members"] == ["user:default/ada"]
    assert found["user:default/chloe"]["spec"]["memberOf"] == []
