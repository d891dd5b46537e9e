"""Standards: a revision is published whole and never edited; what is wrong in it is put right by the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core import jobs
from apps.core.checking import checked_choice, checked_fields, checked_text, refuse
from apps.core.concurrency import differing, swap
from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import System, require
from apps.people.models import SLUG
from apps.people.standing import standing_of
from apps.tooling.actions.moving import moment
from apps.tooling.actions.rules import RuleDraft, checked_rules, scheme_for
from apps.tooling.models import Capability, Standard, StandardRule
from apps.tooling.policies import keeps_standards
from apps.tooling.workflow import Quadrant

LONGEST = 20_000


@transaction.atomic
def create_capability(
    *, actor: Any, slug: str, name: str, quadrant: str, description: str = "", at: datetime | None = None
) -> Capability:
    """Something that teams need a tool for; CoE leads add it."""
    _require_keeper(actor)
    if not isinstance(slug, str) or not SLUG.regex.fullmatch(slug):  # type: ignore[union-attr]
        raise refuse("slug", "Use a-z, 0-9 and inner hyphens, at most 63 characters.")
    if Capability._base_manager.filter(slug=slug).exists():
        raise Conflict(errors={"slug": ["There is a capability with this address already."]})
    fields = _capability_fields({"name": name, "quadrant": quadrant, "description": description})
    when = moment(at)
    row = Capability._base_manager.create(slug=slug, created_at=when, updated_at=when, **fields)
    require(actor, "change", row)
    record("tooling.capability.created", actor=actor, target=row, at=at)
    return row


@transaction.atomic
def update_capability(
    *, actor: Any, capability: Capability, changes: Mapping[str, Any], expected_version: int | None = None
) -> Capability:
    require(actor, "change", capability)
    new = _capability_fields(changes)
    changed = differing(capability, new)
    if changed:
        swap(capability, expected_version, changed)
        record(
            "tooling.capability.changed", actor=actor, target=capability, data={"changes": sorted(changed)}
        )
    return capability


@transaction.atomic
def publish_standard(
    *,
    actor: Any,
    capability: Capability,
    rationale: str,
    rules: Sequence[Any],
    exit_criteria: str = "",
    summary: str = "",
    effective_from: datetime | None = None,
    base_revision: int | None = None,
    at: datetime | None = None,
) -> Standard:
    """The next revision, in force from `effective_from` (default: now). `rules` are RuleDrafts or their JSON form.

    `base_revision` is the number that the author read (0 for none): Conflict where a later one was published.
    A rule's tool must be visible to the whole company, because everybody reads the standards.
    """
    require(actor, "change", capability)
    when = moment(at)
    drafts = checked_rules(actor, rules)
    text = checked_text(
        "rationale", rationale, LONGEST, lines=True, empty="Say why; teams read it beside every answer."
    )
    since = effective_from or when
    if since < when and not isinstance(actor, System):
        raise refuse(
            "effective_from", "A standard cannot begin in the past; decisions were given by the one before."
        )
    Capability._base_manager.select_for_update().get(pk=capability.pk)
    last = capability.standards.order_by("-revision").values_list("revision", flat=True).first() or 0
    if base_revision is not None and base_revision != last:
        raise Conflict(
            f"Revision {last} was published meanwhile; yours builds on {base_revision or 'none'}.",
            next_step="Look at what changed and write yours on top.",
            current_revision=last,
        )
    standard = Standard._base_manager.create(
        capability=capability,
        revision=last + 1,
        rationale=text,
        exit_criteria=checked_text("exit_criteria", exit_criteria, LONGEST, lines=True),
        summary=checked_text("summary", summary, 300),
        effective_from=since,
        author_id=actor.pk,
        at=when,
    )
    for draft in drafts:
        _write_rule(standard, draft)
    data = {"revision": standard.revision, "effective_from": since.isoformat()}
    record("tooling.standard.published", actor=actor, target=standard, subject=capability, data=data, at=at)
    if since <= when:
        jobs.defer("tooling.settle", queueing_lock="tooling.settle")
    return standard


def _write_rule(standard: Standard, draft: RuleDraft) -> None:
    StandardRule._base_manager.create(
        standard=standard,
        tool=draft.tool,
        versions=draft.versions,
        scheme=scheme_for(draft.tool),
        environment=draft.environment,
        data_class=draft.data_class,
        ring=draft.ring,
        note=draft.note,
    )


def _require_keeper(actor: Any) -> None:
    """Adding a capability is about none that exists: the rule of changing any."""
    if not isinstance(actor, System) and not keeps_standards(standing_of(actor)):
        raise Forbidden("CoE leads add capabilities.", next_step="Propose it to the coe-office.")


def _capability_fields(changes: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {
        "name": lambda value: checked_text("name", value, 100, empty="Give it a name."),
        "description": lambda value: checked_text("description", value, 5_000, lines=True),
        "quadrant": lambda value: checked_choice("quadrant", value, Quadrant.values),
    }
    return checked_fields(changes, clean)
