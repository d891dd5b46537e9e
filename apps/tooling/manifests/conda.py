"""environment.yml of conda, with its section for pip."""

from __future__ import annotations

import re

from apps.tooling.manifests.documents import Collection, Node, Scalar, yaml_tree
from apps.tooling.manifests.python_requirements import add_requirement
from apps.tooling.manifests.requirement import Collector, Ecosystem, Manifest, unreadable

_SPEC = re.compile(r"(?:[^\s:]+::)?([^\s=<>!~\[]+)\s*(.*)", re.DOTALL)
_FUZZY = re.compile(r"=\s*([^=\s]+)(?:=([^=\s]+))?")
_EXACT = re.compile(r"==\s*([^=\s*]+)(?:=[^=\s]+)?")
_RELEASE = re.compile(r"[0-9]+(?:\.[0-9]+){2,}[a-z0-9.]*")


def read_environment(text: str) -> Manifest:
    tree = yaml_tree(text)
    dependencies = next(
        (value for key, value in _pairs(tree) if key == "dependencies"),
        None,
    )
    if not isinstance(dependencies, Collection) or dependencies.is_mapping:
        raise unreadable(tree.line, 'The file has no list "dependencies".')
    found = Collector(Ecosystem.CONDA)
    for entry in dependencies.children:
        _add_entry(found, entry)
    return found.manifest("environment.yml")


def _pairs(node: Node) -> list[tuple[str, Node]]:
    return list(node.pairs()) if isinstance(node, Collection) else []


def _add_entry(found: Collector, entry: Node) -> None:
    if isinstance(entry, Scalar):
        _add_conda(found, entry)
        return
    sections = _pairs(entry)
    if [name for name, _ in sections] != ["pip"]:
        found.refuse(entry.line, 'The only section inside of "dependencies" is "pip".')
    for _, section in sections:
        for line in section.children if isinstance(section, Collection) else ():
            if isinstance(line, Scalar):
                add_requirement(found, line.line, line.text.strip())
            else:
                found.refuse(line.line, "This is no requirement that pip would read.")


def _add_conda(found: Collector, entry: Scalar) -> None:
    match = _SPEC.fullmatch(entry.text.strip())
    if not match:
        found.refuse(entry.line, "This is no package that conda would read.")
        return
    version, specifier = _version(match[2].strip())
    found.add(entry.line, entry.text, match[1], version, specifier)


def _version(wanted: str) -> tuple[str | None, str | None]:
    """`=1.2=build` and `==1.2` are exact; so is `=1.26.4` with three parts, which an export without builds writes."""
    if exact := _EXACT.fullmatch(wanted):
        return exact[1], None
    if fuzzy := _FUZZY.fullmatch(wanted):
        if fuzzy[2] or _RELEASE.fullmatch(fuzzy[1]):
            return fuzzy[1], None
        return None, f"=={fuzzy[1].removesuffix('*').removesuffix('.')}.*"
    return None, " ".join(wanted.split()) or None
