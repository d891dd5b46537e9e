"""What decisions read: an immutable snapshot of standards, grants and conditions, indexed once.

How these are read is said in `decide.py`, beside the one function that reads them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from apps.tooling.versions import Specifier
from apps.tooling.vocabulary import PERMISSIONS, DataClass, Ring

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Use:
    """What is asked about."""

    team: str
    tool: str
    version: str | None
    environment: str
    data_class: DataClass


@dataclass(frozen=True, slots=True)
class Rule:
    """One tool's ring in one context; `None` stands for every environment or every data class."""

    tool: str
    versions: Specifier
    environment: str | None
    data_class: DataClass | None
    ring: Ring

    def covers(self, environment: str, data_class: DataClass) -> bool:
        if self.environment is not None and self.environment != environment:
            return False
        if self.data_class is None:
            return True
        return data_class <= self.data_class if self.ring in PERMISSIONS else data_class >= self.data_class

    def specificity(self, data_class: DataClass) -> tuple[bool, int, int]:
        """Sorts rules that apply to `data_class`: the greatest wins (point 3)."""
        named = (not self.versions.admits_any, self.environment is not None, self.data_class is not None)
        distance = 0 if self.data_class is None else abs(self.data_class - data_class)
        return self.ring is Ring.BANNED, sum(named), -distance


@dataclass(frozen=True, slots=True)
class Standard:
    """One revision of what a capability's tools are; a later revision supersedes it."""

    capability: str
    revision: int
    rules: tuple[Rule, ...]
    rationale: str
    exit_criteria: str
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """What a decided request allows, in [starts, least(expires, revoked_at)); `bans` are the bans that it names."""

    id: int
    team: str
    tool: str
    versions: Specifier
    environment: str
    data_class: DataClass | None
    starts: datetime
    expires: datetime
    revoked_at: datetime | None = None
    provisional: bool = False
    bans: frozenset[Rule] = frozenset()

    @property
    def ends(self) -> datetime:
        return self.expires if self.revoked_at is None else min(self.expires, self.revoked_at)

    def is_active(self, at: datetime) -> bool:
        return self.starts <= at < self.ends

    def covers(self, use: Use) -> bool:
        """Whether it was given for this use, whenever; team and tool are the caller's to match."""
        return (
            self.environment == use.environment
            and (self.data_class is None or use.data_class <= self.data_class)
            and self.versions.admits(use.version)
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """What a grant asks for, to be met before `due`."""

    grant: int
    due: datetime
    met_at: datetime | None = None
    text: str = ""

    def is_open(self, at: datetime) -> bool:
        return self.met_at is None or self.met_at > at

    def is_overdue(self, at: datetime) -> bool:
        return self.due <= at and self.is_open(at)


@dataclass(frozen=True, slots=True)
class _Timeline:
    """The revisions of one capability that ever hold, by the instant from which they do."""

    starts: tuple[datetime, ...]
    standards: tuple[Standard, ...]

    @classmethod
    def of(cls, revisions: Iterable[Standard]) -> _Timeline:
        holding: list[Standard] = []
        for standard in sorted(revisions, key=lambda each: each.revision):
            while holding and standard.effective_from <= holding[-1].effective_from:
                holding.pop()
            holding.append(standard)
        return cls(tuple(each.effective_from for each in holding), tuple(holding))


def ever_holding(revisions: Iterable[Standard]) -> tuple[Standard, ...]:
    """Of the revisions of one capability those that hold at some instant, the earliest first."""
    return _Timeline.of(revisions).standards


@dataclass(frozen=True)
class Book:
    """Everything that decisions read, at one moment, indexed once. Raises ValueError for an instant that is not UTC."""

    standards: tuple[Standard, ...]
    grants: tuple[Grant, ...] = ()
    conditions: tuple[Condition, ...] = ()
    _timelines: dict[str, list[_Timeline]] = field(init=False, repr=False, compare=False)
    _grants: dict[tuple[str, str], list[Grant]] = field(init=False, repr=False, compare=False)
    _conditions: dict[int, list[Condition]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for instant in self._instants():
            require_utc(instant)
        object.__setattr__(self, "_timelines", self._timelines_by_tool())
        object.__setattr__(self, "_grants", _grouped(((each.team, each.tool), each) for each in self.grants))
        object.__setattr__(self, "_conditions", _grouped((each.grant, each) for each in self.conditions))

    def _instants(self) -> Iterator[datetime]:
        yield from (each.effective_from for each in self.standards)
        for grant in self.grants:
            yield from (grant.starts, grant.expires, grant.revoked_at or grant.starts)
        for condition in self.conditions:
            yield from (condition.due, condition.met_at or condition.due)

    def _timelines_by_tool(self) -> dict[str, list[_Timeline]]:
        found: dict[str, list[_Timeline]] = defaultdict(list)
        for _, revisions in sorted(_grouped((each.capability, each) for each in self.standards).items()):
            timeline = _Timeline.of(revisions)
            for tool in {rule.tool for standard in timeline.standards for rule in standard.rules}:
                found[tool].append(timeline)
        return dict(found)

    def standards_holding(self, tool: str, at: datetime) -> tuple[list[Standard], list[datetime]]:
        """The standards at `at` of the capabilities in which the tool ever stands, and when each is superseded."""
        holding: list[Standard] = []
        changes: list[datetime] = []
        for timeline in self._timelines.get(tool, ()):
            begun = bisect_right(timeline.starts, at)
            holding += timeline.standards[begun - 1 : begun] if begun else ()
            changes += timeline.starts[begun : begun + 1]
        return holding, changes

    def speaks_of(self, tool: str, team: str) -> bool:
        """Whether a standard names the tool, ever, or an exception of the team does."""
        return tool in self._timelines or (team, tool) in self._grants

    def grants_of(self, use: Use) -> list[Grant]:
        return [each for each in self._grants.get((use.team, use.tool), ()) if each.covers(use)]

    def conditions_of(self, grant: Grant) -> list[Condition]:
        return self._conditions.get(grant.id, [])


def require_utc(instant: datetime) -> None:
    """Raises ValueError for an instant without a time zone or in another than UTC."""
    if instant.utcoffset() != timedelta(0):
        raise ValueError(f"{instant.isoformat()} is not an instant in UTC; convert it first.")


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return dict(groups)
