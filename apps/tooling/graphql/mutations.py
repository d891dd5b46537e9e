"""What can be done to exception requests: each mutation reads its input, calls one action and answers with the request.

The frame (standards, tiers, conditions, revocations) is kept over REST, in the portal and in the admin.
"""

from __future__ import annotations

from typing import Any

import graphene

from apps.catalog.queries import entity_by_ref
from apps.core.errors import Invalid
from apps.core.graphql import Act, Write, Written, by_id, plain
from apps.people.graphql import team_by_slug
from apps.people.queries import acting_team
from apps.tooling.actions import drafts, reviewing
from apps.tooling.actions.submitting import submit_request
from apps.tooling.graphql.inputs import (
    BeginInput,
    RequestInput,
    SaveInput,
    SubmitInput,
    TextInput,
    VerdictInput,
)
from apps.tooling.graphql.requests import ExceptionRequestNode, ReviewStepNode
from apps.tooling.models import Capability, Environment, ExceptionRequest, ReviewStep

EMPTY: dict[str, Any] = {"environments": [], "alternatives": [], "trade_offs": [], "emergency": False}


class ExceptionRequestPayload(graphene.ObjectType):
    """The request as it is now."""

    exception_request = Written(ExceptionRequestNode)


class OnRequest(Act):
    node, row, answers = ExceptionRequestNode, "request", ExceptionRequestPayload

    class Meta:
        abstract = True


class BeginExceptionRequest(Write):
    """Begins a draft of one of your teams; nothing is asked yet."""

    class Meta:
        takes, answers = BeginInput, ExceptionRequestPayload

    @staticmethod
    def write(user: Any, given: Any) -> ExceptionRequest:
        fields = written(user, given)
        return drafts.begin_request(actor=user, team=acting_team(user, fields.pop("team", None)), **fields)


class SaveExceptionRequest(OnRequest):
    """Keeps what is written, complete or not."""

    class Meta:
        takes, does = SaveInput, drafts.save_draft

    @classmethod
    def arguments(cls, user: Any, given: Any) -> dict[str, Any]:
        fields = written(user, given)
        changes = {name: value for name, value in fields.items() if name not in {"id", "version"}}
        return {"changes": changes, "expected_version": given.get("version")}


class SubmitExceptionRequest(OnRequest):
    """Sends a complete draft; low risk is granted at once."""

    class Meta:
        takes, does = SubmitInput, submit_request


class WithdrawExceptionRequest(OnRequest):
    """Takes it back before it is decided."""

    class Meta:
        takes, does = RequestInput, reviewing.withdraw


class RenewExceptionRequest(OnRequest):
    """Begins a draft with all that it said, from 30 days before its end on; answers with the draft."""

    class Meta:
        takes, does = RequestInput, drafts.begin_renewal


class AppealExceptionRequest(OnRequest):
    """Appeals a rejection, once; other people decide than before. The text says why."""

    class Meta:
        takes, does, calls = TextInput, reviewing.appeal, {"text": "reason"}


class AnswerExceptionQuestion(OnRequest):
    """Answers what the center asked; the deadline goes on."""

    class Meta:
        takes, does, calls = TextInput, reviewing.answer_info, {"text": "answer"}


class CommentOnExceptionRequest(OnRequest):
    """Says something about a request that was sent."""

    class Meta:
        takes, does = TextInput, reviewing.comment


class RecuseFromExceptionRequest(OnRequest):
    """Declares a conflict of interest; the text says which."""

    class Meta:
        takes, does, calls = TextInput, reviewing.recuse, {"text": "reason"}


class GiveVerdict(Write):
    """Decides one step; the last verdict decides the request."""

    class Meta:
        takes, answers = VerdictInput, ExceptionRequestPayload

    @staticmethod
    def write(user: Any, given: Any) -> ExceptionRequest:
        step, ref = by_id(user, ReviewStep, ReviewStepNode, given["step"]), given.get("alternative")
        return reviewing.give_verdict(
            actor=user,
            step=step,
            approves=given["approves"],
            comment=given.get("comment") or "",
            alternative=None if ref is None else entity_by_ref(user, ref),
        )


class ToolingMutation(graphene.ObjectType):
    """What can be done to exception requests."""

    begin_exception_request = BeginExceptionRequest.Field()
    save_exception_request = SaveExceptionRequest.Field()
    submit_exception_request = SubmitExceptionRequest.Field()
    withdraw_exception_request = WithdrawExceptionRequest.Field()
    renew_exception_request = RenewExceptionRequest.Field()
    appeal_exception_request = AppealExceptionRequest.Field()
    answer_exception_question = AnswerExceptionQuestion.Field()
    comment_on_exception_request = CommentOnExceptionRequest.Field()
    recuse_from_exception_request = RecuseFromExceptionRequest.Field()
    give_verdict = GiveVerdict.Field()


def written(user: Any, given: Any) -> dict[str, Any]:
    """A draft's input with rows in place of names, and null as the field's empty value."""
    fields: dict[str, Any] = {
        name: EMPTY.get(name) if value is None else value for name, value in dict(plain(given)).items()
    }
    if fields.get("tool") is not None:
        fields["tool"] = entity_by_ref(user, fields["tool"])
    if fields.get("capability") is not None:
        fields["capability"] = _capability(user, fields["capability"])
    if fields.get("support_owner") is not None:
        fields["support_owner"] = team_by_slug(user, "supportOwner", fields["support_owner"])
    if "environments" in fields:
        fields["environments"] = _environments(user, fields["environments"])
    if "trade_offs" in fields:
        fields["trade_offs"] = {
            row["name"]: [row.get("score"), row.get("text") or ""] for row in fields["trade_offs"]
        }
    return fields


def _capability(user: Any, slug: str) -> Capability:
    found: Capability | None = Capability.objects.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise Invalid(errors={"capability": [f"There is no capability “{slug[:63]}”."]})
    return found


def _environments(user: Any, slugs: list[str]) -> list[Environment]:
    found = list(Environment.objects.visible_to(user).filter(slug__in=slugs))
    unknown = sorted(set(slugs) - {row.slug for row in found})
    if unknown:
        raise Invalid(errors={"environments": [f"There is no environment “{unknown[0][:63]}”."]})
    return found
