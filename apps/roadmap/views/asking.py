"""Asking for central capacity: a draft is begun by a press, kept while somebody writes, and sent when it is whole.

Every save keeps what can be kept, in a transaction of its own, so that whatever happens next loses no word.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import Conflict, Forbidden, NotFound, PortalError
from apps.core.form_fields import posted, show_refusal
from apps.core.ids import row_of
from apps.core.policies import require
from apps.people.queries.lookups import PEOPLE
from apps.roadmap.actions.intake import MOST_KPIS, begin_request, save_request, submit_request
from apps.roadmap.forms.asking import TEXTS, BeginForm, RequestForm, initial_of
from apps.roadmap.forms.figures import PARTS, blank_row, places, shown
from apps.roadmap.models import Request
from apps.roadmap.queries.requests import requests
from apps.roadmap.views.beside import LABELS, alike, beside
from apps.roadmap.workflow import Category, Direction, State

FORM = ("GET", "HEAD", "POST")
KEPT = 200
LONGEST = 2_000


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Where a request begins; looking changes nothing, the press makes the draft."""
    form = BeginForm(posted(request), user=request.user, initial=_prefilled(request.GET))
    status = KEPT
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return redirect("roadmap:request-edit", _begin(request, form).pk)
            except PortalError as refusal:
                show_refusal(form, refusal)
                status = refusal.status
    title = str(form["title"].value() or "")
    context = {"form": form, "has_team": form.fields["team"].queryset.exists(), **alike(request.user, title)}  # type: ignore[attr-defined]
    return render(request, "roadmap/asking/new.html", context, status=status)


def _prefilled(params: QueryDict) -> dict[str, str]:
    """What a link says before anybody typed, as a demand signal does."""
    said = {name: plain(params.get(name, "")) for name in ("title", "signal", "team", "unit", "type")}
    return {name: value[:300] for name, value in said.items() if value}


def plain(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST]


def _begin(request: HttpRequest, form: BeginForm) -> Request:
    sent = dict(form.cleaned_data)
    return begin_request(actor=request.user, owner=sent.pop("team"), **sent)


@require_safe
@login_required
def similar(request: HttpRequest) -> HttpResponse:
    """Requests and entities like what somebody types."""
    text = " ".join(plain(request.GET.get(name, "")) for name in ("title", "problem"))
    return render(request, "roadmap/asking/similar.html", alike(request.user, text, _without(request.GET)))


def _without(params: QueryDict) -> int | None:
    number = params.get("without", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 18 else None


def draft_of(request: HttpRequest, pk: int) -> Request:
    """A request that this person may write on. NotFound where they may not know of it."""
    row = row_of(requests(request.user), pk)
    if row is None:
        raise NotFound("There is no such request, or it is not shown to you.")
    require(request.user, "change", row)
    found: Request = row
    return found


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The guided form; POST saves (`do=save`), adds or takes away a figure (`more`, `drop-2`) or sends (`submit`)."""
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
        return redirect("roadmap:request-edit", draft.pk)
    rows = len(places(request.POST)) + (do == "more")
    draft = draft_of(request, pk)
    if status == KEPT:
        form = RequestForm(user=request.user, draft=draft)
    return _form(request, draft, form, status=status, rows=rows)


def _still_theirs(request: HttpRequest, pk: int, refusal: PortalError) -> HttpResponse:
    """Somebody sent or withdrew the request meanwhile: what was typed comes back, to be copied."""
    words = [(LABELS.get(name, name), request.POST.get(name, "")) for name in TEXTS]
    for place in places(request.POST):
        said = (request.POST.get(f"kpis-{place}-{part}", "") for part in PARTS if part != "id")
        words.append((f"Figure {place + 1}", " ".join(filter(None, said))))
    seen = isinstance(refusal, Forbidden) and requests(request.user).filter(pk=pk).exists()
    context = {
        "refusal": refusal,
        "words": [each for each in words if each[1].strip()],
        "pk": pk if seen else None,
    }
    return render(request, "roadmap/asking/still_theirs.html", context, status=refusal.status)


def _keep(request: HttpRequest, draft: Request, form: RequestForm) -> int:
    """Saves every field that can be kept; 400 where one cannot, 409 where another tab or person was quicker."""
    whole, expected = form.is_valid(), _expected(request, form)
    if expected is None:
        return 400
    try:
        save_request(actor=request.user, request=draft, changes=form.changes(), expected_version=expected)
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


def _send(request: HttpRequest, draft: Request, form: RequestForm) -> HttpResponse:
    try:
        sent = submit_request(actor=request.user, request=draft)
    except PortalError as refusal:
        show_refusal(form, refusal)
        return _form(request, draft_of(request, draft.pk), form, status=refusal.status)
    messages.success(request, "The request is sent. The center looks at it next.")
    return redirect(sent)


def _form(
    request: HttpRequest, draft: Request, form: RequestForm, *, status: int = KEPT, rows: int = 1
) -> HttpResponse:
    context = beside(request.user, draft) | {
        "form": form,
        "figures": shown(form["kpis"].value() or [], rows or 1),
        "blank_row": blank_row(),
        "most": MOST_KPIS,
        "categories": Category.choices,
        "directions": Direction.choices,
        "people": PEOPLE.offered(request.user, ""),
        "autosaved": draft.state == State.DRAFT,
        **alike(request.user, f"{draft.title} {draft.problem}", draft.pk),
        **_lost(form, draft),
    }
    return render(request, "roadmap/asking/edit.html", context, status=status)


def _lost(form: RequestForm, saved: Request) -> dict[str, Any]:
    """Whether the form was written on a version that is no longer there, and what stands there now."""
    if form.lost_to is None:
        return {"lost": False, "version": saved.version}
    return {
        "lost": True,
        "version": form.version_sent,
        "over": form.lost_to,
        "differences": _differences(form, saved),
    }


def _differences(form: RequestForm, saved: Request) -> list[tuple[str, str]]:
    """Where what was saved meanwhile is another word than what was typed here: the field and what stands there."""
    theirs, own = initial_of(form.user, saved), form.changes()
    return [
        (LABELS.get(name, name), str(theirs[name]) or "nothing")
        for name in TEXTS
        if name in own and own[name] != theirs[name]
    ]


@require_POST
@login_required
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Autosave: keeps what was typed and answers with what stands beside the form; 409 tells of the other tab."""
    draft = draft_of(request, pk)
    form = RequestForm(request.POST, user=request.user, draft=draft)
    status = _keep(request, draft, form)
    current = draft_of(request, pk)
    context = beside(request.user, current) | {
        "form": form,
        "refused": [
            (form.fields[name].label or "The form", errors)
            for name, errors in form.errors.items()
            if name in form.fields
        ],
        "now": timezone.now(),
        "ids": _ids(form, current),
        **_lost(form, current),
    }
    answer = status if status == Conflict.status else KEPT
    return render(request, "roadmap/asking/saved.html", context, status=answer)


def _ids(form: RequestForm, saved: Request) -> list[tuple[int, int]]:
    """Place and id of the figures that were saved for the first time, so that the next save changes them."""
    if form.lost_to is not None or form.figures is None:
        return []
    known = {row["id"] for row in form.figures if row["id"]}
    names = {kpi.name: kpi.pk for kpi in saved.kpis.all() if kpi.pk not in known}
    sent = form["kpis"].value() or []
    return [(row["place"], names.pop(row["name"])) for row in sent if not row["id"] and row["name"] in names]
