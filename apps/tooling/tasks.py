"""Background work of the tooling room: find what is due, call an action."""

from __future__ import annotations

from apps.core.jobs import task


@task(name="tooling.keep_record")
def keep_record(request: int) -> None:
    """Keeps the decision of a request as a document."""


@task(name="tooling.settle", queueing_lock="tooling.settle")
def settle() -> None:
    """Stored states follow what time has done."""
