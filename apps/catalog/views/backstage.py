"""Where Backstage fetches the catalog. It sends no credentials, so the file holds what the whole company may
see."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from apps.catalog.backstage import public_file
from apps.core.errors import NotFound, problem
from apps.core.middleware import current_request_id


@require_safe
def catalog_info(request: HttpRequest) -> HttpResponseBase:
    """The YAML, or 304 for who has it; 404 while `COE_BACKSTAGE_PUBLIC_FILE` is off."""
    if not settings.BACKSTAGE_PUBLIC_FILE:
        return _refused(request, NotFound("The public Backstage file is switched off here."))
    file = public_file()
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    # A strong validator names bytes, and packed bytes are others (RFC 9110, 8.8.3.3).
    etag = f'"{file.digest}-gzip"' if packed else f'"{file.digest}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        file.packed if packed else file.content, content_type="application/yaml"
    )
    if packed and response.status_code == 200:
        response["Content-Encoding"] = "gzip"
    response["ETag"] = etag
    response["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _refused(request: HttpRequest, error: NotFound) -> HttpResponse:
    members = problem(error, instance=request.path, request_id=current_request_id())
    return JsonResponse(members, status=error.status, content_type="application/problem+json")
