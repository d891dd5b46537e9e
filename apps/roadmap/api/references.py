"""How requests name things of the roadmap: a request by its id, a unit by its slug, rows of a request or cycle by id."""

from __future__ import annotations

from typing import Any

from apps.core.errors import NotFound
from apps.core.ids import row_of
from apps.people.models import BusinessUnit
from apps.roadmap.models import Candidate, Cycle, Request, Share


def request_named(user: Any, pk: int) -> Request:
    found: Request | None = row_of(Request.objects.visible_to(user), pk)
    if found is None:
        raise NotFound(f"There is no request {pk}, or it is not shown to you.")
    return found


def unit_named(user: Any, slug: str) -> BusinessUnit:
    found: BusinessUnit | None = BusinessUnit.objects.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise NotFound(f"There is no unit {slug}.", next_step="GET /api/v1/units/ lists them.")
    return found


def part_named(user: Any, model: Any, pk: int, **parent: Any) -> Any:
    """The row `pk` of what hangs on a request or cycle; NotFound where the parent has no such row to see."""
    found = row_of(model.objects.visible_to(user).filter(**parent), pk)
    if found is None:
        name = model._meta.verbose_name
        raise NotFound(f"There is no {name} {pk} here.", next_step="Use an id from the answer.")
    return found


def candidate_named(user: Any, cycle: Cycle, request: int) -> Candidate:
    """The candidate that stands for a request in a cycle."""
    rows = Candidate.objects.visible_to(user).filter(cycle=cycle).select_related("cycle", "request")
    found: Candidate | None = rows.filter(request=request).first() if request else None
    if found is None:
        raise NotFound(f"Request {request} is not in this cycle, or it is not shown to you.")
    return found


def share_named(user: Any, cycle: Cycle, voter: str) -> Share:
    """The share of `unit:<slug>` or `strategic`."""
    rows = Share.objects.visible_to(user).filter(cycle=cycle).select_related("unit", "cycle")
    slug = voter.removeprefix("unit:")
    found: Share | None = (
        rows.filter(unit=None).first() if voter == "strategic" else rows.filter(unit__slug=slug).first()
    )
    if found is None:
        raise NotFound(f"{voter} has no share in this cycle.", next_step="Use a `voter` of its `shares`.")
    return found
