"""What JavaScript projects ask for: package.json, and the locks of npm, pnpm and Yarn."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from apps.tooling.manifests.documents import json_object, key_lines
from apps.tooling.manifests.requirement import Collector, Ecosystem, Manifest, unreadable
from apps.tooling.versions import Scheme, is_version

Lines: TypeAlias = dict[tuple[str, ...], int]
Entry: TypeAlias = tuple[tuple[str, ...], str, Any]  # path, name, what is said of it

LONGEST_KEY = 2_000
_SECTIONS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_ALIAS = re.compile(r"npm:((?:@[^@/]+/)?[^@]+)(?:@(.*))?")
_ELSEWHERE = re.compile(
    r"(?:file|link|portal|workspace|patch|git|git\+\w+|github|https?|catalog):|[\w.-]+/[\w.-]+"
)
_PNPM_KEY = re.compile(r"""  ['"]?/?((?:@[^@/]+/)?[^@/'"]+)[@/]([^('":_]+)[^'"]*['"]?:""")
_YARN_HEADER = re.compile(r'"?((?:@[^@/"]+/)?[^@/"\s]+)@([^",]*)')
_YARN_VERSION = re.compile(r'  version:? "?([^"\s]+)"?')
_OF_A_PACKAGE_MANAGER = ("workspace:", "link:", "portal:")


def read_package_json(text: str) -> Manifest:
    document, lines = json_object(text), key_lines(text)
    found = Collector(Ecosystem.NPM)
    for section in _SECTIONS:
        wanted = document.get(section, {})
        if not isinstance(wanted, dict):
            raise unreadable(lines.get((section,), 1), f'"{section}" is not an object.')
        for name, text_of_range in wanted.items():
            _add_wanted(found, lines.get((section, name), 1), name, text_of_range)
    return found.manifest("package.json")


def _add_wanted(found: Collector, line: int, name: str, wanted: Any) -> None:
    if not isinstance(wanted, str):
        found.refuse(line, "The version asked for is not text.")
        return
    raw = f"{name} {wanted}"
    if alias := _ALIAS.fullmatch(wanted):
        name, wanted = alias[1], alias[2] or ""
    if _ELSEWHERE.match(wanted):
        found.add(line, raw, name)  # from a place where nobody knows its version
    elif is_version(wanted.removeprefix("="), Scheme.SEMVER):
        found.add(line, raw, name, wanted.removeprefix("="))
    else:
        found.add(line, raw, name, None, wanted.strip() or None)


def read_package_lock(text: str) -> Manifest:
    """Versions 2 and 3 list `packages` by folder; version 1 nests `dependencies`."""
    document, lines = json_object(text), key_lines(text)
    found = Collector(Ecosystem.NPM)
    for path, name, package in _entries(document, lines):
        line = lines.get(path, 1)
        if not isinstance(package, dict):
            found.refuse(line, "The package's entry is not an object.")
        elif not package.get("link"):
            version = package.get("version")
            known = isinstance(version, str) and is_version(version, Scheme.SEMVER)
            found.add(line, f"{name} {version or ''}", name, version if known else None)
    return found.manifest("package-lock.json")


def _entries(document: dict[str, Any], lines: Lines) -> Iterator[Entry]:
    """Of `packages` where the lock has it. A lock with neither list says nothing, which is not "no packages"."""
    if "packages" not in document and "dependencies" not in document:
        raise unreadable(1, 'The lock has neither "packages" nor "dependencies".')
    if "packages" not in document:
        return _nested(document, lines)
    if not isinstance(document["packages"], dict):
        raise unreadable(lines.get(("packages",), 1), '"packages" is not an object.')
    return _installed(document["packages"])


def _installed(packages: dict[str, Any]) -> Iterator[Entry]:
    """Folders outside of node_modules are the project's own."""
    for folder, package in packages.items():
        _, installed, name = folder.rpartition("node_modules/")
        if installed:
            real = package.get("name") if isinstance(package, dict) else None
            yield ("packages", folder), real if isinstance(real, str) else name, package


def _nested(document: dict[str, Any], lines: Lines) -> Iterator[Entry]:
    waiting: list[tuple[tuple[str, ...], Any]] = [((), document)]
    while waiting:
        path, holder = waiting.pop()
        nested = holder.get("dependencies", {}) if isinstance(holder, dict) else {}
        if not isinstance(nested, dict):
            raise unreadable(lines.get((*path, "dependencies"), 1), '"dependencies" is not an object.')
        for name, package in nested.items():
            below = (*path, "dependencies", name)
            yield below, name, package
            waiting.append((below, package))


def read_pnpm_lock(text: str) -> Manifest:
    """The keys of `packages`, one a line as pnpm writes them: `/name@1.2.3:`, `'@scope/name@1.2.3(peer@1.0.0)':`."""
    found, inside = Collector(Ecosystem.NPM), False
    for line, content in enumerate(text.split("\n"), 1):
        if content and not content.startswith((" ", "#")):
            inside = content.rstrip() == "packages:"
        elif inside and content.startswith("  ") and not content.startswith("   "):
            _add_pnpm(found, line, content.rstrip())
    return found.manifest("pnpm-lock.yaml")


def _add_pnpm(found: Collector, line: int, content: str) -> None:
    match = _PNPM_KEY.fullmatch(content) if len(content) <= LONGEST_KEY else None
    if not match:
        found.refuse(line, "This is no package that pnpm would write.")
        return
    version = match[2] if is_version(match[2], Scheme.SEMVER) else None
    found.add(line, content.strip(), match[1], version)


def read_yarn_lock(text: str) -> Manifest:
    """Yarn 1 and later: a line of `name@range`, then its indented `version`."""
    found = Collector(Ecosystem.NPM)
    header: tuple[int, str] | None = None
    for line, content in enumerate(text.split("\n"), 1):
        if content and not content.startswith((" ", "#")):
            header = (line, content)
        elif header and (match := _YARN_VERSION.match(content)):
            _add_yarn(found, *header, match[1])
            header = None
    return found.manifest("yarn.lock")


def _add_yarn(found: Collector, line: int, header: str, version: str) -> None:
    match = _YARN_HEADER.match(header)
    if not match:
        if not header.startswith("__metadata"):
            found.refuse(line, "This is no package that Yarn would write.")
    elif not match[2].startswith(_OF_A_PACKAGE_MANAGER):
        alias = _ALIAS.fullmatch(match[2])
        name = alias[1] if alias and alias[2] else match[1]
        found.add(line, header, name, version if is_version(version, Scheme.SEMVER) else None)
