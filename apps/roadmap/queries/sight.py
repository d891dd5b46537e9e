"""Whether somebody may have a file that speaks of all requests of a cycle at once."""

from __future__ import annotations

from typing import Any

from apps.core.errors import Forbidden, NotFound
from apps.roadmap.models import Snapshot
from apps.roadmap.planning.canonical import read_instance
from apps.roadmap.queries.naming import names_of


def readable_inputs(user: Any, snapshot: Snapshot) -> bytes:
    """The frozen bytes. NotFound while the vote is open again, Forbidden where they hold the figures of a request that
    `user` does not see."""
    if not Snapshot.objects.visible_to(user).filter(pk=snapshot.pk).exists():
        raise NotFound(
            "The vote is open again: what was frozen before is sealed.", next_step="Wait for the freeze."
        )
    instance = read_instance(snapshot.inputs)
    if not names_of(user, instance).all_shown(each.id for each in instance.requests):
        raise Forbidden(
            "The file holds figures of requests that are not shown to you.",
            next_step="Ask a CoE lead to recompute the plans for you; their hash is public.",
        )
    return snapshot.inputs.encode()
