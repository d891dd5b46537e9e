"""How many requests a minute one caller has: one counter for REST and GraphQL.

It counts in the cache, in windows of one minute. The portal's cache lives in each process, so that with several
web processes a caller has the limit in each: a guard against runaway scripts, no exact quota.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.core.errors import RateLimited

WINDOW = 60


def spend(caller: str, most: int) -> None:
    """Counts one request of the caller; RateLimited beyond `most` in this minute."""
    now = int(time.time())
    if _counted(f"requests:{caller}:{now // WINDOW}") > most:
        raise RateLimited(
            f"At most {most:,} requests a minute.",
            next_step="Wait until the next minute, or ask for more at once.",
            retry_after=WINDOW - now % WINDOW,
        )


def _counted(key: str) -> int:
    if cache.add(key, 1, timeout=2 * WINDOW):
        return 1
    try:
        return cache.incr(key)
    except ValueError:  # a full cache dropped it meanwhile
        cache.set(key, 1, timeout=2 * WINDOW)
        return 1


class PerCaller(BaseThrottle):
    """REST's limit: by token, else by person, else by address."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if request.auth is not None:
            spend(f"rest:token:{request.auth.pk}", settings.REST_LIMITS["requests_per_minute"])
        elif request.user.is_authenticated:
            spend(f"rest:person:{request.user.pk}", settings.REST_LIMITS["requests_per_minute"])
        else:
            address = self.get_ident(request)
            spend(f"rest:address:{address}", settings.REST_LIMITS["anonymous_requests_per_minute"])
        return True
