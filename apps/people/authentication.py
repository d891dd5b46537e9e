"""Who calls: one way to read a bearer token, for REST and GraphQL alike."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import cast

from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from apps.core.errors import Unauthenticated
from apps.people.models import ApiToken, User

PREFIX = "coe_"
LAST_USE_STEP = timedelta(minutes=5)


def digest(secret: str) -> bytes:
    """SHA-256 of a token; 32 random bytes need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()


def bearer_user(request: HttpRequest | Request) -> tuple[User, ApiToken] | None:
    """The user and token of the request's `Authorization: Bearer coe_…`; None where it has none of ours.

    Raises Unauthenticated for a token that is unknown, expired, revoked or of an inactive user, always with
    the same sentence. The user carries `token_scopes`, which the policies honour.
    """
    words = get_authorization_header(cast(Request, request)).split()
    if len(words) != 2 or words[0].lower() != b"bearer" or not words[1].startswith(PREFIX.encode()):
        return None
    secret = words[1].decode("latin-1")
    token = (
        ApiToken.objects.select_related("user")
        .filter(sha256=digest(secret), revoked_at=None, expires__gt=timezone.now(), user__is_active=True)
        .first()
    )
    if token is None:
        raise Unauthenticated(
            "The token is unknown, expired or revoked.", next_step="Create a new one on your profile page."
        )
    _note_use(token)
    token.user.token_scopes = frozenset(token.scopes)
    return token.user, token


def _note_use(token: ApiToken) -> None:
    """Writes the time of use at most every five minutes, without a race."""
    if token.last_used_at is None or token.last_used_at < timezone.now() - LAST_USE_STEP:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=Now() - LAST_USE_STEP)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=Now())


class BearerAuthentication(BaseAuthentication):
    """Our tokens for REST framework; other shapes are left to other authenticators."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        return bearer_user(request)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
