"""Workloads, above all those that nothing in the catalog claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from apps.catalog import actions
from apps.catalog.models import Deployment, DeploymentRevision, Entity
from apps.core.admin import Operation, OperationForm, PolicyAdmin, PolicyInline
from apps.core.admin.forms import ChooseField
from apps.core.admin.policy import link_to

STATUS_LABELS = {"Running": "success", "Degraded": "warning", "Failed": "danger", "Finished": "info"}


class LinkForm(OperationForm):
    entity = ChooseField(Deployment, "entity", label="Entity", help_text="What this workload runs.")


def link(actor: Any, deployment: Deployment, answers: Mapping[str, Any]) -> str:
    entity: Entity = answers["entity"]
    actions.link_deployment(actor=actor, deployment=deployment, entity=entity)
    return f"{deployment} belongs to {entity}. A sync keeps that."


def unlink(actor: Any, deployment: Deployment, answers: Mapping[str, Any]) -> str:
    actions.link_deployment(actor=actor, deployment=deployment, entity=None)
    return f"{deployment} belongs to nothing now."


class ClaimedFilter(DropdownFilter):
    title = "claim"
    parameter_name = "claimed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Unclaimed and still there"), ("yes", "Belongs to an entity")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        conditions = {"no": models.Q(entity=None, ended_at=None), "yes": models.Q(entity__isnull=False)}
        return queryset.filter(conditions.get(self.value() or "", models.Q()))


class RevisionInline(PolicyInline):
    model = DeploymentRevision
    fields = ("at", "status", "model_version", "image_digest", "replicas", "gpus")
    verbose_name_plural = "history"

    def joined(self) -> tuple[str, ...]:
        return ("model_version",)


@admin.register(Deployment)
class DeploymentAdmin(PolicyAdmin):
    list_display = (
        "workload",
        "cluster",
        "namespace",
        "status_shown",
        "entity",
        "owner",
        "gpus",
        "environment",
        "last_seen",
    )
    list_filter = (
        ClaimedFilter,
        ("status", ChoicesDropdownFilter),
        ("owner", AutocompleteSelectFilter),
        ("source", AutocompleteSelectFilter),
    )
    list_select_related = ("entity", "owner", "source")
    search_fields = ("workload", "namespace", "cluster")
    fields = (
        "workload", "workload_kind", "cluster", "namespace", "environment", "status_shown", "claimed_by",
        "model_version", "owner", "owner_rule", "images_shown", "image_digest", "replicas", "ready", "gpus",
        "source",
        "since", "last_seen", "ended_at",
    )  # fmt: skip
    readonly_fields = fields
    inlines = (RevisionInline,)
    operations = (
        Operation("link", "Link to entity", link, form=LinkForm, icon="link"),
        Operation("unlink", "Unlink", unlink, icon="link_off", applies=lambda row: row.entity_id is not None,
                  explain="The next sync may link it again by its labels.", danger=True),
    )  # fmt: skip

    @display(description="Status", ordering="status", label=STATUS_LABELS)
    def status_shown(self, deployment: Deployment) -> str:
        return deployment.get_status_display()

    @display(description="Entity")
    def claimed_by(self, deployment: Deployment) -> str:
        return link_to(deployment.entity)

    @display(description="Images")
    def images_shown(self, deployment: Deployment) -> str:
        return ", ".join(deployment.images) or "–"
