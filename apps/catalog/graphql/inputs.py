"""What mutations of the catalog take."""

from __future__ import annotations

import graphene

from apps.catalog.graphql.enums import (
    AccessPermissionEnum,
    EntityKind,
    FindingState,
    RelationTypeEnum,
    StageEnum,
)
from apps.core.graphql import JSON
from apps.people.graphql import VisibilityEnum

REF = "kind:namespace/name"


class LinkInput(graphene.InputObjectType):
    """Where more is to be read."""

    url = graphene.String(required=True)
    title = graphene.String()


class WritableFields:
    """What people write about an entity. A field that is left out stays as it is; null empties it."""

    title = graphene.String()
    description = graphene.String()
    accountable = graphene.String(description="A person's user name.")
    operated_by = graphene.String(description="A team's slug.")
    tier = graphene.Int(description="1 is what the company cannot be without, 4 the least.")
    tags = graphene.List(graphene.NonNull(graphene.String))
    links = graphene.List(graphene.NonNull(LinkInput))
    reusable = graphene.Boolean()
    curated = JSON(description="Fields of its kind: an object of texts, numbers, booleans or lists of texts.")
    details = JSON(description="For models and datasets: the fields of `model` or `dataset`, in snake_case.")


class CreateEntityInput(WritableFields, graphene.InputObjectType):
    """A new entity."""

    kind = EntityKind(required=True)
    name = graphene.String(required=True)
    namespace = graphene.String(description="The owner's, where not given.")
    owner = graphene.String(required=True, description="A team's slug.")
    stage = StageEnum()
    visibility = VisibilityEnum()


class UpdateEntityInput(WritableFields, graphene.InputObjectType):
    """What shall be different; owner, visibility and stage have mutations of their own."""

    ref = graphene.String(required=True, description=REF)
    version = graphene.Int()


class ChangeStageInput(graphene.InputObjectType):
    ref = graphene.String(required=True, description=REF)
    to = StageEnum(required=True)
    note = graphene.String()
    version = graphene.Int()


class SetVisibilityInput(graphene.InputObjectType):
    ref = graphene.String(required=True, description=REF)
    visibility = VisibilityEnum(required=True)
    version = graphene.Int()


class TransferOwnershipInput(graphene.InputObjectType):
    ref = graphene.String(required=True, description=REF)
    owner = graphene.String(required=True, description="The new owner team's slug.")
    version = graphene.Int()


class AccessInput(graphene.InputObjectType):
    """Give `team` or `person`, not both."""

    ref = graphene.String(required=True, description=REF)
    team = graphene.String(description="A team's slug.")
    person = graphene.String(description="A user name.")
    permission = AccessPermissionEnum(required=True)


class RelateInput(graphene.InputObjectType):
    source = graphene.String(required=True, description=REF)
    target = graphene.String(required=True, description=REF)
    type = RelationTypeEnum(required=True)


class LinkDeploymentInput(graphene.InputObjectType):
    """Which entity a workload runs."""

    id = graphene.ID(required=True)
    entity = graphene.String(description=f"{REF}; null: it runs none of the catalog's.")


class HandleFindingInput(graphene.InputObjectType):
    id = graphene.ID(required=True)
    state = FindingState(required=True)
    note = graphene.String(description="Needed where it is dismissed.")
