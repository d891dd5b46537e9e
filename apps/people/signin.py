"""Sign-in through django-allauth: local users, and OpenID Connect whose groups claim keeps memberships.

allauth speaks the protocol and keeps the session; who becomes whom is decided here before allauth goes on.
Its own ways to make, merge and connect accounts are never reached: `portal.accounts` has no page for them.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from apps.core.errors import Conflict, Forbidden, PortalError, RateLimited
from apps.core.middleware import error_page
from apps.people.actions.signin import (
    apply_group_claim,
    change_password,
    person_from_claims,
    require_admitted,
)
from apps.people.models import User

LOCKED = "Too many sign-ins failed for this name or from this address."
LOCKED_NEXT = "Wait five minutes, then try again; a CoE lead can set a new password."
LOCKED_SECONDS = 300  # allauth's own longest window: five attempts in five minutes for each name


class AccountAdapter(DefaultAccountAdapter):
    """Local accounts are made by administrators; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def validation_error(self, code: str, *args: Any) -> Exception:
        """The lock after failed attempts is no fault of the form but an answer of its own, with its status."""
        if code == "too_many_login_attempts":
            return RateLimited(LOCKED, next_step=LOCKED_NEXT, retry_after=LOCKED_SECONDS)
        error: Exception = super().validation_error(code, *args)
        return error

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Services come with tokens: even one that got a password does not sign in."""
        user = super().authenticate(request, **credentials)
        return user if user is None or user.kind == User.Kind.PERSON else None

    def set_password(self, user: Any, password: str) -> None:
        """allauth goes on with `user`, the request's lazy one, to keep its session."""
        person = User.objects.get(pk=user.pk)
        change_password(actor=person, user=person, password=password)
        user.password = person.password

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("people:profile")


class OidcAdapter(DefaultSocialAccountAdapter):
    """People of the company's identity provider get a user at their first sign-in and their teams at each."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        """allauth's own idea of the new user is never saved; see `person_from_claims`.

        Raises PermissionDenied, which allauth shows as a failed sign-in, for claims that PostgreSQL cannot keep.
        """
        if "\\u0000" in json.dumps(sociallogin.account.extra_data):
            raise PermissionDenied("A claim holds a NUL character.")
        return sociallogin.user

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """All of an admission or nothing of it."""
        try:
            with transaction.atomic():
                _admit(request, sociallogin)
        except PortalError as refusal:
            raise ImmediateHttpResponse(error_page(request, refusal)) from refusal


def _admit(request: HttpRequest, sociallogin: Any) -> None:
    if sociallogin.state.get("process") != "login":
        raise Forbidden(
            "Accounts are not connected by hand.", next_step="Sign out, then sign in at the provider."
        )
    claims = claims_of(sociallogin)
    if not sociallogin.is_existing:
        _link(request, sociallogin, person_from_claims(claims))
    require_admitted(sociallogin.user)
    if settings.OIDC_GROUPS_CLAIM in claims:
        apply_group_claim(sociallogin.user, claims[settings.OIDC_GROUPS_CLAIM])


def _link(request: HttpRequest, sociallogin: Any, user: User) -> None:
    """Ties the person to the provider's subject; refuses where another subject had the user name before."""
    account = sociallogin.account
    known = SocialAccount.objects.filter(user=user, provider=account.provider).first()
    if known is None:
        sociallogin.connect(request, user)
    elif known.uid == account.uid:
        sociallogin.lookup()  # another window of the same person was faster
    else:
        raise Conflict(
            f"The user name {user.username} belongs to another person of the identity provider.",
            next_step="Ask a CoE lead: one of the two needs another user name.",
        )


def claims_of(sociallogin: Any) -> dict[str, Any]:
    """The provider's claims: allauth keeps id token and userinfo apart; userinfo wins.

    Raises Forbidden where the two speak of different subjects (OpenID Connect Core 1.0, 5.3.2).
    """
    extra = sociallogin.account.extra_data or {}
    id_token, userinfo = extra.get("id_token") or {}, extra.get("userinfo") or {}
    if id_token.get("sub", sociallogin.account.uid) != userinfo.get("sub", sociallogin.account.uid):
        raise Forbidden(
            "The identity provider's answers speak of two people.", next_step="Tell its administrator."
        )
    return {**id_token, **userinfo} or extra
