"""Figures of a request for a page: each opens into what it was computed from, in words and numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.roadmap.queries.numbers import percent, person_weeks, told
from apps.roadmap.queries.scoring_rounds import Opened, Round
from apps.roadmap.valuing import Part
from apps.roadmap.workflow import Evidence, Urgency


def round_shown(round_: Round) -> dict[str, Any]:
    """A revealed round: who expected what, and every figure with its sum."""
    found = round_.valuation
    return {
        "number": round_.number,
        "revealed_at": round_.revealed_at,
        "stale_from": round_.stale_from,
        "wide": found.is_wide,
        "low": told(found.low, 0),
        "high": told(found.high, 0),
        "apart": f"{found.high / found.low:.1f}" if found.low else "",
        "unrated": found.unrated,
        "scores": [_opened(each) for each in round_.scores],
        "figures": figures(round_),
        "spread": _spread(round_),
    }


def _opened(each: Opened) -> dict[str, Any]:
    return {
        "score": each.score,
        "value": told(each.value, 0),
        "impact": told(each.score.impact),
        "urgency": Urgency(each.score.urgency).label,
        "parts": [_part(part) for part in each.parts],
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "kpi": part.kpi,
        "measure": part.measure,
        "expected": told(part.expected),
        "rate": None if part.rate is None else told(part.rate),
        "probability": percent(part.probability),
        "evidence": Evidence(part.evidence).label if part.evidence in Evidence.values else part.evidence,
        "value": told(part.value, 0),
    }


def figures(round_: Round) -> list[dict[str, str]]:
    """Name, figure, unit and the sum that gave it, the exact numbers in it."""
    found, weeks, reach = round_.valuation, round_.weeks, round_.scores[0].score.request.reach
    values = ", ".join(told(each.value, 0) for each in round_.scores)
    effort = "nobody has estimated the effort" if not weeks else person_weeks(weeks)
    rice_lacks = effort if not weeks else "the request names no reach"
    return [
        _figure("value", "Value", told(found.value, 0), "points a year", f"median of {values}"),
        _figure(
            "delay",
            "Cost of delay",
            told(found.delay, 0),
            "points a quarter",
            f"value {told(found.value, 0)} × {percent(round_.decay)} (median urgency)",
        ),
        _figure(
            "wsjf",
            "WSJF",
            told(found.wsjf, 0),
            "points a week",
            effort if found.wsjf is None else f"cost of delay {told(found.delay, 0)} / {effort}",
        ),
        _figure(
            "rice",
            "RICE",
            told(found.rice),
            "",
            rice_lacks if found.rice is None else _rice_sum(round_, reach, effort),
        ),
        _figure(
            "confidence",
            "Confidence",
            percent(found.confidence),
            "",
            "mean probability of all that was expected",
        ),
        _figure(
            "effort",
            "Effort",
            told(weeks, 3),
            "person-weeks",
            "P50 over all roles, the last estimate of each",
        ),
    ]


def _rice_sum(round_: Round, reach: int | None, effort: str) -> str:
    confidence = percent(round_.valuation.confidence)
    return f"reach {told(reach)} × impact {told(round_.impact)} × confidence {confidence} / {effort}"


def _figure(name: str, label: str, value: str, unit: str, sum_: str) -> dict[str, str]:
    return {"name": name, "label": label, "value": value, "unit": unit, "sum": sum_}


def _spread(round_: Round) -> list[dict[str, Any]]:
    """Each scorer's value on one line from zero to the highest, in hundredths."""
    most = max((each.value for each in round_.scores), default=Decimal(0))
    return [
        {
            "scorer": each.score.scorer,
            "value": told(each.value, 0),
            "x": f"{(each.value * 100 / most) if most else 0:.2f}",
        }
        for each in round_.scores
    ]
