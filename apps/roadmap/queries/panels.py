"""What an entity's own page shows of the roadmap: requests about it, what they promise and what came of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.catalog.models import Entity
from apps.roadmap.models import Request
from apps.roadmap.queries.numbers import told
from apps.roadmap.queries.realised import Promise, promises
from apps.roadmap.queries.scores import current_policy, valuations
from apps.roadmap.workflow import State

PANEL_ROWS = 8
FORGOTTEN = (State.DRAFT, State.DUPLICATE, State.WITHDRAWN)


def requests_about(user: Any, entity: Entity) -> dict[str, Any] | None:
    """Linked to it, or handed over as it; the newest first. None where there are none."""
    rows = Request.objects.visible_to(user).exclude(state__in=FORGOTTEN)
    about = Q(links__entity=entity) | Q(handovers__entity=entity)
    wanted = rows.filter(pk__in=Request._base_manager.filter(about).order_by().values("pk"))
    found = list(
        wanted.select_related("unit", "owner").defer("search_vector").order_by("-pk")[: PANEL_ROWS + 1]
    )
    if not found:
        return None
    shown = found[:PANEL_ROWS]
    values, lines = valuations(shown, current_policy()), promises(user, shown)
    return {
        "rows": [
            {
                "row": row,
                "value": told(values[row.pk].value, 0) if row.pk in values else None,
                "lines": [_line(each) for each in lines.get(row.pk, [])],
            }
            for row in shown
        ],
        "more": len(found) > PANEL_ROWS,
        "entity": entity,
    }


def _line(promise: Promise) -> dict[str, Any]:
    return {
        "measure": promise.measure,
        "promised": told(promise.promised),
        "realised": None if promise.realised is None else told(promise.realised),
        "waiting": promise.waiting,
    }
