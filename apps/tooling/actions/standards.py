"""Standards: a revision is published whole and never edited; what is wrong in it is put right by the next one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.models import Entity
from apps.catalog.vocabulary import REFERENCE, Kind
from apps.core import jobs
from apps.core.checking import checked_text, refuse
from apps.core.concurrency import refused_as, swap
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.events import record
from apps.core.policies import System, require
from apps.people.models import SLUG, Team, Visibility
from apps.people.standing import standing_of
from apps.tooling.actions.moving import moment
from apps.tooling.manifests.requirement import Ecosystem, Refused, canonical_name
from apps.tooling.models import Capability, Environment, Package, Standard, StandardRule, ToolProfile
from apps.tooling.models.standards import ECOSYSTEMS, SCHEMES
from apps.tooling.policies import keeps_standards
from apps.tooling.versions import Scheme, Specifier
from apps.tooling.vocabulary import DataClass, Ring
from apps.tooling.workflow import Quadrant

LONGEST = 20_000
MOST_RULES = 200


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as somebody writes it, checked: what a revision's row will be."""

    tool: Entity
    versions: str
    environment: Environment | None
    data_class: DataClass | None
    ring: Ring
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """As proposals keep it and as APIs give and take it."""
        return {
            "tool": self.tool.ref,
            "versions": self.versions,
            "environment": self.environment.slug if self.environment else None,
            "data_class": self.data_class.name.lower() if self.data_class is not None else None,
            "ring": str(self.ring),
            "note": self.note,
        }


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
    changed = {name: value for name, value in new.items() if getattr(capability, name) != value}
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
    text = checked_text("rationale", rationale, LONGEST, lines=True)
    if not text:
        raise refuse("rationale", "Say why; teams read it beside every answer.")
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


def checked_rules(actor: Any, rules: Sequence[Any]) -> list[RuleDraft]:
    """The rules of a revision; raises Invalid naming the number of the first that is wrong."""
    if not isinstance(rules, Sequence) or isinstance(rules, str) or not 1 <= len(rules) <= MOST_RULES:
        raise refuse("rules", f"Give between 1 and {MOST_RULES} rules.")
    drafts = [_checked_rule(actor, rule, number) for number, rule in enumerate(rules, start=1)]
    contexts = [(each.tool.pk, each.versions, each.environment, each.data_class) for each in drafts]
    for number, context in enumerate(contexts, start=1):
        if context in contexts[: number - 1]:
            raise refuse("rules", f"Rule {number} repeats the context of another one; one ring a context.")
    return drafts


def _checked_rule(actor: Any, rule: Any, number: int) -> RuleDraft:
    try:
        draft = rule if isinstance(rule, RuleDraft) else _read_rule(actor, rule)
        require(actor, "view", draft.tool)
        if draft.tool.kind != Kind.TOOL:
            raise refuse("rules", f"{draft.tool} is no tool of the catalog.")
        if draft.tool.visibility != Visibility.COMPANY:
            raise refuse("rules", f"{draft.tool} is not visible to the whole company; widen it first.")
        Specifier(draft.versions, scheme_for(draft.tool))
    except Invalid as error:
        said = " ".join(sentence for group in error.errors.values() for sentence in group) or error.detail
        raise refuse("rules", f"Rule {number}: {said}") from error
    return draft


def _read_rule(actor: Any, rule: Any) -> RuleDraft:
    known = {"tool", "versions", "environment", "data_class", "ring", "note"}
    if not isinstance(rule, Mapping) or set(rule) - known:
        raise refuse("rules", f"A rule has {', '.join(sorted(known))}.")
    return RuleDraft(
        tool=_tool(actor, rule.get("tool")),
        versions=str(rule.get("versions") or "*").strip(),
        environment=_environment(rule.get("environment")),
        data_class=_data_class(rule.get("data_class")),
        ring=_ring(rule.get("ring")),
        note=checked_text("rules", rule.get("note") or "", 300),
    )


def _tool(actor: Any, ref: Any) -> Entity:
    match = REFERENCE.fullmatch(str(ref or ""))
    found = Entity.objects.visible_to(actor).filter(**match.groupdict()).first() if match else None
    if found is None:
        raise refuse("rules", f"There is no tool “{str(ref)[:80]}”; write tool:namespace/name.")
    return found


def _environment(slug: Any) -> Environment | None:
    if not slug:
        return None
    found = Environment._base_manager.filter(slug=str(slug)).first()
    if found is None:
        known = ", ".join(Environment._base_manager.values_list("slug", flat=True))
        raise refuse("rules", f"There is no environment “{str(slug)[:40]}”; choose one of {known}.")
    return found


def _data_class(name: Any) -> DataClass | None:
    if name in (None, ""):
        return None
    try:
        return DataClass[str(name).upper()]
    except KeyError as error:
        raise refuse("rules", "A data class is public, internal, confidential or restricted.") from error


def _ring(name: Any) -> Ring:
    try:
        return Ring(str(name))
    except ValueError as error:
        raise refuse("rules", f"A ring is {', '.join(Ring)}.") from error


def scheme_for(tool: Entity) -> Scheme:
    """How the tool's versions compare; PEP 440 until its profile says otherwise."""
    profile = ToolProfile._base_manager.filter(tool=tool).first()
    return Scheme(profile.scheme) if profile else Scheme.PEP440


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


@transaction.atomic
def set_profile(
    *,
    actor: Any,
    tool: Entity,
    scheme: str | None = None,
    supported_by: Team | None = None,
    support: str = "",
    at: datetime | None = None,
) -> ToolProfile:
    """How the tool's versions compare, and who supports it. A scheme is fixed once a rule or grant speaks in it."""
    _require_tool(actor, tool)
    profile, _ = ToolProfile._base_manager.get_or_create(tool=tool)
    require(actor, "change", profile)
    if scheme is not None and scheme not in dict(SCHEMES):
        raise refuse("scheme", f"Choose one of {', '.join(dict(SCHEMES))}.")
    if scheme not in (None, profile.scheme) and StandardRule._base_manager.filter(tool=tool).exists():
        raise Conflict("Standards speak of this tool's versions already; how they compare stays.")
    text = checked_text("support", support, 5_000, lines=True)
    changes = {"scheme": scheme or profile.scheme, "supported_by": supported_by, "support": text}
    swap(profile, None, changes)
    record("tooling.tool.profiled", actor=actor, target=tool, at=at)
    return profile


@transaction.atomic
def name_package(
    *, actor: Any, tool: Entity, ecosystem: str, name: str, at: datetime | None = None
) -> Package:
    """Says that files and clusters know the tool by this name. Conflict where another tool has the name."""
    _require_tool(actor, tool)
    if ecosystem not in dict(ECOSYSTEMS):
        raise refuse("ecosystem", f"Choose one of {', '.join(dict(ECOSYSTEMS))}.")
    try:
        canonical = canonical_name(name, Ecosystem(ecosystem))
    except Refused as error:
        raise refuse("name", str(error)) from error
    with refused_as(package_once="This name stands for a tool already."):
        row = Package._base_manager.create(ecosystem=ecosystem, name=canonical, tool=tool)
    require(actor, "change", row)
    record("tooling.tool.package_named", actor=actor, target=tool, data={"package": str(row)}, at=at)
    return row


@transaction.atomic
def forget_package(*, actor: Any, package: Package, at: datetime | None = None) -> None:
    """The name does not stand for the tool any more."""
    require(actor, "change", package)
    record(
        "tooling.tool.package_forgotten",
        actor=actor,
        target=package.tool,
        data={"package": str(package)},
        at=at,
    )
    package.delete()


def _require_tool(actor: Any, tool: Entity) -> None:
    require(actor, "view", tool)
    if tool.kind != Kind.TOOL:
        raise Conflict("Only tools have a profile and packages.")


def _require_keeper(actor: Any) -> None:
    """Adding a capability is about none that exists: the rule of changing any."""
    if not isinstance(actor, System) and not keeps_standards(standing_of(actor)):
        raise Forbidden("CoE leads add capabilities.", next_step="Propose it to the coe-office.")


def _capability_fields(changes: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {
        "name": lambda value: checked_text("name", value, 100),
        "description": lambda value: checked_text("description", value, 5_000, lines=True),
        "quadrant": _quadrant,
    }
    unknown = sorted(set(changes) - set(clean))
    if unknown:
        raise Invalid(errors={name: ["This field cannot be written here."] for name in unknown})
    fields = {name: clean[name](value) for name, value in changes.items()}
    if fields.get("name") == "":
        raise refuse("name", "Give it a name.")
    return fields


def _quadrant(value: Any) -> str:
    if value not in Quadrant.values:
        raise refuse("quadrant", f"Choose one of {', '.join(Quadrant.values)}.")
    return str(value)
