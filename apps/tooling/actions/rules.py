"""The rules of a revision as somebody writes them: read, checked, and told by the number of the one that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.catalog.models import Entity
from apps.catalog.vocabulary import REFERENCE, Kind
from apps.core.checking import checked_text, refuse
from apps.core.errors import Invalid
from apps.core.policies import require
from apps.people.models import Visibility
from apps.tooling.models import Environment, ToolProfile
from apps.tooling.versions import Scheme, Specifier
from apps.tooling.vocabulary import DataClass, Ring

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
