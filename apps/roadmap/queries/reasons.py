"""Why a request moved: what the person said who moved it, else what the step itself means."""

from __future__ import annotations

from apps.core.models import Event

MEANS = {
    "submitted": "Its team sent it to the center.",
    "triaged": "Somebody of the center looks at it.",
    "info_given": "The question of the center is answered.",
    "accepted": "The center finds it worth scoring.",
    "ready": "It has a sponsor, a second unit or the strategic wallet, an estimate, and fresh scores that agree.",
    "in_cycle": "It competes in a planning cycle, or is mandatory in it.",
    "left_cycle": "It was taken out before the vote, and may come into another cycle.",
    "planned": "The steering committee took it into its plan.",
    "started": "The central team has begun.",
    "delivered": "The work is done. Looks back are due after 90, 180 and 365 days.",
    "reviewed": "The first look back is done.",
    "closed": "The last look back is done, or it was stopped.",
}


def why(event: Event) -> str:
    """Never empty for a step of a request's life."""
    step = event.verb.rpartition(".")[2]
    return str(event.data.get("reason") or MEANS.get(step, ""))
