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
from apps.catalog.models import Deployment, Entity, Finding, Relation
from apps.catalog.queries import entity_by_ref
from apps.core.errors import Invalid
from apps.core.graphql import Write, by_id, plain
from apps.people.graphql import person_by_username, team_by_slug


class EntityPayload(graphene.ObjectType):
    """The entity as it is now; null where the caller no longer sees it."""

    entity = graphene.Field(EntityNode)

    @staticmethod
    def resolve_entity(root: Entity, info: Any) -> Any:
        return EntityNode.get_node(info, root.pk)


class RelationPayload(graphene.ObjectType):
    relation = graphene.Field(RelationNode)

    @staticmethod
    def resolve_relation(root: Relation, info: Any) -> Any:
        return RelationNode.get_node(info, root.pk)


class DeploymentPayload(graphene.ObjectType):
    """The workload as it is now; null where the caller no longer sees it."""

    deployment = graphene.Field(DeploymentNode)

    @staticmethod
    def resolve_deployment(root: Deployment, info: Any) -> Any:
        return DeploymentNode.get_node(info, root.pk)


class FindingPayload(graphene.ObjectType):
    finding = graphene.Field(FindingNode)

    @staticmethod
    def resolve_finding(root: Finding, info: Any) -> Any:
        return FindingNode.get_node(info, root.pk)


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


class UpdateEntity(Write):
    """Changes what people write about an entity."""

    class Meta:
        takes, answers = UpdateEntityInput, EntityPayload

    @staticmethod
    def write(user: Any, given: Any) -> Entity:
        changes = written(user, given)
        for name in ("ref", "version"):
            changes.pop(name, None)
        details = changes.pop("details", None)
        return actions.update_entity(**read(user, given), changes=changes, details=details)


class ChangeStage(Write):
    """Moves an entity to another stage."""

    class Meta:
        takes, answers = ChangeStageInput, EntityPayload

    @staticmethod
    def write(user: Any, given: Any) -> Entity:
        note = given.get("note") or ""
        return actions.change_stage(**read(user, given), to=plain(given["to"]), note=note)


class SetVisibility(Write):
    """Says who may see an entity."""

    class Meta:
        takes, answers = SetVisibilityInput, EntityPayload

    @staticmethod
    def write(user: Any, given: Any) -> Entity:
        return actions.set_visibility(**read(user, given), visibility=plain(given["visibility"]))


class TransferOwnership(Write):
    """Gives an entity to another team."""

    class Meta:
        takes, answers = TransferOwnershipInput, EntityPayload

    @staticmethod
    def write(user: Any, given: Any) -> Entity:
        of_entity = read(user, given)
        return actions.transfer_ownership(**of_entity, owner=team_by_slug(user, "owner", given["owner"]))


class GrantAccess(Write):
    """Lets a team, or rarely a person, view or change one entity."""

    class Meta:
        takes, answers = AccessInput, EntityPayload

    @staticmethod
    def write(user: Any, given: Any) -> Entity:
        arguments = access(user, given)
        actions.grant_access(**arguments)
        return arguments["entity"]


class RevokeAccess(Write):
    """Takes a grant back."""

    class Meta:
        takes, answers = AccessInput, EntityPayload

    @staticmethod
    def write(user: Any, given: Any) -> Entity:
        arguments = access(user, given)
        actions.revoke_access(**arguments)
        return arguments["entity"]


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


class HandleFinding(Write):
    """Acknowledges, resolves, dismisses or reopens a finding."""

    class Meta:
        takes, answers = HandleFindingInput, FindingPayload

    @staticmethod
    def write(user: Any, given: Any) -> Finding:
        finding = by_id(user, Finding, FindingNode, given["id"])
        note = given.get("note") or ""
        return actions.handle_finding(actor=user, finding=finding, state=plain(given["state"]), note=note)


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


def read(user: Any, given: Any) -> dict[str, Any]:
    """What every change of one entity hands to its action: who, which, and the version that the caller read."""
    version = given.get("version")
    return {"actor": user, "entity": entity_by_ref(user, given["ref"]), "expected_version": version}


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


def access(user: Any, given: Any) -> dict[str, Any]:
    """The arguments of a grant."""
    team, person = given.get("team"), given.get("person")
    if (team is None) == (person is None):
        raise Invalid("Give either team or person.")
    entity = entity_by_ref(user, given["ref"])
    grantee = person_by_username(user, "person", person) if team is None else team_by_slug(user, "team", team)
    return {"actor": user, "entity": entity, "grantee": grantee, "permission": plain(given["permission"])}
