"""Values that a cycle compares are of fresh scores: when its vote opens, until its last ballot, and when it is frozen."""

from __future__ import annotations

from datetime import datetime

from apps.core.errors import Conflict
from apps.roadmap.models import Cycle
from apps.roadmap.queries.planner_words import listed
from apps.roadmap.queries.scores import losing_freshness

MOST_NAMED = 5


def refuse_stale(cycle: Cycle, at: datetime) -> None:
    """Conflict that names the requests whose scores are stale at that instant. For CoE leads, who see them all."""
    old = [f"“{each}”" for each in losing_freshness(cycle, at)]
    if not old:
        return
    more = [f"{len(old) - MOST_NAMED} more"] if len(old) > MOST_NAMED else []
    raise Conflict(
        f"Scores are stale on {at:%-d %B %Y}: of {listed([*old[:MOST_NAMED], *more])}.",
        next_step="Take these requests out while the cycle is in preparation, have them scored again, and take them in.",
    )
