"""Browser safety that depends on the address."""

from __future__ import annotations

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponseBase

ADMIN_RELAXATION = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}


class ContentSecurityPolicy(CSPMiddleware):
    """One strict policy; only `/admin/` adds what the admin's Alpine needs (decision 0003)."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/admin/"):
            response._csp_update = ADMIN_RELAXATION  # type: ignore[attr-defined]
        return super().process_response(request, response)


class PrivateAnswers:
    """What a person or a token is answered is theirs: no shared cache keeps it, and a browser asks again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-cache"
        return response
