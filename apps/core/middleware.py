"""What every request passes: an id for the logs and the errors, and errors as pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.errors import Invalid, PortalError, TooLarge, Unauthenticated

Handler = Callable[[HttpRequest], HttpResponse]
_SAFE_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def current_request_id() -> str:
    """The id of the request (or job) in whose context this runs; empty outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class RequestId:
    """Binds a request id, taken from `X-Request-ID` where it is harmless, to every log line, event and error."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if _SAFE_ID.fullmatch(offered) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class Errors:
    """Our errors, raised anywhere in an HTML view, become a page that says what happened and what to do."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
            exception = TooLarge("The form is larger than 5 MB or has more than 2,000 fields.")
        if isinstance(exception, UnicodeDecodeError):
            exception = Invalid("The text is not UTF-8.")
        if not isinstance(exception, PortalError):
            return None
        if isinstance(exception, Unauthenticated):
            return redirect_to_login(request.get_full_path())
        return error_page(request, exception)


def error_page(request: HttpRequest, error: PortalError) -> HttpResponse:
    """The page of an error, or only its block when htmx asked."""
    context = {"error": error, "request_id": current_request_id()}
    htmx = getattr(request, "htmx", None)
    template = "parts/error.html" if htmx else f"errors/{error.status}.html"
    return render(request, template, context, status=error.status)
