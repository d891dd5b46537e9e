"""What writers send. The document says each field's exact form; everything beyond is a rule of an action."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.catalog.api.references import EntityName
from apps.catalog.models import DatasetDetails, Finding, ModelDetails
from apps.catalog.vocabulary import Kind, RelationType, Stage
from apps.core.characters import TRICKS
from apps.core.rest_fields import Body, Choice, Flag, Tags, Text, Versioned, WholeNumber
from apps.people.api import Slug, Username
from apps.people.models import Visibility

NAME = r"^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$"
_OUT = rf"\s<>\"\\{TRICKS}"
URL = rf"^https?://(\[[0-9a-fA-F:.]+\]|[^/?#@:\[\]{_OUT}]+)(:[0-9]{{1,4}})?([/?#][^{_OUT}]*)?$"
NAME_SENTENCE = "Use letters, digits and inner - _ . (1 to 63 characters, first and last a letter or digit)."
MOVED = {
    "stage": "A stage moves by POST …/stage/.",
    "visibility": "Visibility changes by POST …/visibility/.",
    "owner": "Ownership moves by POST …/owner/.",
    "kind": "The kind is fixed at creation.",
    "namespace": "The namespace is fixed at creation.",
    "name": "The name is fixed at creation.",
}


class Link(Body):
    url = Text(pattern=URL, max_length=1000, says="Give a full address that begins with https:// or http://.")
    title = Text(max_length=200, required=False, allow_blank=True)


class Details(Body):
    """The fields of a dataset or of a model; those of another kind are refused with 409."""

    location = Text(max_length=500, required=False, allow_blank=True)
    format = Text(max_length=50, required=False, allow_blank=True)
    classification = Choice(choices=DatasetDetails.Classification.choices, required=False)
    personal_data = Choice(choices=DatasetDetails.PersonalData.choices, required=False)
    retention_days = WholeNumber(max_value=2**31 - 1, required=False, allow_null=True)
    allowed_purposes = serializers.ListField(child=Text(max_length=63), max_length=50, required=False)
    origin = Choice(choices=DatasetDetails.Origin.choices, required=False)
    quality_status = Choice(choices=DatasetDetails.Quality.choices, required=False)
    certified = Flag(required=False)
    risk_class = Choice(choices=ModelDetails.RiskClass.choices, required=False)
    regimes = serializers.ListField(child=Text(max_length=63), max_length=50, required=False)
    purpose = Text(max_length=63, required=False, allow_blank=True)
    retraining_max_age_days = WholeNumber(max_value=2**31 - 1, required=False, allow_null=True)


@extend_schema_field({"type": "object", "additionalProperties": True, "maxProperties": 40})
class Curated(serializers.JSONField):
    """The kind's free fields: short names with texts, numbers, booleans or lists of texts."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict) or len(data) > 40:
            raise serializers.ValidationError("Give an object of at most 40 fields.")
        return data


class EntityFields(Body):
    """What both creation and change may write."""

    title = Text(max_length=200, required=False, allow_blank=True)
    description = Text(max_length=20_000, lines=True, required=False, allow_blank=True)
    accountable = Username(required=False, allow_null=True, help_text="User name of the accountable person.")
    operated_by = Slug(required=False, allow_null=True, help_text="Slug of the team that runs it.")
    tier = WholeNumber(min_value=1, max_value=4, required=False, allow_null=True)
    tags = Tags()
    links = serializers.ListField(child=Link(), max_length=30, required=False)
    reusable = Flag(required=False)
    curated = Curated(required=False)
    details = Details(required=False)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A model",
            value={
                "kind": "model",
                "name": "churn-score",
                "team": "risk-ml",
                "title": "Churn score",
                "description": "Likelihood that a customer leaves within 90 days.",
                "visibility": "unit",
                "tags": ["churn", "python"],
                "details": {"risk_class": "limited"},
            },
            request_only=True,
        )
    ]
)
class EntityCreate(EntityFields):
    """A new entity of one of the caller's teams; it begins as an idea."""

    refusals = {"stage": MOVED["stage"], "owner": "The owner is your team; name it in `team`."}
    kind = Choice(choices=Kind.choices)
    name = Text(pattern=NAME, says=NAME_SENTENCE)
    team = Slug(required=False, help_text="For which of your teams; needed by those in several.")
    namespace = Slug(required=False, help_text="The team's own namespace; may be left out.")
    visibility = Choice(choices=Visibility.choices, required=False)


class EntityChange(EntityFields):
    """The fields to change, and the version that was read; the header If-Match may stand for it."""

    refusals = MOVED
    demanded = ("version",)
    version = WholeNumber(min_value=1, max_value=2**31 - 1, required=False, help_text="As you read it.")


class StageChange(Versioned):
    to = Choice(choices=Stage.choices)
    note = Text(max_length=5_000, lines=True, required=False, allow_blank=True)


class RelationCreate(Body):
    source = EntityName()  # type: ignore[assignment]
    target = EntityName()
    type = Choice(choices=RelationType.choices)


class DeploymentLink(Body):
    entity = EntityName(allow_null=True)


class FindingChange(Body):
    state = Choice(choices=Finding.State.choices)
    note = Text(max_length=5_000, lines=True, required=False, allow_blank=True)


class SyncStart(Body):
    source = Slug(help_text="Name of the source.")  # type: ignore[assignment]
