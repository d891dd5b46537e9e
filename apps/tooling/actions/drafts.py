"""Drafts of requests: begun from anywhere, saved while typing, never lost, sent only when complete."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind
from apps.core.checking import checked_fields, checked_text, refuse
from apps.core.concurrency import differing, swap
from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Team
from apps.people.standing import standing_of
from apps.tooling.actions.moving import locked, moment
from apps.tooling.models import Capability, Environment, ExceptionRequest
from apps.tooling.models.standards import ECOSYSTEMS
from apps.tooling.queries.completeness import SCORES, TRADE_OFFS
from apps.tooling.queries.holding import held_until
from apps.tooling.queries.reminding import RENEWAL_DAYS
from apps.tooling.vocabulary import DataClass
from apps.tooling.workflow import State

LONGEST = 5_000
MOST_ALTERNATIVES = 10
TOOL_NAME = re.compile(r"@?\w[\w .&+/-]*")  # of packages and images, and as people write them
REFERENCE = re.compile(r"[a-z_]+:[\w./-]+")
YEARS = range(2000, 3000)  # a calendar can reckon with them


@transaction.atomic
def begin_request(*, actor: Any, team: Team, at: datetime | None = None, **fields: Any) -> ExceptionRequest:
    """A new draft of the actor's team, with whatever is known already. Raises Forbidden for another team."""
    require_own_team(actor, team)
    cleaned = checked_fields(fields, CLEAN)
    _require_sight(actor, cleaned)
    environments = cleaned.pop("environments", ())
    when = moment(at)
    request = ExceptionRequest(team=team, requester_id=actor.pk, created_at=when, updated_at=when, **cleaned)
    request.save(force_insert=True)
    require(actor, "change", request)
    request.environments.set(environments)
    record("tooling.request.begun", actor=actor, target=request, at=at)
    return request


@transaction.atomic
def save_draft(
    *, actor: Any, request: ExceptionRequest, changes: Mapping[str, Any], expected_version: int | None = None
) -> ExceptionRequest:
    """Keeps what was typed, complete or not; refuses only what could not be kept. Records no event: drafts are private.

    Also while the center has asked for more, where the changes are told.
    """
    require(actor, "change", request)
    request = locked(request, expected_version)
    require(actor, "change", request)
    new = checked_fields(changes, CLEAN)
    _require_sight(actor, new)
    environments = new.pop("environments", None)
    changed = differing(request, new)
    moved = environments is not None and set(environments) != set(request.environments.all())
    if request.state != State.DRAFT and (moved or set(changed) - set(PROSE)):
        raise Conflict(
            "What was sent keeps its scope: tool, versions, places, data, time. Its tier was computed from them.",
            next_step="Change the words, or withdraw it and ask anew.",
        )
    if environments is not None and moved:
        request.environments.set(environments)
        changed.setdefault("versions", new.get("versions", request.versions))
    if changed:
        swap(request, None, changed)
        if request.state != State.DRAFT:
            record("tooling.request.amended", actor=actor, target=request, data={"changes": sorted(changed)})
    return request


@transaction.atomic
def begin_renewal(*, actor: Any, request: ExceptionRequest, at: datetime | None = None) -> ExceptionRequest:
    """A draft with all that the exception said, to be looked at and sent again. From 30 days before its end on."""
    require(actor, "renew", request)
    request, when = locked(request), moment(at)
    ends = held_until(request, when)
    if ends is None:
        raise Conflict("The exception has ended; ask anew.", possible=["request"])
    if (ends - when).days > RENEWAL_DAYS:
        raise Conflict(f"A renewal may be asked from {RENEWAL_DAYS} days before the end on.")
    waiting = request.renewals.filter(state=State.DRAFT).first()
    if waiting is not None:
        return waiting
    copied = {name: getattr(request, name) for name in (*CLEAN, "team") if name not in NOT_RENEWED}
    if not REFERENCE.fullmatch(request.tied_to):
        copied.pop("tied_to")
    renewal = begin_request(actor=actor, environments=list(request.environments.all()), at=at, **copied)
    ExceptionRequest._base_manager.filter(pk=renewal.pk).update(renews=request)
    renewal.refresh_from_db()
    return renewal


def require_own_team(actor: Any, team: Team) -> None:
    """The team of a request is that of its author."""
    if team.pk not in standing_of(actor).teams:
        raise Forbidden(
            "You ask for your own teams only.", next_step="Choose a team that you belong to, or ask its lead."
        )


def _require_sight(actor: Any, fields: Mapping[str, Any]) -> None:
    if fields.get("tool") is not None:
        require(actor, "view", fields["tool"])


def checked_tool(tool: Entity | None) -> Entity | None:
    if tool is not None and tool.kind != Kind.TOOL:
        raise refuse("tool", "Choose a tool of the catalog.")
    return tool


def checked_alternatives(rows: Any) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or len(rows) > MOST_ALTERNATIVES:
        raise refuse("alternatives", f"Give a list of at most {MOST_ALTERNATIVES} alternatives.")
    cleaned = [_alternative(row) for row in rows]
    return [row for row in cleaned if row["tool"] or row["why_not"]]


def _alternative(row: Any) -> dict[str, Any]:
    if not isinstance(row, Mapping) or set(row) - {"tool", "standard", "why_not"}:
        raise refuse("alternatives", "Each alternative has a tool, standard (yes or no) and why_not.")
    return {
        "tool": checked_text("alternatives", row.get("tool") or "", 200),
        "standard": bool(row.get("standard")),
        "why_not": checked_text("alternatives", row.get("why_not") or "", LONGEST, lines=True),
    }


def checked_trade_offs(rows: Any) -> dict[str, list[Any]]:
    if not isinstance(rows, Mapping) or set(rows) - set(TRADE_OFFS):
        raise refuse("trade_offs", f"Trade-offs are {', '.join(TRADE_OFFS)}, each as [score, text].")
    return {name: _trade_off(row) for name, row in rows.items() if row is not None}


def _trade_off(row: Any) -> list[Any]:
    if not isinstance(row, list | tuple) or not 1 <= len(row) <= 2:
        raise refuse("trade_offs", "Each trade-off is [score, text].")
    score, text = row[0], row[1] if len(row) == 2 else ""
    if score is not None and (isinstance(score, bool) or score not in SCORES):
        raise refuse("trade_offs", "A score is 1, 2, 3, 4 or 5.")
    return [score, checked_text("trade_offs", text or "", 1_000, lines=True)]


def checked_date(value: Any) -> date | None:
    if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
        raise refuse("requested_until", "Give a day as 2026-12-31.")
    if value is not None and value.year not in YEARS:
        raise refuse("requested_until", f"Give a day between {YEARS.start} and {YEARS.stop - 1}.")
    return value


def checked_environments(rows: Iterable[Any]) -> list[Environment]:
    found = list(rows)
    if not all(isinstance(row, Environment) for row in found):
        raise refuse("environments", "Choose environments.")
    return found


def checked_class(value: Any) -> int:
    try:
        return DataClass(value).value
    except ValueError as error:
        raise refuse("data_class", "Choose public, internal, confidential or restricted.") from error


def _text(name: str, limit: int = LONGEST, *, lines: bool = True) -> Callable[[Any], str]:
    return lambda value: checked_text(name, value or "", limit, lines=lines)


def _shaped(name: str, value: Any, limit: int, shape: re.Pattern[str], sentence: str) -> str:
    text = checked_text(name, value or "", limit)
    if text and not shape.fullmatch(text):
        raise refuse(name, sentence)
    return text


def _same(value: Any) -> Any:
    return value


CLEAN: dict[str, Callable[[Any], Any]] = {
    "tool": checked_tool,
    "tool_name": lambda value: _shaped(
        "tool_name", value, 63, TOOL_NAME, "Write the tool's name as its package has it."
    ),
    "ecosystem": lambda value: value if value in {"", *dict(ECOSYSTEMS)} else "",
    "capability": lambda value: value if isinstance(value, Capability) else None,
    "versions": _text("versions", 200, lines=False),
    "environments": checked_environments,
    "data_class": checked_class,
    "objective": _text("objective"),
    "kpi": _text("kpi", 300, lines=False),
    "alternatives": checked_alternatives,
    "trade_offs": checked_trade_offs,
    "cost_of_refusal": _text("cost_of_refusal"),
    "support_owner": _same,
    "exit_plan": _text("exit_plan"),
    "controls": _text("controls"),
    "requested_until": checked_date,
    "emergency": bool,
    "tied_to": lambda value: _shaped("tied_to", value, 200, REFERENCE, "Write a reference as request:41."),
}
PROSE = (  # what may be written again while the center waits for an answer
    "objective",
    "kpi",
    "alternatives",
    "trade_offs",
    "cost_of_refusal",
    "support_owner",
    "exit_plan",
    "controls",
)
NOT_RENEWED = ("environments", "requested_until", "emergency")
