"""The planner's whole numbers as words that people read: person-weeks, percent, lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from apps.roadmap.planning.instance import MICRO_WEEKS
from apps.roadmap.planning.off_the_top import in_weeks
from apps.roadmap.workflow import Role

STEPS = (100_000, 10_000, 1_000, 100, 10, 1)
CLOSE = 20  # a rounded threshold is off by a twentieth at most
ALL_WEEKS = "person-weeks"


def weeks(micro: int) -> str:
    """Rounded for reading: "3.2 person-weeks"."""
    text = figure(micro)
    return f"{text} person-week" if text == "1" else f"{text} {ALL_WEEKS}"


def figure(micro: int) -> str:
    """Person-weeks without the word, to a tenth; what would vanish so keeps the digit that tells it from nothing."""
    for step in STEPS:
        number = (micro + step // 2) // step * step
        if number or not micro:
            return in_weeks(number)
    return in_weeks(micro)


def exactly(micro: int) -> str:
    """A threshold that was rounded already, with every digit it has."""
    text = in_weeks(micro)
    return f"{text} person-week" if micro == MICRO_WEEKS else f"{text} {ALL_WEEKS}"


def apart(first: int, second: int) -> tuple[str, str]:
    """Two amounts in one sentence; with every digit where they are different and would read the same."""
    told = weeks if first == second or weeks(first) != weeks(second) else exactly
    return told(first), told(second)


def lower(exact: int, holds: Callable[[int], bool]) -> int:
    """The shortest number at or a little below `exact` that still holds."""
    return _shortest(exact, (exact // step * step for step in STEPS), holds)


def higher(exact: int, holds: Callable[[int], bool]) -> int:
    """The shortest number at or a little above `exact` that still holds."""
    return _shortest(exact, (-(-exact // step) * step for step in STEPS), holds)


def _shortest(exact: int, numbers: Iterable[int], holds: Callable[[int], bool]) -> int:
    for number in numbers:
        if number == exact or (abs(exact - number) * CLOSE <= exact and holds(number)):
            return number
    return exact


def percent(part: Fraction | None) -> str:
    """Whole percent; less than one that is not nothing keeps a digit."""
    if part is None:
        return "no points given"
    hundredths = float(part * 100)
    return f"{hundredths:.1f}%" if 0 < abs(hundredths) < 1 else f"{round(hundredths)}%"


def share_of(basis_points: int) -> str:
    return f"{basis_points / 100:g}%"


def role_name(role: str) -> str:
    """A role that a later version of the product no longer knows keeps its own name."""
    return str(Role(role).label) if role in Role.values else role


def role_people(role: str) -> str:
    """Several of them, in a sentence: "ML engineers"."""
    name = role_name(role)
    return f"{name if name[:2].isupper() else name[:1].lower() + name[1:]}s"


def listed(words: Iterable[str], last: str = "and") -> str:
    each = list(words)
    return f" {last} ".join(filter(None, (", ".join(each[:-1]), each[-1]))) if each else ""


def points(number: int) -> str:
    return f"{number} point" if number == 1 else f"{number} points"
