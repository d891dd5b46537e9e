"""Two fields of a request that hold tables: the alternatives that were weighed, and value against costs.

They are plain inputs named `alternatives-0-tool`, `trade_offs-value-score` and so on; the templates draw them.
"""

from __future__ import annotations

from typing import Any

from django import forms

from apps.core.form_fields import checked
from apps.tooling.actions.drafts import MOST_ALTERNATIVES, checked_alternatives, checked_trade_offs
from apps.tooling.queries.completeness import FEWEST_ALTERNATIVES, SCORES, TRADE_OFFS

HINTS = {
    "value": "What the business gains by it.",
    "support": "Who has to help, run and upgrade it.",
    "security": "What it opens, what must be watched.",
    "lock_in": "How hard it is to leave.",
    "duplication": "What exists twice because of it.",
}


class _Table(forms.Widget):
    """Several inputs under one name; drawn by the page's template."""

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(key.startswith(f"{name}-") for key in data)


class AlternativesTable(_Table):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        rows = []
        for place in range(MOST_ALTERNATIVES):
            at = f"{name}-{place}"
            row = {
                "tool": data.get(f"{at}-tool", ""),
                "standard": bool(data.get(f"{at}-standard")),
                "why_not": data.get(f"{at}-why_not", ""),
            }
            if row["tool"].strip() or row["why_not"].strip():
                rows.append(row)
        return rows


class AlternativesField(forms.Field):
    """A list as `ExceptionRequest.alternatives` keeps it; empty rows are left out."""

    widget = AlternativesTable

    def clean(self, value: Any) -> list[dict[str, Any]]:
        return list(checked(lambda: checked_alternatives(list(value or ()))))


class TradeOffsTable(_Table):
    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, list[Any]]:
        rows: dict[str, list[Any]] = {}
        for key in TRADE_OFFS:
            score, text = data.get(f"{name}-{key}-score", ""), data.get(f"{name}-{key}-text", "")
            if score or text.strip():
                rows[key] = [int(score) if score in {str(each) for each in SCORES} else None, text]
        return rows


class TradeOffsField(forms.Field):
    """Scores with a sentence each, as `ExceptionRequest.trade_offs` keeps them."""

    widget = TradeOffsTable

    def clean(self, value: Any) -> dict[str, list[Any]]:
        return dict(checked(lambda: checked_trade_offs(value or {})))


def alternative_rows(rows: Any, fewest: int = FEWEST_ALTERNATIVES) -> list[dict[str, Any]]:
    """What is there, with empty rows up to `fewest`, numbered for the page."""
    known = [dict(row) for row in rows or ()]
    wanted = min(max(len(known), fewest, FEWEST_ALTERNATIVES), MOST_ALTERNATIVES)
    known += [{"tool": "", "standard": False, "why_not": ""} for _ in range(wanted - len(known))]
    return [{"place": place, **row} for place, row in enumerate(known)]


def rows_shown(data: Any) -> int:
    """How many rows of alternatives the page had that was sent, empty ones too."""
    return sum(f"alternatives-{place}-tool" in data for place in range(MOST_ALTERNATIVES))


def trade_off_rows(rows: Any) -> list[dict[str, Any]]:
    """Every line of the table with its score (None: still open) and what was said."""
    return [
        {"key": key, "label": label, "hint": HINTS[key], **_said((rows or {}).get(key))}
        for key, label in TRADE_OFFS.items()
    ]


def _said(row: Any) -> dict[str, Any]:
    score, text = (*row, None, "")[:2] if isinstance(row, list | tuple) else (None, "")
    return {"score": score if score in SCORES else None, "text": text or ""}
