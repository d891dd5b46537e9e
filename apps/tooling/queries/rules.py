"""The rules of a revision as proposals, APIs and forms hold them, and what differs between two sets of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.tooling.models import Capability, Standard, StandardRule
from apps.tooling.vocabulary import DataClass

Rule = Mapping[str, Any]
CONTEXT = ("tool", "versions", "environment", "data_class")


def last_revision(capability: Capability) -> Standard | None:
    """The revision that the next one is written on, whether or not it is in force yet."""
    return Standard._base_manager.filter(capability=capability).order_by("-revision").first()


def rules_of(user: Any, standard: Standard | None) -> list[dict[str, Any]]:
    """The rules in the form of `RuleDraft.as_json`, as far as the person sees their tools; one statement."""
    if standard is None:
        return []
    rows = StandardRule.objects.visible_to(user).filter(standard=standard)
    return [_as_json(row) for row in rows.select_related("tool", "environment").order_by("id")]


def _as_json(row: StandardRule) -> dict[str, Any]:
    return {
        "tool": row.tool.ref,
        "versions": row.versions,
        "environment": row.environment.slug if row.environment else None,
        "data_class": None if row.data_class is None else DataClass(row.data_class).name.lower(),
        "ring": row.ring,
        "note": row.note,
    }


@dataclass(frozen=True, slots=True)
class Change:
    """One context in two sets of rules; `before` or `after` is None where it stands in one of them only."""

    before: Rule | None
    after: Rule | None

    @property
    def rule(self) -> Rule:
        return self.after or self.before or {}

    @property
    def kind(self) -> str:
        """`added`, `removed`, `changed` or `same`."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "same" if _said(self.before) == _said(self.after) else "changed"


def compared(before: Iterable[Rule], after: Iterable[Rule]) -> list[Change]:
    """Both sets context by context, in the order of the later one; what it leaves out stands at the end."""
    old = {_context(rule): rule for rule in before}
    changes = [Change(old.pop(_context(rule), None), rule) for rule in after]
    return changes + [Change(rule, None) for rule in old.values()]


def _context(rule: Rule) -> tuple[Any, ...]:
    return tuple(rule.get(name) for name in CONTEXT)


def _said(rule: Rule) -> tuple[Any, Any]:
    return rule.get("ring"), rule.get("note") or ""
