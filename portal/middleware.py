"""Browser safety that depends on the address."""

from __future__ import annotations

from csp.middleware import CSPMiddleware
from django.http import HttpRequest, HttpResponseBase

ADMIN_RELAXATION = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}


class ContentSecurityPolicy(CSPMiddleware):
    """One strict policy; only `/admin/` adds what the admin's Alpine needs (decision 0003)."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path.startswith("/admin/"):
            response._csp_update = ADMIN_RELAXATION  # type: ignore[attr-defined]
        return super().process_response(request, response)
