"""What every request has: an id for the logs and the errors; and the page of an error that names it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.errors import PortalError, answer_headers

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


def error_page(request: HttpRequest, error: PortalError) -> HttpResponse:
    """The page of an error, or only its block when htmx asked."""
    context = {"error": error, "request_id": current_request_id()}
    htmx = getattr(request, "htmx", None)
    templates = ["parts/error.html"] if htmx else [f"errors/{error.status}.html", "errors/layout.html"]
    response = render(request, templates, context, status=error.status)
    for name, value in answer_headers(error).items():
        response[name] = value
    return response
