"""Whether somebody may have a file that speaks of all requests of a cycle at once."""

from __future__ import annotations

from typing import Any

from apps.core.errors import Forbidden, NotFound
from apps.roadmap.models import PlanRun, Snapshot
from apps.roadmap.planning.canonical import read_instance
from apps.roadmap.planning.exported import election_of
from apps.roadmap.planning.instance import Instance
from apps.roadmap.planning.pabulib import write_election
from apps.roadmap.queries.naming import names_of
from apps.roadmap.queries.plans import instance_of_run


def readable_inputs(user: Any, snapshot: Snapshot) -> bytes:
    """The frozen bytes. NotFound while the vote is open again, Forbidden where they hold the figures of a request that
    `user` does not see."""
    if not Snapshot.objects.visible_to(user).filter(pk=snapshot.pk).exists():
        raise NotFound(
            "The vote is open again: what was frozen before is sealed.", next_step="Wait for the freeze."
        )
    _require_all_seen(user, read_instance(snapshot.inputs))
    return snapshot.inputs.encode()


def readable_election(user: Any, snapshot: Snapshot) -> bytes:
    """The same as an election in the .pb format, for any other rule."""
    return write_election(election_of(read_instance(readable_inputs(user, snapshot)), str(snapshot.cycle)))


def readable_plans(user: Any, run: PlanRun) -> bytes:
    """The bytes of the plans of a run that `user` sees. NotFound where there are none yet, Forbidden as above."""
    if run.state != PlanRun.State.DONE:
        raise NotFound("These plans are not computed.", next_step="Look at the cycle's plans.")
    _require_all_seen(user, instance_of_run(run))
    return run.result.encode()


def _require_all_seen(user: Any, instance: Instance) -> None:
    if not names_of(user, instance).all_shown(each.id for each in instance.requests):
        raise Forbidden(
            "The file holds figures of requests that are not shown to you.",
            next_step="Ask a CoE lead to recompute the plans for you; their hash is public.",
        )
