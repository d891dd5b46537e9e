"""What mutations of exception requests take."""

from __future__ import annotations

import graphene

from apps.tooling.graphql.enums import ToolDataClass

REF = "kind:namespace/name"


class AlternativeInput(graphene.InputObjectType):
    """Another tool, and why it does not do."""

    class Meta:
        name = "ExceptionAlternativeInput"

    tool = graphene.String()
    standard = graphene.Boolean(description="Whether it is the standard; one of them must be.")
    why_not = graphene.String()


class TradeOffInput(graphene.InputObjectType):
    class Meta:
        name = "ExceptionTradeOffInput"

    name = graphene.String(required=True, description="value, support, security, lock_in or duplication.")
    score = graphene.Int(description="1 is little, 5 is much.")
    text = graphene.String()


class DraftFields:
    """All may be left open until the draft is sent. A field that is left out stays as it is; null empties it."""

    tool = graphene.String(description=f"{REF} of a tool of the catalog.")
    tool_name = graphene.String(description="A tool that the catalog does not know.")
    ecosystem = graphene.String(description="pypi, conda, npm or image.")
    capability = graphene.String(description="A capability's slug.")
    versions = graphene.String(description="As “>=2,<3”; “*” for all.")
    environments = graphene.List(graphene.NonNull(graphene.String), description="Slugs.")
    data_class = ToolDataClass()
    objective = graphene.String()
    kpi = graphene.String()
    alternatives = graphene.List(graphene.NonNull(AlternativeInput))
    trade_offs = graphene.List(graphene.NonNull(TradeOffInput))
    cost_of_refusal = graphene.String()
    support_owner = graphene.String(description="Slug of the team that supports it.")
    exit_plan = graphene.String()
    controls = graphene.String()
    requested_until = graphene.Date()
    emergency = graphene.Boolean(description="Holds at once for at most 72 hours; the review follows.")
    tied_to = graphene.String(description="The roadmap item that makes it needless.")


class BeginInput(DraftFields, graphene.InputObjectType):
    """A new draft."""

    class Meta:
        name = "BeginExceptionRequestInput"

    team = graphene.String(description="One of your teams; needed by those in several.")


class SaveInput(DraftFields, graphene.InputObjectType):
    """What shall be different."""

    class Meta:
        name = "SaveExceptionRequestInput"

    id = graphene.ID(required=True)
    version = graphene.Int(description="As you read it.")


class RequestInput(graphene.InputObjectType):
    """Which request."""

    class Meta:
        name = "ExceptionRequestInput"

    id = graphene.ID(required=True)


class SubmitInput(graphene.InputObjectType):
    class Meta:
        name = "SubmitExceptionRequestInput"

    id = graphene.ID(required=True)
    version = graphene.Int(description="As you read it.")


class TextInput(graphene.InputObjectType):
    """Which request, and what to say about it."""

    class Meta:
        name = "ExceptionTextInput"

    id = graphene.ID(required=True)
    text = graphene.String(required=True)


class VerdictInput(graphene.InputObjectType):
    """One person's answer in one open step. A rejection needs both comment and alternative."""

    class Meta:
        name = "GiveVerdictInput"

    step = graphene.ID(required=True)
    approves = graphene.Boolean(required=True)
    comment = graphene.String()
    alternative = graphene.String(description=f"{REF} of the tool to take instead.")
