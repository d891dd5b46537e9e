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
    RelateInput,
    SetVisibilityInput,
    TransferOwnershipInput,
    UpdateEntityInput,
)
from apps.catalog.graphql.nodes import EntityNode, FindingNode, RelationNode
from apps.catalog.models import Entity, Finding, Relation
from apps.catalog.queries import entity_by_ref
from apps.core.errors import Invalid, NotFound
from apps.core.graphql import plain, split_id
from apps.people.models import Team, User


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


class FindingPayload(graphene.ObjectType):
    finding = graphene.Field(FindingNode)

    @staticmethod
    def resolve_finding(root: Finding, info: Any) -> Any:
        return FindingNode.get_node(info, root.pk)


class CreateEntity(graphene.Mutation):
    """Adds an entity to the catalog."""

    Output = EntityPayload

    class Arguments:
        input = CreateEntityInput(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, input: Any) -> Entity:  # noqa: A002
        user = info.context.user
        fields = written(user, input)
        fields["owner"] = team_by_slug(user, "owner", fields["owner"])
        fields = {
            name: value
            for name, value in fields.items()
            if value is not None or name in {"accountable", "tier"}
        }
        return actions.create_entity(actor=user, **fields)


class UpdateEntity(graphene.Mutation):
    """Changes what people write about an entity."""

    Output = EntityPayload

    class Arguments:
        input = UpdateEntityInput(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, input: Any) -> Entity:  # noqa: A002
        user = info.context.user
        changes = written(user, input)
        entity = entity_by_ref(user, changes.pop("ref"))
        version, details = changes.pop("version", None), changes.pop("details", None)
        return actions.update_entity(
            actor=user, entity=entity, changes=changes, details=details, expected_version=version
        )


class ChangeStage(graphene.Mutation):
    """Moves an entity to another stage."""

    Output = EntityPayload

    class Arguments:
        input = ChangeStageInput(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, input: Any) -> Entity:  # noqa: A002
        user = info.context.user
        return actions.change_stage(
            actor=user,
            entity=entity_by_ref(user, input["ref"]),
            to=plain(input["to"]),
            note=input.get("note") or "",
            expected_version=input.get("version"),
        )


class SetVisibility(graphene.Mutation):
    """Says who may see an entity."""

    Output = EntityPayload

    class Arguments:
        input = SetVisibilityInput(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, input: Any) -> Entity:  # noqa: A002
        user = info.context.user
        return actions.set_visibility(
            actor=user,
            entity=entity_by_ref(user, input["ref"]),
            visibility=plain(input["visibility"]),
            expected_version=input.get("version"),
        )


class TransferOwnership(graphene.Mutation):
    """Gives an entity to another team."""

    Output = EntityPayload

    class Arguments:
        input = TransferOwnershipInput(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, input: Any) -> Entity:  # noqa: A002
        user = info.context.user
        return actions.transfer_ownership(
            actor=user,
            entity=entity_by_ref(user, input["ref"]),
            owner=team_by_slug(user, "owner", input["owner"]),
            expected_version=input.get("version"),
        )


class GrantAccess(graphene.Mutation):
    """Lets a team, or rarely a person, view or change one entity."""

    Output = EntityPayload

    class Arguments:
        input = AccessInput(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, input: Any) -> Entity:  # noqa: A002
        arguments = access(info.context.user, input)
        actions.grant_access(**arguments)
        return arguments["entity"]


class RevokeAccess(graphene.Mutation):
    """Takes a grant back."""

    Output = EntityPayload

    class Arguments:
        input = AccessInput(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, input: Any) -> Entity:  # noqa: A002
        arguments = access(info.context.user, input)
        actions.revoke_access(**arguments)
        return arguments["entity"]


class Relate(graphene.Mutation):
    """Draws an edge between two entities."""

    Output = RelationPayload

    class Arguments:
        input = RelateInput(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, input: Any) -> Relation:  # noqa: A002
        user = info.context.user
        source, target = entity_by_ref(user, input["source"]), entity_by_ref(user, input["target"])
        return actions.relate(actor=user, source=source, target=target, type=plain(input["type"]))


class Unrelate(graphene.Mutation):
    """Ends an edge that people drew."""

    Output = RelationPayload

    class Arguments:
        id = graphene.ID(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, id: str) -> Relation:  # noqa: A002
        user = info.context.user
        return actions.unrelate(actor=user, relation=by_id(user, Relation, RelationNode, id))


class HandleFinding(graphene.Mutation):
    """Acknowledges, resolves, dismisses or reopens a finding."""

    Output = FindingPayload

    class Arguments:
        input = HandleFindingInput(required=True)

    @staticmethod
    def mutate(root: Any, info: Any, input: Any) -> Finding:  # noqa: A002
        user = info.context.user
        finding = by_id(user, Finding, FindingNode, input["id"])
        return actions.handle_finding(
            actor=user, finding=finding, state=plain(input["state"]), note=input.get("note") or ""
        )


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


def access(user: Any, given: Any) -> dict[str, Any]:
    """The arguments of a grant."""
    team, person = given.get("team"), given.get("person")
    if (team is None) == (person is None):
        raise Invalid("Give either team or person.")
    entity = entity_by_ref(user, given["ref"])
    grantee = person_by_username(user, "person", person) if team is None else team_by_slug(user, "team", team)
    return {"actor": user, "entity": entity, "grantee": grantee, "permission": plain(given["permission"])}


def team_by_slug(user: Any, field: str, slug: str) -> Team:
    team = Team.objects.visible_to(user).filter(slug=slug).first()
    if team is None:
        raise Invalid(errors={field: [f"There is no team “{slug[:63]}”."]}, next_step="Give a team's slug.")
    return team


def person_by_username(user: Any, field: str, username: str) -> User:
    person = User.objects.visible_to(user).filter(username=username).first()
    if person is None:
        raise Invalid(
            errors={field: [f"There is nobody called “{username[:63]}”."]}, next_step="Give a user name."
        )
    return person


def by_id(user: Any, model: Any, node: Any, global_id: str) -> Any:
    """The row of an id of this type, as far as the caller may see it."""
    name, pk = split_id(global_id)
    row = model.objects.visible_to(user).filter(pk=pk).first() if name == node._meta.name else None
    if row is None:
        raise NotFound(
            "There is nothing with this id, or it is not shown to you.", next_step="Use an id from an answer."
        )
    return row
