"""Where a tool stands: its ring in one context or in most of several, by what `decide()` answers a team that holds no
exception. Nothing here reads a rule by itself; what a tool's rules say of versions only finds the version to ask for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from packaging.version import Version

from apps.tooling.book import Book, Rule, Standard
from apps.tooling.decide import Decision, decide
from apps.tooling.vocabulary import DataClass, Reason, Ring

NOBODY = ""  # no team has this name, so no grant counts
PLACE = {ring: place for place, ring in enumerate(Ring)}  # from the inside out
INSTANT = timedelta(microseconds=1)
HIGHEST = 9999
NUMBERS = re.compile(r"\d{1,9}(?:\.\d{1,9})*")


class Move(StrEnum):
    """What became of a tool when the present revision of its standard began."""

    IN = "in"
    OUT = "out"
    NEW = "new"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Where a tool would run, and on which data."""

    environment: str
    data_class: DataClass


@dataclass(frozen=True, slots=True)
class Stand:
    """What the standards say of a tool at one instant: an answer for each context, and the one that stands for all."""

    version: str | None
    answers: tuple[tuple[Context, Decision], ...]
    decision: Decision

    @property
    def ring(self) -> Ring:
        return self.decision.ring

    @property
    def varies(self) -> bool:
        """Whether another ring holds in one of the contexts."""
        return len(self.rings) > 1

    @property
    def rings(self) -> tuple[Ring, ...]:
        """Each ring that a rule gives in one of the contexts, from the inside out."""
        return tuple(sorted({each.ring for each in _spoken(self.answers)}, key=PLACE.__getitem__))


@dataclass(frozen=True, slots=True)
class Turn:
    """From `at` on the tool stood in this ring; None says that no standard spoke of it any more."""

    at: datetime
    ring: Ring | None
    move: Move
    standard: Standard | None


def contexts(environments: Sequence[str], environment: str = "", data_class: str = "") -> list[Context]:
    """Every context, or those of one environment or of one data class (by its name)."""
    places = [each for each in environments if not environment or each == environment]
    classes = [each for each in DataClass if not data_class or each.name.lower() == data_class]
    return [Context(place, each) for place in places for each in classes]


def stand(
    book: Book, tool: str, within: Sequence[Context], at: datetime, version: str | None = None
) -> Stand | None:
    """Where the tool stands in these contexts: in the ring of most of them, of equally many in the stricter one.

    Contexts of which no rule speaks count only where no rule speaks of any. Without a version the newest one is
    asked for that the rules tell apart. None where no standard that holds speaks of the tool.
    """
    asked = version or newest_version(_rules(book, tool, at))
    answers = [
        (each, decide(book, NOBODY, tool, asked, each.environment, each.data_class, at)) for each in within
    ]
    if not answers or all(each.reason is Reason.UNKNOWN_TOOL for _, each in answers):
        return None
    return Stand(asked, tuple(answers), _most(_spoken(answers) or [each for _, each in answers]))


def _spoken(answers: Iterable[tuple[Context, Decision]]) -> list[Decision]:
    return [each for _, each in answers if each.rule is not None]


def _most(decisions: Sequence[Decision]) -> Decision:
    counted = Counter(each.ring for each in decisions)
    ring = max(counted, key=lambda each: (counted[each], PLACE[each]))
    return next(each for each in decisions if each.ring is ring)


def _rules(book: Book, tool: str, at: datetime) -> list[Rule]:
    holding, _ = book.standards_holding(tool, at)
    return [rule for standard in holding for rule in standard.rules if rule.tool == tool]


def newest_version(rules: Sequence[Rule]) -> str | None:
    """The newest version that one of the rules admits; None where none of them tells versions apart."""
    if all(rule.versions.admits_any for rule in rules):
        return None
    found = sorted({each for rule in rules for each in _around(rule.versions.text)}, key=Version)
    for version in (f"{HIGHEST}.0.0", *reversed(found)):
        if any(rule.versions.admits(version) for rule in rules):
            return version
    return None


def _around(specifier: str) -> Iterator[str]:
    """Each version that the specifier names, with three numbers, and one just below it."""
    for text in NUMBERS.findall(specifier):
        numbers = [int(number) for number in text.split(".")]
        major, minor, patch = [*numbers, 0, 0][:3]
        yield text if len(numbers) > 3 else f"{major}.{minor}.{patch}"
        if patch:
            yield f"{major}.{minor}.{patch - 1}"
        elif minor:
            yield f"{major}.{minor - 1}.{HIGHEST}"
        elif major:
            yield f"{major - 1}.{HIGHEST}.{HIGHEST}"


def move(book: Book, tool: str, within: Sequence[Context], now: Stand) -> Move:
    """How the tool moved when the standard that speaks of it now began; nothing moves by a first revision."""
    standard = now.decision.standard
    if standard is None or not _has_earlier(book, standard):
        return Move.NONE
    before = stand(book, tool, within, standard.effective_from - INSTANT)
    return _move(before.ring if before else None, now.ring)


def _has_earlier(book: Book, standard: Standard) -> bool:
    return standard.revision > 1 and any(
        each.capability == standard.capability and each.effective_from < standard.effective_from
        for each in book.standards
    )


def _move(before: Ring | None, after: Ring | None) -> Move:
    if before is None:
        return Move.NEW
    if after is None:
        return Move.OUT
    return Move.NONE if before is after else (Move.IN if PLACE[after] < PLACE[before] else Move.OUT)


def _instants(book: Book, tool: str) -> set[datetime]:
    """When a revision of a capability begins whose standard ever spoke of the tool."""
    spoken = {each.capability for each in book.standards if any(rule.tool == tool for rule in each.rules)}
    return {each.effective_from for each in book.standards if each.capability in spoken}


def turns(book: Book, tool: str, within: Sequence[Context], at: datetime) -> list[Turn]:
    """Every change of the tool's ring up to `at`, the first one first."""
    found: list[Turn] = []
    for instant in sorted(each for each in _instants(book, tool) if each <= at):
        now = stand(book, tool, within, instant)
        ring = now.ring if now else None
        before = found[-1].ring if found else None
        if ring is not before:
            move = _move(before, ring)
            found.append(Turn(instant, ring, move, now.decision.standard if now else None))
    return found
