"""Joining and leaving: members of a team, liaisons of a unit."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from apps.core.errors import NotFound
from apps.core.form_fields import posted
from apps.core.policies import require
from apps.people import actions
from apps.people.forms import LiaisonForm, MemberForm
from apps.people.models import Liaison, Membership
from apps.people.queries.organisation import team_members
from apps.people.views.organisation import team_by_slug, unit_by_slug


@login_required
@require_http_methods(["GET", "POST"])
def member_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Adds somebody, or changes the role and craft of a member (`?user=<id>` chooses one)."""
    team = team_by_slug(request, slug)
    require(request.user, "change_members", team)
    wanted = request.GET.get("user", "")
    member = next((row for row in team_members(request.user, team) if str(row.user_id) == wanted), None)
    initial = {"user": member.user_id, "role": member.role, "craft": member.craft} if member else {}
    form = MemberForm(posted(request), viewer=request.user, initial=initial)
    if form.is_valid() and form.carry_out(
        actions.start_membership, actor=request.user, team=team, **form.cleaned_data
    ):
        messages.success(request, f"{form.cleaned_data['user']} is in {team}.")
        return redirect(team)
    return render(request, "people/member_form.html", {"form": form, "team": team, "member": member})


@login_required
@require_POST
def member_end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    rows = Membership.objects.visible_to(request.user).select_related("user", "team")
    membership = rows.filter(team__slug=slug, pk=pk).first()
    if membership is None:
        raise NotFound("This team has no such membership.")
    actions.end_membership(actor=request.user, membership=membership)
    messages.success(request, f"{membership.user} is no longer in {membership.team}.")
    return redirect(membership.team)


@login_required
@require_http_methods(["GET", "POST"])
def liaison_new(request: HttpRequest, slug: str) -> HttpResponse:
    unit = unit_by_slug(request, slug)
    require(request.user, "change", unit)
    form = LiaisonForm(posted(request), viewer=request.user)
    if form.is_valid():
        person = form.cleaned_data["user"]
        if form.carry_out(actions.send_liaison, actor=request.user, user=person, business_unit=unit):
            messages.success(request, f"{person} is liaison for {unit}.")
            return redirect(unit)
    return render(request, "people/liaison_form.html", {"form": form, "unit": unit})


@login_required
@require_POST
def liaison_end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    rows = Liaison.objects.visible_to(request.user).select_related("user", "business_unit")
    liaison = rows.filter(business_unit__slug=slug, pk=pk).first()
    if liaison is None:
        raise NotFound("This unit has no such liaison.")
    unit = liaison.business_unit
    actions.end_period(actor=request.user, row=liaison, verb="people.liaison.ended", subject=unit)
    messages.success(request, f"{liaison.user} is no longer liaison for {unit}.")
    return redirect(unit)
