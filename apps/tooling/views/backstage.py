"""Where Backstage's Tech Radar plugin fetches the radar. As the public catalog file, it is fetched without credentials
and holds what the whole company may see."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from apps.core.errors import NotFound, problem
from apps.core.middleware import current_request_id
from apps.tooling.queries.tech_radar import public_radar


@require_safe
def tech_radar(request: HttpRequest) -> HttpResponseBase:
    """The JSON, or 304 for who has it; 404 while `COE_BACKSTAGE_PUBLIC_FILE` is off."""
    if not settings.BACKSTAGE_PUBLIC_FILE:
        return _refused(request, NotFound("The public Backstage file is switched off here."))
    found = public_radar()
    etag = f'"{found.digest}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        found.content, content_type="application/json"
    )
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    return response


def _refused(request: HttpRequest, error: NotFound) -> HttpResponse:
    members = problem(error, instance=request.path, request_id=current_request_id())
    return JsonResponse(members, status=error.status, content_type="application/problem+json")
