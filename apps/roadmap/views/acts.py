"""What a person can do with a request on its page: each act with its form, its right and its action."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from apps.people.forms import VisibilityForm
from apps.people.models import Visibility
from apps.roadmap.actions import intake, showing, triage
from apps.roadmap.forms.acting import AnswerForm, CommentForm, NothingForm, SupportForm, WithdrawForm
from apps.roadmap.workflow import State

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
    when: Callable[[Any, Any], bool] = lambda user, request: True

    def make(self, user: Any, request: Any, data: Any = None) -> forms.Form:
        extra = {"units": _supporting(user, request)} if self.form is SupportForm else {}
        now = {"visibility": request.visibility, "version": request.version}
        return self.form(data, auto_id=f"{self.do}_%s", initial=now, **extra)


def _supporting(user: Any, request: Any) -> Any:
    """The units that the person speaks for and that have not said it yet."""
    taken = [row.unit_id for row in request.supports.all()]
    return intake.speaks_for(user).exclude(pk__in=[request.unit_id, *taken]).order_by("name")


def _submit(user: Any, request: Any, sent: Sent) -> str:
    intake.submit_request(actor=user, request=request)
    return "The request is sent. The center looks at it next."


def _answer(user: Any, request: Any, sent: Sent) -> str:
    intake.answer_info(actor=user, request=request, **sent)
    return "The center has your answer."


def _sponsor(user: Any, request: Any, sent: Sent) -> str:
    intake.confirm_sponsorship(actor=user, request=request)
    return "You answer for the business value."


def _support(user: Any, request: Any, sent: Sent) -> str:
    row = intake.support(actor=user, request=request, **sent)
    return f"{row.unit} supports it."


def _follow(user: Any, request: Any, sent: Sent) -> str:
    intake.follow(actor=user, request=request)
    return "You follow it."


def _unfollow(user: Any, request: Any, sent: Sent) -> str:
    intake.follow(actor=user, request=request, wanted=False)
    return "You do not follow it any more."


def _comment(user: Any, request: Any, sent: Sent) -> str:
    intake.comment(actor=user, request=request, **sent)
    return "Your comment is there."


def _withdraw(user: Any, request: Any, sent: Sent) -> str:
    draft = request.submitted_at is None
    intake.withdraw(actor=user, request=request, **sent)
    return "The draft is thrown away." if draft else "The request is withdrawn."


def _show(user: Any, request: Any, sent: Sent) -> str:
    showing.set_visibility(
        actor=user, request=request, visibility=sent["visibility"], expected_version=sent["version"]
    )
    return f"It is shown to: {Visibility(sent['visibility']).label.lower()}."


def _strategic(user: Any, request: Any, sent: Sent) -> str:
    triage.set_strategic(actor=user, request=request, strategic=True)
    return "The strategic wallet stands for it."


def _ordinary(user: Any, request: Any, sent: Sent) -> str:
    triage.set_strategic(actor=user, request=request, strategic=False)
    return "It needs a second unit now."


def _follows(user: Any, request: Any) -> bool:
    return bool(request.follows.filter(user=user.pk).exists())


ACTS = {
    act.do: act
    for act in (
        Act("answer", "answer", "Answer", "message-circle", AnswerForm, _answer),
        Act("submit", "submit", "Send request", "send", NothingForm, _submit),
        Act("sponsor", "sponsor", "Answer for the value", "handshake", NothingForm, _sponsor,
            "You confirm as the business sponsor that you want the value and answer for it."),
        Act("support", "support", "Support it", "thumbs-up", SupportForm, _support,
            "Your unit needs it too. It stands on the request with your name.",
            when=lambda user, request: _supporting(user, request).exists()),
        Act("strategic", "triage", "Set strategic", "landmark", NothingForm, _strategic,
            "The strategic wallet stands for it instead of a second unit.",
            when=lambda user, request: not request.strategic),
        Act("ordinary", "triage", "Not strategic", "landmark", NothingForm, _ordinary,
            "A second unit has to support it then.", when=lambda user, request: request.strategic),
        Act("follow", "follow", "Follow", "bell", NothingForm, _follow,
            when=lambda user, request: not _follows(user, request)),
        Act("unfollow", "follow", "Do not follow", "bell-off", NothingForm, _unfollow, when=_follows),
        Act("show", "administer", "Change who sees it", "eye", VisibilityForm, _show,
            "Shown to more people, all of it is shown: comments, reasons and history too. Restricted, only the team, who "
            "was granted access and CoE leads see it, so that the rest of the center cannot work on it. Minutes of a "
            "decision are written anew; their older revisions keep the title until they are redacted in the wiki.",
            when=lambda user, request: request.submitted_at is not None),
        Act("withdraw", "withdraw", "Withdraw", "undo-2", WithdrawForm, _withdraw,
            "Nobody works on it any more. It cannot be taken back.", danger=True),
        Act("comment", "comment", "Comment", "message-square", CommentForm, _comment),
    )
}  # fmt: skip


def possible(user: Any, can: dict[str, bool], request: Any) -> list[Act]:
    return [act for act in ACTS.values() if can.get(act.ability) and act.when(user, request)]


@dataclass(frozen=True, slots=True)
class Primary:
    """The one thing that this person most likely came to do, as a link."""

    label: str
    icon: str
    route: str = ""
    anchor: str = ""


def primary(can: dict[str, bool], request: Any, offered: set[str]) -> Primary | None:
    """By what they may do now; whoever has the ball comes first."""
    ways: tuple[tuple[bool, Primary], ...] = (
        ("answer" in offered, Primary("Answer", "message-circle", anchor="answer")),
        (
            can["triage"] and request.state in (State.SUBMITTED, State.TRIAGE),
            Primary("Triage", "list-filter", "triage-act"),
        ),
        ("sponsor" in offered, Primary("Answer for the value", "handshake", anchor="sponsor")),
        (can["score"], Primary("Score", "scale", "score")),
        (can["measure"], Primary("Record outcome", "chart-line", "outcomes")),
        (can["deliver"], Primary("Delivery", "hammer", "delivery")),
        (can["estimate"], Primary("Estimate", "ruler", "estimate")),
        ("support" in offered, Primary("Support it", "thumbs-up", anchor="support")),
    )
    return next((way for applies, way in ways if applies), None)
