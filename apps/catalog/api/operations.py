"""What the center watches over REST: findings, sources and their runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Collate, Lower
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import actions
from apps.catalog.api.bodies import FindingChange, SyncStart
from apps.catalog.api.references import EntityName, entity_id, source_named
from apps.catalog.api.representations import (
    FindingDetail,
    FindingRow,
    SourceDetail,
    SourceRow,
    SyncRunDetail,
    SyncRunRow,
)
from apps.catalog.models import Deployment, Entity, Finding, Source, SyncRun
from apps.catalog.vocabulary import FindingKind, Severity
from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest_fields import Choice, QueryParameters
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.api import Slug
from apps.people.models import Team, User

NEWEST_FIRST = Order("-id", descending=True)


class FindingQuery(QueryParameters):
    state = serializers.ListField(
        child=Choice(choices=Finding.State.choices), required=False, max_length=4, help_text="Any of these."
    )
    kind = Choice(choices=FindingKind.choices, required=False)
    severity = Choice(choices=Severity.choices, required=False)
    entity = EntityName(required=False)
    team = Slug(required=False, help_text="The team whose business it is.")


class FindingViewSet(Listed, Retrieved, PolicyViewSet):
    """What syncs found wrong, newest first."""

    model = Finding
    order = NEWEST_FIRST
    query = FindingQuery
    columns = {"kind": "kind", "severity": "severity", "team": "owner__slug"}
    serializer_class = FindingRow
    detail_serializer_class = FindingDetail

    def rows(self, visible: Any) -> Any:
        user = self.request.user
        return visible.prefetch_related(
            visible_relation("entity", Entity, user),
            visible_relation("deployment", Deployment, user),
            visible_relation("source", Source, user),
            visible_relation("owner", Team, user),
            visible_relation("handled_by", User, user),
        )

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        rows = super().narrowed(rows, wanted)
        if states := wanted.get("state"):
            rows = rows.filter(state__in=states)
        if entity := wanted.get("entity"):
            rows = rows.filter(entity=entity_id(self.request.user, entity))
        return rows

    @extend_schema(request=FindingChange, responses=FindingDetail, summary="Handle a finding")
    @action(detail=True, methods=["post"])
    def handle(self, request: Request, **kwargs: Any) -> Response:
        """Acknowledges, resolves, dismisses (with a reason) or reopens it."""
        fields = self.body(FindingChange)
        finding = self.get_object()
        with rules_are_conflicts():
            actions.handle_finding(actor=request.user, finding=finding, **fields)
        return self.answer(finding)


class SourceViewSet(Listed, Retrieved, PolicyViewSet):
    """Where the catalog reads; shown to the center. They are edited in the admin."""

    model = Source
    order = Order("name", Collate(Lower("name"), "C"))
    serializer_class = SourceRow
    detail_serializer_class = SourceDetail

    def rows(self, visible: Any) -> Any:
        return visible.prefetch_related(visible_relation("default_owner", Team, self.request.user))


class SyncRunQuery(QueryParameters):
    source = Slug(required=False, help_text="Name of a source.")  # type: ignore[assignment]
    state = Choice(choices=SyncRun.State.choices, required=False)


class SyncRunViewSet(Listed, Retrieved, PolicyViewSet):
    """Sweeps of sources, newest first; shown to the center."""

    model = SyncRun
    order = NEWEST_FIRST
    query = SyncRunQuery
    columns = {"source": "source__name", "state": "state"}
    serializer_class = SyncRunRow
    detail_serializer_class = SyncRunDetail

    def rows(self, visible: Any) -> Any:
        return visible.select_related("source").prefetch_related(
            visible_relation("started_by", User, self.request.user)
        )

    @extend_schema(request=SyncStart, responses={202: SyncRunDetail}, summary="Start a sync")
    def create(self, request: Request) -> Response:
        """Queues a sweep and answers at once; 409 where one is queued or running already."""
        source = source_named(request.user, self.body(SyncStart)["source"])
        run = actions.start_sync(actor=request.user, source=source)
        return self.answer(run, status=202)
