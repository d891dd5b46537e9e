"""Rows for tests, made directly: what a test is not about."""

from __future__ import annotations

import factory
from django.utils import timezone

from apps.catalog.models import Deployment, Entity, Finding, ModelVersion, Relation, Source, SyncRun
from apps.people.models import Team


class EntityFactory(factory.django.DjangoModelFactory[Entity]):
    """A company-visible model of `risk-ml` unless told otherwise; `owner` may be a team's slug."""

    class Meta:
        model = Entity

    kind = "model"
    name = factory.Sequence(lambda number: f"thing-{number}")
    title = factory.LazyAttribute(lambda row: row.name.replace("-", " ").capitalize())
    description = "What it does, in a sentence."
    owner = factory.LazyFunction(lambda: Team.objects.get(slug="risk-ml"))
    namespace = factory.LazyAttribute(lambda row: row.owner.namespace if row.owner else "coe")

    @classmethod
    def _create(cls, model_class: type[Entity], *args: object, **values: object) -> Entity:
        from apps.catalog.queries.search import refresh_search

        entity = super()._create(model_class, *args, **values)
        refresh_search(entity)
        entity.refresh_from_db()
        return entity


class VersionFactory(factory.django.DjangoModelFactory[ModelVersion]):
    class Meta:
        model = ModelVersion

    entity = factory.SubFactory(EntityFactory)
    number = factory.Sequence(lambda number: number + 1)
    version = factory.LazyAttribute(lambda row: str(row.number))
    created_at = factory.LazyFunction(timezone.now)
    metrics = factory.LazyFunction(lambda: {"auc": 0.91})


class DeploymentFactory(factory.django.DjangoModelFactory[Deployment]):
    class Meta:
        model = Deployment

    entity = factory.SubFactory(EntityFactory)
    environment = "production"
    cluster = "prod-fra"
    namespace = "risk"
    workload_kind = "Deployment"
    workload = factory.Sequence(lambda number: f"workload-{number}")
    status = "running"
    replicas = 2
    ready = 2


class RelationFactory(factory.django.DjangoModelFactory[Relation]):
    class Meta:
        model = Relation

    source = factory.SubFactory(EntityFactory)
    target = factory.SubFactory(EntityFactory, kind="dataset")
    type = "trained_on"


class SourceFactory(factory.django.DjangoModelFactory[Source]):
    class Meta:
        model = Source

    name = factory.Sequence(lambda number: f"mlflow-{number}")
    kind = "mlflow"
    config = factory.LazyFunction(lambda: {"url": "http://127.0.0.1:5000"})


class SyncRunFactory(factory.django.DjangoModelFactory[SyncRun]):
    class Meta:
        model = SyncRun

    source = factory.SubFactory(SourceFactory)
    state = "succeeded"


class FindingFactory(factory.django.DjangoModelFactory[Finding]):
    class Meta:
        model = Finding

    kind = "drift"
    fingerprint = factory.Sequence(lambda number: f"drift:{number}")
    title = "Drift"
    entity = factory.SubFactory(EntityFactory)
