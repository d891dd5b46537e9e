"""Proposals over REST: anybody writes a standard's next revision, everybody speaks about it, the committee votes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest import expected_version
from apps.core.rest_fields import Choice, Flag, QueryParameters
from apps.core.rest_problems import Readers, rows_named, rules_are_conflicts
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.api import Slug, Username
from apps.tooling.actions import proposals as actions
from apps.tooling.api import bodies
from apps.tooling.api.references import capability_named, proposal_named
from apps.tooling.api.representations import ProposalDetail, ProposalRow
from apps.tooling.models import Proposal, ProposalComment, ProposalVote
from apps.tooling.queries.proposals import with_seen_tools
from apps.tooling.workflow import ProposalState

MOST_COMMENTS = 200
NAMED: Readers = {"capability": capability_named, "replaces": proposal_named}


class ProposalQuery(QueryParameters):
    capability = Slug(required=False)
    state = Choice(choices=ProposalState.choices, required=False)
    proposer = Username(required=False)
    votable = Flag(required=False, help_text="Only those on which you may vote now.")


class ProposalViewSet(Listed, Retrieved, PolicyViewSet):
    """Proposed revisions of standards, newest first."""

    model = Proposal
    order = Order("-id", descending=True)
    query = ProposalQuery
    columns = {"capability": "capability__slug", "state": "state", "proposer": "proposer__username"}
    serializer_class = ProposalRow
    detail_serializer_class = ProposalDetail

    def rows(self, visible: Any) -> Any:
        rows = visible.select_related("capability", "proposer", "base", "outcome")
        if self.action == "list":
            return rows.defer("rules", "rationale", "exit_criteria", "base__rationale", "outcome__rationale")
        user = self.request.user
        said = ProposalComment.objects.visible_to(user).select_related("author").order_by("-at", "-id")
        shown = Prefetch("comments", said[:MOST_COMMENTS], to_attr="shown_comments")
        votes = visible_relation("votes", ProposalVote, user, "user")
        return with_seen_tools(user, rows).prefetch_related(shown, votes)

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        rows = super().narrowed(rows, wanted)
        return rows.allowed(self.request.user, "vote") if wanted.get("votable") else rows

    @extend_schema(
        request=bodies.ProposalCreate, responses={201: ProposalDetail}, summary="Propose a revision"
    )
    def create(self, request: Request) -> Response:
        """On top of `base_revision`; 409 where a later one was published."""
        fields = rows_named(request.user, self.body(bodies.ProposalCreate), NAMED)
        with rules_are_conflicts():
            row = actions.propose_standard(actor=request.user, **fields)
        return self.answer(row, status=201)

    @extend_schema(request=bodies.ProposalChange, responses=ProposalDetail, summary="Write on it")
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """For its proposer, until the vote. Send the `version` that you read; 409 where it is stale."""
        fields, row = self.body(bodies.ProposalChange), self.get_object()
        version, base = expected_version(request, fields), fields.pop("base_revision", None)
        with rules_are_conflicts():
            actions.update_proposal(
                actor=request.user, proposal=row, changes=fields, base_revision=base, expected_version=version
            )
        return self.answer(row)

    @extend_schema(request=bodies.ToolingComment, responses={201: ProposalDetail}, summary="Say something")
    @action(detail=True, methods=["post"])
    def comment(self, request: Request, **kwargs: Any) -> Response:
        return self._done(actions.comment_on_proposal, 201, **self.body(bodies.ToolingComment))

    @extend_schema(request=bodies.ExceptionVersion, responses=ProposalDetail, summary="Call the vote")
    @action(detail=True, methods=["post"], url_path="open-vote")
    def open_vote(self, request: Request, **kwargs: Any) -> Response:
        """For CoE leads and the committee; from here on the text stays."""
        version = self.body(bodies.ExceptionVersion).get("version")
        return self._done(actions.open_vote, expected_version=version)

    @extend_schema(request=bodies.ProposalVoteCreate, responses=ProposalDetail, summary="Vote")
    @action(detail=True, methods=["post"])
    def vote(self, request: Request, **kwargs: Any) -> Response:
        """For seats of the standards committee. The vote that decides publishes the revision or rejects it."""
        return self._done(actions.cast_vote, **self.body(bodies.ProposalVoteCreate))

    @extend_schema(request=None, responses=ProposalDetail, summary="Take it back")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        self.parameters()
        return self._done(actions.withdraw_proposal)

    def _done(self, act: Callable[..., Any], status: int = 200, /, **arguments: Any) -> Response:
        row = self.get_object()
        with rules_are_conflicts():
            act(actor=self.request.user, proposal=row, **arguments)
        return self.answer(row, status=status)
