"""What writers send. The document says each field's exact form; everything beyond is a rule of an action."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.catalog.api.references import EntityName
from apps.core.rest_fields import Body, Choice, Flag, Text, Versioned, WholeNumber
from apps.people.api import Slug, Username
from apps.tooling.api.fields import DataClassName, Day, Instant
from apps.tooling.models.context import RINGS
from apps.tooling.models.standards import ECOSYSTEMS, SCHEMES
from apps.tooling.workflow import Quadrant

LATEST = 2**31 - 1
REFERENCE = r"^[a-z_]{1,12}:[-A-Za-z0-9]{1,63}/[-A-Za-z0-9_.]{1,63}$"
MOVES = (
    "A state never moves by PATCH: POST …/submit/, …/triage/, …/start-review/, …/ask-info/, …/answer-info/, …/verdict/, "
    "…/appeal/, …/renew/, …/withdraw/, …/close/ or …/revoke/ moves it."
)


def prose(limit: int = 5_000, **options: Any) -> Text:
    return Text(max_length=limit, lines=True, **options)


def own_team() -> Slug:
    return Slug(required=False, help_text="For which of your teams; needed by those in several.")


def last_read() -> WholeNumber:
    return WholeNumber(min_value=1, max_value=LATEST, required=False, help_text="As you read it.")


class AlternativeBody(Body):
    """Another tool, and why it does not do."""

    tool = Text(max_length=200, required=False, allow_blank=True)
    standard = Flag(required=False, help_text="Whether it is the standard; one of them must be.")
    why_not = prose(required=False, allow_blank=True)


class TradeOffBody(Body):
    score = WholeNumber(min_value=1, max_value=5, allow_null=True, help_text="1 is little, 5 is much.")
    text = prose(1_000, required=False, allow_blank=True)


class TradeOffsBody(Body):
    """Value and costs on one scale; what is left out is still to be weighed."""

    value = TradeOffBody(required=False)
    support = TradeOffBody(required=False)
    security = TradeOffBody(required=False)
    lock_in = TradeOffBody(required=False)
    duplication = TradeOffBody(required=False)


class ExceptionFields(Body):
    """All may be left open until the draft is sent; `missing` of its outlook says what still lacks."""

    refusals = {
        "state": MOVES,
        "tier": "The tier is computed from rules, never chosen.",
        "level": "The tier is computed from rules, never chosen.",
        "requester": "The requester is whoever begins the draft.",
    }
    tool = EntityName(required=False, allow_null=True, help_text="A tool of the catalog, by id or reference.")
    tool_name = Text(
        max_length=63, required=False, allow_blank=True, help_text="A tool that the catalog does not know."
    )
    ecosystem = Choice(choices=[("", "None"), *ECOSYSTEMS], required=False, allow_blank=True)
    capability = Slug(required=False, allow_null=True)
    versions = Text(max_length=200, required=False, allow_blank=True, help_text="As “>=2,<3”; “*” for all.")
    environments = serializers.ListField(child=Slug(), max_length=20, required=False)
    data_class = DataClassName(required=False)
    objective = prose(required=False, allow_blank=True)
    kpi = Text(max_length=300, required=False, allow_blank=True)
    alternatives = serializers.ListField(child=AlternativeBody(), max_length=10, required=False)
    trade_offs = TradeOffsBody(required=False)
    cost_of_refusal = prose(required=False, allow_blank=True)
    support_owner = Slug(required=False, allow_null=True, help_text="Slug of the team that supports it.")
    exit_plan = prose(required=False, allow_blank=True)
    controls = prose(required=False, allow_blank=True)
    requested_until = Day(required=False, allow_null=True)
    emergency = Flag(required=False, help_text="Holds at once for at most 72 hours; the review follows.")
    tied_to = Text(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="The roadmap item that makes it needless; the exception ends when that ships.",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A draft",
            value={
                "team": "risk-ml",
                "tool": "tool:coe/wandb",
                "environments": ["production"],
                "data_class": "internal",
                "versions": ">=0.17,<1",
                "objective": "Explain scoring runs before the credit review.",
                "trade_offs": {"value": {"score": 4, "text": "Two analysts wait less."}},
            },
            request_only=True,
        )
    ]
)
class ExceptionCreate(ExceptionFields):
    """A new draft of one of the caller's teams."""

    team = own_team()


class ExceptionChange(ExceptionFields):
    """The fields to change, and the version that was read; the header If-Match may stand for it."""

    refusals = ExceptionFields.refusals | {"team": "A request stays with its team; begin another one."}
    demanded = ("version",)
    version = last_read()


class ExceptionVersion(Versioned):
    """Nothing but the version that was read."""


class ExceptionQuestion(Body):
    question = prose()


class ExceptionAnswer(Body):
    answer = prose()


class VerdictCreate(Body):
    """One person's answer in one open step. A rejection needs both comment and alternative."""

    step = WholeNumber(min_value=1, help_text="Id of an open step of this request.")
    approves = Flag()
    comment = prose(required=False, allow_blank=True)
    alternative = EntityName(required=False, allow_null=True, help_text="The tool to take instead.")


class ExceptionRecusal(Body):
    reason = Text(max_length=300, help_text="What ties you to the outcome.")


class ExceptionAppeal(Body):
    reason = prose()


class ExceptionClose(Body):
    reason = Text(max_length=500, required=False, allow_blank=True)


class ExceptionRevoke(Body):
    reason = Text(max_length=500, help_text="The team reads it.")
    notice_days = WholeNumber(max_value=90, required=False, help_text="0, at once, where not given.")


class ToolingComment(Body):
    text = prose()


class ConditionCreate(Body):
    """Something to be done while the exception holds; overdue, it suspends the exception."""

    text = Text(max_length=500)
    owner = Username(help_text="User name of somebody of the team that asks.")
    due = Instant()


class ConditionEvidence(Body):
    evidence = prose(help_text="What was done, with a link to where it can be seen.")


class ConditionReturn(Body):
    reason = Text(max_length=500, help_text="What is missing.")


class CapabilityFields(Body):
    description = prose(required=False, allow_blank=True)


class CapabilityCreate(CapabilityFields):
    slug = Slug()
    name = Text(max_length=100)
    quadrant = Choice(choices=Quadrant.choices)


class CapabilityChange(CapabilityFields):
    """The fields to change, and the version that was read; the header If-Match may stand for it."""

    refusals = {"slug": "A capability keeps its address."}
    demanded = ("version",)
    name = Text(max_length=100, required=False)
    quadrant = Choice(choices=Quadrant.choices, required=False)
    version = last_read()


class StandardRuleBody(Body):
    """One tool's ring in one context; environment and data class are left out for every one of them."""

    tool = Text(pattern=REFERENCE, says="Give a reference such as tool:coe/mlflow.")
    versions = Text(max_length=200, required=False, help_text="“*” where not given.")
    environment = Slug(required=False, allow_null=True)
    data_class = Choice(
        choices=["public", "internal", "confidential", "restricted"], required=False, allow_null=True
    )
    ring = Choice(choices=RINGS)
    note = Text(max_length=300, required=False, allow_blank=True)


class StandardFields(Body):
    """A whole revision; nothing of the one before it stays."""

    rationale = prose(20_000)
    exit_criteria = prose(20_000, required=False, allow_blank=True)
    rules = serializers.ListField(child=StandardRuleBody(), min_length=1, max_length=200)
    effective_from = Instant(required=False, allow_null=True, help_text="At once where not given.")
    base_revision = WholeNumber(
        max_value=LATEST, required=False, help_text="The revision that you built on; 0 for the first."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A revision",
            value={
                "capability": "experiment-tracking",
                "rationale": "One place for runs.",
                "rules": [{"tool": "tool:coe/mlflow", "versions": ">=3", "ring": "recommended"}],
                "base_revision": 0,
            },
            request_only=True,
        )
    ]
)
class StandardPublish(StandardFields):
    capability = Slug()
    summary = Text(max_length=300, required=False, allow_blank=True, help_text="What changed.")


class ProposalCreate(StandardFields):
    """A whole new revision, proposed, and why."""

    capability = Slug()
    title = Text(max_length=200)
    reason = prose(20_000)
    replaces = WholeNumber(
        min_value=1, required=False, help_text="Id of your own proposal that this one stands for."
    )


class ProposalChange(StandardFields):
    """The fields to change, and the version that was read; the header If-Match may stand for it."""

    refusals = {
        "state": "A state never moves by PATCH: POST …/open-vote/, …/vote/ or …/withdraw/ moves it.",
        "capability": "A proposal stays with its capability.",
    }
    demanded = ("version",)
    title = Text(max_length=200, required=False)
    reason = prose(20_000, required=False)
    rationale = prose(20_000, required=False)
    rules = serializers.ListField(child=StandardRuleBody(), min_length=1, max_length=200, required=False)
    version = last_read()


class ProposalVoteCreate(Body):
    approves = Flag()
    comment = prose(required=False, allow_blank=True)


class ProfileSet(Body):
    """The whole profile: what is left out becomes empty; only `scheme` stays as it is."""

    tool = EntityName()
    scheme = Choice(choices=SCHEMES, required=False)
    supported_by = Slug(required=False, allow_null=True, help_text="Slug of the team that helps with it.")
    support = prose(required=False, allow_blank=True)


class PackageCreate(Body):
    """A name by which files and clusters know the tool."""

    tool = EntityName()
    ecosystem = Choice(choices=ECOSYSTEMS)
    name = Text(max_length=214)
