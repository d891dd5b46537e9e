"""Who calls: one way to read a bearer token, for REST and GraphQL alike."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import lru_cache
from typing import cast

from django.db import DEFAULT_DB_ALIAS, connection
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
    token = _token_of(secret)
    if token is None:
        raise Unauthenticated(
            "The token is unknown, expired or revoked.", next_step="Create a new one on your profile page."
        )
    _note_use(token)
    token.user.token_scopes = frozenset(token.scopes)  # type: ignore[attr-defined]
    return token.user, token


def _token_of(secret: str) -> ApiToken | None:
    """The usable token with its user. Every request of a script asks this, and building the statement from a queryset
    costs several times what the statement does, so that it is built once."""
    names = [[field.attname for field in model._meta.concrete_fields] for model in (ApiToken, User)]
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [digest(secret), timezone.now()])
        row = cursor.fetchone()
    if row is None:
        return None
    token, cut = ApiToken.from_db(DEFAULT_DB_ALIAS, names[0], row[: len(names[0])]), len(names[0])
    token.user = User.from_db(DEFAULT_DB_ALIAS, names[1], row[cut:])
    return token


@lru_cache(maxsize=1)
def _statement() -> str:
    quoted = connection.ops.quote_name
    columns = [
        f"{alias}.{quoted(str(field.column))}"
        for alias, model in (("t", ApiToken), ("u", User))
        for field in model._meta.concrete_fields
    ]
    tables = f"{quoted(ApiToken._meta.db_table)} t JOIN {quoted(User._meta.db_table)} u ON u.id = t.user_id"
    usable = "t.sha256 = %s AND t.revoked_at IS NULL AND t.expires > %s AND u.is_active"
    return f"SELECT {', '.join(columns)} FROM {tables} WHERE {usable}"  # noqa: S608 - names of our own models


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
