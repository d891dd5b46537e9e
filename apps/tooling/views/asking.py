"""Asking for an exception: a draft is begun by a press, kept while somebody writes, and sent when it is whole.

Every save keeps what can be kept, in a transaction of its own, so that whatever happens next loses no word.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import Conflict, Forbidden, NotFound, PortalError
from apps.core.form_fields import posted, show_refusal
from apps.core.ids import row_of
from apps.core.policies import require
from apps.tooling.actions.drafts import MOST_ALTERNATIVES, begin_request, save_draft
from apps.tooling.actions.submitting import submit_request
from apps.tooling.forms.asking import BeginForm, RequestForm, initial_of
from apps.tooling.forms.compound import alternative_rows, rows_shown, trade_off_rows
from apps.tooling.models import Capability, Environment, ExceptionRequest
from apps.tooling.queries import clock
from apps.tooling.queries.completeness import SCORES
from apps.tooling.queries.lookups import TOOLS
from apps.tooling.queries.outlook import exact_version
from apps.tooling.queries.requests import mine, requests
from apps.tooling.queries.requests import precedents as found_precedents
from apps.tooling.views.beside import LABELS, answers_now, beside, told
from apps.tooling.views.prefill import prefilled
from apps.tooling.workflow import OPEN, State

FORM = ("GET", "HEAD", "POST")
KEPT = 200
WORDS = ("objective", "kpi", "cost_of_refusal", "exit_plan", "controls")
BLANK = 98  # the place of the row that the script copies; it writes the next free number there


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Where a request begins; looking changes nothing, the press makes the draft."""
    form = BeginForm(posted(request), user=request.user, initial=prefilled(request.user, request.GET))
    status = KEPT
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return redirect("tooling:request-edit", _begin(request, form).pk)
            except PortalError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
    return render(request, "tooling/asking/new.html", _beginning(request, form), status=status)


def _begin(request: HttpRequest, form: BeginForm) -> ExceptionRequest:
    """The standard is the first alternative to weigh; its name is known, so it stands there already."""
    sent = form.fields_of_draft()
    team = form.cleaned_data["team"]
    answers = answers_now(
        team, sent["tool"], sent["tool_name"], None, list(sent["environments"]), sent["data_class"]
    )
    names = dict.fromkeys(str(tool) for row in told(request.user, answers) for tool in row["alternatives"])
    standard = [{"tool": name, "standard": True, "why_not": ""} for name in list(names)[:1]]
    capability = _capability_of(answers)
    return begin_request(
        actor=request.user,
        team=team,
        alternatives=standard,
        support_owner=team,
        capability=capability,
        **sent,
    )


def _capability_of(answers: list[tuple[Environment, Any]]) -> Any:
    slugs = [decision.standard.capability for _, decision in answers if decision.standard is not None]
    return Capability._base_manager.filter(slug__in=slugs).first()


def _beginning(request: HttpRequest, form: BeginForm) -> dict[str, Any]:
    team = _value(form, "team") or None
    teams: Any = form.fields["team"].queryset  # type: ignore[attr-defined]
    asking = teams.filter(slug=team).first() if team else teams.first()
    tool = TOOLS.find(request.user, str(_value(form, "tool"))) if _value(form, "tool") else None
    name = str(_value(form, "tool_name") or "")
    chosen = [str(slug) for slug in _value(form, "environments") or ()]
    where = [each for each in form.fields["environments"].queryset if each.slug in chosen]  # type: ignore[attr-defined]
    data_class = _value(form, "data_class")
    context: dict[str, Any] = {"form": form, "has_team": asking is not None, "tool": tool, "name": name}
    if asking is not None and (tool or name):
        version = exact_version(ExceptionRequest(versions=str(_value(form, "versions") or "")))
        known = int(data_class) if str(data_class) in {"0", "1", "2", "3"} else 1
        answers = answers_now(asking, tool, name, version, where, known)
        context["decisions"] = told(request.user, answers)
        context["already"] = _already(request.user, tool, name)
    return context


def _value(form: BeginForm, name: str) -> Any:
    value = form[name].value()
    return value.replace("\x00", "")[:300] if isinstance(value, str) else value


def _already(user: Any, tool: Any, name: str) -> list[ExceptionRequest]:
    """What the person's teams have begun or asked about this tool."""
    rows = mine(user).filter(state__in=(State.DRAFT, *OPEN))
    return list((rows.filter(tool=tool) if tool else rows.filter(tool_name__iexact=name)).order_by("-id")[:3])


def draft_of(request: HttpRequest, pk: int) -> ExceptionRequest:
    """A request that this person may write on. NotFound where they may not know of it."""
    row = row_of(requests(request.user), pk)
    if row is None:
        raise NotFound("There is no such request, or it is not shown to you.")
    require(request.user, "change", row)
    found: ExceptionRequest = row
    return found


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The guided form; POST saves (`do=save`), adds a row (`do=more`) or sends it (`do=submit`)."""
    try:
        draft = draft_of(request, pk)
    except (NotFound, Forbidden) as refusal:
        if request.method != "POST":
            raise
        return _still_theirs(request, pk, refusal)
    form = RequestForm(posted(request), user=request.user, draft=draft)
    if request.method != "POST":
        return _form(request, draft, form)
    do = request.POST.get("do", "save")
    status = _keep(request, draft, form)
    if status == KEPT and do == "submit":
        return _send(request, draft, form)
    if status == KEPT and do == "save":
        messages.success(request, "The draft is saved.")
        return redirect("tooling:request-edit", draft.pk)
    draft = draft_of(request, pk)
    if status == KEPT:
        form = RequestForm(user=request.user, draft=draft)
    return _form(
        request, draft, form, status=status, rows=rows_shown(request.POST) + 1 if do == "more" else 0
    )


def _still_theirs(request: HttpRequest, pk: int, refusal: PortalError) -> HttpResponse:
    """Somebody sent or withdrew the request meanwhile: what was typed comes back, to be copied."""
    words = [(LABELS.get(name, name), request.POST.get(name, "")) for name in WORDS]
    words += [
        ("Alternatives", request.POST.get(f"alternatives-{place}-why_not", ""))
        for place in range(MOST_ALTERNATIVES)
    ]
    seen = requests(request.user).filter(pk=pk).exists() if isinstance(refusal, Forbidden) else False
    context = {
        "refusal": refusal,
        "words": [each for each in words if each[1].strip()],
        "pk": pk if seen else None,
    }
    return render(request, "tooling/asking/still_theirs.html", context, status=refusal.status)


def _keep(request: HttpRequest, draft: ExceptionRequest, form: RequestForm) -> int:
    """Saves every field that can be kept; 400 where one cannot, 409 where another tab or person was quicker."""
    whole, expected = form.is_valid(), _expected(request, form)
    if expected is None:
        return 400
    try:
        save_draft(actor=request.user, request=draft, changes=form.changes(), expected_version=expected)
    except PortalError as refusal:
        form.lost_to = refusal.extra.get("current_version")
        show_refusal(form, refusal)
        return refusal.status
    return KEPT if whole else 400


def _expected(request: HttpRequest, form: RequestForm) -> int | None:
    """The version that the person saw; `over` is the one that they chose to write over."""
    over = request.POST.get("over", "")
    if over.isascii() and over.isdecimal() and len(over) < 10:
        return int(over)
    return form.version_sent


def _send(request: HttpRequest, draft: ExceptionRequest, form: RequestForm) -> HttpResponse:
    try:
        sent = submit_request(actor=request.user, request=draft)
    except PortalError as refusal:
        show_refusal(form, refusal)
        return _form(request, draft_of(request, draft.pk), form, status=refusal.status)
    word = "It holds from now on." if sent.state == State.ACTIVE else "It is on its way."
    messages.success(request, f"The request is sent. {word}")
    return redirect(sent)


def _form(
    request: HttpRequest, draft: ExceptionRequest, form: RequestForm, *, status: int = KEPT, rows: int = 0
) -> HttpResponse:
    context = beside(request.user, draft, clock.now()) | {
        "form": form,
        "alternatives": alternative_rows(form["alternatives"].value(), rows),
        "trade_offs": trade_off_rows(form["trade_offs"].value()),
        "blank_row": {"place": BLANK, "tool": "", "why_not": "", "standard": False},
        "scale": SCORES,
        "autosaved": draft.state == State.DRAFT,
        **_lost(form, draft),
    }
    return render(request, "tooling/asking/edit.html", context, status=status)


def _lost(form: RequestForm, saved: ExceptionRequest) -> dict[str, Any]:
    """Whether the form was written on a version that is no longer there, and what stands there now."""
    if form.lost_to is None:
        return {"lost": False, "version": saved.version}
    return {
        "lost": True,
        "version": form.version_sent,
        "over": form.lost_to,
        "differences": _differences(form, saved),
    }


def _differences(form: RequestForm, saved: ExceptionRequest) -> list[tuple[str, str]]:
    """Where what was saved meanwhile is another word than what was typed here: the field and what stands there."""
    theirs, own = initial_of(saved), form.changes()
    mine_ = {name: getattr(value, "ref", getattr(value, "slug", value)) for name, value in own.items()}
    return [
        (LABELS.get(name, name.replace("_", " ").capitalize()), str(theirs[name]) or "nothing")
        for name in (*WORDS, "versions", "tool_name")
        if name in mine_ and mine_[name] != theirs[name]
    ]


@require_POST
@login_required
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Autosave: keeps what was typed and answers with what stands beside the form; 409 tells of the other tab."""
    draft = draft_of(request, pk)
    form = RequestForm(request.POST, user=request.user, draft=draft)
    status = _keep(request, draft, form)
    current = draft_of(request, pk)
    context = beside(request.user, current, clock.now()) | {
        "form": form,
        "refused": [
            (form.fields[name].label or "The form", errors)
            for name, errors in form.errors.items()
            if name in form.fields
        ],
        "now": clock.now(),
        **_lost(form, current),
    }
    answer = status if status == Conflict.status else KEPT
    return render(request, "tooling/asking/saved.html", context, status=answer)


@require_safe
@login_required
def precedents(request: HttpRequest) -> HttpResponse:
    """Earlier answers to something similar, while somebody types."""
    said = " ".join(request.GET.get(name, "") for name in ("q", "objective", "kpi"))[:2_000].replace(
        "\x00", ""
    )
    ref = request.GET.get("tool", "")[:300].replace("\x00", "")
    tool = TOOLS.find(request.user, ref) if ref else None
    rows = found_precedents(request.user, said, tool, at=clock.now())
    return render(
        request, "tooling/asking/precedents.html", {"precedents": rows, "asked": said.strip() or tool}
    )
