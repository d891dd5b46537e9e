"""May this team use this tool here? The same answer as everywhere, as a root field."""

from __future__ import annotations

from typing import Any

import graphene

from apps.core.graphql import strings
from apps.tooling.actions.counting import decide_use


class DecidingStandard(graphene.ObjectType):
    """The revision of a standard that speaks of the use."""

    capability = graphene.String(required=True)
    revision = graphene.Int(required=True)
    effective_from = graphene.String(required=True)
    rationale = graphene.String(required=True)
    exit_criteria = graphene.String(required=True)


class DecidingRule(graphene.ObjectType):
    """Its rule; null stands for every environment or data class."""

    tool = graphene.String(required=True)
    versions = graphene.String(required=True)
    environment = graphene.String()
    data_class = graphene.String()
    ring = graphene.String(required=True)


class DecidingGrant(graphene.ObjectType):
    """The exception of the team that the answer speaks of."""

    id = graphene.Int(required=True)
    starts = graphene.String(required=True)
    ends = graphene.String(required=True)
    provisional = graphene.Boolean(required=True)


class DecidingCondition(graphene.ObjectType):
    """A condition of that exception that is not met yet."""

    text = graphene.String(required=True)
    due = graphene.String(required=True)


class ToolDecision(graphene.ObjectType):
    """An answer at one instant; it may be kept until `cacheUntil`, excluded. Instants are ISO 8601 in UTC."""

    at = graphene.String(required=True)
    team = graphene.String(required=True)
    tool = graphene.String(
        required=True, description="The tool's reference; the text as it was sent where it means none."
    )
    version = graphene.String()
    environment = graphene.String(required=True)
    data_class = graphene.String(required=True)
    allowed = graphene.Boolean(required=True)
    reason = graphene.String(required=True, description="A code that never changes its meaning.")
    ring = graphene.String(required=True)
    excepted = graphene.Boolean(required=True, description="Allowed by an exception only.")
    standard = graphene.Field(DecidingStandard)
    rule = graphene.Field(DecidingRule)
    grant = graphene.Field(DecidingGrant)
    conditions = graphene.List(graphene.NonNull(DecidingCondition), required=True)
    alternatives = strings()
    next_step = graphene.String(required=True)
    cache_until = graphene.String(required=True)
    request_url = graphene.String(description="The form of a request, filled in; null where it is allowed.")


class DecideQuery(graphene.ObjectType):
    """Decisions on tools."""

    decide = graphene.Field(
        ToolDecision,
        tool=graphene.String(
            required=True,
            description="tool:namespace/name, a package's or image's name, or the tool's name where only one has it.",
        ),
        version=graphene.String(description="The exact version, if known."),
        environment=graphene.String(required=True),
        data_class=graphene.String(
            required=True, description="public, internal, confidential or restricted."
        ),
        team=graphene.String(description="One of your own teams; needed by those in several."),
        description="May your team use this tool here? A token needs the scope tooling:decide.",
    )

    @staticmethod
    def resolve_decide(root: Any, info: Any, **question: Any) -> dict[str, Any]:
        return decide_use(info.context.user, "graphql", **question).as_json()
