"""What the center watches: findings, and what nobody owns."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F, IntegerField, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from apps.catalog import queries
from apps.catalog.actions import handle_finding
from apps.catalog.actions.findings import STATES
from apps.catalog.forms import FindingForm
from apps.catalog.models import Finding
from apps.catalog.queries.operations import SEVERITY_RANK
from apps.catalog.vocabulary import REFERENCE, FindingKind, Severity
from apps.core.errors import Conflict, Invalid, NotFound
from apps.core.ids import row_of
from apps.core.narrowing import Narrowing, address
from apps.core.pagination import Order, page
from apps.people.models import Team

PAGE_ROWS = 50
MOST_ROWS = 100
GRAVEST = Order(
    "gravest", Value(len(Severity.values), output_field=IntegerField()) - SEVERITY_RANK, descending=True
)
VERBS = {"acknowledged": "Acknowledge", "resolved": "Resolve", "dismissed": "Dismiss", "open": "Reopen"}


@require_safe
@login_required
def findings(request: HttpRequest) -> HttpResponse:
    """What needs a person, the gravest first; closed ones when asked."""
    narrowing = Narrowing(request.GET, "catalog:findings")
    narrowing.choose(
        "state", "State", [("closed", "Closed"), *Finding.State.choices, ("any", "Any")], "Needs somebody"
    )
    narrowing.choose("severity", "Severity", list(Severity.choices)[::-1])
    narrowing.choose("kind", "Kind", FindingKind.choices)
    narrowing.choose("team", "Owner", _owners(request.user))
    rows = _narrowed(queries.findings(request.user).with_can(request.user, "change"), narrowing.chosen)
    about = request.GET.get("entity", "")[:200]
    if about:
        rows = rows.filter(entity=_entity(request.user, about))
    found = page(rows, order=GRAVEST, cursor=request.GET.get("cursor"), limit=PAGE_ROWS)
    context = {"rows": [_row(row) for row in found.rows], "narrowing": narrowing, "about": about}
    for way, cursor in (("next", found.next), ("previous", found.previous)):
        context[way] = cursor and address(request.GET, "catalog:findings", cursor=cursor)
    return render(request, "catalog/operations/findings.html", context)


@require_POST
@login_required
def handle(request: HttpRequest, pk: int) -> HttpResponse:
    """Acknowledges, resolves, dismisses or reopens one finding; htmx gets its row back."""
    finding = _finding(request.user, pk)
    form = FindingForm(request.POST)
    problem, status = "", 200
    try:
        if not form.is_valid():
            raise Invalid(errors={name: list(map(str, errors)) for name, errors in form.errors.items()})
        handle_finding(
            actor=request.user,
            finding=finding,
            state=form.cleaned_data["state"],
            note=form.cleaned_data["note"],
        )
    except (Conflict, Invalid) as refusal:
        problem, status = f"{refusal.detail} {refusal.next_step}".strip(), refusal.status
    if getattr(request, "htmx", False):
        row = _row(_finding(request.user, pk), problem, request.POST.get("note", "") if problem else "")
        return render(
            request,
            "catalog/operations/finding.html",
            {"row": row, "back": request.POST.get("back", "")},
            status=status,
        )
    (messages.error if problem else messages.success)(
        request, problem or f"“{finding.title}” is {finding.get_state_display().lower()}."
    )
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/catalog/")
    return redirect(back if safe else "catalog:findings")


def _finding(user: Any, pk: int) -> Finding:
    rows = queries.findings(user).with_can(user, "change")
    finding = row_of(rows, pk)
    if finding is None:
        raise NotFound("There is no such finding, or it is not shown to you.")
    return finding


def _row(finding: Any, problem: str = "", note: str = "") -> dict[str, Any]:
    """A row with what may be done: acknowledging at once, what closes it with a note."""
    possible = STATES[finding.state] if finding.can_change else ()
    return {
        "finding": finding,
        "problem": problem,
        "note": note[:5_000],
        "at_once": [(state, VERBS[state]) for state in possible if state in {"acknowledged", "open"}],
        "with_note": [(state, VERBS[state]) for state in possible if state in {"resolved", "dismissed"}],
    }


def _narrowed(rows: Any, chosen: dict[str, str]) -> Any:
    wanted = dict(chosen)
    state = wanted.pop("state", "")
    if state in {"", "closed"}:
        rows = (
            rows.filter(state__in=Finding.OPEN_STATES)
            if not state
            else rows.exclude(state__in=Finding.OPEN_STATES)
        )
    elif state != "any":
        rows = rows.filter(state=state)
    columns = {"team": "owner__slug", "kind": "kind", "severity": "severity"}
    return rows.filter(**{columns[name]: value for name, value in wanted.items()})


def _entity(user: Any, ref: str) -> Any:
    if not REFERENCE.fullmatch(ref):
        raise NotFound("A reference has the form kind:namespace/name.")
    return queries.entity_by_ref(user, ref)


def _owners(user: Any) -> list[tuple[str, str]]:
    owners = Finding.objects.visible_to(user).order_by().values("owner")
    return [
        (team.slug, team.name)
        for team in Team.objects.visible_to(user).filter(pk__in=owners).order_by("name")[:200]
    ]


@require_safe
@login_required
def unowned(request: HttpRequest) -> HttpResponse:
    """Things that nobody answers for, each with the one thing to do."""
    entities, workloads = queries.unowned(request.user)
    orphaned = queries.orphaned(request.user)
    context = {
        "entities": _first(
            entities.with_can(request.user, "administer").order_by(F("updated_at").desc(), "id")
        ),
        "workloads": _first(workloads.with_can(request.user, "change").order_by("-gpus", "-since", "id")),
        "orphaned": _first(
            orphaned.with_can(request.user, "administer", "change").order_by("owner__ends", "id")
        ),
    }
    return render(request, "catalog/operations/unowned.html", context | {"most": MOST_ROWS})


def _first(rows: Any) -> dict[str, Any]:
    found = list(rows[: MOST_ROWS + 1])
    return {"rows": found[:MOST_ROWS], "more": len(found) > MOST_ROWS}
