"""Exception requests over REST: the public register, drafts of one's own teams, and every move of a request's life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog.api.references import EntityName, entity_id, entity_named
from apps.catalog.models import Entity
from apps.core.errors import NotFound
from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest import expected_version
from apps.core.rest_fields import Choice, Flag, QueryParameters
from apps.core.rest_problems import Readers, rows_named, rules_are_conflicts
from apps.core.viewsets import Listed, Retrieved
from apps.people.api import Slug
from apps.people.api.references import person_named, team_named
from apps.people.queries import acting_team
from apps.tooling.actions import conditions, drafts, granting, reviewing
from apps.tooling.actions.submitting import submit_request
from apps.tooling.api import bodies
from apps.tooling.api.at_now import AtNow
from apps.tooling.api.references import capability_named, environments_named
from apps.tooling.api.representations import ToolConditionRow
from apps.tooling.api.requests_shown import ExceptionDetail, ExceptionRow
from apps.tooling.models import (
    Condition,
    Environment,
    ExceptionRequest,
    Grant,
    Recusal,
    RequestComment,
    ReviewStep,
    Verdict,
)
from apps.tooling.queries.requests import JOINED, with_now
from apps.tooling.workflow import Level, State

MOST_COMMENTS = 200
NAMED: Readers = {
    "tool": entity_named,
    "capability": capability_named,
    "environments": environments_named,
    "support_owner": team_named,
}


class RequestQuery(QueryParameters):
    """What the list is narrowed to; parameters join with "and"."""

    state = Choice(choices=State.choices, required=False, help_text="As it is now: expired at the instant.")
    team = Slug(required=False)
    tool = EntityName(required=False)
    capability = Slug(required=False)
    environment = Slug(required=False)
    tier = Choice(choices=Level.choices, required=False)
    overdue = Flag(required=False, help_text="Only those whose decision is due and not given.")
    decidable = Flag(required=False, help_text="Only those that you may decide now.")


class RequestViewSet(Listed, Retrieved, AtNow):
    """Requests for another tool than the standard, newest first. What was sent is read by whoever sees the tool; drafts
    by their team."""

    model = ExceptionRequest
    order = Order("-id", descending=True)
    query = RequestQuery
    columns = {
        "state": "shown_state",
        "team": "team__slug",
        "capability": "capability__slug",
        "tier": "level",
        "overdue": "overdue",
    }
    serializer_class = ExceptionRow
    detail_serializer_class = ExceptionDetail

    def rows(self, visible: Any) -> Any:
        rows = with_now(
            visible.select_related(*JOINED, "standard__capability").defer("search_vector"), self.read_clock()
        )
        return rows.prefetch_related(*self._related(self.request.user))

    def _related(self, user: Any) -> list[Any]:
        steps = ReviewStep.objects.visible_to(user).order_by("id")
        related: list[Any] = [
            visible_relation("tool", Entity, user),
            visible_relation("environments", Environment, user),
            Prefetch("steps", steps),
        ]
        return related if self.action == "list" else [*related, *_review(user, steps)]

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        rows = super().narrowed(rows, wanted)
        if tool := wanted.get("tool"):
            rows = rows.filter(tool=entity_id(self.request.user, tool))
        if slug := wanted.get("environment"):
            rows = rows.filter(environments__slug=slug)
        return rows.allowed(self.request.user, "decide") if wanted.get("decidable") else rows

    @extend_schema(
        request=bodies.ExceptionCreate,
        responses={201: ExceptionDetail},
        summary="Begin a draft for your team",
    )
    def create(self, request: Request) -> Response:
        """Nothing is asked yet; `outlook` says what would come of it and what it still lacks."""
        fields = self.body(bodies.ExceptionCreate)
        team = acting_team(request.user, fields.pop("team", None))
        named = self._resolved(fields)
        with rules_are_conflicts():
            row = drafts.begin_request(actor=request.user, team=team, **named)
        return self.answer(row, status=201)

    @extend_schema(request=bodies.ExceptionChange, responses=ExceptionDetail, summary="Save a draft")
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Also while the center has asked for more. Send the `version` that you read; 409 where it is stale."""
        fields = self._resolved(self.body(bodies.ExceptionChange))
        row, version = self.get_object(), expected_version(request, fields)
        with rules_are_conflicts():
            drafts.save_draft(actor=request.user, request=row, changes=fields, expected_version=version)
        return self.answer(row)

    @extend_schema(request=bodies.ExceptionVersion, responses=ExceptionDetail, summary="Send it")
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, **kwargs: Any) -> Response:
        """409 with `errors` by field where something is missing; low risk is granted at once."""
        version = self.body(bodies.ExceptionVersion).get("version")
        return self._done(submit_request, expected_version=version)

    @extend_schema(request=None, responses=ExceptionDetail, summary="Take it for triage")
    @action(detail=True, methods=["post"])
    def triage(self, request: Request, **kwargs: Any) -> Response:
        return self._bare(reviewing.take_triage)

    @extend_schema(request=None, responses=ExceptionDetail, summary="Open its review")
    @action(detail=True, methods=["post"], url_path="start-review")
    def start_review(self, request: Request, **kwargs: Any) -> Response:
        """Opens the steps of its tier."""
        return self._bare(reviewing.start_review)

    @extend_schema(
        request=bodies.ExceptionQuestion, responses=ExceptionDetail, summary="Ask the team for more"
    )
    @action(detail=True, methods=["post"], url_path="ask-info")
    def ask_info(self, request: Request, **kwargs: Any) -> Response:
        """The deadline rests until it is answered."""
        return self._done(reviewing.ask_info, **self.body(bodies.ExceptionQuestion))

    @extend_schema(
        request=bodies.ExceptionAnswer,
        responses=ExceptionDetail,
        summary="Answer the center's question",
    )
    @action(detail=True, methods=["post"], url_path="answer-info")
    def answer_info(self, request: Request, **kwargs: Any) -> Response:
        return self._done(reviewing.answer_info, **self.body(bodies.ExceptionAnswer))

    @extend_schema(request=bodies.VerdictCreate, responses=ExceptionDetail, summary="Decide one step")
    @action(detail=True, methods=["post"])
    def verdict(self, request: Request, **kwargs: Any) -> Response:
        """One person takes one step. The last verdict decides the request."""
        fields, row = self.body(bodies.VerdictCreate), self.get_object()
        named: Readers = {"step": partial(_step_named, row), "alternative": entity_named}
        fields = rows_named(request.user, fields, named)
        with rules_are_conflicts():
            reviewing.give_verdict(actor=request.user, **fields)
        return self.answer(row)

    @extend_schema(
        request=bodies.ExceptionRecusal, responses=ExceptionDetail, summary="Declare a conflict of interest"
    )
    @action(detail=True, methods=["post"])
    def recuse(self, request: Request, **kwargs: Any) -> Response:
        return self._done(reviewing.recuse, **self.body(bodies.ExceptionRecusal))

    @extend_schema(
        request=bodies.ExceptionAppeal, responses=ExceptionDetail, summary="Appeal a rejection, once"
    )
    @action(detail=True, methods=["post"])
    def appeal(self, request: Request, **kwargs: Any) -> Response:
        """Other people decide than before."""
        return self._done(reviewing.appeal, **self.body(bodies.ExceptionAppeal))

    @extend_schema(request=None, responses={201: ExceptionDetail}, summary="Begin its renewal")
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, **kwargs: Any) -> Response:
        """A draft with all that it said, from 30 days before its end on; the same one where there is one already."""
        self.parameters()
        row = self.get_object()
        with rules_are_conflicts():
            renewal = drafts.begin_renewal(actor=request.user, request=row)
        return self.answer(renewal, status=201)

    @extend_schema(request=None, responses=ExceptionDetail, summary="Take it back before it is decided")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        return self._bare(reviewing.withdraw)

    @extend_schema(
        request=bodies.ExceptionClose, responses=ExceptionDetail, summary="Give the exception back"
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, **kwargs: Any) -> Response:
        return self._done(granting.close, **self.body(bodies.ExceptionClose))

    @extend_schema(
        request=bodies.ExceptionRevoke, responses=ExceptionDetail, summary="End it against its team's will"
    )
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, **kwargs: Any) -> Response:
        return self._done(granting.revoke, **self.body(bodies.ExceptionRevoke))

    @extend_schema(request=bodies.ToolingComment, responses={201: ExceptionDetail}, summary="Say something")
    @action(detail=True, methods=["post"])
    def comment(self, request: Request, **kwargs: Any) -> Response:
        return self._done(reviewing.comment, 201, **self.body(bodies.ToolingComment))

    @extend_schema(
        request=bodies.ConditionCreate,
        responses={201: ToolConditionRow},
        summary="Ask for something in return",
    )
    @action(detail=True, methods=["post"])
    def conditions(self, request: Request, **kwargs: Any) -> Response:
        """Unmet at `due` it suspends the exception until somebody confirms that it is met."""
        fields, row = self.body(bodies.ConditionCreate), self.get_object()
        fields = rows_named(request.user, fields, {"owner": person_named})
        with rules_are_conflicts():
            made = conditions.attach_condition(actor=request.user, request=row, **fields)
        return Response(ToolConditionRow(made).data, status=201)

    def _done(self, act: Callable[..., Any], status: int = 200, /, **arguments: Any) -> Response:
        """Does it to the request of the address and answers with the request as it is then."""
        row = self.get_object()
        with rules_are_conflicts():
            act(actor=self.request.user, request=row, **arguments)
        return self.answer(row, status=status)

    def _bare(self, act: Callable[..., Any]) -> Response:
        self.parameters()
        return self._done(act)

    def _resolved(self, fields: dict[str, Any]) -> dict[str, Any]:
        """References and slugs as the rows that they name, trade-offs as pairs."""
        fields = rows_named(self.request.user, fields, NAMED)
        if "trade_offs" in fields:
            rows = fields["trade_offs"].items()
            fields["trade_offs"] = {name: [row["score"], row.get("text", "")] for name, row in rows}
        if "alternatives" in fields:
            fields["alternatives"] = [dict(row) for row in fields["alternatives"]]
        return fields


def _step_named(request: ExceptionRequest, user: Any, pk: int) -> ReviewStep:
    steps = ReviewStep.objects.visible_to(user).filter(request=request.pk, pk=pk)
    found = steps.select_related("request").first()
    if found is None:
        raise NotFound(f"This request has no step {pk}.", next_step="Use an id of its `steps`.")
    return found


def _review(user: Any, steps: Any) -> list[Any]:
    """What a whole request shows besides: steps with verdicts, grants, conditions and what was said."""
    alternative = visible_relation("alternative", Entity, user)
    verdicts = visible_relation("verdicts", Verdict, user, "user", within=[alternative])
    decidable = steps.with_can(user, "decide").prefetch_related(verdicts)
    tool = visible_relation("tool", Entity, user)
    said = RequestComment.objects.visible_to(user).select_related("author").order_by("-at", "-id")
    return [
        alternative,
        Prefetch("steps", decidable, to_attr="shown_steps"),
        visible_relation("recusals", Recusal, user, "user"),
        visible_relation("grants", Grant, user, "team", "environment", within=[tool]),
        visible_relation("conditions", Condition, user, "owner", "evidence_by", "met_by"),
        Prefetch("comments", said[:MOST_COMMENTS], to_attr="shown_comments"),
    ]
