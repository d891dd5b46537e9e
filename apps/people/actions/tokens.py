"""Secrets for scripts: shown once, kept as a hash, ended at any time."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.core.errors import Forbidden, Invalid
from apps.core.events import record
from apps.core.policies import System, require
from apps.people.actions.organisation import validated
from apps.people.actions.users import create_user
from apps.people.authentication import PREFIX, digest
from apps.people.models import ApiToken, Scope, ServiceAccount, Team, User
from apps.people.standing import standing_of

LONGEST = timedelta(days=365)


@transaction.atomic
def create_token(
    *, actor: Any, user: User, name: str, scopes: Sequence[str], lifetime: timedelta = timedelta(days=90)
) -> tuple[ApiToken, str]:
    """A new token for oneself, or for a service account that one keeps; returns the row and the secret.

    A caller that itself came with a token cannot make another one with more scopes, nor one that lives longer
    than 365 days.
    """
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise Invalid(errors={"scopes": [f"Choose at least one of {', '.join(Scope.values)}."]})
    if not timedelta(0) < lifetime <= LONGEST:
        raise Invalid(errors={"expires": ["A token lives at least a moment and at most 365 days."]})
    if Scope.ADMISSION in scopes and not _may_speak_for_clusters(actor):
        raise Forbidden(
            "Only the center makes tokens that speak for a cluster.", next_step="Ask a platform engineer."
        )
    held = getattr(actor, "token_scopes", None)
    if held is not None:
        raise Forbidden(
            "A token cannot make tokens.", next_step="Sign in and create it on your profile page."
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user=user,
        name=name.strip(),
        prefix=secret[:12],
        sha256=digest(secret),
        scopes=sorted(set(scopes)),
        created_by=user if isinstance(actor, System) else actor,
        expires=timezone.now() + lifetime,
    )
    validated(token)
    token.save()
    _require_own(actor, user)
    record("people.token.created", actor=actor, target=token, subject=user, data={"scopes": token.scopes})
    return token, secret


@transaction.atomic
def revoke_token(*, actor: Any, token: ApiToken) -> ApiToken:
    require(actor, "revoke", token)
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        record("people.token.revoked", actor=actor, target=token, subject=token.user)
    token.refresh_from_db()
    return token


@transaction.atomic
def create_service_account(
    *, actor: Any, username: str, name: str, team: Team, description: str = "", **when: Any
) -> ServiceAccount:
    """A user without password that works for one team; kept by the team's lead and CoE leads."""
    require(actor, "change_members", team)
    user = create_user(actor=SYSTEM_CREATES, username=username, name=name, kind=User.Kind.SERVICE, **when)
    account = ServiceAccount(user=user, team=team, description=description)
    validated(account)
    account.save()
    require(actor, "change", account)
    record("people.service_account.created", actor=actor, target=account, subject=team, **when)
    return account


SYSTEM_CREATES = System("service account")


def _may_speak_for_clusters(actor: Any) -> bool:
    return isinstance(actor, System) or standing_of(actor).platform_engineer or standing_of(actor).coe_lead


def _require_own(actor: Any, user: User) -> None:
    """Tokens are made for oneself or for service accounts one keeps, never for another person."""
    if isinstance(actor, System) or actor.pk == user.pk:
        return
    account = ServiceAccount.objects.filter(user=user).first()
    if account is None:
        raise Forbidden("A token for another person cannot be made; they create it themselves.")
    require(actor, "change", account)
