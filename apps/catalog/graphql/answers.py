"""Answers of the catalog that are no row of a table: who was given access, and two versions side by side."""

from __future__ import annotations

from typing import Any

import graphene

from apps.catalog import queries
from apps.catalog.graphql.enums import AccessPermissionEnum
from apps.catalog.graphql.nodes import ModelVersionNode
from apps.catalog.models import ModelVersion
from apps.core.errors import NotFound
from apps.core.graphql import JSON
from apps.people.graphql import PersonNode, TeamNode
from apps.people.models import Team, User


class AccessGrant(graphene.ObjectType):
    """A team, or rarely a person, that was given access to one entity: either of the two is set."""

    permission = graphene.Field(AccessPermissionEnum, required=True)
    team = graphene.Field(TeamNode)
    person = graphene.Field(PersonNode)


def grants(info: Any, ref: str) -> list[AccessGrant]:
    """Read in one statement per kind of grantee; one that the caller may not see is left out."""
    user = info.context.user
    rows = queries.grants(user, queries.entity_by_ref(user, ref))
    ids = {kind: [row["grantee"].pk for row in rows if row["kind"] == kind] for kind in ("team", "user")}
    teams = {team.pk: team for team in TeamNode.listed(Team.objects.filter(pk__in=ids["team"]), info)}
    people = {who.pk: who for who in PersonNode.listed(User.objects.filter(pk__in=ids["user"]), info)}
    seen = {"team": teams, "user": people}
    return [
        AccessGrant(
            permission=row["permission"],
            team=teams.get(row["grantee"].pk) if row["kind"] == "team" else None,
            person=people.get(row["grantee"].pk) if row["kind"] == "user" else None,
        )
        for row in rows
        if row["grantee"].pk in seen[row["kind"]]
    ]


class ComparedLine(graphene.ObjectType):
    """One metric, parameter, dataset or fact in both versions."""

    name = graphene.String(required=True)
    left = JSON()
    right = JSON()
    change = graphene.Float(description="Right minus left, where both are numbers.")
    differs = graphene.Boolean(required=True)


def _lines() -> graphene.List:
    return graphene.List(graphene.NonNull(ComparedLine), required=True)


class VersionComparison(graphene.ObjectType):
    """Two versions of one model side by side."""

    left = graphene.Field(ModelVersionNode, required=True)
    right = graphene.Field(ModelVersionNode, required=True)
    metrics = _lines()
    params = _lines()
    datasets = _lines()
    facts = _lines()

    @staticmethod
    def resolve_left(root: queries.Comparison, info: Any) -> Any:
        return ModelVersionNode.get_node(info, root.left.pk)

    @staticmethod
    def resolve_right(root: queries.Comparison, info: Any) -> Any:
        return ModelVersionNode.get_node(info, root.right.pk)


def comparison(user: Any, ref: str, left: str, right: str) -> queries.Comparison:
    """NotFound where the entity, or one of its versions, is not there or not to be seen."""
    entity = queries.entity_by_ref(user, ref)
    found = {
        row.version: row
        for row in ModelVersion.objects.visible_to(user).filter(entity=entity, version__in=[left, right])
    }
    for version in (left, right):
        if version not in found:
            raise NotFound(f"There is no version “{version[:63]}” of it.", next_step="Read its `versions`.")
    return queries.compare(found[left], found[right])
