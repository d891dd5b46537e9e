"""What an address says of a use before anybody typed: from a tool's page, a failing check, or an unknown package.

Whatever an address says wrong is left out: the form is there to be filled in.
"""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from apps.catalog.models import Entity
from apps.people.models import Team
from apps.people.standing import standing_of
from apps.tooling.models import Environment, ExceptionRequest, Package
from apps.tooling.models.standards import ECOSYSTEMS
from apps.tooling.queries.completeness import scheme_of
from apps.tooling.queries.lookups import TOOLS, tools
from apps.tooling.versions import is_version, patches_of
from apps.tooling.vocabulary import DataClass

LONGEST = 214


def prefilled(user: Any, params: QueryDict) -> dict[str, Any]:
    """Initial values of `BeginForm`."""
    ecosystem = params.get("ecosystem", "").lower()
    ecosystem = ecosystem if ecosystem in dict(ECOSYSTEMS) else ""
    named = _text(params.get("package", "")) or _text(params.get("tool_name", ""))
    tool = _tool(user, _text(params.get("tool", "")), named, ecosystem)
    unknown = named or _text(params.get("tool", "")).rpartition("/")[2].rpartition(":")[2]
    return {
        "team": _team(user, _text(params.get("team", ""))),
        "tool": tool.ref if tool else "",
        "tool_name": "" if tool else unknown[:63],
        "ecosystem": ecosystem,
        "versions": _versions(params, tool, ecosystem),
        "environments": _environments(params.getlist("environment") + params.getlist("environments")),
        "data_class": _data_class(_text(params.get("data_class", ""))),
    }


def _tool(user: Any, ref: str, package: str, ecosystem: str) -> Entity | None:
    found = TOOLS.find(user, ref) if ref else None
    if found is None and package:
        names = Package._base_manager.filter(
            name=package.lower(), ecosystem__in=[ecosystem] if ecosystem else dict(ECOSYSTEMS)
        )
        found = tools(user).filter(pk__in=names.values("tool")).first()
    return found or _only_one(user, package or ref.rpartition("/")[2].rpartition(":")[2])


def _only_one(user: Any, name: str) -> Entity | None:
    """The tool of this name, where there is one only."""
    rows = list(tools(user).filter(name__iexact=name)[:2]) if name else []
    return rows[0] if len(rows) == 1 else None


def _team(user: Any, slug: str) -> str:
    own = Team._base_manager.filter(pk__in=standing_of(user).teams)
    return slug if slug and own.filter(slug=slug).exists() else ""


def _versions(params: QueryDict, tool: Entity | None, ecosystem: str) -> str:
    """A version that somebody uses becomes a specifier that takes its patch releases too."""
    version, versions = _text(params.get("version", "")), _text(params.get("versions", ""))
    if versions or not version:
        return versions or "*"
    scheme = scheme_of(ExceptionRequest(tool=tool, ecosystem=ecosystem))
    return patches_of(version, scheme) if is_version(version, scheme) else version


def _environments(names: list[str]) -> list[str]:
    asked = {name.lower() for text in names[:20] for name in _text(text).split(",")}
    rows = Environment._base_manager.values_list("slug", "other_names")
    return [slug for slug, others in rows if asked & {slug, *others}]


def _data_class(name: str) -> int:
    known = {each.name.lower(): each.value for each in DataClass} | {
        str(each.value): each.value for each in DataClass
    }
    return known.get(name.lower(), DataClass.INTERNAL.value)


def _text(value: str) -> str:
    return value.replace("\x00", "").strip()[:LONGEST]
