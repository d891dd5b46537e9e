"""Until when an exception holds: read from its grants, at the instant of asking, by whoever writes or foretells."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from apps.tooling.models import ExceptionRequest, Grant
from apps.tooling.models.grants import ENDS
from apps.tooling.workflow import HOLDING


def last_end(request: ExceptionRequest) -> datetime | None:
    """The instant from which on nothing of the request's grants holds."""
    rows = Grant._base_manager.filter(request=request)
    end: datetime | None = rows.aggregate(end=Max(ENDS))["end"]
    return end


def held_until(request: ExceptionRequest, at: datetime) -> datetime | None:
    """Its last end, where the exception holds at `at`: the job that writes an end into the state comes later."""
    end = last_end(request) if request.state in HOLDING else None
    return end if end is not None and end > at else None


def begins_after(request: ExceptionRequest, at: datetime) -> dict[int, datetime]:
    """Of a renewal: where the renewed grants end after `at`, the new ones begin, back to back; by environment."""
    if request.renews_id is None:
        return {}
    rows = Grant._base_manager.filter(request=request.renews_id, provisional=False, emergency=False)
    ends = rows.values_list("environment").annotate(end=Max(ENDS))
    return {environment: end for environment, end in ends if end > at}
