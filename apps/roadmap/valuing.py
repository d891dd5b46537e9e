"""What a request is worth: value, cost of delay, RICE and WSJF from the same absolute, evidenced inputs. Pure.

Value = sum over KPIs of expected change x exchange rate x probability, in points of the scoring policy a year;
probability comes from a ladder of evidence. Nothing is normalised over the backlog. All arithmetic is exact.
Sources: RICE, Intercom 2016 (reach x impact x confidence / effort); WSJF, Reinertsen 2009 (cost of delay / job size).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from statistics import median

QUARTERS = 4
WIDE = 2
EXACT = Context(prec=200)  # more digits than sums of products of columns have


@dataclass(frozen=True, slots=True)
class Rates:
    """One revision of the company's scoring policy; `per_unit` is keyed by (category, unit of measure)."""

    per_unit: Mapping[tuple[str, str], Decimal]
    ladder: Mapping[str, Decimal]
    decay: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one scorer expects of one KPI, in the KPI's own unit, a year."""

    kpi: str
    category: str
    measure: str
    expected: Decimal
    evidence: str


@dataclass(frozen=True, slots=True)
class Part:
    """One KPI's share of a value, with everything that it was computed from. `rate` is None where none is agreed."""

    kpi: str
    expected: Decimal
    measure: str
    rate: Decimal | None
    probability: Decimal
    evidence: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Opinion:
    """One scorer's view of a request."""

    scorer: str
    expectations: Sequence[Expectation]
    impact: Decimal
    urgency: str


@dataclass(frozen=True, slots=True)
class Valuation:
    """A request's figures. `value` is the median of the scorers'; `delay` what a quarter's wait costs.

    `rice` and `wsjf` are None without an effort. `unrated` are KPIs without an exchange rate: they count nothing,
    and are told.
    """

    value: Decimal
    delay: Decimal
    low: Decimal
    high: Decimal
    confidence: Decimal
    rice: Decimal | None
    wsjf: Decimal | None
    parts: Mapping[str, tuple[Part, ...]]
    unrated: tuple[str, ...]

    @property
    def is_wide(self) -> bool:
        """The highest view is at least twice the lowest."""
        return self.high > 0 and self.high >= WIDE * self.low


def parts_of(opinion: Opinion, rates: Rates) -> tuple[Part, ...]:
    return tuple(_part(each, rates) for each in opinion.expectations)


def _part(expectation: Expectation, rates: Rates) -> Part:
    rate = rates.per_unit.get((expectation.category, expectation.measure))
    probability = rates.ladder.get(expectation.evidence, Decimal(0))
    return Part(
        expectation.kpi,
        expectation.expected,
        expectation.measure,
        rate,
        probability,
        expectation.evidence,
        expectation.expected * rate * probability if rate is not None else Decimal(0),
    )


def value_of(
    opinions: Sequence[Opinion], rates: Rates, *, reach: int | None = None, weeks: Decimal | None = None
) -> Valuation | None:
    """The figures of a request; None without any opinion. `weeks` are its P50 person-weeks over all roles."""
    if not opinions:
        return None
    with localcontext(EXACT):
        parts = {each.scorer: parts_of(each, rates) for each in opinions}
        values = [sum((part.value for part in mine), Decimal(0)) for mine in parts.values()]
        value = median(values)
        decay = median([rates.decay.get(each.urgency, Decimal(0)) for each in opinions])
        delay = value * decay
    confidence = _confidence(parts.values())
    unrated = {part.kpi for mine in parts.values() for part in mine if part.rate is None}
    return Valuation(
        value=value,
        delay=delay,
        low=min(values),
        high=max(values),
        confidence=confidence,
        rice=_rice(opinions, confidence, reach, weeks),
        wsjf=delay / weeks if weeks else None,
        parts=parts,
        unrated=tuple(sorted(unrated)),
    )


def _confidence(parts: Iterable[tuple[Part, ...]]) -> Decimal:
    """The mean probability over all that was expected, weighted by nothing."""
    found = [part.probability for mine in parts for part in mine]
    return sum(found, Decimal(0)) / len(found) if found else Decimal(0)


def _rice(
    opinions: Sequence[Opinion], confidence: Decimal, reach: int | None, weeks: Decimal | None
) -> Decimal | None:
    if reach is None or not weeks:
        return None
    return reach * median([each.impact for each in opinions]) * confidence / weeks


def whole(value: Decimal) -> int:
    """A value as the planner takes it: whole points, half to even."""
    with localcontext(EXACT):
        return int(value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
