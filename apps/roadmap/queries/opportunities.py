"""The map of opportunities: which unit has what in production for which business function, who asks, who has nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch

from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind, Stage
from apps.people.models import BusinessUnit
from apps.roadmap.models import Request, RequestLink
from apps.roadmap.queries.functions import FUNCTIONS, OTHER, function_of, label_of
from apps.roadmap.workflow import BEFORE_PLAN, UNDER_WAY

KINDS = (Kind.MODEL, Kind.AGENT, Kind.APPLICATION, Kind.SERVICE, Kind.USE_CASE)
EXAMPLES = 5
CENTER = "The center"


@dataclass(slots=True)
class Cell:
    """How much there is of one function in one unit, with the first few of each."""

    function: str
    label: str
    running: int = 0
    asked: int = 0
    entities: list[Any] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)

    @property
    def state(self) -> str:
        return "running" if self.running else "asked" if self.asked else "nothing"


@dataclass(slots=True)
class Line:
    """One unit with a cell a function; `unit` is None for what central teams own."""

    unit: BusinessUnit | None
    cells: list[Cell]

    @property
    def label(self) -> str:
        return str(self.unit or CENTER)

    @property
    def lacking(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.state == "nothing" and cell.function != OTHER]


@dataclass(frozen=True, slots=True)
class OpportunityMap:
    """`columns` are the functions as (name, label)."""

    columns: list[tuple[str, str]]
    lines: list[Line]

    @property
    def is_empty(self) -> bool:
        return not any(cell.running or cell.asked for line in self.lines for cell in line.cells)


def opportunity_map(user: Any) -> OpportunityMap:
    """From what `user` may see: five statements. What others restrict is in nobody else's map."""
    entities = [(row, function_of(row.tags, f"{row.title} {row.name}")) for row in _running(user)]
    requests = [(row, _asked_for(row)) for row in _asked(user)]
    named = {name for _, name in (*entities, *requests)}
    names = [*FUNCTIONS, *sorted(named - {*FUNCTIONS, OTHER}), *([OTHER] if OTHER in named else [])]
    units = [None, *BusinessUnit.objects.visible_to(user).order_by("name")]
    lines = {unit.pk if unit else None: Line(unit, _cells(names)) for unit in units}
    for row, name in entities:
        _put(lines, row.owner.business_unit_id if row.owner else None, name, entity=row)
    for row, name in requests:
        _put(lines, row.unit_id, name, request=row)
    shown = [line for line in lines.values() if line.unit or any(cell.running for cell in line.cells)]
    return OpportunityMap([(name, label_of(name)) for name in names], [*shown[1:], shown[0]] if shown else [])


def _running(user: Any) -> Any:
    rows = Entity.objects.visible_to(user).filter(stage=Stage.PRODUCTION, kind__in=KINDS, tombstoned_at=None)
    columns = ("kind", "namespace", "name", "title", "tags", "owner__business_unit")
    return rows.select_related("owner").only(*columns).order_by("name", "pk")


def _asked(user: Any) -> Any:
    rows = Request.objects.visible_to(user).filter(
        state__in=(*BEFORE_PLAN, *UNDER_WAY), submitted_at__isnull=False
    )
    seen = Entity.objects.visible_to(user).order_by().values("pk")
    links = RequestLink._base_manager.filter(entity__in=seen).select_related("entity")
    return rows.only("title", "unit").prefetch_related(Prefetch("links", links)).order_by("-pk")


def _asked_for(request: Any) -> str:
    """By its title; else by the tags of what it is about."""
    told = function_of((), request.title)
    tags = [tag for link in request.links.all() for tag in link.entity.tags]
    return told if told != OTHER else function_of(tags)


def _cells(names: list[str]) -> list[Cell]:
    return [Cell(name, label_of(name)) for name in names]


def _put(
    lines: dict[int | None, Line], unit: int | None, name: str, *, entity: Any = None, request: Any = None
) -> None:
    line = lines.get(unit)
    if line is None:
        return
    cell = next(each for each in line.cells if each.function == name)
    if entity is not None:
        cell.running += 1
        cell.entities += [entity] if len(cell.entities) < EXAMPLES else []
    if request is not None:
        cell.asked += 1
        cell.requests += [request] if len(cell.requests) < EXAMPLES else []
