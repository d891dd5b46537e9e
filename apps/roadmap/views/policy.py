"""The company's scoring policy: its revisions, what each changed, and the next one with a look at who would move."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.differences import diff, summary
from apps.core.errors import Conflict, Invalid, NotFound, PortalError
from apps.core.form_fields import posted, show_refusal
from apps.core.policies import NOTHING, policy_of
from apps.roadmap.actions.scoring import drafted_policy, publish_policy, require_policy_author
from apps.roadmap.forms.policy import PolicyForm, RateRows, initial_of
from apps.roadmap.models import ScoringPolicy
from apps.roadmap.queries.numbers import percent, told
from apps.roadmap.queries.scores import current_policy, rates_of
from apps.roadmap.queries.scoring_policies import (
    Change,
    Move,
    changes,
    moves,
    revisions,
    unrated,
)
from apps.roadmap.views.tabs import room_tabs
from apps.roadmap.workflow import Category, Evidence, Urgency

FORM = ["GET", "HEAD", "POST"]


@require_safe
@login_required
def policies(request: HttpRequest) -> HttpResponse:
    """The policy that holds, and those before it."""
    rows = revisions(request.user)
    current = rows[0] if rows else None
    context = _frame(request, rows) | {
        "shown": current,
        "figures": _figures(current) if current else None,
        "unrated": _unrated(request.user, current),
        "tabs": room_tabs(request, "policies"),
    }
    return render(request, "roadmap/policy/policies.html", context)


@require_safe
@login_required
def policy(request: HttpRequest, number: int) -> HttpResponse:
    """One revision, with what it changed."""
    rows = revisions(request.user)
    shown = next((row for row in rows if row.number == number), None)
    if shown is None:
        raise NotFound("There is no such revision.", next_step="Choose one in the history.")
    before = next((row for row in rows if row.number < number), None)
    context = _frame(request, rows) | {
        "shown": shown,
        "before": before,
        "figures": _figures(shown),
        "changes": [_change(each) for each in changes(before, shown)] if before else [],
        "words": _words(before, shown) if before else None,
    }
    return render(request, "roadmap/policy/policy.html", context)


def _frame(request: HttpRequest, rows: list[ScoringPolicy]) -> dict[str, Any]:
    may = policy_of(ScoringPolicy).q(request.user, "change") != NOTHING
    return {"revisions": rows, "current": rows[0] if rows else None, "may_publish": may}


def _figures(policy: ScoringPolicy) -> dict[str, Any]:
    rates = rates_of(policy)
    return {
        "rates": [
            (Category(category).label, measure, told(value))
            for (category, measure), value in sorted(rates.per_unit.items())
        ],
        "ladder": [(each.label, percent(rates.ladder[each])) for each in Evidence],
        "decay": [(each.label, percent(rates.decay[each])) for each in Urgency],
    }


def _change(change: Change) -> dict[str, Any]:
    before, after = (None if part is None else told(part, 4) for part in (change.before, change.after))
    rises = change.before is not None and change.after is not None and change.after > change.before
    return {"name": change.name, "kind": change.kind, "before": before, "after": after, "rises": rises}


def _words(old: ScoringPolicy, new: ScoringPolicy) -> dict[str, Any]:
    added, removed = summary(old.rationale, new.rationale)
    return {"blocks": diff(old.rationale, new.rationale), "added": added, "removed": removed}


def _unrated(user: Any, policy: ScoringPolicy | None) -> list[tuple[str, str, str, int]]:
    rows = unrated(user, rates_of(policy))
    return [(category, str(Category(category).label), measure, count) for category, measure, count in rows]


# -- the next revision -----------------------------------------------------------------------------------------


@require_http_methods(FORM)
@login_required
def publish(request: HttpRequest) -> HttpResponse:
    """The next revision, prefilled from the last one; adding and removing rates comes back to this page."""
    require_policy_author(request.user)
    last, data = current_policy(), posted(request)
    if data is None:
        form, rows = PolicyForm(initial=initial_of(last)), RateRows(rates=last.rates if last else ())
        return _page(request, form, rows)
    rows = RateRows(data)
    if rows.editing:
        return _page(request, PolicyForm(initial=data.dict()), rows)
    form = PolicyForm(data)
    if not form.is_valid():
        return _page(request, form, rows, status=Invalid.status)
    return _published(request, form, rows)


def _published(request: HttpRequest, form: PolicyForm, rows: RateRows) -> HttpResponse:
    base = form.cleaned_data["base_number"]
    try:
        made = publish_policy(actor=request.user, rates=rows.rates(), base_number=base, **form.sent())
    except PortalError as refusal:
        if not rows.show(refusal):
            show_refusal(form, refusal)
        if isinstance(refusal, Conflict) and (current := refusal.extra.get("current_number")):
            form.renew(current)
        return _page(request, form, rows, status=refusal.status)
    messages.success(
        request, f"Scoring policy {made.number} is published; every figure follows it from now on."
    )
    return redirect("roadmap:policy", made.number)


@require_POST
@login_required
def preview(request: HttpRequest) -> HttpResponse:
    """Who would move under what is typed now; nothing is kept. A fragment for htmx, else the editor with it."""
    require_policy_author(request.user)
    form, rows, status = PolicyForm(request.POST), RateRows(request.POST), Invalid.status
    found: list[dict[str, Any]] | None = None
    if form.is_valid():
        try:
            draft = drafted_policy(rates=rows.rates(), **form.sent())
            found = [_move(each) for each in moves(request.user, draft, timezone.now())]
            status = 200
        except PortalError as refusal:
            if not rows.show(refusal):
                show_refusal(form, refusal)
    return _page(request, form, rows, moved=found, status=status)


def _move(move: Move) -> dict[str, Any]:
    return {
        "row": move.request,
        "before": move.before,
        "after": move.after,
        "steps": abs(move.steps),
        "direction": "up" if move.steps > 0 else "down" if move.steps < 0 else "",
        "value_before": told(move.value_before, 0),
        "value_after": told(move.value_after, 0),
        "same": move.value_before == move.value_after,
    }


def _page(
    request: HttpRequest,
    form: PolicyForm,
    rows: RateRows,
    *,
    moved: list[dict[str, Any]] | None = None,
    status: int = 200,
) -> HttpResponse:
    last = current_policy()
    context = {
        "form": form,
        "rows": rows,
        "rate_rows": rows.shown(),
        "categories": Category.choices,
        "last": last,
        "moved": moved,
        "movers": sum(bool(each["direction"]) for each in moved or ()),
        "unrated": _unrated(request.user, last),
        "overtaken": status == Conflict.status,
        "written_on": request.POST.get("base_number", ""),
    }
    return render(request, "roadmap/policy/publish.html", context, status=status)
