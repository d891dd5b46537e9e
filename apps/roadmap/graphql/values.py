"""What a request is worth, as GraphQL answers with it: computed when read, for every row of a page at once."""

from __future__ import annotations

from typing import Any

import graphene
from django.utils import timezone

from apps.core.graphql import strings
from apps.roadmap.graphql.enums import EvidenceKind
from apps.roadmap.graphql.fields import exact_of
from apps.roadmap.models import ScoringPolicy
from apps.roadmap.queries.scores import current_policy
from apps.roadmap.queries.values_told import value_of_row, with_value_parts

POLICY = "_scoring_policy_in_force"


class RoadmapValuePart(graphene.ObjectType):
    """One figure's share of one scorer's value: expected x rate x probability. `rate` is null where none is agreed."""

    scorer = graphene.String(required=True, description="User name.")
    kpi = graphene.String(required=True, description="Name of the figure.")
    expected = exact_of("expected")
    measure = graphene.String(required=True)
    rate = exact_of("rate", required=False)
    probability = exact_of("probability")
    evidence = graphene.Field(EvidenceKind, required=True)
    value = exact_of("value")


class RoadmapValuation(graphene.ObjectType):
    """What the last revealed round comes to under the present policy. `rice` and `wsjf` are null without an estimate."""

    policy = graphene.Int(description="Number of the revision.")
    value = exact_of("value", description="Median over the scorers, in points a year.")
    low = exact_of("low")
    high = exact_of("high")
    wide = graphene.Boolean(required=True, description="The highest is at least twice the lowest.")
    stale = graphene.Boolean(required=True)
    delay = exact_of("delay", description="What a quarter's wait costs.")
    confidence = exact_of("confidence")
    rice = exact_of("rice", required=False)
    wsjf = exact_of("wsjf", required=False)
    unrated = strings(description="Figures without a rate: they count nothing.")
    parts = graphene.List(graphene.NonNull(RoadmapValuePart), required=True)


class ValuationField(graphene.Field):
    """Reads what it is computed from together with the rows, and the policy once."""

    def __init__(self) -> None:
        super().__init__(RoadmapValuation, description="Null where no score is revealed.")

    def optimizer_hook(self, compiler: Any) -> None:
        def joined(rows: Any, optimizer: Any, **filters: Any) -> Any:
            return with_value_parts(rows)

        compiler.optimizer.only_fields.append("reach")
        compiler.optimizer.manual_optimizers["valuation"] = joined

    def wrap_resolve(self, parent_resolver: Any) -> Any:
        return lambda root, info: value_of_row(root, _policy(info.context), timezone.now())


def _policy(context: Any) -> ScoringPolicy | None:
    """One revision for a whole answer."""
    if not hasattr(context, POLICY):
        setattr(context, POLICY, current_policy())
    found: ScoringPolicy | None = getattr(context, POLICY)
    return found
