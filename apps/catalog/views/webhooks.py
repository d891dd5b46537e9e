"""Where MLflow's webhooks arrive; their signature is their sign-in."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from apps.catalog.actions.webhooks import take_delivery
from apps.catalog.sources.base import SourceFailed
from apps.core.errors import PortalError, TooLarge, Unavailable, problem
from apps.core.middleware import current_request_id


@csrf_exempt
@require_POST
def mlflow(request: HttpRequest, source: str) -> HttpResponse:
    """202 for a new delivery, 200 for one that was taken before, else a problem."""
    try:
        fresh = take_delivery(source, dict(request.headers.items()), request.body)
    except RequestDataTooBig:
        return _refused(request, TooLarge("The delivery is larger than 5 MB."))
    except SourceFailed as failure:
        return _refused(request, Unavailable(failure.reason))
    except PortalError as refusal:
        return _refused(request, refusal)
    return JsonResponse({"status": "queued" if fresh else "known"}, status=202 if fresh else 200)


def _refused(request: HttpRequest, error: PortalError) -> HttpResponse:
    members = problem(error, instance=request.path, request_id=current_request_id())
    return JsonResponse(members, status=error.status, content_type="application/problem+json")
