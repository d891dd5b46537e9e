"""What the steering committee made of the plans of a cycle: which it chose, what it moved, what became of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.roadmap.models import Cycle, Meeting
from apps.roadmap.queries.meetings import candidates, meetings_of, overrides
from apps.roadmap.views.meeting_page import override_shown


@dataclass(frozen=True, slots=True)
class Decision:
    """`planned` says by request what became of it, of those that the reader sees; `moves` are the overrides that
    stand."""

    meeting: Meeting
    planned: Mapping[int, bool]
    moves: tuple[dict[str, Any], ...]

    def moves_of(self, request: int) -> list[dict[str, Any]]:
        """The overrides that took or displaced this request."""
        ends = [(each, each["row"].takes, each["row"].displaces) for each in self.moves]
        return [each for each, *both in ends if request in [one.request_id for one in both if one]]


def decision_on(user: Any, cycle: Cycle) -> Decision | None:
    """None while nothing is decided."""
    meeting = next((row for row in meetings_of(user, cycle) if row.decided_at), None)
    if meeting is None:
        return None
    rows = candidates(user, cycle)
    planned = {row.request_id: row.planned for row in rows if row.planned is not None}
    moves = [each for each in overrides(user, meeting) if each.taken_back_at is None]
    return Decision(meeting, planned, tuple(override_shown(each, rows) for each in moves))
