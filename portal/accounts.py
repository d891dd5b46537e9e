"""The addresses of sign-in: of allauth's pages those that the portal needs.

The others do not exist, because nobody signs up, keeps several e-mail addresses, resets a password by mail or
connects accounts by hand.
"""

from __future__ import annotations

from typing import cast

from allauth.account import views as account
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import path

from apps.core.errors import NotFound, Unavailable
from apps.people.models import User


@login_required
def password_change(request: HttpRequest) -> HttpResponseBase:
    """For local accounts only: the password of everybody else is the identity provider's."""
    if not cast(User, request.user).has_usable_password():
        raise NotFound(
            "You sign in through the identity provider; there is no password here.",
            next_step="Change it at the identity provider.",
        )
    answer: HttpResponseBase = account.password_change(request)
    return answer


def openid_connect_login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """To the identity provider. Its errors of connection are kinds of OSError."""
    try:
        answer: HttpResponseBase = openid_connect.login(request, provider_id)
    except OSError as error:
        raise Unavailable(
            "The identity provider does not answer.", next_step="Wait a minute, then sign in again."
        ) from error
    return answer


urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("password/change/", password_change, name="account_change_password"),
    path("oidc/<slug:provider_id>/login/", openid_connect_login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", openid_connect.callback, name="openid_connect_callback"),
    path("3rdparty/login/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("3rdparty/login/error/", social.login_error, name="socialaccount_login_error"),
]
