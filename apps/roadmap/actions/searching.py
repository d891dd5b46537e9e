"""What similar requests are found by: a request's words in its search vector."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import Value

from apps.core.text_search import spelled
from apps.roadmap.models import Request


def index_request(request: Request) -> None:
    """The title first, then the problem and the figures, then the rest."""
    figures = " ".join(request.kpis.values_list("name", flat=True))
    texts = (
        (request.title, "A"),
        (f"{request.problem} {figures}", "B"),
        (f"{request.decision_changed} {request.if_nothing} {request.why_now} {request.approach_reason}", "C"),
    )
    vector: Any = None
    for text, weight in texts:
        for config in ("simple", "english"):
            part = SearchVector(Value(spelled(text)), weight=weight, config=config)
            vector = part if vector is None else vector + part
    Request._base_manager.filter(pk=request.pk).update(search_vector=vector)
