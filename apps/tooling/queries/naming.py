"""Which tool and which environment a text means, as far as somebody sees them.

A tool is meant by its reference, by a name that files or clusters know it by, or by its own name where only one has it.
What is not shown looks like what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from apps.catalog.models import Entity
from apps.catalog.models.entities import named
from apps.catalog.vocabulary import REFERENCE, Kind, reference
from apps.core.errors import Invalid
from apps.core.policies import PolicyQuerySet
from apps.tooling.manifests import Ecosystem
from apps.tooling.manifests.images import image_name_and_tag
from apps.tooling.manifests.requirement import Refused, canonical_name, shown
from apps.tooling.models import Environment, Package
from apps.tooling.queries.kept import Name, Names, Tool
from apps.tooling.vocabulary import DataClass

__all__ = [
    "Name",
    "PackageNames",
    "Tool",
    "data_class_named",
    "environment_named",
    "seen_tools",
    "tool_named",
]


class PackageNames:
    """The tools behind many names, as far as `user` sees them; at most one statement for all."""

    def __init__(self, user: Any, names: Iterable[Name], kept: Names | None = None) -> None:
        wanted = {spelled for name in names for spelled in spellings(*name)}
        known = kept.packages if kept else {}
        self._tools = {name: tool for name in wanted if (tool := known.get(name))}
        asked = {name for name in wanted if kept is None or (name in known and known[name] is None)}
        self._tools |= _packages(user, asked) if asked else {}

    def tool_of(self, ecosystem: str, name: str) -> Tool | None:
        """The tool of the first spelling that is registered."""
        known = (self._tools[each] for each in spellings(ecosystem, name) if each in self._tools)
        return next(known, None)


def spellings(ecosystem: str, name: str) -> Iterator[Name]:
    """Under which names a package may be registered, best first: conda carries packages of PyPI, and registries
    carry images of other registries."""
    if ecosystem == Ecosystem.IMAGE:
        yield from ((ecosystem, each) for each in image_names(name))
        return
    yield ecosystem, name
    if ecosystem == Ecosystem.CONDA:
        yield Ecosystem.PYPI.value, _canonical(name, Ecosystem.PYPI) or name


def image_names(name: str) -> list[str]:
    """The image's whole name, then what is left behind the addresses of mirrors: `harbor.corp/hub/mlflow/mlflow` may be
    registered as `mlflow/mlflow`. One word alone is an official image, so `somebody/redis` is not `redis`, while
    `harbor.corp/redis` and `harbor.corp/library/redis` are."""
    parts = name.split("/")
    found = ["/".join(parts[start:]) for start in range(len(parts))]
    before = parts[:-1]
    official = before[-1:] == ["library"] or (len(before) == 1 and _is_registry(before[0]))
    return found if official or not before else found[:-1]


def _is_registry(part: str) -> bool:
    return "." in part or ":" in part or part == "localhost"


def tool_named(user: Any, text: str, kept: Names | None = None) -> Tool | None:
    """The one tool that the text means; None where there is none to see, or where it means several."""
    text = text.strip().replace("\x00", "\ufffd")
    if match := REFERENCE.fullmatch(text):
        known = kept.tools.get(text.lower()) if kept else None
        return known or _by_reference(user, **match.groupdict())
    found = _by_package(user, text, kept) or _by_name(user, text)
    return found.pop() if len(found) == 1 else None


def _tools(user: Any) -> PolicyQuerySet[Entity]:
    return Entity.objects.visible_to(user).filter(kind=Kind.TOOL).order_by()


def _by_reference(user: Any, kind: str, namespace: str, name: str) -> Tool | None:
    if kind != Kind.TOOL:
        return None
    found = _of(_tools(user).filter(_same("namespace", namespace), _same("name", name)))
    return found.pop() if found else None


def _same(column: str, text: str) -> Exact:
    """As the unique index on references compares."""
    return Exact(Lower(column), text.lower())


def _by_package(user: Any, text: str, kept: Names | None) -> set[Tool]:
    readings = list(_readings(text))
    names = PackageNames(user, readings, kept)
    return {tool for each in readings if (tool := names.tool_of(*each))}


def _readings(text: str) -> Iterator[Name]:
    """The text as a name of each ecosystem that would take it; `npm:react` names its own."""
    prefix, colon, rest = text.partition(":")
    only = [each for each in Ecosystem if colon and each == prefix.lower()]
    for ecosystem in only or Ecosystem:
        written = rest if only else text
        if ecosystem is Ecosystem.IMAGE:
            written = image_name_and_tag(written)[0] or ""
        if name := _canonical(written, ecosystem):
            yield ecosystem.value, name


def _canonical(text: str, ecosystem: Ecosystem) -> str | None:
    try:
        return canonical_name(text, ecosystem)
    except Refused:
        return None


def _by_name(user: Any, text: str) -> set[Tool]:
    return _of(_tools(user).filter(named(text))) if text else set()


def _of(rows: QuerySet[Entity]) -> set[Tool]:
    return {Tool(reference(*row), pk) for pk, *row in rows.values_list("pk", "kind", "namespace", "name")}


def _packages(user: Any, wanted: set[Name]) -> dict[Name, Tool]:
    rows = Package.objects.visible_to(user).filter(name__in={name for _, name in wanted}).order_by()
    columns = ("ecosystem", "name", "tool", "tool__kind", "tool__namespace", "tool__name")
    return {
        (ecosystem, name): Tool(reference(*ref), pk)
        for ecosystem, name, pk, *ref in rows.values_list(*columns)
        if (ecosystem, name) in wanted
    }


def seen_tools(user: Any, refs: Iterable[str], kept: Names) -> set[str]:
    """Those of the references whose tools the person sees; a statement only for those that not everybody sees."""
    asked = set(refs)
    for_all = {ref for ref in asked if ref.lower() in kept.tools}
    parts = [match for ref in asked - for_all if (match := REFERENCE.fullmatch(ref))]
    if not parts:
        return for_all
    rows = _tools(user).annotate(lower_namespace=Lower("namespace"), lower_name=Lower("name"))
    rows = rows.filter(
        lower_namespace__in={match["namespace"].lower() for match in parts},
        lower_name__in={match["name"].lower() for match in parts},
    )
    return for_all | {tool.ref for tool in _of(rows)}


def environment_named(text: str, kept: Names) -> Environment:
    """By its slug or another of its names, capital letters ignored. Raises Invalid that names the known ones."""
    wanted, rows = text.strip().lower(), kept.environments
    for row in rows:
        if wanted == row.slug:
            return row
    for row in rows:
        if wanted in (other.lower() for other in row.other_names):
            return row
    known = ", ".join(" or ".join([row.slug, *row.other_names]) for row in rows)
    raise Invalid(errors={"environment": [f"There is no environment “{shown(text)}”. Known are {known}."]})


def data_class_named(text: str) -> DataClass:
    """By its name, capital letters ignored. Raises Invalid that names the known ones."""
    try:
        return DataClass[text.strip().upper()]
    except KeyError:
        known = ", ".join(each.name.lower() for each in DataClass)
        sentence = f"There is no data class “{shown(text)}”. Known are {known}."
        raise Invalid(errors={"data_class": [sentence]}) from None
