"""Background work of the roadmap: find what is due, call an action."""

from __future__ import annotations

from apps.core.jobs import task
from apps.roadmap.models import PlanRun


@task(name="roadmap.plan")
def plan(run: int) -> None:
    """Computes the three plans of a frozen cycle."""
    from apps.roadmap.actions.planning import carry_out

    carry_out(PlanRun._base_manager.select_related("cycle", "snapshot").get(pk=run))
