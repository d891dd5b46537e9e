"""Tools whose standard is to be revisited: three teams, or two renewals, asked for one since it was last written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, Max, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Greatest

from apps.catalog.models import Entity
from apps.core.words import counted
from apps.tooling.models import ExceptionRequest, StandardRule
from apps.tooling.workflow import State

TEAMS = 3
RENEWALS = 2
REMEMBERED = timedelta(days=365)
NO_DEMAND = (State.DRAFT, State.WITHDRAWN, State.PROMOTED)


@dataclass(frozen=True, slots=True)
class Demand:
    """How many asked for one tool, since when and lastly when."""

    tool: Entity
    teams: int
    renewals: int
    first: datetime
    last: datetime

    @property
    def words(self) -> str:
        counts = [counted(self.teams, "team"), counted(self.renewals, "renewal") if self.renewals else ""]
        return f"{' and '.join(filter(None, counts))} since {self.first:%-d %B %Y}"


def to_revisit(user: Any, at: datetime) -> list[Demand]:
    """Of what `user` sees; most teams first. What was asked before the last revision about the tool was weighed in it."""
    sent = ExceptionRequest.objects.visible_to(user).filter(submitted_at__lte=at).exclude(state__in=NO_DEMAND)
    asked = sent.filter(submitted_at__gt=_weighed(at)).order_by().values("tool")
    counted = asked.annotate(
        teams=Count("team", distinct=True),
        again=Count("pk", filter=Q(renews__isnull=False)),
        first=Min("submitted_at"),
        last=Max("submitted_at"),
    )
    rows = list(
        counted.filter(Q(teams__gte=TEAMS) | Q(again__gte=RENEWALS)).order_by("-teams", "-again", "tool")
    )
    tools = Entity.objects.visible_to(user).in_bulk([row["tool"] for row in rows])
    return [
        Demand(tools[row["tool"]], row["teams"], row["again"], row["first"], row["last"])
        for row in rows
        if row["tool"] in tools
    ]


def _weighed(at: datetime) -> Greatest:
    """The later of a year ago and the last revision that speaks of the request's tool."""
    rules = StandardRule._base_manager.filter(tool=OuterRef("tool"), standard__at__lte=at).order_by()
    last = rules.values("tool").annotate(last=Max("standard__at")).values("last")
    return Greatest(Subquery(last), Value(at - REMEMBERED, DateTimeField()))
