"""The address that answers what a combobox offers."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from apps.core.lookups import options_of
from apps.roadmap.queries.lookups import LOOKUPS


@require_safe
@login_required
def options(request: HttpRequest, what: str) -> JsonResponse:
    return options_of(request, LOOKUPS, what)
