"""Locks of Python's package managers: uv, Poetry, PDM and PEP 751 (TOML), Pipenv (JSON). Each names exact versions."""

from __future__ import annotations

import re
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from apps.tooling.manifests.documents import json_object, key_lines, toml_table
from apps.tooling.manifests.python_requirements import exact_or_range
from apps.tooling.manifests.requirement import Collector, Ecosystem, Manifest, shown, unreadable

_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*packages?[ \t]*\]\]", re.MULTILINE)
_OWN_PROJECT = ("editable", "virtual", "directory")


def read_toml_lock(text: str) -> Manifest:
    document = toml_table(text)
    packages = document.get("package", document.get("packages", []))
    if not isinstance(packages, list):
        raise unreadable(1, 'The lock has no list of tables "package".')
    found = Collector(Ecosystem.PYPI)
    for line, package in zip(_header_lines(text, len(packages)), packages, strict=True):
        _add_locked(found, line, package)
    return found.manifest("lock")


def _header_lines(text: str, count: int) -> list[int]:
    """The line of each package's header; 1 for all where a text inside of the file only looks like a header."""
    lines, line, last = [], 1, 0
    for match in _HEADER.finditer(text):
        line += text.count("\n", last, match.start())
        last = match.start()
        lines.append(line)
    return lines if len(lines) == count else [1] * count


def _add_locked(found: Collector, line: int, package: Any) -> None:
    if not isinstance(package, dict) or not isinstance(package.get("name"), str):
        found.refuse(line, "The package has no name.")
        return
    source, version = package.get("source"), package.get("version")
    if isinstance(source, dict) and any(key in source for key in _OWN_PROJECT):
        return  # the project that is locked, or a neighbour in its workspace
    name, version = package["name"], version if isinstance(version, str) else None
    found.add(line, f"{name} {version or ''}", name, version)


def read_pipfile_lock(text: str) -> Manifest:
    document, lines = json_object(text), key_lines(text)
    found = Collector(Ecosystem.PYPI)
    sections = [name for name in document if name != "_meta"]  # Pipenv's categories have names of their own
    if not sections:
        raise unreadable(1, 'The lock has neither "default" nor "develop".')
    for section in sections:
        packages = document[section]
        if not isinstance(packages, dict):
            raise unreadable(lines.get((section,), 1), f'"{shown(section)}" is not an object.')
        for name, package in packages.items():
            _add_pinned(found, lines.get((section, name), 1), name, package)
    return found.manifest("Pipfile.lock")


def _add_pinned(found: Collector, line: int, name: str, package: Any) -> None:
    wanted = package.get("version") if isinstance(package, dict) else None
    try:
        version, specifier = exact_or_range(SpecifierSet(wanted if isinstance(wanted, str) else ""))
    except InvalidSpecifier:
        found.refuse(line, "The package's version is no specifier of PEP 440.")
    else:
        found.add(line, f"{name} {wanted or ''}", name, version, specifier)
