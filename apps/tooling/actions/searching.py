"""What precedents are found by: a request's words in its search vector."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import Value

from apps.core.text_search import spelled
from apps.tooling.models import ExceptionRequest


def index_request(request: ExceptionRequest) -> None:
    """Name and capability first, then objective and figures, then the rest."""
    capability = request.capability.name if request.capability else ""
    heavy = f"{request.tool or ''} {request.tool_name} {capability}"
    middle = f"{request.objective} {request.kpi}"
    light = f"{request.cost_of_refusal} {request.exit_plan} {request.controls} {request.team}"
    vector: Any = None
    for text, weight in ((heavy, "A"), (middle, "B"), (light, "C")):
        for config in ("simple", "english"):
            part = SearchVector(Value(spelled(text)), weight=weight, config=config)
            vector = part if vector is None else vector + part
    ExceptionRequest._base_manager.filter(pk=request.pk).update(search_vector=vector)
