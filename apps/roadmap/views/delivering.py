"""What a person can do with a delivery and with its outcome: each act with its form, its right and its action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from apps.core.errors import NotFound
from apps.core.ids import row_of
from apps.roadmap.actions import delivery, outcomes
from apps.roadmap.forms.acting import NothingForm
from apps.roadmap.forms.delivering import (
    ActualForm,
    BlockForm,
    CancelForm,
    HandoverForm,
    MilestoneForm,
    OutcomeForm,
    ReviewForm,
    RowForm,
    UnblockForm,
)
from apps.roadmap.models import Block, Handover, Milestone, Outcome, OutcomeReview, RequestKpi
from apps.roadmap.queries.numbers import person_weeks
from apps.roadmap.workflow import DONE, UNDER_WAY, State

Sent = dict[str, Any]
ASKS_USER = (BlockForm, HandoverForm)


@dataclass(frozen=True, slots=True)
class Act:
    """`ability` of the request's policy and `states` say where the button stands; the action decides. What has no
    ability stands at rows, for whoever may act on the row."""

    do: str
    label: str
    icon: str
    form: type[forms.Form]
    run: Callable[[Any, Any, Sent], str]
    ability: str = ""
    states: tuple[str, ...] = ()
    text: str = ""
    danger: bool = False
    at_row: bool = False

    def make(self, user: Any, request: Any, data: Any = None, row: Any = None) -> Any:
        """`row` fills the hidden field of a form at a row."""
        extra: dict[str, Any] = {"user": user} if self.form in ASKS_USER else {}
        if self.form is OutcomeForm:
            extra["kpis"] = RequestKpi._base_manager.filter(request=request.pk)
        if row is not None:
            extra["initial"] = {"row": row}
        return self.form(data, auto_id=f"{self.do}{row or ''}_%s", **extra)

    def offered(self, can: dict[str, bool], request: Any) -> bool:
        return not self.at_row and can.get(self.ability, False) and request.state in self.states


def _row(model: Any, user: Any, request: Any, pk: int) -> Any:
    rows = model.objects.visible_to(user).filter(request=request.pk).select_related("request")
    row = row_of(rows, pk)
    if row is None:
        raise NotFound("There is no such row any more.")
    return row


def _start(user: Any, request: Any, sent: Sent) -> str:
    delivery.start_work(actor=user, request=request)
    return "The work has begun."


def _milestone(user: Any, request: Any, sent: Sent) -> str:
    return f"“{delivery.add_milestone(actor=user, request=request, **sent)}” stands among the milestones."


def _finish(user: Any, request: Any, sent: Sent) -> str:
    row = delivery.finish_milestone(actor=user, milestone=_row(Milestone, user, request, sent["row"]))
    return f"“{row}” is reached."


def _block(user: Any, request: Any, sent: Sent) -> str:
    row = delivery.block(actor=user, request=request, **sent)
    return f"It is blocked; {row.owner} can end that."


def _unblock(user: Any, request: Any, sent: Sent) -> str:
    row = _row(Block, user, request, sent["row"])
    delivery.unblock(actor=user, row=row, outcome=sent["outcome"])
    return "The block is ended."


def _actual(user: Any, request: Any, sent: Sent) -> str:
    row = delivery.record_actual(actor=user, request=request, **sent)
    return f"{row.get_role_display()} in {row.month:%B %Y}: {person_weeks(row.weeks)}."


def _hand_over(user: Any, request: Any, sent: Sent) -> str:
    row = delivery.hand_over(actor=user, request=request, **sent)
    return f"{row.entity} is offered to {row.team}; its lead accepts."


def _accept(user: Any, request: Any, sent: Sent) -> str:
    row = delivery.accept_handover(actor=user, handover=_row(Handover, user, request, sent["row"]))
    return f"{row.team} runs {row.entity} now."


def _deliver(user: Any, request: Any, sent: Sent) -> str:
    delivery.deliver(actor=user, request=request)
    return "It is delivered. Reviews are due after 90, 180 and 365 days."


def _cancel(user: Any, request: Any, sent: Sent) -> str:
    delivery.cancel(actor=user, request=request, **sent)
    return "The work is cancelled; what was learned stands on its page and among the lessons."


def _record(user: Any, request: Any, sent: Sent) -> str:
    outcomes.record_outcome(actor=user, **sent)
    return "It is recorded, and counts when business or finance has confirmed it."


def _confirm(user: Any, request: Any, sent: Sent) -> str:
    outcomes.confirm_outcome(actor=user, outcome=_row(Outcome, user, request, sent["row"]))
    return "It is confirmed, and counts."


def _review(user: Any, request: Any, sent: Sent) -> str:
    given = {name: value for name, value in sent.items() if name != "row"}
    row = outcomes.review_outcome(actor=user, review=_row(OutcomeReview, user, request, sent["row"]), **given)
    return f"The review after {row.days} days is done: {row.get_verdict_display().lower()}."


DELIVERY = {
    act.do: act
    for act in (
        Act("start", "Start work", "play", NothingForm, _start, "deliver", (State.PLANNED,)),
        Act("deliver", "Deliver", "package-check", NothingForm, _deliver, "deliver", (State.IN_PROGRESS,),
            "It is there, and a team runs it. Reviews are due after 90, 180 and 365 days."),
        Act("milestone", "Add a milestone", "milestone", MilestoneForm, _milestone, "deliver", UNDER_WAY),
        Act("actual", "Record effort", "clock", ActualForm, _actual, "deliver", (*UNDER_WAY, *DONE)),
        Act("block", "Report a block", "octagon-pause", BlockForm, _block, "deliver", UNDER_WAY),
        Act("handover", "Hand over", "handshake", HandoverForm, _hand_over, "deliver", (State.IN_PROGRESS, *DONE)),
        Act("cancel", "Cancel the work", "circle-stop", CancelForm, _cancel, "deliver", UNDER_WAY,
            "Nobody works on it any more. It cannot be taken back.", danger=True),
        Act("finish", "Reached", "check", RowForm, _finish, at_row=True),
        Act("unblock", "End it", "play", UnblockForm, _unblock, at_row=True),
        Act("accept", "Accept", "check", RowForm, _accept, at_row=True),
    )
}  # fmt: skip
OUTCOMES = {
    act.do: act
    for act in (
        Act("record", "Record outcome", "chart-line", OutcomeForm, _record, "measure", DONE),
        Act("confirm", "Confirm", "badge-check", RowForm, _confirm, at_row=True),
        Act("review", "Review", "book-open-check", ReviewForm, _review, at_row=True),
    )
}  # fmt: skip
