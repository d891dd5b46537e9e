"""Who works where: the teams, a team, a unit, a person, the committees."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core.errors import NotFound
from apps.core.feed import about
from apps.core.plugs import panels
from apps.core.policies import abilities
from apps.people import queries
from apps.people.models import BusinessUnit, ServiceAccount, Team, User
from apps.people.policies import sees_contact
from apps.people.queries import organisation as rows
from apps.people.standing import standing_of

HISTORY_ROWS = 8
ROLES = {
    "coe_lead": "CoE lead",
    "platform_engineer": "Platform engineer",
    "finance": "Speaks for finance",
    "security": "Speaks for security",
    "legal": "Speaks for legal",
    "sponsor": "Sponsor of a business unit",
}


@require_safe
@login_required
def teams(request: HttpRequest) -> HttpResponse:
    found = rows.organisation(request.user)
    context = {"organisation": found, "administers": standing_of(request.user).administers_organisation}
    return render(request, "people/teams.html", context)


def team_by_slug(request: HttpRequest, slug: str) -> Team:
    found = queries.teams(request.user).filter(slug=slug).first()
    if found is None:
        raise NotFound("No team has this address.", next_step="Look for it among all teams.")
    return found


def unit_by_slug(request: HttpRequest, slug: str) -> BusinessUnit:
    units = rows.units_with_liaisons(request.user).select_related("parent", "sponsor")
    found = units.filter(slug=slug).first()
    if found is None:
        raise NotFound("No business unit has this address.", next_step="Look for it among all teams.")
    return found


@require_safe
@login_required
def team(request: HttpRequest, slug: str) -> HttpResponse:
    found = team_by_slug(request, slug)
    liaisons = queries.liaisons(request.user, found.business_unit) if found.business_unit else []
    context = {
        "team": found,
        "has_ended": bool(found.ends and found.ends <= timezone.now()),
        "can": abilities(request.user, found),
        "members": rows.team_members(request.user, found),
        "liaisons": liaisons,
        "accounts": rows.service_accounts(request.user, found),
        "entries": about(request.user, found, HISTORY_ROWS),
        "panels": panels(request, found),
    }
    return render(request, "people/team.html", context)


@require_safe
@login_required
def unit(request: HttpRequest, slug: str) -> HttpResponse:
    found = unit_by_slug(request, slug)
    context = {
        "unit": found,
        "can": abilities(request.user, found),
        "unit_teams": queries.teams(request.user).filter(business_unit=found).order_by(rows.BY_NAME),
        "children": rows.units_with_liaisons(request.user).filter(parent=found).select_related("sponsor"),
        "offices": queries.teams(request.user).filter(coe_office=True),
        "now": timezone.now(),
        "entries": about(request.user, found, HISTORY_ROWS),
        "panels": panels(request, found),
    }
    return render(request, "people/unit.html", context)


@require_safe
@login_required
def person(request: HttpRequest, username: str) -> HttpResponse:
    found = rows.person_by_username(request.user, username)
    account = (
        ServiceAccount.objects.visible_to(request.user).filter(user=found).select_related("team").first()
    )
    now = timezone.now()
    all_memberships = list(rows.memberships_of(request.user, found))
    context = {
        "shown": found,
        "is_self": found.pk == request.user.pk,
        "shows_email": sees_contact(request.user, found),
        "can": abilities(request.user, found),
        "account": account,
        "can_keep": abilities(request.user, account).get("change") if account else False,
        "memberships": [row for row in all_memberships if row.ends is None or row.ends > now],
        "former": [row for row in all_memberships if row.ends is not None and row.ends <= now],
        "duties": rows.liaison_duties(request.user, found),
        "seats": rows.seats_of(request.user, found),
        "units": BusinessUnit.objects.visible_to(request.user).filter(sponsor=found),
        "tokens": rows.tokens_of(request.user, found),
        "panels": panels(request, found),
    } | roles(found)
    return render(request, "people/person.html", context)


def roles(person: User) -> dict[str, Any]:
    """The person's roles in words, as they follow from the rows."""
    return {"roles": [ROLES[name] for name in standing_of(person).roles]}


@require_safe
@login_required
def committees(request: HttpRequest) -> HttpResponse:
    return render(request, "people/committees.html", {"committees": rows.committees_with_seats(request.user)})
