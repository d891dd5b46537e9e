"""What the identity provider says about a person at each sign-in, and one's own new password.

The provider of the company is the authority for names and groups: who holds a user name there is that person
here, unless it belongs to a local account or is linked to another subject already (`apps.people.signin`).
"""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

import structlog
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import System, require
from apps.people.actions.organisation import end_period
from apps.people.actions.users import create_user
from apps.people.models import SLUG, USERNAME, Membership, Team, User
from apps.people.standing import forget_standing

IDENTITY_PROVIDER = System("identity provider")
log = structlog.get_logger(__name__)


def username_from_claim(claims: dict[str, Any]) -> str:
    """Our user name from `preferred_username`, else the e-mail's local part, else the subject.

    Raises Forbidden where none of them gives a name that a user may have.
    """
    offered = claims.get("preferred_username") or claims.get("email") or claims.get("sub") or ""
    name = (
        re.sub(r"[^a-z0-9._-]+", "-", str(offered).lower().partition("@")[0]).strip("-_.")[:63].rstrip("-_.")
    )
    if not re.fullmatch(USERNAME.regex, name):
        raise Forbidden(
            "The identity provider sent no usable user name.", next_step="Tell its administrator."
        )
    return name


@transaction.atomic
def person_from_claims(claims: dict[str, Any]) -> User:
    """The person of that user name: entered beforehand without a password, or made now.

    Two first sign-ins at once wait for each other. Raises Conflict where the name belongs to a local account,
    and Forbidden for a deactivated person.
    """
    username = username_from_claim(claims)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"sign-in {username}"])
    known = User.objects.filter(username=username).first()
    if known is None:
        return create_user(actor=IDENTITY_PROVIDER, username=username, **_profile(claims, username))
    require_admitted(known)
    if known.has_usable_password() or known.kind != User.Kind.PERSON:
        raise Conflict(
            f"The user name {username} belongs to a local account.",
            next_step="Ask a CoE lead to rename or convert the local account, then sign in again.",
        )
    record("people.user.linked", actor=IDENTITY_PROVIDER, target=known)
    return known


def require_admitted(user: User) -> None:
    if not user.is_active:
        raise Forbidden("Your account is deactivated.", next_step="Ask a CoE lead to activate it again.")


@transaction.atomic
def apply_group_claim(user: User, groups: Any) -> None:
    """Memberships of running teams whose slugs the claim lists begin; those from an earlier claim that are no
    longer listed end. Memberships that people entered stay as they are, unknown groups are ignored.

    `groups` is a list of names or one name; of another form it changes nothing, because it says nothing.
    """
    if isinstance(groups, str):
        groups = [groups]
    if not isinstance(groups, list | tuple):
        log.warning("groups claim has no list", user=user.username, form=type(groups).__name__)
        return
    now = timezone.now()
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    teams = {
        team.pk: team for team in Team.objects.filter(Q(ends=None) | Q(ends__gt=now), slug__in=_slugs(groups))
    }
    rows = Membership.objects.filter(Q(ends=None) | Q(ends__gt=now), user=user).select_related("team")
    current = {row.team_id: row for row in rows}
    for team in (team for pk, team in teams.items() if pk not in current):
        _start_from_claim(user, team)
    for row in (row for pk, row in current.items() if row.from_claim and pk not in teams):
        end_period(actor=IDENTITY_PROVIDER, row=row, verb="people.membership.ended", subject=row.team)
    forget_standing(user)
    log.info("groups claim applied", user=user.username, teams=sorted(team.slug for team in teams.values()))


@transaction.atomic
def change_password(*, actor: Any, user: User, password: str) -> None:
    """A local account's own new password, which the sign-in pages have validated."""
    require(actor, "change_profile", user)
    user.set_password(password)
    user.save(update_fields=["password"])
    record("people.password.changed", actor=actor, target=user)


def _slugs(groups: list[Any] | tuple[Any, ...]) -> set[str]:
    """Slugs that groups name: exactly, or as a top-level path ("/risk-ml").

    A group further down is another group: whoever may open groups below their own must not become a member of
    a team that way.
    """
    names = {group.lower().removeprefix("/") for group in groups if isinstance(group, str)}
    return {name for name in names if re.fullmatch(SLUG.regex, name)}


def _start_from_claim(user: User, team: Team) -> None:
    membership = Membership.objects.create(user=user, team=team, from_claim=True)
    data = {"user": user.pk, "role": membership.role}
    record("people.membership.started", actor=IDENTITY_PROVIDER, target=membership, subject=team, data=data)


def _profile(claims: dict[str, Any], username: str) -> dict[str, Any]:
    """Name, e-mail and time zone as far as the claims hold usable ones."""
    name = str(claims.get("name") or claims.get("preferred_username") or username).replace("\x00", "").strip()
    zone = claims.get("zoneinfo")
    return {
        "name": name[:150] or username,
        "email": _email(claims.get("email")),
        "time_zone": zone if isinstance(zone, str) and zone in available_timezones() else "UTC",
    }


def _email(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    try:
        validate_email(text)
    except ValidationError:
        return ""
    return text
