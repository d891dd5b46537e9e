"""The decision meeting: its agenda from the plans, who is there, what is moved and why, and what was decided."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.core.deciding import DONE, carried_out
from apps.core.errors import Invalid, NotFound
from apps.core.words import counted
from apps.roadmap.actions import meetings
from apps.roadmap.forms.meetings import AttendForm, DecideForm, OverrideForm, TakeBackForm
from apps.roadmap.models import Cycle, Meeting
from apps.roadmap.queries.cycles import cycle_by_slug
from apps.roadmap.queries.meetings import candidates, meetings_of, role_use
from apps.roadmap.queries.plans import instance_of_run
from apps.roadmap.views.meeting_page import context_of, plan_of
from apps.roadmap.workflow import REVEALED, PlanKind

FORMS = {"attend": AttendForm, "override": OverrideForm, "take_back": TakeBackForm, "decide": DecideForm}
Sent = dict[str, Any]


@require_safe
@login_required
def meeting(request: HttpRequest, slug: str) -> HttpResponse:
    """The cycle's last meeting, or the one of `?meeting=`. `?part=roles` is only what is left of each role."""
    cycle = cycle_by_slug(request.user, slug)
    row, others = _meeting(request.user, cycle, request.GET.get("meeting", ""))
    if request.GET.get("part") == "roles" and row is not None and cycle.state in REVEALED:
        return _roles(request, cycle, row)
    return _page(request, cycle, row, others)


def _meeting(user: Any, cycle: Cycle, wanted: str) -> tuple[Meeting | None, list[Meeting]]:
    rows = meetings_of(user, cycle)
    if not wanted:
        return (rows[0] if rows else None), rows[1:]
    found = next((row for row in rows if str(row.pk) == wanted), None)
    if found is None:
        raise NotFound("There is no such meeting of this cycle.")
    return found, [row for row in rows if row.pk != found.pk]


def _page(
    request: HttpRequest,
    cycle: Cycle,
    row: Meeting | None,
    others: list[Meeting],
    opened: dict[str, Any] | None = None,
    status: int = DONE,
) -> HttpResponse:
    context = context_of(request, cycle, row, opened or {})
    context["others"] = others
    return render(request, "roadmap/meeting/meeting.html", context, status=status)


def _roles(request: HttpRequest, cycle: Cycle, row: Meeting) -> HttpResponse:
    """As it would be with the override that is being written; items that are not shown to the person move nothing."""
    shown = {str(each.pk): each.request_id for each in candidates(request.user, cycle)}
    decided = meetings.decided_items(row, plan_of(request, row))
    displaced, taken = shown.get(request.GET.get("displaces", "")), shown.get(request.GET.get("takes", ""))
    decided = (decided - {displaced or 0}) | ({taken} if taken else set())
    use = role_use(instance_of_run(row.run), decided)
    tried = bool(displaced or taken)
    return render(request, "roadmap/meeting/roles.html", {"roles": use, "tried": tried})


@require_POST
@login_required
def act(request: HttpRequest, slug: str) -> HttpResponse:
    """Carries out `do`: call, attend, override, take_back, decide. What is refused comes back with what was typed."""
    cycle = cycle_by_slug(request.user, slug)
    do = request.POST.get("do", "")
    if do == "call":
        meetings.call_meeting(actor=request.user, cycle=cycle)
        return redirect("roadmap:meeting", slug)
    if do not in FORMS:
        raise Invalid("There is no such act in a meeting.", next_step="Go back and load the page again.")
    row, others = _meeting(request.user, cycle, request.POST.get("meeting", "none"))
    assert row is not None
    form = FORMS[do](request.POST, meeting=row, rows=candidates(request.user, cycle), auto_id=f"{do}_%s")
    status = carried_out(request, form, lambda sent: ACTS[do](request.user, row, sent))
    if status == DONE:
        return redirect(f"{reverse('roadmap:meeting', args=[slug])}{_plan(request)}")
    _meet_now(form, row)
    return _page(request, cycle, row, others, {do: form}, status)


def _plan(request: HttpRequest) -> str:
    plan = request.POST.get("plan", "")
    return f"?plan={plan}" if plan in PlanKind.values else ""


def _meet_now(form: Any, row: Meeting) -> None:
    """The page shows the plans as they are now; to send the form again means these."""
    if "sha256" in form.fields:
        data: Any = QueryDict(mutable=True)
        data.update(form.data)
        data["sha256"] = row.run.result_sha256
        form.data = data


def _attend(user: Any, row: Meeting, sent: Sent) -> str:
    kept_out = list(sent["recused_from"])
    meetings.attend(actor=user, meeting=row, recused_from=kept_out)
    return (
        f"You are there, and keep out of {counted(len(kept_out), 'item')}." if kept_out else "You are there."
    )


def _override(user: Any, row: Meeting, sent: Sent) -> str:
    meetings.override(actor=user, meeting=row, **sent)
    return "The override stands in the agenda."


def _take_back(user: Any, row: Meeting, sent: Sent) -> str:
    meetings.take_back_override(actor=user, **sent)
    return "The override is taken back; it moves nothing any more."


def _decide(user: Any, row: Meeting, sent: Sent) -> str:
    meetings.decide(actor=user, meeting=row, **sent)
    return "It is decided. Every request learns what became of it, and the minutes are written."


ACTS = {"attend": _attend, "override": _override, "take_back": _take_back, "decide": _decide}
