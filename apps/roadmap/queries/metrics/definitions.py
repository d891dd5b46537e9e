"""What each figure is called and how it is defined, in the order in which leads read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apps.roadmap.queries import models_moving
from apps.roadmap.queries.metrics import accuracy, fairness, waiting
from apps.roadmap.queries.metrics.spans import Span
from apps.roadmap.queries.promised import breaches
from apps.tooling.queries.metrics import Drawn


@dataclass(frozen=True, slots=True)
class Kind:
    """What a figure is called, how it is defined, and where its rows are."""

    label: str
    definition: str
    draw: Callable[[Span], Drawn]
    unit: str = ""
    of: str = ""  # what the figure is a part of, where the bars are parts of something else
    route: str = "roadmap:requests"
    query: str = ""


FIGURES: dict[str, Kind] = {
    "first_response": Kind(
        "Time to first response",
        "Calendar days from sending a request to the center's first answer, as the Kaplan-Meier estimate: what is not "
        "answered counts as waiting for at least as long as it did. No figure where fewer are answered than the share "
        "asks for. Withdrawn requests are left out.",
        waiting.first_response,
        "days",
    ),
    "time_to_decision": Kind(
        "Time to decision",
        "Calendar days from sending a request until it was planned, not planned, declined or merged for the first time, "
        "by the same estimate.",
        waiting.decision,
        "days",
    ),
    "breaches": Kind(
        "Breaches",
        "Days that the roadmap itself named and that passed: milestones not reached by their P90, looks back at outcomes "
        "not done by their day. Answers to requests have no named day; how long they take, the two figures before say.",
        lambda span: breaches(span.user, span.since, span.at),
        query="state=in_progress&state=delivered&state=outcome_review",
    ),
    "acceptance": Kind(
        "Acceptance",
        "Requests that the center answered and did not decline, by the unit that asked; in brackets how many answered.",
        fairness.acceptance,
        "%",
    ),
    "received": Kind(
        "Received against share",
        "In the default plan of the last decided cycle: the part of its own points that each unit received, beside its "
        "share of the capacity. The figure is the least that any unit received. No figure for a unit without a ballot.",
        fairness.received,
        "%",
        route="roadmap:cycles",
    ),
    "price_of_fairness": Kind(
        "Price of fairness",
        "The value that the default plan gives up against the value maximum, by decided cycle.",
        fairness.price,
        "%",
        route="roadmap:cycles",
    ),
    "overrides": Kind(
        "Overrides",
        "Items that the steering committee moved against the plan, by decided cycle.",
        fairness.overrides,
        route="roadmap:cycles",
    ),
    "mandatory": Kind(
        "Mandatory share",
        "The part of a cycle's whole capacity that mandatory items took off the top.",
        fairness.mandatory,
        "%",
        route="roadmap:cycles",
    ),
    "carry_over": Kind(
        "Carry-over",
        "The part of a cycle's whole capacity that work of earlier cycles took off the top.",
        fairness.carried,
        "%",
        route="roadmap:cycles",
    ),
    "estimate_bias": Kind(
        "Estimate bias",
        "Person-weeks that delivered requests really took, of their P50, by role; in brackets how many requests. 100% is "
        "no bias. Only requests with recorded actuals.",
        accuracy.bias,
        "%",
        query="state=delivered&state=outcome_review&state=closed",
    ),
    "p90_coverage": Kind(
        "Within P90",
        "Delivered requests that took no more of a role than their P90. Nine in ten should.",
        accuracy.coverage,
        "%",
        query="state=delivered&state=outcome_review&state=closed",
    ),
    "calibration": Kind(
        "Calibration",
        "Median of realised / predicted (P50) over all figures with a confirmed outcome, by unit; in brackets how many. "
        "Advisory, and hidden under five.",
        accuracy.calibration,
        "%",
        query="state=outcome_review&state=closed",
    ),
    "model_velocity": Kind(
        "Model velocity",
        "Calendar days from a model's first experiment to production, by the unit that owns it, as the Kaplan-Meier "
        "estimate: what is not in production counts as waiting for at least as long as it did. Experiments begun within "
        "the time, as the catalog has their stages; stopped models are left out, since stopping early is no delay. In "
        "brackets how many.",
        lambda span: models_moving.velocity(span.user, span.since, span.at),
        "days",
        route="catalog:list",
        query="kind=model",
    ),
    "pilot_conversion": Kind(
        "Pilot to production",
        "The figure: of models whose first pilot began within the time and has ended, the part that came to production. "
        "The bars are parts of all pilots begun, those that go on too, by the unit that owns the model; in brackets how "
        "many. A suspended pilot goes on.",
        lambda span: models_moving.conversion(span.user, span.since, span.at),
        "%",
        of="of ended pilots",
        route="catalog:list",
        query="kind=model",
    ),
}
