"""How fast: how long one waits for a first answer, and for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Min

from apps.core.models import Event
from apps.roadmap.models import Request
from apps.roadmap.queries.metrics.spans import Span, rounded
from apps.roadmap.workflow import RequestType
from apps.tooling.queries.metrics import Drawn, Series
from apps.tooling.queries.survival import Waited, quantile

DAY = timedelta(days=1)
DECIDED = ("planned", "not_planned", "declined", "merged")


def first_response(span: Span) -> Drawn:
    return _waiting(span, {row.pk: row.answered_at for row in span.sent if row.answered_at})


def decision(span: Span) -> Drawn:
    verbs = [f"roadmap.request.{verb}" for verb in DECIDED]
    rows = Event._base_manager.filter(
        verb__in=verbs,
        target_type=Request._meta.label_lower,
        target_id__in=[row.pk for row in span.sent],
        at__lte=span.at,
    )
    firsts = rows.order_by().values_list("target_id").annotate(Min("at"))
    return _waiting(span, dict(firsts))


def _waiting(span: Span, ended: Mapping[int, datetime]) -> Drawn:
    """Days by type; what has not ended waits until now."""
    waited: dict[str, list[Waited]] = {each.value: [] for each in RequestType}
    for row in span.sent:
        if row.submitted_at is not None:
            end = ended.get(row.pk, span.at)
            waited[row.type].append(Waited((end - row.submitted_at) / DAY, row.pk in ended))
    everything = [each for some in waited.values() for each in some]
    return Drawn(
        rounded(quantile(everything, 0.5)),
        tuple(str(RequestType(each).label) for each in waited),
        tuple(
            Series(name, tuple(rounded(quantile(some, share)) for some in waited.values()))
            for name, share in (("Median", 0.5), ("90th percentile", 0.9))
        ),
    )
