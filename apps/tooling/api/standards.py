"""Standards over REST: capabilities, revisions with their rules, what is known of tools, and the frame of reviews."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api.references import EntityName, entity_id, entity_named
from apps.catalog.models import Entity
from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest import expected_version
from apps.core.rest_fields import Choice, Flag, QueryParameters, Text, WholeNumber
from apps.core.rest_problems import Readers, rows_named, rules_are_conflicts
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.api import Slug
from apps.people.api.references import team_named
from apps.tooling.actions import standards as actions
from apps.tooling.actions import tools
from apps.tooling.api import bodies
from apps.tooling.api.references import capability_named
from apps.tooling.api.representations import (
    CapabilityDetail,
    CapabilityRow,
    EnvironmentRow,
    StandardRow,
    TierRow,
    TierRuleRow,
    ToolPackageDetail,
    ToolPackageRow,
    ToolProfileDetail,
    ToolProfileRow,
)
from apps.tooling.models import (
    Capability,
    Environment,
    Package,
    Standard,
    StandardRule,
    Tier,
    TierRule,
    ToolProfile,
)
from apps.tooling.models.standards import ECOSYSTEMS
from apps.tooling.queries import clock
from apps.tooling.queries.in_force import in_force
from apps.tooling.workflow import Quadrant

SLUG = "[a-z0-9][-a-z0-9]{0,62}"
NAMED: Readers = {"capability": capability_named, "supported_by": team_named}


class CapabilityQuery(QueryParameters):
    quadrant = Choice(choices=Quadrant.choices, required=False)


class CapabilityViewSet(Listed, Retrieved, PolicyViewSet):
    """What teams need tools for, by slug; each has a standard in revisions (`tooling/standards/?capability=`)."""

    model = Capability
    order = Order("slug", "slug")
    query = CapabilityQuery
    columns = {"quadrant": "quadrant"}
    serializer_class = CapabilityRow
    detail_serializer_class = CapabilityDetail
    lookup_field = "slug"
    lookup_value_regex = SLUG

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(slug=value).first()

    @extend_schema(
        request=bodies.CapabilityCreate, responses={201: CapabilityDetail}, summary="Add a capability"
    )
    def create(self, request: Request) -> Response:
        """For CoE leads."""
        fields = self.body(bodies.CapabilityCreate)
        with rules_are_conflicts():
            row = actions.create_capability(actor=request.user, **fields)
        return self.answer(row, status=201)

    @extend_schema(request=bodies.CapabilityChange, responses=CapabilityDetail, summary="Change a capability")
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Send the `version` that you read; 409 where it is stale."""
        fields, row = self.body(bodies.CapabilityChange), self.get_object()
        version = expected_version(request, fields)
        with rules_are_conflicts():
            actions.update_capability(
                actor=request.user, capability=row, changes=fields, expected_version=version
            )
        return self.answer(row)


class StandardQuery(QueryParameters):
    capability = Slug(required=False)
    revision = WholeNumber(min_value=1, max_value=bodies.LATEST, required=False)
    in_force = Flag(required=False, help_text="Only the revision of each capability that holds now.")


class StandardViewSet(Listed, Retrieved, PolicyViewSet):
    """Revisions of standards, newest first; never edited, the next one supersedes."""

    model = Standard
    order = Order("-id", descending=True)
    query = StandardQuery
    columns = {"capability": "capability__slug", "revision": "revision"}
    serializer_class = StandardRow

    def rows(self, visible: Any) -> Any:
        user = self.request.user
        rules = StandardRule.objects.visible_to(user).select_related("environment").order_by("id")
        shown = Prefetch(
            "rules", rules.prefetch_related(visible_relation("tool", Entity, user)), to_attr="shown_rules"
        )
        return visible.select_related("capability", "author").prefetch_related(shown)

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        rows = super().narrowed(rows, wanted)
        return in_force(rows, clock.now()) if wanted.get("in_force") else rows

    @extend_schema(request=bodies.StandardPublish, responses={201: StandardRow}, summary="Publish a revision")
    def create(self, request: Request) -> Response:
        """For CoE leads; everybody else proposes (`tooling/proposals/`). 409 where a later one was published."""
        fields = rows_named(request.user, self.body(bodies.StandardPublish), NAMED)
        with rules_are_conflicts():
            row = actions.publish_standard(actor=request.user, **fields)
        return self.answer(row, status=201)


class ProfileQuery(QueryParameters):
    supported_by = Slug(required=False)


class ProfileViewSet(Listed, Retrieved, PolicyViewSet):
    """What is known of tools besides the catalog: how versions compare, who supports them. By the tool's id."""

    model = ToolProfile
    query = ProfileQuery
    columns = {"supported_by": "supported_by__slug"}
    serializer_class = ToolProfileRow
    detail_serializer_class = ToolProfileDetail

    def rows(self, visible: Any) -> Any:
        tool = visible_relation("tool", Entity, self.request.user)
        return visible.select_related("supported_by").prefetch_related(tool)

    @extend_schema(request=bodies.ProfileSet, responses=ToolProfileDetail, summary="Set a tool's profile")
    def create(self, request: Request) -> Response:
        """For those who may change the tool, and CoE leads. Replaces the profile that is there."""
        fields = rows_named(request.user, self.body(bodies.ProfileSet), NAMED)
        tool = entity_named(
            request.user, fields.pop("tool")
        )  # what is written to, as in an address: else 404
        with rules_are_conflicts():
            row = tools.set_profile(actor=request.user, tool=tool, **fields)
        return self.answer(row)


class PackageQuery(QueryParameters):
    tool = EntityName(required=False)
    ecosystem = Choice(choices=ECOSYSTEMS, required=False)
    name = Text(max_length=214, required=False)


class PackageViewSet(Listed, Retrieved, PolicyViewSet):
    """Names by which files and clusters know tools."""

    model = Package
    query = PackageQuery
    columns = {"ecosystem": "ecosystem", "name": "name"}
    serializer_class = ToolPackageRow
    detail_serializer_class = ToolPackageDetail

    def rows(self, visible: Any) -> Any:
        return visible.prefetch_related(visible_relation("tool", Entity, self.request.user))

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        rows = super().narrowed(rows, wanted)
        return rows.filter(tool=entity_id(self.request.user, wanted["tool"])) if "tool" in wanted else rows

    @extend_schema(request=bodies.PackageCreate, responses={201: ToolPackageDetail}, summary="Name a package")
    def create(self, request: Request) -> Response:
        """Says that the name stands for the tool; 409 where it stands for one already."""
        fields = self.body(bodies.PackageCreate)
        tool = entity_named(request.user, fields.pop("tool"))
        with rules_are_conflicts():
            row = tools.name_package(actor=request.user, tool=tool, **fields)
        return self.answer(row, status=201)

    @extend_schema(responses={204: None}, summary="Forget a package")
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        self.parameters()
        tools.forget_package(actor=request.user, package=self.get_object())
        return Response(status=204)


class EnvironmentViewSet(Listed, Retrieved, PolicyViewSet):
    """Where tools run, by slug."""

    model = Environment
    serializer_class = EnvironmentRow
    lookup_field = "slug"
    lookup_value_regex = SLUG

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(slug=value).first()


class TierViewSet(Listed, Retrieved, PolicyViewSet):
    """How careful a review is; CoE leads keep them in the admin."""

    model = Tier
    serializer_class = TierRow


class TierRuleViewSet(Listed, Retrieved, PolicyViewSet):
    """Which tier a context asks for: of the rules that fit the highest, and high where none fits."""

    model = TierRule
    serializer_class = TierRuleRow

    def rows(self, visible: Any) -> Any:
        return visible.select_related("environment")
