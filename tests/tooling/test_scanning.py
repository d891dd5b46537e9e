"""The nightly scan: what the catalog shows is judged now, becomes findings, and none of it is lost by a failure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.catalog.actions.findings import handle_finding
from apps.catalog.models import DatasetDetails, Entity, Finding
from apps.core.plugs import FactSource, registered
from apps.people.models import Visibility
from apps.tooling.actions import granting, scanning
from apps.tooling.actions.scanning import scan
from apps.tooling.actions.tools import name_package
from apps.tooling.models import Capability, DecisionCount, Environment, Grant, ObservedUse
from apps.tooling.queries import clock
from apps.tooling.queries.book import Snapshot, snapshot
from apps.tooling.queries.holding import last_end
from apps.tooling.queries.use import Standing, judged, unused_grants, wanting
from apps.tooling.vocabulary import DataClass
from tests.factories import DeploymentFactory, EntityFactory, RelationFactory, VersionFactory
from tests.personas import People
from tests.tooling import making
from tests.tooling.test_request_races import at_once


@pytest.fixture
def wandb(people: People) -> Entity:
    mlflow, wandb = making.tool(people, "mlflow"), making.tool(people, "wandb", title="W&B")
    making.standard(people, making.capability(people), (mlflow, "recommended"), (wandb, "hold"))
    return wandb


@pytest.fixture
def model(people: People, wandb: Entity) -> Entity:
    row = EntityFactory(stage="production")
    RelationFactory(source=row, target=wandb, type="uses_tool")
    return row


def seen(entity: Entity) -> set[tuple[str, str, str, str]]:
    rows = ObservedUse.objects.filter(entity=entity)
    return set(rows.values_list("tool__name", "environment__slug", "version", "origin"))


def findings(state: str = "open") -> list[Finding]:
    return list(Finding.objects.filter(kind="unsanctioned_tool", state=state).order_by("id"))


# -- what is seen ----------------------------------------------------------------------------------------------


def test_a_relation_is_seen_where_the_stage_or_the_workloads_say(people: People, wandb: Entity) -> None:
    live, idea, odd = EntityFactory(stage="production"), EntityFactory(stage="idea"), EntityFactory()
    over, gone = EntityFactory(stage="retired"), EntityFactory(tombstoned_at=timezone.now())
    for row in (live, idea, odd, over, gone):
        RelationFactory(source=row, target=wandb, type="uses_tool")
    DeploymentFactory(entity=odd, environment="QA")
    DeploymentFactory(entity=odd, environment="moonbase")
    DeploymentFactory(entity=odd, environment="dev", status="finished")
    scan()
    assert seen(live) == {("wandb", "production", "", "relation")}
    assert seen(idea) == {("wandb", "development", "", "relation")}
    assert {place for _, place, *_ in seen(odd)} == {"test", "production"}  # an unknown name is production
    assert not seen(over) and not seen(gone)


def test_images_are_seen_by_the_names_of_packages(people: People, wandb: Entity) -> None:
    name_package(actor=people.esther, tool=wandb, ecosystem="image", name="wandb/local")
    row = EntityFactory(kind="service")
    images = [
        "harbor.corp/hub/wandb/local:0.57.2-slim",
        "wandb/local@sha256:" + "a" * 64,
        "not an image",
        "redis:7",
    ]
    DeploymentFactory(entity=row, environment="staging", images=images)
    DeploymentFactory(entity=None, environment="staging", images=images)
    scan()
    expected = {("wandb", "staging", "0.57.2", "image"), ("wandb", "staging", "", "image")}
    assert seen(row) == expected
    assert ObservedUse.objects.count() == 2


def test_flavours_are_seen_of_the_versions_in_use_where_they_run(people: People, wandb: Entity) -> None:
    sklearn = making.tool(people, "scikit-learn")
    name_package(actor=people.esther, tool=sklearn, ecosystem="pypi", name="scikit-learn")
    row = EntityFactory(stage="production")
    old, running, newest = (
        VersionFactory(entity=row, number=number, flavours={"sklearn": f"1.{number}.0"})
        for number in (1, 2, 3)
    )
    DeploymentFactory(entity=row, environment="prod", model_version=running)
    scan()
    assert seen(row) == {
        ("scikit-learn", "production", "1.2.0", "flavour"),
        ("scikit-learn", "development", "1.3.0", "flavour"),
    }
    assert old.flavours and newest.flavours


def test_the_data_class_is_that_of_the_most_sensitive_dataset(
    people: People, model: Entity, wandb: Entity
) -> None:
    for level in ("public", "restricted"):
        dataset = RelationFactory(source=model).target
        DatasetDetails.objects.create(entity=dataset, classification=level)
    other = EntityFactory()
    RelationFactory(source=other, target=wandb, type="uses_tool")
    scan()
    classes = dict(ObservedUse.objects.values_list("entity", "data_class"))
    assert classes == {model.pk: DataClass.RESTRICTED, other.pk: DataClass.INTERNAL}


def test_a_second_scan_keeps_what_is_there_and_removes_what_is_gone(people: People, model: Entity) -> None:
    scan()
    first = ObservedUse.objects.get()
    again = scan()
    kept = ObservedUse.objects.get()
    assert (again.uses, again.gone) == (1, 0)
    assert (kept.pk, kept.first_seen) == (first.pk, first.first_seen) and kept.last_seen > first.last_seen
    model.outgoing.update(ended_at=timezone.now())
    assert scan().gone == 1
    assert not ObservedUse.objects.exists()


def test_a_scan_that_fails_removes_nothing(
    people: People, model: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan()
    model.outgoing.update(ended_at=timezone.now())

    def failing(*rest: Any) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr(scanning, "_keep", failing)
    with pytest.raises(RuntimeError):
        scan()
    assert ObservedUse.objects.count() == 1 and len(findings()) == 1


# -- findings --------------------------------------------------------------------------------------------------


def test_a_denied_use_is_a_finding_once_and_closes_with_an_exception(
    people: People, model: Entity, wandb: Entity
) -> None:
    assert (scan().denied, scan().denied) == (1, 1)
    [finding] = findings()
    assert (finding.title, finding.severity, finding.owner.slug) == (
        "Uses W&B in production",
        "medium",
        "risk-ml",
    )
    making.approve(people, making.in_review(people, wandb))
    assert scan().denied == 0
    assert not findings() and len(findings("resolved")) == 1
    [use] = wanting(people.kim)
    assert use.standing is Standing.EXCEPTED and use.entities == (model.pk,)  # still listed


def test_an_exception_that_ended_is_listed_as_still_used(
    people: People, model: Entity, wandb: Entity
) -> None:
    scan()
    dismissed = findings()[0]
    handle_finding(actor=people.ada, finding=dismissed, state="dismissed", note="We are moving.")
    request = making.approve(people, making.in_review(people, wandb))
    ends = last_end(request)
    assert ends is not None
    book = snapshot().book
    rows = ObservedUse.objects.all()
    [before] = judged(rows, Snapshot(book, ends - timedelta(microseconds=1)))
    [after] = judged(rows, Snapshot(book, ends))
    assert (before.standing, after.standing) == (Standing.EXCEPTED, Standing.ENDED)
    granting.revoke(actor=people.esther, request=request, reason="A leak.")
    scan()
    [finding] = findings()  # what was dismissed before is another cause
    assert finding.title == "Still uses W&B in production"
    assert "revoked" in finding.detail


def test_a_dismissed_finding_stays_dismissed_and_a_standard_closes_it(
    people: People, model: Entity, wandb: Entity
) -> None:
    scan()
    handle_finding(actor=people.ada, finding=findings()[0], state="dismissed", note="We are moving.")
    scan()
    assert not findings()
    making.standard(people, Capability.objects.get(slug="tracking"), (wandb, "banned"))
    scan()
    [finding] = findings()
    assert finding.severity == "high"


def test_a_finding_does_not_name_a_tool_that_not_everybody_sees(people: People, model: Entity) -> None:
    hidden = making.tool(people, "secret-engine", visibility=Visibility.RESTRICTED)
    RelationFactory(source=model, target=hidden, type="uses_tool")
    scan()
    assert "Uses a tool that is not allowed in production" in {row.title for row in findings()}
    assert all("secret" not in f"{row.title}{row.detail}" for row in findings())
    assert {use.context.tool_ref for use in wanting(people.kim)} == {"tool:coe/wandb"}


# -- what reads it ---------------------------------------------------------------------------------------------


def test_facts_count_violations_and_an_entity_never_scanned_is_unknown(
    people: People, model: Entity, wandb: Entity
) -> None:
    [source] = [plug for plug in registered(FactSource) if plug.name == "tools.violations"]
    fine = EntityFactory()
    assert source.facts([model.pk, fine.pk]) == {}  # no scan yet: unknown
    scan()
    new = EntityFactory()
    facts = source.facts([model.pk, fine.pk, new.pk])
    assert facts == {model.pk: {"tools.violations": 1}, fine.pk: {"tools.violations": 0}}


def test_a_grant_that_nobody_uses_is_listed(people: People, wandb: Entity, model: Entity) -> None:
    making.approve(people, making.in_review(people, wandb, "staging"))
    [grant] = Grant.objects.all()
    later = clock.now() + timedelta(days=61)
    assert list(unused_grants(people.kim, later - timedelta(days=2))) == []
    assert list(unused_grants(people.kim, later)) == [grant]
    staging = Environment.objects.get(slug="staging")
    count = DecisionCount.objects.create(
        day=(later - timedelta(days=3)).date(), team=grant.team, tool_name="wandb", tool=wandb,
        environment=staging, reason="excepted", surface="rest", grant=grant, count=1,
    )  # fmt: skip
    assert not unused_grants(people.kim, later)
    DecisionCount.objects.filter(pk=count.pk).delete()
    DeploymentFactory(entity=model, environment="staging")
    scan(at=later - timedelta(days=1))
    assert not unused_grants(people.kim, later)


@pytest.mark.django_db(transaction=True)
def test_two_scans_at_once_find_the_same_once(db: None) -> None:
    from tests.personas import make_world

    people = make_world()
    wandb = making.tool(people, "wandb")
    for _ in range(20):
        RelationFactory(source=EntityFactory(), target=wandb, type="uses_tool")
    assert at_once(scan, scan, scan)["done"] == 3
    assert ObservedUse.objects.count() == 20
    assert Finding.objects.filter(kind="unsanctioned_tool").count() == 20


def test_the_scan_costs_the_same_statements_for_many_entities(
    people: People, wandb: Entity, django_assert_max_num_queries: Any
) -> None:
    making.standard(people, Capability.objects.get(slug="tracking"), (wandb, "recommended"))
    for _ in range(30):
        RelationFactory(source=EntityFactory(), target=wandb, type="uses_tool")
    with django_assert_max_num_queries(30):
        assert scan().uses == 30
