"""What the solver could not prove of a plan before its limit, for one reader; the items by title."""

from __future__ import annotations

from apps.roadmap.planning.value_maximum import Proof
from apps.roadmap.queries.explaining import Explained
from apps.roadmap.queries.planner_words import listed
from apps.roadmap.workflow import PlanKind

SOLVED = {PlanKind.EQUAL_SHARES: "fill_choice", PlanKind.VALUE_MAXIMUM: "maximum_choice"}


def limit_of(read: Explained, kind: PlanKind) -> str:
    """Empty where the plan is proven, and where nothing had to be: a ranking."""
    if kind not in SOLVED:
        return ""
    choice = read.result[SOLVED[kind]]
    if choice["proof"] == Proof.LIMIT:
        return "The solver stopped at its limit: this is the best that it had found by then."
    if choice["proof"] == Proof.NOTHING:
        fixed = listed(read.names.titles(choice["chosen"])) or "nothing"
        return f"The solver stopped at its limit before it found a plan: this holds only what was fixed before, {fixed}."
    if not choice["ties_settled"]:
        return "The value is proven; which of several plans of this value comes out was not settled before the limit."
    return ""
