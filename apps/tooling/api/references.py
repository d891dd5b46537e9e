"""How requests name things of the tooling room: a capability and environments by their slugs, a proposal by its id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.core.errors import NotFound
from apps.core.ids import row_of
from apps.tooling.models import Capability, Environment, Proposal


def capability_named(user: Any, slug: str) -> Capability:
    found: Capability | None = Capability.objects.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise NotFound(
            f"There is no capability {slug}.", next_step="GET /api/v1/tooling/capabilities/ lists them."
        )
    return found


def proposal_named(user: Any, pk: int) -> Proposal:
    found: Proposal | None = row_of(Proposal.objects.visible_to(user), pk)
    if found is None:
        raise NotFound(f"There is no proposal {pk}.")
    return found


def environments_named(user: Any, slugs: Sequence[str]) -> list[Environment]:
    """Each once, in the house's order; NotFound naming the first that does not exist."""
    found = list(Environment.objects.visible_to(user).filter(slug__in=slugs))
    unknown = sorted(set(slugs) - {row.slug for row in found})
    if unknown:
        raise NotFound(
            f"There is no environment {unknown[0]}.",
            next_step="GET /api/v1/tooling/environments/ lists them.",
        )
    return found
