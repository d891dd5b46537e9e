"""People come, change and leave; nobody is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.concurrency import refused_as
from apps.core.errors import Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.people.actions.organisation import end_period, validated
from apps.people.models import ApiToken, Membership, User
from apps.people.working_days import checked_zone


@transaction.atomic
def create_user(
    *, actor: Any, password: str | None = None, at: datetime | None = None, **fields: Any
) -> User:
    """A person, or a service account's user. Without a password they sign in through the identity provider only."""
    user = User(**fields)
    user.set_password(password)
    if at:
        user.date_joined = at
    validated(user)
    taken = "A user with this name exists."
    with refused_as(people_user_username_key=taken, user_username_any_case=taken):
        user.save(force_insert=True)
    require(actor, "change", user)
    record("people.user.created", actor=actor, target=user, at=at)
    return user


@transaction.atomic
def deactivate_user(*, actor: Any, user: User) -> User:
    """Ends memberships and tokens, and keeps the row: what they did stays theirs."""
    require(actor, "change", user)
    if user.pk == actor.pk:
        raise Invalid("You cannot deactivate yourself; ask another CoE lead.")
    if not User.objects.filter(pk=user.pk, is_active=True).update(
        is_active=False, deactivated_at=timezone.now()
    ):
        return user
    for membership in Membership.objects.filter(user=user, ends=None):
        end_period(actor=actor, row=membership, verb="people.membership.ended", subject=membership.team)
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())
    record("people.user.deactivated", actor=actor, target=user)
    user.refresh_from_db()
    return user


@transaction.atomic
def activate_user(*, actor: Any, user: User) -> User:
    require(actor, "change", user)
    if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True, deactivated_at=None):
        record("people.user.activated", actor=actor, target=user)
    user.refresh_from_db()
    return user


@transaction.atomic
def update_profile(*, actor: Any, user: User, changes: Mapping[str, Any]) -> User:
    """One's own name, e-mail and time zone."""
    require(actor, "change_profile", user)
    allowed = {name: changes[name] for name in ("name", "email", "time_zone") if name in changes}
    checked_zone(allowed.get("time_zone", "UTC"))
    for name, value in allowed.items():
        setattr(user, name, value)
    validated(user)
    user.save(update_fields=list(allowed))
    record("people.user.changed", actor=actor, target=user, data={"fields": sorted(allowed)})
    return user
