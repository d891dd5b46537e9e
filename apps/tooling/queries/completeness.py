"""What a draft still lacks before it may be sent: one list, for the page's checklist and for the action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.tooling.models import ExceptionRequest, ToolProfile
from apps.tooling.versions import Scheme, Specifier, SpecifierRefused

TRADE_OFFS = {
    "value": "Value for the business",
    "support": "Support cost",
    "security": "Security cost",
    "lock_in": "Lock-in cost",
    "duplication": "Duplication cost",
}
SCORES = range(1, 6)
TEXTS = {
    "objective": "Say what the business wants to reach.",
    "kpi": "Name the figure that will show it.",
    "cost_of_refusal": "Say what happens if it is not granted.",
    "exit_plan": "Say how you leave the tool again.",
    "controls": "Say what makes up for the missing standard: backups, reviews, limits.",
}
FEWEST_ALTERNATIVES = 2
ECOSYSTEM_SCHEMES = {
    "pypi": Scheme.PEP440,
    "conda": Scheme.PEP440,
    "npm": Scheme.SEMVER,
    "image": Scheme.SEMVER,
}


def missing(request: ExceptionRequest) -> dict[str, list[str]]:
    """Field to sentences; empty when the request may be sent. Rules that need its tier are the action's."""
    found: dict[str, list[str]] = {}
    for field, sentence in _gaps(request):
        found.setdefault(field, []).append(sentence)
    return found


def scheme_of(request: ExceptionRequest) -> Scheme:
    """How versions of the tool compare: its profile says, else where its package comes from."""
    profile = ToolProfile._base_manager.filter(tool=request.tool_id).first() if request.tool_id else None
    return Scheme(profile.scheme) if profile else ECOSYSTEM_SCHEMES.get(request.ecosystem, Scheme.PEP440)


def _gaps(request: ExceptionRequest) -> Iterator[tuple[str, str]]:
    if request.tool_id is None and not request.tool_name:
        yield "tool", "Choose the tool, or name one that the catalog does not know yet."
    if not request.environments.exists():
        yield "environments", "Choose where it is to run."
    try:
        Specifier(request.versions, scheme_of(request))
    except SpecifierRefused as error:
        yield "versions", error.detail
    for field, sentence in TEXTS.items():
        if not getattr(request, field).strip():
            yield field, sentence
    yield from _alternatives(request.alternatives)
    yield from _trade_offs(request.trade_offs)
    if request.support_owner_id is None:
        yield "support_owner", "Choose the team that supports it."
    if request.requested_until is None:
        yield "requested_until", "Say until when you need it."


def _alternatives(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    told = [row for row in rows if row.get("tool") and row.get("why_not")]
    if len({str(row["tool"]).casefold() for row in told}) < FEWEST_ALTERNATIVES:
        yield "alternatives", "Weigh at least two alternatives, each with why it does not do."
    if not any(row.get("standard") for row in told):
        yield "alternatives", "One of the alternatives must be the standard."


def _trade_offs(rows: dict[str, Any]) -> Iterator[tuple[str, str]]:
    lacking = [label for key, label in TRADE_OFFS.items() if not _is_scored(rows.get(key))]
    if lacking:
        yield (
            "trade_offs",
            f"Score each from 1 (little) to 5 (much); still open: {', '.join(lacking).lower()}.",
        )


def _is_scored(row: Any) -> bool:
    return isinstance(row, list) and bool(row) and row[0] in SCORES
