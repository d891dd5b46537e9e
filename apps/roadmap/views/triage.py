"""The board of the center: what came in, answered by a key and a sentence, with demand that nobody asked for beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from apps.core.deciding import DONE, carried_out
from apps.core.errors import Invalid, NotFound
from apps.core.form_fields import posted
from apps.core.ids import row_of
from apps.roadmap.actions import triage
from apps.roadmap.forms.acting import MergeForm, NothingForm, QuestionForm, ReasonForm
from apps.roadmap.models import Request
from apps.roadmap.queries.requests import in_triage, signals, similar
from apps.roadmap.views.tabs import room_tabs
from apps.roadmap.workflow import MOVES, State

LANES = (State.SUBMITTED, State.TRIAGE, State.NEEDS_INFO, State.SCORING, State.DEFERRED)
MOST_CARDS = 50  # of one lane
MOST_READ = 500
FORM = ("GET", "HEAD", "POST")
Sent = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the center: its key on the board, where it leads, its form and its action."""

    do: str
    key: str
    label: str
    icon: str
    leads_to: str
    form: type[forms.Form]
    run: Callable[[Any, Request, Sent], str]

    def make(self, user: Any, row: Request, data: Any = None) -> forms.Form:
        extra = {"user": user, "without": row.pk} if self.form is MergeForm else {}
        return self.form(data, auto_id=f"{self.do}{row.pk}_%s", **extra)


def _take(user: Any, row: Request, sent: Sent) -> str:
    triage.take_triage(actor=user, request=row)
    return f"You look at “{row}”."


def _ask(user: Any, row: Request, sent: Sent) -> str:
    triage.ask_info(actor=user, request=row, **sent)
    return f"{row.owner} has your question."


def _accept(user: Any, row: Request, sent: Sent) -> str:
    triage.accept(actor=user, request=row)
    return f"“{row}” is to be scored."


def _merge(user: Any, row: Request, sent: Sent) -> str:
    triage.merge(actor=user, request=row, **sent)
    return f"Merged into “{sent['into']}”, which keeps supporters, followers and links of both."


def _decline(user: Any, row: Request, sent: Sent) -> str:
    triage.decline(actor=user, request=row, **sent)
    return f"“{row}” is declined; {row.requester} reads why."


def _defer(user: Any, row: Request, sent: Sent) -> str:
    triage.defer(actor=user, request=row, **sent)
    return f"“{row}” is deferred; {row.requester} reads why."


ANSWERS = {
    answer.do: answer
    for answer in (
        Answer("take", "t", "Take it", "hand", State.TRIAGE, NothingForm, _take),
        Answer("score", "s", "To scoring", "scale", State.SCORING, NothingForm, _accept),
        Answer("ask", "i", "Ask for more", "message-circle-question-mark", State.NEEDS_INFO, QuestionForm, _ask),
        Answer("merge", "u", "Duplicate", "copy", State.DUPLICATE, MergeForm, _merge),
        Answer("defer", "d", "Defer", "clock", State.DEFERRED, ReasonForm, _defer),
        Answer("decline", "x", "Decline", "circle-x", State.DECLINED, ReasonForm, _decline),
    )
}  # fmt: skip


def answers_to(row: Any) -> list[Answer]:
    """What may be answered from where it stands; `can_triage` is annotated by the query."""
    possible = MOVES[row.state] if row.can_triage else ()
    return [answer for answer in ANSWERS.values() if answer.leads_to in possible]


@require_safe
@login_required
def board(request: HttpRequest) -> HttpResponse:
    """The lanes, the oldest card first; each answer is a link to its small form."""
    rows = list(in_triage(request.user)[:MOST_READ])
    lanes = [_lane(state, [row for row in rows if row.state == state]) for state in LANES]
    context = {
        "lanes": lanes,
        "signals": [(signal, _asking(signal)) for signal in signals(request.user)],
        "keys": ANSWERS.values(),
        "tabs": room_tabs(request, "triage"),
        "cut": len(rows) == MOST_READ,
    }
    return render(request, "roadmap/triage/board.html", context)


def _lane(state: State, rows: list[Any]) -> dict[str, Any]:
    cards = [
        {"row": row, "answers": answers_to(row), "second": row.strategic or row.has_second_unit}
        for row in rows[:MOST_CARDS]
    ]
    return {
        "state": state,
        "label": state.label,
        "cards": cards,
        "count": len(rows),
        "more": len(rows) - len(cards),
    }


def _asking(signal: Any) -> str:
    """Where a signal becomes a request: the form that says what it came from."""
    said = {"title": signal.item.title[:200], "signal": f"{signal.label}: {signal.item.title}"[:300]}
    return f"{reverse('roadmap:request-new')}?{urlencode(said)}"


@require_http_methods(FORM)
@login_required
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """One request to answer. GET `?do=ask` is its form, `&part=1` only the form; POST answers and goes back."""
    row = row_of(in_triage(request.user), pk)
    if row is None:
        return _gone(request, pk)
    do = request.POST.get("do", "") if request.method == "POST" else request.GET.get("do", "")
    answer = ANSWERS.get(do)
    if answer is None:
        return _card(request, row) if request.method != "POST" else _no_such_act()
    form = answer.make(request.user, row, posted(request))
    if request.method != "POST":
        return _card(request, row, answer, form)
    status = carried_out(request, form, lambda sent: answer.run(request.user, row, sent))
    return _card(request, row, answer, form, status) if status != DONE else _done(request, pk)


def _gone(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody was quicker, or it never was in triage: its page tells, for whoever may see it."""
    row = row_of(Request.objects.visible_to(request.user).filter(submitted_at__isnull=False), pk)
    if row is None:
        raise NotFound("There is no such request, or it is not shown to you.")
    if request.method != "POST":
        return redirect(row)
    context = {"row": row, "typed": [request.POST.get(name, "") for name in ("question", "reason")]}
    return render(request, "roadmap/triage/gone.html", context, status=409)


def _no_such_act() -> HttpResponse:
    raise Invalid("There is no such answer to a request.", next_step="Go back and load the board again.")


def _card(
    request: HttpRequest, row: Any, answer: Answer | None = None, form: Any = None, status: int = DONE
) -> HttpResponse:
    """The page of one card with its form, or the form alone for the board."""
    context = {"row": row, "answer": answer, "form": form, "answers": answers_to(row)}
    if answer is not None and answer.do == "merge":
        found = similar(request.user, f"{row.title} {row.problem}", without=row.pk)
        context["similar"] = [each for each in found if each.is_open]
    part = request.GET.get("part") or request.headers.get("HX-Request")
    name = "form" if part and answer is not None else "card"
    return render(request, f"roadmap/triage/{name}.html", context, status=status)


def _done(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to the board, at the card that was answered (or the top, where it left the board)."""
    target = f"{reverse('roadmap:triage')}#card-{pk}"
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": f"{reverse('roadmap:triage')}?at={pk}"})
    return redirect(target)
