"""What depends on the address or the person, for every page: safety in the browser, caching, the clock's zone."""

from __future__ import annotations

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import is_valid_path
from django.utils import timezone
from django.utils.encoding import escape_uri_path, iri_to_uri

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


class OwnTimeZone:
    """Pages tell and take times in the time zone of the person who looks; the APIs speak UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if (
            request.path.startswith(("/api/", "/graphql"))
            or settings.SESSION_COOKIE_NAME not in request.COOKIES
        ):
            return self.get_response(request)
        with timezone.override(getattr(request.user, "time_zone", "UTC")):
            return self.get_response(request)


class CanonicalAddress:
    """An address with a slash too many leads to the one without; Django leads the other way round."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            response.status_code == 404
            and request.resolver_match is None
            and request.method in {"GET", "HEAD"}
        ):
            return _without_slash(request) or response
        return response


def _without_slash(request: HttpRequest) -> HttpResponseBase | None:
    shorter = request.path_info.rstrip("/")
    if shorter == request.path_info or not is_valid_path(shorter):
        return None
    query = request.META.get("QUERY_STRING", "")
    address = escape_uri_path(request.path.rstrip("/")) + (f"?{iri_to_uri(query)}" if query else "")
    return HttpResponsePermanentRedirect(address)
