"""Sign-in through django-allauth: local users, and OpenID Connect whose groups claim keeps memberships."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from apps.core.errors import Conflict, Forbidden, PortalError
from apps.core.middleware import error_page
from apps.people.actions import apply_group_claim, username_from_claim
from apps.people.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Local accounts are made by administrators; nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        return user if user is None or user.kind == "person" else None


class OidcAdapter(DefaultSocialAccountAdapter):
    """People of the company's identity provider get a user at their first sign-in and their teams at each."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return True

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        claims = claims_of(sociallogin)
        user.username = username_from_claim(claims)
        user.name = str(claims.get("name") or claims.get("preferred_username") or user.username)[:150]
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        try:
            self._admit(request, sociallogin)
        except PortalError as refusal:
            raise ImmediateHttpResponse(error_page(request, refusal)) from refusal

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        user = super().save_user(request, sociallogin, form)
        keep_memberships(sociallogin)
        return user

    def _admit(self, request: HttpRequest, sociallogin: Any) -> None:
        """Links a person whom an administrator entered beforehand; refuses to take over a local account."""
        if not sociallogin.is_existing:
            known = User.objects.filter(username=username_from_claim(claims_of(sociallogin))).first()
            if known is None:
                return
            if known.has_usable_password() or known.kind != User.Kind.PERSON:
                raise Conflict(
                    f"The user name {known.username} belongs to a local account.",
                    next_step="Ask a CoE lead to rename or convert the local account, then sign in again.",
                )
            sociallogin.connect(request, known)
        if not sociallogin.user.is_active:
            raise Forbidden("Your account is deactivated.", next_step="Ask a CoE lead to activate it again.")
        keep_memberships(sociallogin)


def claims_of(sociallogin: Any) -> dict[str, Any]:
    """The provider's claims: allauth keeps id token and userinfo apart; userinfo wins."""
    extra = sociallogin.account.extra_data or {}
    nested = {**extra.get("id_token", {}), **extra.get("userinfo", {})}
    return nested or extra


def keep_memberships(sociallogin: Any) -> None:
    """At each sign-in the configured claim decides the memberships that came from it."""
    claims = claims_of(sociallogin)
    if settings.OIDC_GROUPS_CLAIM in claims:
        apply_group_claim(sociallogin.user, claims[settings.OIDC_GROUPS_CLAIM])
