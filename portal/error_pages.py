"""Django's own error handlers, in the caller's form: what it refuses before a view of ours is reached."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from apps.core.errors import Forbidden, Invalid, NotFound, PortalError, RateLimited
from apps.core.http_edge import answer, for_programs
from apps.core.middleware import current_request_id
from apps.core.rest_problems import problem_page, translated

log = structlog.get_logger("portal.errors")
PLAIN = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Something went wrong · CoE Portal</title></head>
<body><h1>Something went wrong</h1>
<p>The portal failed while it made this page. Nothing that you saved before is lost.</p>
<p>Tell the center what you did and this reference: <code>{request_id}</code></p></body></html>
"""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A foreign host, a broken form, too many fields."""
    return answer(request, translated(exception) or Invalid("The request is malformed."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_page(request, Forbidden()) if for_programs(request) else answer(request, Forbidden())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if for_programs(request):
        return problem_page(request, NotFound("There is no such address.", next_step="See /api/v1/docs/."))
    return defaults.page_not_found(request, exception)


def too_many(request: HttpRequest) -> HttpResponse:
    """allauth's limit of requests to its pages, which it counts by the minute."""
    return answer(request, RateLimited("Too many requests came from this address.", retry_after=60))


@csrf_exempt
def server_error(request: HttpRequest) -> HttpResponse:
    """What nobody foresaw: logged by Django, told to the caller without its text, with the request's id."""
    if for_programs(request):
        unforeseen = PortalError("This should not have happened.", next_step="Report the request id.")
        return problem_page(request, unforeseen)
    return HttpResponse(_page_of_failure(current_request_id()), status=500)


def _page_of_failure(request_id: str) -> str:
    """The page asks neither the database nor the request; when even it fails, its words stand alone."""
    try:
        return loader.render_to_string("errors/500.html", {"request_id": request_id})
    except Exception:
        log.exception("errors.page_failed")
        return PLAIN.format(request_id=request_id)
