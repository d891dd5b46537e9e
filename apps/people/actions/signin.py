"""What the identity provider says about a person at each sign-in."""

from __future__ import annotations

import re
from typing import Any

import structlog
from django.db import transaction

from apps.core.errors import Forbidden
from apps.core.events import record
from apps.core.policies import System
from apps.people.actions.organisation import end_period
from apps.people.models import USERNAME, Membership, Team, User
from apps.people.standing import forget_standing

IDENTITY_PROVIDER = System("identity provider")
log = structlog.get_logger(__name__)


def username_from_claim(claims: dict[str, Any]) -> str:
    """Our user name from `preferred_username`, else the e-mail's local part, else the subject; raises Forbidden."""
    offered = claims.get("preferred_username") or claims.get("email") or claims.get("sub") or ""
    name = re.sub(r"[^a-z0-9._-]+", "-", str(offered).lower().partition("@")[0]).strip("-_.")[:63]
    if not USERNAME.regex.fullmatch(name):
        raise Forbidden("The identity provider sent no usable user name.", next_step="Tell its administrator.")
    return name


@transaction.atomic
def apply_group_claim(user: User, groups: Any) -> None:
    """Memberships of the teams whose slugs the claim lists begin; those from an earlier claim that are no longer
    listed end. Memberships that people entered stay as they are. Unknown groups are ignored."""
    names = {str(group).lower().rpartition("/")[2] for group in groups} if isinstance(groups, list | tuple) else set()
    teams = {team.pk: team for team in Team.objects.filter(slug__in=names)}
    current = {row.team_id: row for row in Membership.objects.select_for_update().filter(user=user, ends=None)}
    for team in (team for pk, team in teams.items() if pk not in current):
        membership = Membership.objects.create(user=user, team=team, from_claim=True)
        record("people.membership.started", actor=IDENTITY_PROVIDER, target=membership, subject=team,
               data={"user": user.pk, "role": membership.role})
    for row in (row for pk, row in current.items() if row.from_claim and pk not in teams):
        end_period(actor=IDENTITY_PROVIDER, row=row, verb="people.membership.ended", subject=row.team)
    forget_standing(user)
    log.info("groups claim applied", user=user.username, teams=sorted(team.slug for team in teams.values()))
