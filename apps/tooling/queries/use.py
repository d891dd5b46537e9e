"""Uses of tools judged now: what nobody allowed, what an exception allows, what ran on after its end, what nobody uses.

The scan keeps what is used; whether it may be is asked of `decide` at every look, so that an expiry shows at its instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, Max, Min, OuterRef

from apps.catalog.models import Entity
from apps.catalog.vocabulary import reference
from apps.core.policies import PolicyQuerySet
from apps.tooling.book import Book
from apps.tooling.decide import Decision, decide
from apps.tooling.models import DecisionCount, Grant, ObservedUse
from apps.tooling.models.grants import ENDS
from apps.tooling.queries.book import Snapshot, snapshot
from apps.tooling.queries.reminding import UNUSED_DAYS
from apps.tooling.vocabulary import DataClass, Reason

FACTS = ("tools.violations",)
NOBODY = ""  # owns what has no owner; no grant is of this team
ENDED = frozenset({Reason.GRANT_EXPIRED, Reason.GRANT_REVOKED})


class Standing(StrEnum):
    """What a use is, by its decision."""

    ENDED = "ended"
    DENIED = "denied"
    EXCEPTED = "excepted"
    ALLOWED = "allowed"

    @classmethod
    def of(cls, decision: Decision) -> Standing:
        if decision.excepted:
            return cls.EXCEPTED
        if decision.allowed:
            return cls.ALLOWED
        return cls.ENDED if decision.reason in ENDED else cls.DENIED


@dataclass(frozen=True, slots=True)
class Context:
    """What all uses of a group have in common; `team` and `tool` as ids with the names that decisions know."""

    team: int | None
    team_slug: str
    tool: int
    tool_ref: str
    environment: str
    version: str
    data_class: DataClass

    def judge(self, book: Book, at: datetime) -> Decision:
        asked = (self.team_slug, self.tool_ref, self.version or None, self.environment, self.data_class)
        return decide(book, *asked, at)


@dataclass(frozen=True, slots=True)
class JudgedUse:
    """The entities of one team that use a tool in one context, with what is answered to it now."""

    context: Context
    entities: tuple[int, ...]
    first_seen: datetime
    last_seen: datetime
    decision: Decision

    @property
    def standing(self) -> Standing:
        return Standing.of(self.decision)


def judged(rows: PolicyQuerySet[ObservedUse], now: Snapshot | None = None) -> list[JudgedUse]:
    """All uses among `rows`, which are already narrowed to what somebody may see: one statement, plus the book's."""
    at = now or snapshot()
    return [
        JudgedUse(context, entities, first, last, context.judge(at.book, at.at))
        for context, entities, first, last in _groups(rows)
    ]


def wanting(user: Any, now: Snapshot | None = None) -> list[JudgedUse]:
    """What the standards alone do not allow, of what `user` sees; the gravest first."""
    found = judged(ObservedUse.objects.visible_to(user), now)
    kept = [use for use in found if use.standing is not Standing.ALLOWED]
    places = list(Standing)
    kept.sort(key=lambda use: (places.index(use.standing), -len(use.entities), use.context.tool_ref))
    return kept


def _groups(
    rows: PolicyQuerySet[ObservedUse],
) -> Iterator[tuple[Context, tuple[int, ...], datetime, datetime]]:
    columns = (
        "entity__owner",
        "entity__owner__slug",
        "tool",
        "tool__kind",
        "tool__namespace",
        "tool__name",
        "environment__slug",
        "version",
        "data_class",
    )
    grouped = rows.order_by().values(*columns)
    told = grouped.annotate(
        entities=ArrayAgg("entity", distinct=True), first=Min("first_seen"), last=Max("last_seen")
    )
    for row in told.order_by("tool", "entity__owner", "environment", "version", "data_class"):
        team, slug, tool, kind, namespace, name, place, version, data_class = (row[each] for each in columns)
        ref = reference(kind, namespace, name)
        context = Context(team, slug or NOBODY, tool, ref, place, version, DataClass(data_class))
        yield context, tuple(row["entities"]), row["first"], row["last"]


def unused_grants(user: Any, at: datetime) -> PolicyQuerySet[Grant]:
    """Grants that hold, of which nothing was heard for 60 days: no answer was given by them and no scan saw the use."""
    since = at - timedelta(days=UNUSED_DAYS)
    answered = DecisionCount._base_manager.filter(
        grant=OuterRef("pk"), reason=Reason.EXCEPTED, day__gte=since.date()
    )
    seen = ObservedUse._base_manager.filter(
        entity__owner=OuterRef("team"),
        tool=OuterRef("tool"),
        environment=OuterRef("environment"),
        last_seen__gte=since,
    )
    rows = Grant.objects.visible_to(user).annotate(end=ENDS)
    holding = rows.filter(starts__lte=since, end__gt=at)
    found = holding.filter(~Exists(answered), ~Exists(seen))
    return found.select_related("request", "team", "tool", "environment").order_by("end", "id")


def violations_by_entity(rows: PolicyQuerySet[ObservedUse], now: Snapshot | None = None) -> dict[int, int]:
    """How many uses of each entity nobody allows now; entities without any are left out."""
    counts: dict[int, int] = {}
    for use in judged(rows, now):
        if not use.decision.allowed:
            for entity in use.entities:
                counts[entity] = counts.get(entity, 0) + 1
    return counts


def last_scan() -> datetime | None:
    """When the catalog was last scanned, as far as any use tells; None before."""
    found: datetime | None = ObservedUse._base_manager.aggregate(last=Max("last_seen"))["last"]
    return found


def denied(uses: Iterable[JudgedUse]) -> list[JudgedUse]:
    return [use for use in uses if not use.decision.allowed]


def facts(entities: Sequence[int]) -> dict[int, dict[str, Any]]:
    """`tools.violations`: how many of an entity's uses nobody allows now, the same for everybody. Absent for what came
    into the catalog after the last scan, because nobody has looked at it yet."""
    scanned = last_scan()
    if scanned is None:
        return {}
    rows = Entity._base_manager.filter(pk__in=entities, created_at__lte=scanned)
    known = list(rows.values_list("pk", flat=True))
    counts = violations_by_entity(ObservedUse.objects.filter(entity__in=known))
    return {pk: {FACTS[0]: counts.get(pk, 0)} for pk in known}
