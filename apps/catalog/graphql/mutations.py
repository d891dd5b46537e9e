"""What can be done to the catalog: each mutation reads its input, calls one action and answers with the row.

`version` is the version that the caller read; the action refuses with `conflict` where somebody was quicker.
"""

from __future__ import annotations

from typing import Any

import graphene

from apps.catalog import actions
from apps.catalog.graphql.inputs import (
    AccessInput,
    ChangeStageInput,
    CreateEntityInput,
    HandleFindingInput,
    LinkDeploymentInput,
    RelateInput,
    SetVisibilityInput,
    TransferOwnershipInput,
    UpdateEntityInput,
)
from apps.catalog.graphql.nodes import DeploymentNode, EntityNode, FindingNode, RelationNode
from apps.catalog.models import Deployment, Entity, Relation
from apps.catalog.queries import entity_by_ref
from apps.core.errors import Invalid
from apps.core.graphql import Act, Write, Written, by_id, plain
from apps.people.graphql import person_by_username, team_by_slug


class EntityPayload(graphene.ObjectType):
    """The entity as it is now; null where the caller no longer sees it."""

    entity = Written(EntityNode)


class RelationPayload(graphene.ObjectType):
    relation = Written(RelationNode)


class DeploymentPayload(graphene.ObjectType):
    """The workload as it is now; null where the caller no longer sees it."""

    deployment = Written(DeploymentNode)


class FindingPayload(graphene.ObjectType):
    finding = Written(FindingNode)


class CreateEntity(Write):
    """Adds an entity to the catalog."""

    class Meta:
        takes, answers = CreateEntityInput, EntityPayload

    @staticmethod
    def write(user: Any, given: Any) -> Entity:
        fields = written(user, given)
        fields["owner"] = team_by_slug(user, "owner", fields["owner"])
        fields = {
            name: value
            for name, value in fields.items()
            if value is not None or name in {"accountable", "tier"}
        }
        return actions.create_entity(actor=user, **fields)


class OnEntity(Act):
    row, key, answers = "entity", "ref", EntityPayload

    class Meta:
        abstract = True

    @classmethod
    def found(cls, user: Any, name: str) -> Entity:
        return entity_by_ref(user, name)


class UpdateEntity(OnEntity):
    """Changes what people write about an entity."""

    class Meta:
        takes, does = UpdateEntityInput, actions.update_entity

    @classmethod
    def arguments(cls, user: Any, given: Any) -> dict[str, Any]:
        changes = written(user, given)
        for name in ("ref", "version"):
            changes.pop(name, None)
        details = changes.pop("details", None)
        return {"changes": changes, "details": details, "expected_version": given.get("version")}


class ChangeStage(OnEntity):
    """Moves an entity to another stage."""

    class Meta:
        takes, does = ChangeStageInput, actions.change_stage


class SetVisibility(OnEntity):
    """Says who may see an entity."""

    class Meta:
        takes, does = SetVisibilityInput, actions.set_visibility


class TransferOwnership(OnEntity):
    """Gives an entity to another team."""

    class Meta:
        takes, does = TransferOwnershipInput, actions.transfer_ownership

    @classmethod
    def arguments(cls, user: Any, given: Any) -> dict[str, Any]:
        return super().arguments(user, given) | {"owner": team_by_slug(user, "owner", given["owner"])}


class OnAccess(OnEntity):
    class Meta:
        abstract = True

    @classmethod
    def arguments(cls, user: Any, given: Any) -> dict[str, Any]:
        team, person = given.get("team"), given.get("person")
        if (team is None) == (person is None):
            raise Invalid("Give either team or person.")
        named = (
            person_by_username(user, "person", person) if team is None else team_by_slug(user, "team", team)
        )
        return {"grantee": named, "permission": plain(given["permission"])}


class GrantAccess(OnAccess):
    """Lets a team, or rarely a person, view or change one entity."""

    class Meta:
        takes, does = AccessInput, actions.grant_access


class RevokeAccess(OnAccess):
    """Takes a grant back."""

    class Meta:
        takes, does = AccessInput, actions.revoke_access


class Relate(Write):
    """Draws an edge between two entities."""

    class Meta:
        takes, answers = RelateInput, RelationPayload

    @staticmethod
    def write(user: Any, given: Any) -> Relation:
        source, target = entity_by_ref(user, given["source"]), entity_by_ref(user, given["target"])
        return actions.relate(actor=user, source=source, target=target, type=plain(given["type"]))


class Unrelate(graphene.Mutation):
    """Ends an edge that people drew."""

    Output = RelationPayload

    class Arguments:
        id = graphene.ID(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, id: str) -> Relation:  # noqa: A002
        user = info.context.user
        return actions.unrelate(actor=user, relation=by_id(user, Relation, RelationNode, id))


class LinkDeployment(Write):
    """Claims a workload for an entity, or for none; a sync keeps what a person said."""

    class Meta:
        takes, answers = LinkDeploymentInput, DeploymentPayload

    @staticmethod
    def write(user: Any, given: Any) -> Deployment:
        deployment = by_id(user, Deployment, DeploymentNode, given["id"])
        ref = given.get("entity")
        entity = None if ref is None else entity_by_ref(user, ref)
        return actions.link_deployment(actor=user, deployment=deployment, entity=entity)


class HandleFinding(Act):
    """Acknowledges, resolves, dismisses or reopens a finding."""

    node, row, answers = FindingNode, "finding", FindingPayload

    class Meta:
        takes, does = HandleFindingInput, actions.handle_finding


class CatalogMutation(graphene.ObjectType):
    """What can be done to the catalog."""

    create_entity = CreateEntity.Field()
    update_entity = UpdateEntity.Field()
    change_stage = ChangeStage.Field()
    set_visibility = SetVisibility.Field()
    transfer_ownership = TransferOwnership.Field()
    grant_access = GrantAccess.Field()
    revoke_access = RevokeAccess.Field()
    relate = Relate.Field()
    unrelate = Unrelate.Field()
    link_deployment = LinkDeployment.Field()
    handle_finding = HandleFinding.Field()


def written(user: Any, given: Any) -> dict[str, Any]:
    """An entity's input with people and teams in place of names, and null as the field's empty value."""
    fields: dict[str, Any] = plain(given)
    if fields.get("accountable") is not None:
        fields["accountable"] = person_by_username(user, "accountable", fields["accountable"])
    if fields.get("operated_by") is not None:
        fields["operated_by"] = team_by_slug(user, "operatedBy", fields["operated_by"])
    if fields.get("details") is not None and not isinstance(fields["details"], dict):
        raise Invalid(errors={"details": ["Give an object."]})
    empty: dict[str, Any] = {
        "title": "",
        "description": "",
        "tags": [],
        "links": [],
        "reusable": False,
        "curated": {},
    }
    return {name: empty.get(name) if value is None else value for name, value in fields.items()}
