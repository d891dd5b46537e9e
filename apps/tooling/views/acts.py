"""What a person can do with a request on its page: each act with its form, its right and its action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms

from apps.core.moments import last_day
from apps.tooling.actions import conditions, drafts, granting, reviewing
from apps.tooling.forms.reviewing import (
    AnswerForm,
    AppealForm,
    CloseForm,
    CommentForm,
    ConditionForm,
    NothingForm,
    QuestionForm,
    RecuseForm,
    RevokeForm,
)
from apps.tooling.queries.reminding import RENEWAL_DAYS
from apps.tooling.workflow import WAITING_FOR_CENTER, State

Sent = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """`ability` is an action of the request's policy; `when` says besides whether it makes sense now."""

    do: str
    ability: str
    label: str
    icon: str
    form: type[forms.Form]
    run: Callable[[Any, Any, Sent], str]
    text: str = ""
    danger: bool = False
    when: Callable[[Any, datetime], bool] = lambda request, at: True

    def make(self, request: Any, data: Any = None) -> forms.Form:
        extra = {"request": request} if self.form is ConditionForm else {}
        return self.form(data, auto_id=f"{self.do}_%s", **extra)


def _triage(user: Any, request: Any, sent: Sent) -> str:
    reviewing.take_triage(actor=user, request=request)
    return "You look whether it can be reviewed."


def _start(user: Any, request: Any, sent: Sent) -> str:
    reviewing.start_review(actor=user, request=request)
    return "The review is open."


def _ask(user: Any, request: Any, sent: Sent) -> str:
    reviewing.ask_info(actor=user, request=request, **sent)
    return f"{request.team} has your question; the deadline rests until it answers."


def _answer(user: Any, request: Any, sent: Sent) -> str:
    reviewing.answer_info(actor=user, request=request, **sent)
    return "The center has your answer, and the deadline runs on."


def _recuse(user: Any, request: Any, sent: Sent) -> str:
    reviewing.recuse(actor=user, request=request, **sent)
    return "Your conflict of interest is written down; others decide."


def _condition(user: Any, request: Any, sent: Sent) -> str:
    row = conditions.attach_condition(actor=user, request=request, **sent)
    return f"{row.owner} is to do it by {last_day(row.due):%-d %b %Y}."


def _renew(user: Any, request: Any, sent: Sent) -> str:
    drafts.begin_renewal(actor=user, request=request)
    return "A draft with all that the exception said. Say until when, and send it."


def _close(user: Any, request: Any, sent: Sent) -> str:
    granting.close(actor=user, request=request, **sent)
    return "The exception is given back."


def _revoke(user: Any, request: Any, sent: Sent) -> str:
    granting.revoke(actor=user, request=request, **sent)
    days = sent["notice_days"]
    return f"It ends in {days} days." if days else "It is revoked."


def _appeal(user: Any, request: Any, sent: Sent) -> str:
    reviewing.appeal(actor=user, request=request, **sent)
    return "Other people decide once more."


def _withdraw(user: Any, request: Any, sent: Sent) -> str:
    draft = request.submitted_at is None
    reviewing.withdraw(actor=user, request=request)
    return "The draft is thrown away." if draft else "The request is withdrawn."


def _comment(user: Any, request: Any, sent: Sent) -> str:
    reviewing.comment(actor=user, request=request, **sent)
    return "Your comment is there."


def renewable(request: Any, at: datetime) -> bool:
    return request.ends is not None and at < request.ends <= at + timedelta(days=RENEWAL_DAYS + 1)


ACTS = {
    act.do: act
    for act in (
        Act("answer", "change", "Answer", "message-circle", AnswerForm, _answer,
            when=lambda request, at: request.state == State.NEEDS_INFO),
        Act("start", "triage", "Start review", "play", NothingForm, _start, "Opens the steps of its tier.",
            when=lambda request, at: request.state in WAITING_FOR_CENTER),
        Act("triage", "triage", "Take triage", "hand", NothingForm, _triage, "You look whether it can be reviewed.",
            when=lambda request, at: request.state == State.SUBMITTED),
        Act("ask", "triage", "Ask for more", "message-circle-question-mark", QuestionForm, _ask),
        Act("renew", "renew", "Ask for a renewal", "refresh-cw", NothingForm, _renew, when=renewable),
        Act("appeal", "appeal", "Appeal", "gavel", AppealForm, _appeal),
        Act("condition", "attach_condition", "Add a condition", "list-checks", ConditionForm, _condition),
        Act("recuse", "recuse", "Declare a conflict of interest", "user-x", RecuseForm, _recuse,
            "You decide nothing about this request any more. It cannot be taken back."),
        Act("close", "close", "Give it back", "archive", CloseForm, _close, "It ends now, for good.", danger=True),
        Act("revoke", "revoke", "Revoke", "ban", RevokeForm, _revoke, danger=True),
        Act("withdraw", "withdraw", "Withdraw", "undo-2", NothingForm, _withdraw,
            "It leaves the review. An emergency's exception ends with it.", danger=True),
        Act("comment", "comment", "Comment", "message-square", CommentForm, _comment),
    )
}  # fmt: skip


def possible(can: dict[str, bool], request: Any, at: datetime) -> list[Act]:
    return [act for act in ACTS.values() if can.get(act.ability) and act.when(request, at)]
