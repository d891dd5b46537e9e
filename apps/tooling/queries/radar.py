"""The radar: where every tool of the standards stands at an instant, as one person sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind
from apps.tooling.book import Book
from apps.tooling.models import Capability, Environment, ObservedUse, StandardRule
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.rings import PLACE, Context, Move, Stand, contexts, move, stand
from apps.tooling.vocabulary import DataClass, Ring
from apps.tooling.workflow import Quadrant

RINGS = tuple(Ring)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the radar is narrowed to, each as its address says it; empty does not narrow."""

    capability: str = ""
    environment: str = ""
    data_class: str = ""


@dataclass(frozen=True, slots=True)
class Blip:
    """One tool on the radar, under the number that picture and table share."""

    number: int
    tool: Entity
    capabilities: tuple[Capability, ...]
    stand: Stand
    moved: Move
    users: int

    @property
    def capability(self) -> Capability:
        """The one under which it is drawn: where its rules permit most, or the one that is asked for."""
        return self.capabilities[0]

    @property
    def also(self) -> tuple[Capability, ...]:
        """The other capabilities whose standards speak of it."""
        return self.capabilities[1:]

    @property
    def ring(self) -> Ring:
        return self.stand.ring

    @property
    def since(self) -> datetime | None:
        standard = self.stand.decision.standard
        return standard.effective_from if standard else None

    @property
    def others(self) -> tuple[Ring, ...]:
        """The rings that it has in other contexts."""
        return tuple(ring for ring in self.stand.rings if ring is not self.ring)


@dataclass(frozen=True, slots=True)
class Slice:
    """One quadrant with its blips, from the inside out."""

    quadrant: Quadrant
    blips: tuple[Blip, ...]


@dataclass(frozen=True, slots=True)
class Radar:
    at: datetime
    quadrants: tuple[Slice, ...]
    capabilities: tuple[Capability, ...]
    environments: tuple[Environment, ...]

    @property
    def blips(self) -> tuple[Blip, ...]:
        return tuple(blip for each in self.quadrants for blip in each.blips)

    @property
    def counts(self) -> dict[Ring, int]:
        counted = Counter(blip.ring for blip in self.blips)
        return {ring: counted[ring] for ring in RINGS}

    @property
    def moved(self) -> int:
        return sum(blip.moved is not Move.NONE for blip in self.blips)


def radar(user: Any, wanted: Wanted | None = None, at: datetime | None = None) -> Radar:
    """Six statements, and five more where the book changed: its stamp, tools, capabilities, environments, uses; and
    what the person's rights need."""
    wanted, now = wanted or Wanted(), snapshot(at)
    capabilities = tuple(Capability.objects.visible_to(user))
    environments = tuple(Environment.objects.visible_to(user))
    within = contexts([each.slug for each in environments], wanted.environment, wanted.data_class)
    tools = list(spoken_tools(Entity.objects.visible_to(user)).select_related("owner"))
    placed = _placed(now.book, tools, {each.slug: each for each in capabilities}, within, now.at)
    if wanted.capability:
        placed = _of_capability(placed, wanted.capability)
    return Radar(now.at, tuple(_slices(placed, users_of(user))), capabilities, environments)


def spoken_tools(tools: Any) -> Any:
    """Of these entities the tools of which a standard ever spoke."""
    return tools.filter(kind=Kind.TOOL, pk__in=StandardRule._base_manager.order_by().values("tool"))


def users_of(user: Any, tools: Iterable[int] | None = None) -> dict[int, int]:
    """By tool: how many entities of which this person knows were seen using it."""
    rows = ObservedUse.objects.visible_to(user)
    if tools is not None:
        rows = rows.filter(tool__in=tools)
    counted = rows.order_by().values("tool").annotate(users=Count("entity", distinct=True))
    return dict(counted.values_list("tool", "users"))


Placed = tuple[Entity, tuple[Capability, ...], Stand, Move]


def _placed(
    book: Book,
    tools: Iterable[Entity],
    capabilities: dict[str, Capability],
    within: Sequence[Context],
    at: datetime,
) -> list[Placed]:
    found: list[Placed] = []
    for tool in tools:
        now = stand(book, tool.ref, within, at)
        if now is not None and now.decision.standard is not None:
            speaking = _speaking(book, tool.ref, within, now.decision.standard.capability, at)
            among = tuple(capabilities[each] for each in speaking)
            found.append((tool, among, now, move(book, tool.ref, within, now)))
    return found


def _speaking(book: Book, tool: str, within: Sequence[Context], deciding: str, at: datetime) -> list[str]:
    """The capabilities whose standards speak of the tool: first where it has the innermost ring in these contexts,
    among equals the one whose standard decides."""
    places: dict[str, int] = {}
    for standard in book.standards_holding(tool, at)[0]:
        rules = [rule for rule in standard.rules if rule.tool == tool]
        if rules:
            shown = (r for r in rules if any(r.covers(each.environment, each.data_class) for each in within))
            places[standard.capability] = min((PLACE[rule.ring] for rule in shown), default=len(PLACE))
    return sorted(places, key=lambda each: (places[each], each != deciding, each))


def _of_capability(placed: Iterable[Placed], slug: str) -> list[Placed]:
    """The tools of which this capability's standard speaks; their ring is still that of all standards together."""
    return [
        (tool, tuple(sorted(among, key=lambda each: each.slug != slug)), now, moved)
        for tool, among, now, moved in placed
        if any(each.slug == slug for each in among)
    ]


def _slices(placed: Iterable[Placed], users: dict[int, int]) -> Iterable[Slice]:
    """Numbers run through the quadrants, in each from the inside out, then by name."""
    ordered = sorted(placed, key=lambda each: (PLACE[each[2].ring], str(each[0]).lower(), each[0].ref))
    number = 0
    for quadrant in Quadrant:
        blips = []
        for tool, among, now, moved in ordered:
            if among[0].quadrant == quadrant:
                number += 1
                blips.append(Blip(number, tool, among, now, moved, users.get(tool.pk, 0)))
        yield Slice(quadrant, tuple(blips))


def data_class_names() -> list[tuple[str, str]]:
    return [(each.name.lower(), each.name.capitalize()) for each in DataClass]
