"""The page of a request: what is asked, where it stands, who decides, and every act on it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.deciding import DONE, carried_out
from apps.core.errors import Invalid, NotFound
from apps.core.ids import row_of
from apps.tooling.actions.conditions import confirm_condition, prove_condition, return_condition
from apps.tooling.actions.reviewing import give_verdict
from apps.tooling.forms.reviewing import EvidenceForm, NothingForm, ReturnForm, VerdictForm
from apps.tooling.models import Condition, ReviewStep
from apps.tooling.queries import clock
from apps.tooling.views.acts import ACTS
from apps.tooling.views.request_page import context_of, load
from apps.tooling.workflow import State

FORM = ("GET", "HEAD", "POST")


@require_safe
@login_required
def request(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(
    request: HttpRequest, pk: int, opened: dict[str, forms.Form] | None = None, status: int = DONE
) -> HttpResponse:
    at = clock.now()
    row = load(request.user, pk, at)
    context = context_of(request.user, row, at, opened or {})
    if row.state == State.DRAFT and context["can"]["change"] and request.method == "GET":
        return redirect("tooling:request-edit", pk)
    return render(request, "tooling/requests/request.html", context, status=status)


@require_POST
@login_required
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """Carries out `do`; what is refused comes back as the page, with what was typed."""
    row = load(request.user, pk, clock.now())
    deed = ACTS.get(request.POST.get("do", ""))
    if deed is None:
        raise Invalid("There is no such act on a request.", next_step="Go back and load the page again.")
    form = deed.make(row, request.POST)
    status = carried_out(request, form, lambda sent: deed.run(request.user, row, sent))
    if status != DONE:
        return _page(request, pk, {deed.do: form}, status)
    if deed.do == "renew":
        return redirect("tooling:request-edit", row.renewals.filter(state=State.DRAFT).latest("pk").pk)
    return _back(request, row, deed.do)


def _back(request: HttpRequest, row: Any, do: str = "") -> HttpResponse:
    """To where the person came from (the inbox), else to the request; a thrown away draft has no page to go to."""
    target = request.POST.get("next", "")
    if target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return redirect(target)
    return redirect("tooling:mine") if do == "withdraw" and row.submitted_at is None else redirect(row)


@require_http_methods(FORM)
@login_required
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One person's verdict. GET is the page with the form; `?part=1` only the form, for the inbox."""
    row = load(request.user, pk, clock.now())
    if request.method != "POST":
        return _part(request, row) if request.GET.get("part") else _page(request, pk)
    said = request.POST.get("verdict", "")
    if said not in ("approve", "reject"):
        raise Invalid("A verdict is to approve or to reject.", next_step="Go back and press one of the two.")
    steps = ReviewStep.objects.visible_to(request.user).filter(request=row)
    form = VerdictForm(request.POST, user=request.user, steps=steps, auto_id="verdict_%s")
    status = carried_out(request, form, lambda sent: _decided(request, sent, said == "approve"))
    if status == DONE:
        return _back(request, row)
    form.fields["step"].queryset = steps.allowed(request.user, "decide")  # type: ignore[attr-defined]
    return _page(request, pk, {"verdict": form}, status)


def _decided(request: HttpRequest, sent: dict[str, Any], approves: bool) -> str:
    row = give_verdict(
        actor=request.user,
        step=sent["step"],
        approves=approves,
        comment=sent["comment"],
        alternative=sent["alternative"],
    )
    word = "approved" if approves else "rejected"
    return f"You {word} it. It is {State(row.state).label.lower()} now."


def _part(request: HttpRequest, row: Any) -> HttpResponse:
    steps = ReviewStep.objects.allowed(request.user, "decide").filter(request=row)
    if not steps.exists():
        raise NotFound("There is nothing for you to decide here any more.")
    form = VerdictForm(user=request.user, steps=steps, auto_id=f"verdict{row.pk}_%s")
    context = {"form": form, "row": row, "next": "/tooling/requests/inbox/"}
    return render(request, "tooling/requests/verdict.html", context)


@require_http_methods(FORM)
@login_required
def condition(request: HttpRequest, pk: int) -> HttpResponse:
    """A condition: `do=prove` with evidence, `do=confirm`, `do=return` with what is missing."""
    row = row_of(Condition.objects.visible_to(request.user).select_related("request"), pk)
    if row is None:
        raise NotFound("There is no such condition, or it is not shown to you.")
    if request.method != "POST":
        return redirect(f"{row.request.get_absolute_url()}#condition-{pk}")
    do = request.POST.get("do", "")
    if do not in CONDITION_ACTS:
        raise Invalid("There is no such act on a condition.", next_step="Go back and load the page again.")
    form = CONDITION_ACTS[do](request.POST, auto_id=f"{do}{pk}_%s")
    status = carried_out(request, form, lambda sent: _met(request, row, do, sent))
    if status == DONE:
        return _back(request, row.request)
    return _page(request, row.request_id, {f"{do}-{pk}": form}, status)


CONDITION_ACTS: dict[str, type[forms.Form]] = {
    "prove": EvidenceForm,
    "confirm": NothingForm,
    "return": ReturnForm,
}


def _met(request: HttpRequest, row: Condition, do: str, sent: dict[str, Any]) -> str:
    if do == "prove":
        prove_condition(actor=request.user, condition=row, **sent)
        return "The evidence is there; somebody of the center confirms it."
    if do == "confirm":
        confirm_condition(actor=request.user, condition=row)
        return "The condition is met."
    return_condition(actor=request.user, condition=row, **sent)
    return "The team reads what is missing."
