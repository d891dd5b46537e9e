"""Exception requests as GraphQL answers with them: always as they are now, an expiry at its instant included."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import graphene
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from apps.core.graphql import Abilities, MultiField, Node, Page
from apps.tooling import models
from apps.tooling.graphql.enums import ExceptionState, ExceptionTier, ReviewRole, ToolDataClass
from apps.tooling.graphql.nodes import ConditionNode, GrantNode
from apps.tooling.queries import clock
from apps.tooling.queries.completeness import TRADE_OFFS
from apps.tooling.queries.requests import with_now


class Alternative(graphene.ObjectType):
    """Another tool, and why it does not do."""

    class Meta:
        name = "ExceptionAlternative"

    tool = graphene.String(required=True)
    standard = graphene.Boolean(required=True)
    why_not = graphene.String(required=True)


class TradeOff(graphene.ObjectType):
    """A line of the trade-off table."""

    class Meta:
        name = "ExceptionTradeOff"

    name = graphene.String(required=True, description=", ".join(TRADE_OFFS))
    score = graphene.Int(description="1 is little, 5 is much; null while open.")
    text = graphene.String(required=True)


class Now(graphene.Field):
    """What `with_now` says of the request, read in the statement that reads it."""

    def __init__(self, kind: Any, column: str, **options: Any) -> None:
        self.column = column
        super().__init__(kind, **options)

    def optimizer_hook(self, compiler: Any) -> None:
        compiler.optimizer.manual_optimizers["now"] = _with_now

    def wrap_resolve(self, parent_resolver: Any) -> Any:
        return lambda root, info: getattr(root, self.column)


def _with_now(rows: Any, optimizer: Any, **filters: Any) -> Any:
    return with_now(rows, clock.now())


class Environments(graphene.Field):
    """Slugs in the house's order, read in the statement that reads the request."""

    def __init__(self) -> None:
        slugs = graphene.List(graphene.NonNull(graphene.String))
        super().__init__(slugs, required=True, description="Slugs of where the tool is to run.")

    def optimizer_hook(self, compiler: Any) -> None:
        compiler.optimizer.manual_optimizers["environment_slugs"] = _with_environments

    def wrap_resolve(self, parent_resolver: Any) -> Any:
        return lambda root, info: root.environment_slugs


def _with_environments(rows: Any, optimizer: Any, **filters: Any) -> Any:
    chosen = models.ExceptionRequest.environments.through._base_manager.filter(
        exceptionrequest=OuterRef("pk")
    )
    ordered = chosen.order_by("environment__position", "environment__slug")
    return rows.annotate(environment_slugs=ArraySubquery(ordered.values("environment__slug")))


class ExceptionRequestNode(Node):
    """A team asks to use another tool than the standard, for a time. What was sent is read by whoever sees the tool."""

    class Meta:
        model = models.ExceptionRequest
        fields = (
            "team", "requester", "tool", "tool_name", "ecosystem", "capability", "versions", "data_class", "objective",
            "kpi", "cost_of_refusal", "support_owner", "exit_plan", "controls", "requested_until", "emergency", "renews",
            "tied_to", "standard", "round", "question", "submitted_at", "due_at", "paused_at", "decided_at", "decision",
            "alternative", "appeal", "record_url", "version", "created_at", "updated_at",
        )  # fmt: skip

    current_state = Now(
        ExceptionState, "shown_state", required=True, description="As it is now: expired at the instant."
    )
    ends = Now(graphene.DateTime, "ends", description="From when on nothing of its grants holds.")
    overdue = Now(graphene.Boolean, "overdue", required=True, description="A decision is due and not given.")
    tier = MultiField(ExceptionTier, fields=["level"], description="Null for a draft.")
    data_class = graphene.Field(ToolDataClass, required=True)
    environment_slugs = Environments()
    alternatives = MultiField(
        graphene.List(graphene.NonNull(Alternative)), fields=["alternatives"], required=True
    )
    trade_offs = MultiField(graphene.List(graphene.NonNull(TradeOff)), fields=["trade_offs"], required=True)
    url = MultiField(graphene.String, fields=["id"], required=True, description="Its page in the portal.")
    steps = Page(lambda: ReviewStepNode)
    verdicts = Page(lambda: VerdictNode, description="What was said in any of its steps.")
    grants = Page(lambda: GrantNode)
    conditions = Page(lambda: ConditionNode)
    comments = Page(lambda: RequestCommentNode)
    abilities = Abilities(
        models.ExceptionRequest,
        "change", "submit", "withdraw", "appeal", "renew", "close", "triage", "recuse", "decide", "revoke",
        "attach_condition", "comment",
    )  # fmt: skip

    @staticmethod
    def resolve_tier(root: models.ExceptionRequest, info: Any) -> str | None:
        return root.level or None

    @staticmethod
    def resolve_trade_offs(root: models.ExceptionRequest, info: Any) -> list[TradeOff]:
        rows = [(name, root.trade_offs[name]) for name in TRADE_OFFS if root.trade_offs.get(name)]
        return [TradeOff(name=name, score=row[0], text=row[1] if row[1:] else "") for name, row in rows]

    @staticmethod
    def resolve_url(root: models.ExceptionRequest, info: Any) -> str:
        return urljoin(settings.BASE_URL, root.get_absolute_url())


class RequestCommentNode(Node):
    """Something said about a request."""

    class Meta:
        model = models.RequestComment
        name = "ExceptionComment"
        fields = ("request", "author", "text", "at")


class ReviewStepNode(Node):
    """One kind of eyes in one round of a review."""

    class Meta:
        model = models.ReviewStep
        fields = ("request", "round", "role", "opened_at", "closed_at", "approved")

    role = graphene.Field(ReviewRole, required=True)
    verdicts = Page(lambda: VerdictNode)
    abilities = Abilities(models.ReviewStep, "decide")


class VerdictNode(Node):
    """What one person said in one step."""

    class Meta:
        model = models.Verdict
        name = "ReviewVerdict"
        fields = ("step", "user", "approves", "comment", "alternative", "at")
