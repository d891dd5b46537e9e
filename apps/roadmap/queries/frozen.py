"""The figures of a cycle that count: those of its snapshot once the vote is over, today's before that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from apps.roadmap.models import Cycle, Request, Snapshot
from apps.roadmap.planning.canonical import read_instance
from apps.roadmap.planning.instance import MICRO_WEEKS, Instance
from apps.roadmap.planning.instance import Request as Frozen
from apps.roadmap.queries.instance import request_id
from apps.roadmap.queries.scores import role_weeks, valuations
from apps.roadmap.workflow import REVEALED

Weeks = dict[int, dict[str, Decimal]]


def snapshot_of(cycle: Cycle) -> Snapshot | None:
    """What counts now; None while the vote is open, though an earlier freeze kept something."""
    if cycle.state not in REVEALED:
        return None
    return Snapshot._base_manager.filter(cycle=cycle).order_by("-pk").first()


def frozen_of(cycle: Cycle) -> Instance | None:
    """The instance that was frozen; None while today's figures count."""
    snapshot = snapshot_of(cycle)
    return read_instance(snapshot.inputs) if snapshot else None


def weeks_by_request(frozen: Instance | None, requests: Iterable[int]) -> Weeks:
    """P50 person-weeks by request and role; nothing of what was not frozen."""
    if frozen is None:
        return role_weeks(requests)
    wanted = set(requests)
    return {pk: in_weeks(row.weeks) for pk, row in _rows(frozen) if pk in wanted}


def values_by_request(
    frozen: Instance | None, cycle: Cycle, requests: Iterable[Request]
) -> dict[int, Decimal]:
    """What each is worth under the cycle's policy."""
    rows = list(requests)
    if frozen is None:
        return {pk: found.value for pk, found in valuations(rows, cycle.scoring_policy).items()}
    wanted = {row.pk for row in rows}
    return {pk: Decimal(row.value) for pk, row in _rows(frozen) if pk in wanted}


def in_weeks(amounts: Mapping[str, int]) -> dict[str, Decimal]:
    return {role: Decimal(amount) / MICRO_WEEKS for role, amount in amounts.items()}


def _rows(frozen: Instance) -> list[tuple[int, Frozen]]:
    return [(request_id(row.id), row) for row in frozen.requests]
