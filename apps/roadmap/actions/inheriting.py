"""A request that takes a duplicate in takes its place too: what it needs or excludes, and what needs or excludes it."""

from __future__ import annotations

from django.db import connection
from django.db.models import Q

from apps.roadmap.models import Dependency, Request
from apps.roadmap.planning.checks import dependency_cycle
from apps.roadmap.queries.instance import key
from apps.roadmap.workflow import Link

Tie = tuple[int, int, str]


def inherit(request: Request, into: Request) -> int:
    """Moves the dependencies of `request` to `into`; returns how many could not be moved and are gone: those between
    the two, and needs that would close a circle."""
    one_at_a_time()
    rows = Dependency._base_manager.filter(Q(request=request) | Q(other=request)).order_by("pk")
    moved = {row.pk: _moved(row, request.pk, into.pk) for row in rows}
    rows.delete()
    return sum(not _kept(tie) for tie in moved.values())


def one_at_a_time() -> None:
    """Until the end of the transaction nobody else adds a need."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('roadmap.needs'))")


def _moved(row: Dependency, old: int, new: int) -> Tie:
    first, second = (new if pk == old else pk for pk in (row.request_id, row.other_id))
    return first, second, row.kind


def _kept(tie: Tie) -> bool:
    """Whether the two are joined as before; a need that stands already stays as it is."""
    first, second, kind = tie
    if first == second or (kind == Link.NEEDS and _closes_circle(first, second)):
        return False
    row, _ = Dependency._base_manager.get_or_create(
        request_id=first, other_id=second, defaults={"kind": kind}
    )
    return row.kind == kind


def _closes_circle(first: int, second: int) -> bool:
    needs: dict[str, list[str]] = {key(first): [key(second)]}
    for request, other in Dependency._base_manager.filter(kind=Link.NEEDS).values_list("request", "other"):
        needs.setdefault(key(request), []).append(key(other))
    return bool(dependency_cycle(needs))
