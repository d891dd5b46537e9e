"""A decided request leaves a decision record, in the shape of an ADR, wherever documents are kept.

The form is Michael Nygard's (title, status, context, decision, consequences), with dissent and the alternatives weighed.
Sides are named and people are not: names can be taken back on the request's page, not in a document's history.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from apps.catalog.models import Entity
from apps.core.plugs import DocumentStore, registered
from apps.core.policies import SYSTEM
from apps.people.models import Visibility
from apps.tooling.actions.moving import locked
from apps.tooling.models import Condition, ExceptionRequest, Grant, Verdict
from apps.tooling.queries.completeness import TRADE_OFFS
from apps.tooling.workflow import State

# What begins markup anywhere in a line, and what begins it at a line's start.
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~@&$^:=!])")
_LINE_MARKS = re.compile(r"^(?:([-+])|(\d+)([.)]))")


@transaction.atomic
def keep_record(*, request: int) -> str:
    """Writes the record of a decided request, or writes it anew, and returns its address; empty where none is kept."""
    stores = registered(DocumentStore)
    row = locked(ExceptionRequest(pk=request))
    if not stores or row.decided_at is None:
        return ""
    url = stores[0].save(
        actor=SYSTEM,
        key=f"tooling.request.{row.pk}",
        title=f"Exception {row.pk}: {row.tool} for {row.team}"[:200],
        body=body_of(row),
        subject=row.tool,
    )
    ExceptionRequest._base_manager.filter(pk=row.pk).update(record_url=url)
    return url


def body_of(request: ExceptionRequest) -> str:
    """The record as Markdown."""
    verdicts = list(Verdict._base_manager.filter(request=request).select_related("step", "alternative"))
    parts = (
        _status(request),
        _context(request),
        _decision(request, verdicts),
        _dissent(request, verdicts),
        _alternatives(request),
        _consequences(request),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def as_text(words: str) -> str:
    """People's words as Markdown that shows them as they are: no markup, no link, no name called."""
    lines = (" ".join(line.split()) for line in words.splitlines())
    return "\n".join(_LINE_MARKS.sub(_escaped_start, _MARKS.sub(r"\\\1", line)) for line in lines).strip()


def _escaped_start(match: re.Match[str]) -> str:
    return f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}"


def _in_line(words: str) -> str:
    return as_text(" ".join(words.split()))


def _instead(tool: Entity | None) -> str:
    """Documents are read by all, so a tool that not all see stays unnamed."""
    open_to_all = tool is not None and tool.visibility == Visibility.COMPANY
    return _in_line(str(tool)) if open_to_all else "a tool that not everybody sees"


def _status(request: ExceptionRequest) -> Iterator[str]:
    answer = "Rejected" if request.state == State.REJECTED else "Accepted"
    assert request.decided_at is not None and request.submitted_at is not None
    yield "## Status\n"
    yield (
        f"{answer} on {_day(request.decided_at)}. Asked by {_in_line(str(request.team))} on "
        f"{_day(request.submitted_at)}, {request.get_level_display().lower()} risk. "
        f"[Request {request.pk}]({request.get_absolute_url()}).\n"
    )


def _context(request: ExceptionRequest) -> Iterator[str]:
    places = ", ".join(str(place) for place in request.environments.all())
    versions = "every version" if request.versions == "*" else request.versions
    scope = f"{request.tool}, {versions}, in {places}, {request.get_data_class_display().lower()} data"
    yield "## Context\n"
    yield f"{as_text(request.objective)}\n"
    yield f"- Scope: {_in_line(scope)}"
    yield f"- Measured by: {_in_line(request.kpi)}"
    yield f"- Without it: {_in_line(request.cost_of_refusal)}"
    if request.standard is not None:
        standard = request.standard
        yield f"- Standard: [{_in_line(str(standard))}]({standard.get_absolute_url()})"
    yield ""


def _decision(request: ExceptionRequest, verdicts: list[Verdict]) -> Iterator[str]:
    yield "## Decision\n"
    if request.state == State.REJECTED:
        yield f"No exception. Use {_instead(request.alternative)} instead.\n"
    else:
        yield "The exception is granted.\n"
    if request.decision:
        yield f"{as_text(request.decision)}\n"
    for verdict in verdicts:
        yield f"- {_side(verdict)}: {'in favour' if verdict.approves else 'against'}"
    yield ""


def _dissent(request: ExceptionRequest, verdicts: list[Verdict]) -> Iterator[str]:
    """Whoever was not followed, with their reasons."""
    granted = request.state != State.REJECTED
    against = [verdict for verdict in verdicts if verdict.approves != granted]
    yield "## Dissent\n"
    for verdict in against:
        words = _in_line(verdict.comment) or "no reason given"
        instead = f" Proposed instead: {_instead(verdict.alternative)}." if verdict.alternative else ""
        yield f"- {_side(verdict)}: {words}{instead}"
    yield "" if against else "None.\n"


def _side(verdict: Verdict) -> str:
    appeal = ", on appeal" if verdict.step.round > 1 else ""
    return f"{verdict.step.get_role_display()}{appeal}"


def _alternatives(request: ExceptionRequest) -> Iterator[str]:
    yield "## Alternatives weighed\n"
    for row in request.alternatives:
        standard = " (the standard)" if row.get("standard") else ""
        yield f"- {_in_line(row.get('tool', ''))}{standard}: {_in_line(row.get('why_not', ''))}"
    yield "\n| Trade-off | 1 (little) to 5 (much) | |\n|---|---|---|"
    for key, label in TRADE_OFFS.items():
        score, text = [*request.trade_offs.get(key, []), "", ""][:2]
        yield f"| {label} | {score} | {_in_line(text)} |"
    yield ""


def _consequences(request: ExceptionRequest) -> Iterator[str]:
    yield "## Consequences\n"
    for grant in Grant._base_manager.filter(request=request).select_related("environment").order_by("pk"):
        kind = " (provisional)" if grant.provisional else " (emergency)" if grant.emergency else ""
        end = f"{_instant(grant.starts)} to {_instant(grant.ends)}"
        yield f"- Grant{kind}: {_in_line(str(grant.environment))}, from {end}"
    for condition in Condition._base_manager.filter(request=request):
        yield f"- Condition: {_in_line(condition.text)}, due {_instant(condition.due)}"
    if request.state == State.REJECTED:
        yield f"- The need is to be met with {_instead(request.alternative)}."
        return
    yield f"- Exit plan: {_in_line(request.exit_plan)}"
    yield f"- Controls: {_in_line(request.controls)}"
    yield f"- Supported by: {_in_line(str(request.support_owner))}"


def _day(at: datetime) -> str:
    return f"{at:%-d %B %Y}"


def _instant(at: datetime) -> str:
    return f"{at:%-d %B %Y %H:%M} UTC"
