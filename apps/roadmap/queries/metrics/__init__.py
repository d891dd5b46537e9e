"""The figures by which leads see whether the roadmap serves the units: how fast, how fair, how true its forecasts.

Each comes with the bars that it opens into and the definition to read it by. Time is counted for what was sent within
the span, and so are stages of models; plans are those of cycles that began within it; effort and outcomes need years,
and take all that there is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.core.errors import Forbidden
from apps.people.standing import standing_of
from apps.roadmap.policies import is_central
from apps.roadmap.queries.metrics.definitions import FIGURES, Kind
from apps.roadmap.queries.metrics.spans import Span
from apps.tooling.queries.metrics import Figure

__all__ = ["FIGURES", "WINDOW_DAYS", "Figure", "figure", "figures", "require_lead"]

WINDOW_DAYS = 365


def require_lead(user: Any) -> None:
    """Raises Forbidden for those who neither lead the CoE nor build its platform."""
    standing = standing_of(user)
    if not (is_central(standing) or standing.superuser):
        raise Forbidden(
            "These figures are for CoE leads and platform engineers.",
            next_step="The pages of cycles show every plan and why it is as it is.",
        )


def figures(user: Any, at: datetime | None = None, days: int = WINDOW_DAYS) -> list[Figure[Kind]]:
    """All of them at one instant; what several need is read once."""
    require_lead(user)
    when = at or timezone.now()
    span = Span(user, when - timedelta(days=days), when)
    return [Figure(name, kind, kind.draw(span), when) for name, kind in FIGURES.items()]


def figure(user: Any, name: str, at: datetime | None = None, days: int = WINDOW_DAYS) -> Figure[Kind]:
    require_lead(user)
    when = at or timezone.now()
    return Figure(
        name, FIGURES[name], FIGURES[name].draw(Span(user, when - timedelta(days=days), when)), when
    )
