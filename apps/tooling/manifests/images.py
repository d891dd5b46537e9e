"""Container images: a list with one a line, or the FROM lines of a Dockerfile.

A full tag such as `v2.9.0` or `2.9.0-slim` names a version; `latest`, `3.11` or a digest alone names none, because
what stands behind them moves or is told by nobody. `docker.io/library/x` is spelled `x`, as its users do.
"""

from __future__ import annotations

import re

from apps.tooling.manifests.requirement import Collector, Ecosystem, Manifest
from apps.tooling.versions import Scheme, is_version

_REFERENCE = re.compile(r"([^\s@]+?)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?")
_DEFAULT_REGISTRY = re.compile(
    r"(?:(?:index\.|registry-1\.)?docker\.io/)(?:library/)?|library/", re.IGNORECASE
)
_VERSIONED_TAG = re.compile(r"v?([0-9]+\.[0-9]+\.[0-9]+)(?:[-.](.+))?")
_PRERELEASE = re.compile(
    r"(?:a|b|c|rc|alpha|beta|pre|preview|dev|nightly|snapshot)[.-]?[0-9]*(?:[.-].*)?", re.IGNORECASE
)
_FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*", re.IGNORECASE)


def read_image_list(text: str) -> Manifest:
    found = Collector(Ecosystem.IMAGE)
    for line, content in enumerate(text.split("\n"), 1):
        if wanted := content.partition("#")[0].strip():
            add_image(found, line, wanted)
    return found.manifest("images")


def add_image(found: Collector, line: int, wanted: str) -> None:
    name, tag = image_name_and_tag(wanted)
    if name is None:
        found.refuse(line, "This is no image. Write it as registry/name:tag or registry/name@sha256:digest.")
    else:
        version = version_of_tag(tag)
        found.add(line, wanted, name, version, None if version else tag)


def image_name_and_tag(reference: str) -> tuple[str | None, str | None]:
    """A colon before the last slash belongs to the registry's port. (None, None) for text that is no reference."""
    match = _REFERENCE.fullmatch(reference) if len(reference) <= 1024 else None
    if not match:
        return None, None
    return _DEFAULT_REGISTRY.sub("", match[1], count=1) if _DEFAULT_REGISTRY.match(match[1]) else match[
        1
    ], match[2]


def version_of_tag(tag: str | None) -> str | None:
    """`2.9.0-slim` is 2.9.0 in a variant; `2.9.0-rc.1` is a pre-release; a tag of fewer numbers moves."""
    match = _VERSIONED_TAG.fullmatch(tag or "")
    if not match:
        return None
    version = f"{match[1]}-{match[2]}" if match[2] and _PRERELEASE.fullmatch(match[2]) else match[1]
    return version if is_version(version, Scheme.SEMVER) else None


def read_dockerfile(text: str) -> Manifest:
    found, stages = Collector(Ecosystem.IMAGE), {"scratch"}
    for line, content in _instructions(text):
        match = _FROM.fullmatch(content)
        if match:
            _add_base(found, line, match[1], stages)
            stages.add((match[2] or "").lower())
        elif content[:5].upper().rstrip() == "FROM":
            found.refuse(line, "This FROM names no image that can be read.")
    return found.manifest("Dockerfile")


def _instructions(text: str) -> list[tuple[int, str]]:
    """Lines, those that end in a backslash joined, with the number of the first."""
    joined: list[tuple[int, str]] = []
    going_on = False
    for number, line in enumerate(text.split("\n"), 1):
        content = line.strip()
        if content.startswith("#"):
            continue
        body = content.removesuffix("\\").strip()
        if going_on:
            started, before = joined[-1]
            # Only FROM is read, so a long RUN is not gathered.
            joined[-1] = (started, f"{before} {body}" if before[:4].upper() == "FROM" else before)
        else:
            joined.append((number, body))
        going_on = content.endswith("\\")
    return joined


def _add_base(found: Collector, line: int, wanted: str, stages: set[str]) -> None:
    if "$" in wanted:
        found.skip(line, "The image is named by a variable, which was not followed. Send the image's name.")
    elif wanted.lower() not in stages:
        add_image(found, line, wanted)
