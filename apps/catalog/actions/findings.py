"""Findings open once per cause, and people close them with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.catalog.models import Finding
from apps.core.checking import checked_choice, checked_text
from apps.core.errors import Conflict
from apps.core.events import record
from apps.core.policies import require

STATES: dict[str, tuple[str, ...]] = {
    Finding.State.OPEN: ("acknowledged", "resolved", "dismissed"),
    Finding.State.ACKNOWLEDGED: ("resolved", "dismissed", "open"),
    Finding.State.RESOLVED: ("open",),
    Finding.State.DISMISSED: ("open",),
}


@transaction.atomic
def open_finding(*, actor: Any, fingerprint: str, at: datetime | None = None, **fields: Any) -> Finding:
    """Opens a finding, or refreshes the one that is open for the same cause.

    One that was dismissed for this cause stays dismissed: somebody looked at it and decided.
    """
    moment = at or timezone.now()
    known = (
        Finding.objects.filter(fingerprint=fingerprint, state__in=("open", "acknowledged", "dismissed"))
        .order_by("-id")
        .first()
    )
    if known is not None:
        Finding.objects.filter(pk=known.pk).update(last_seen=moment)
        return known
    finding = Finding.objects.create(fingerprint=fingerprint, opened_at=moment, last_seen=moment, **fields)
    subject = finding.entity or finding.deployment or finding
    record(
        "catalog.finding.opened",
        actor=actor,
        target=finding,
        subject=subject,
        data={"kind": finding.kind},
        at=at,
    )
    return finding


@transaction.atomic
def close_findings(*, actor: Any, fingerprints: set[str], note: str) -> int:
    """Resolves open findings whose cause is gone; returns how many."""
    rows = Finding.objects.select_for_update(of=("self",)).filter(
        fingerprint__in=fingerprints, state__in=Finding.OPEN_STATES
    )
    for finding in rows.select_related("entity", "deployment"):
        _move(actor, finding, Finding.State.RESOLVED, note, None)
    return len(rows)


@transaction.atomic
def handle_finding(
    *, actor: Any, finding: Finding, state: str, note: str = "", at: datetime | None = None
) -> Finding:
    """Acknowledges, resolves, dismisses or reopens; dismissing needs a reason. The loser of a race gets Conflict."""
    require(actor, "change", finding)
    checked_choice("state", state, Finding.State.values)
    text = checked_text("note", note, 5_000, lines=True)
    if state == Finding.State.DISMISSED and not text:
        raise Conflict(
            "Say why it is dismissed, so that nobody has to ask again.", errors={"note": ["Give a reason."]}
        )
    current = (
        Finding.objects.select_for_update(of=("self",))
        .select_related("entity", "deployment")
        .get(pk=finding.pk)
    )
    possible = list(STATES[current.state])
    if state not in possible:
        raise Conflict(f"The finding is {current.state} and cannot become {state}.", possible=possible)
    if state == Finding.State.OPEN and current.state != Finding.State.ACKNOWLEDGED:
        _refuse_second_open(current)
    _move(actor, current, state, text, at)
    finding.refresh_from_db()
    return finding


def _move(actor: Any, finding: Finding, state: str, note: str, at: datetime | None) -> None:
    moment = at or timezone.now()
    closed = None if state in Finding.OPEN_STATES else moment
    Finding.objects.filter(pk=finding.pk).update(
        state=state, note=note, closed_at=closed, handled_by_id=actor.pk
    )
    subject = finding.entity or finding.deployment or finding
    data = {"from": finding.state, "to": state}
    record("catalog.finding.handled", actor=actor, target=finding, subject=subject, data=data, at=at)


def _refuse_second_open(finding: Finding) -> None:
    if Finding.objects.filter(fingerprint=finding.fingerprint, state__in=Finding.OPEN_STATES).exists():
        raise Conflict("A newer finding for the same cause is open already.", possible=[])
