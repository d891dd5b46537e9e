"""The nightly scan: what the catalog shows of tools in use is kept, and uses that nobody allows become findings.

An excepted use makes no finding and stays listed; one whose exception has ended makes a finding of its own kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction

from apps.catalog.actions.findings import close_findings, open_finding
from apps.catalog.models import Entity, Finding
from apps.catalog.vocabulary import FindingKind, Severity
from apps.core.policies import SYSTEM
from apps.people.models import Visibility
from apps.tooling.actions.moving import moment
from apps.tooling.models import Environment, ObservedUse
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.observing import Survey, survey
from apps.tooling.queries.use import ENDED, JudgedUse, denied, judged
from apps.tooling.vocabulary import MEANINGS, PRODUCTION, DataClass, Reason

log = structlog.get_logger(__name__)

CAUSE = "tool"
GONE = "The tool is no longer used here, or its use is allowed now."
MOVE = "Move to an alternative, or request an exception."
ADVICE = {
    Reason.BANNED: "Stop using it.",
    Reason.CONDITION_OVERDUE: "Meet the condition and add its evidence.",
    Reason.UNKNOWN_VERSION: "Say the exact version where it is deployed or logged.",
}
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Scanned:
    """How many uses there are, how many of them nobody allows, and how many are no longer there."""

    uses: int
    denied: int
    gone: int


def scan(at: datetime | None = None) -> Scanned:
    """Reads the whole catalog and keeps what is used. A scan that fails changes nothing, and removes nothing."""
    with transaction.atomic():
        _one_at_a_time()
        when = moment(at)
        found = survey()
        _keep(found, when)
        gone, _ = ObservedUse._base_manager.filter(last_seen__lt=when).delete()
    return Scanned(len(found.uses), _report(when), gone)


def _one_at_a_time() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('tooling.scan'))")


def _keep(found: Survey, at: datetime) -> None:
    rows = [
        ObservedUse(
            entity_id=each.entity,
            tool_id=each.tool,
            environment_id=each.environment,
            version=each.version,
            origin=each.origin,
            data_class=found.data_class(each.entity).value,
            first_seen=at,
            last_seen=at,
        )
        for each in sorted(found.uses, key=lambda use: (use.entity, use.tool, use.environment, use.version))
    ]
    ObservedUse._base_manager.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["entity", "tool", "environment", "version", "origin"],
        update_fields=["data_class", "last_seen"],
    )


def _report(at: datetime) -> int:
    """Opens and closes findings by what is decided now. Returns how many uses nobody allows."""
    causes: dict[str, tuple[int, JudgedUse]] = {}
    for use in denied(judged(ObservedUse.objects.all(), snapshot(at))):
        for entity in use.entities:
            causes.setdefault(_fingerprint(entity, use), (entity, use))
    known = Finding._base_manager.filter(
        kind=FindingKind.UNSANCTIONED_TOOL,
        fingerprint__startswith=f"{CAUSE}:",
        state__in=Finding.OPEN_STATES,
    )
    gone = set(known.values_list("fingerprint", flat=True)) - set(causes)
    if gone:
        close_findings(actor=SYSTEM, fingerprints=gone, note=GONE)
    _open(causes, at)
    return len(causes)


def _fingerprint(entity: int, use: JudgedUse) -> str:
    """One cause is one tool of one entity in one environment, denied for one reason, whatever its version."""
    return f"{CAUSE}:{entity}:{use.context.tool}:{use.context.environment}:{use.decision.reason}"


def _open(causes: dict[str, tuple[int, JudgedUse]], at: datetime) -> None:
    wanted = {pk for entity, use in causes.values() for pk in (entity, use.context.tool)}
    entities = Entity._base_manager.select_related("owner").in_bulk(wanted)
    places = {row.slug: row.name.lower() for row in Environment._base_manager.all()}
    for fingerprint, (entity, use) in causes.items():
        tool, place = entities[use.context.tool], places[use.context.environment]
        try:
            with transaction.atomic():
                _open_one(fingerprint, entities[entity], tool, place, use, at)
        except Exception:  # one that cannot be told keeps no other from being told
            log.exception("a finding was not opened", fingerprint=fingerprint)


def _open_one(
    fingerprint: str, entity: Entity, tool: Entity, place: str, use: JudgedUse, at: datetime
) -> None:
    named = _named(tool)
    still = "Still uses" if use.decision.reason in ENDED else "Uses"
    fields: dict[str, Any] = {
        "kind": FindingKind.UNSANCTIONED_TOOL,
        "severity": _severity(use),
        "title": f"{still} {named} in {place}"[:200],
        "detail": f"{MEANINGS[use.decision.reason]} {ADVICE.get(use.decision.reason, MOVE)}",
        "entity": entity,
        "owner": entity.owner,
    }
    open_finding(actor=SYSTEM, fingerprint=fingerprint, at=at, **fields)


def _named(tool: Entity) -> str:
    """Who sees the entity does not always see its tool."""
    return str(tool) if tool.visibility == Visibility.COMPANY else "a tool that is not allowed"


def _severity(use: JudgedUse) -> str:
    sensitive = use.context.data_class >= DataClass.CONFIDENTIAL
    if use.decision.reason is Reason.BANNED or (use.context.environment == PRODUCTION and sensitive):
        return Severity.HIGH
    return Severity.MEDIUM if use.context.environment == PRODUCTION or sensitive else Severity.LOW
