"""Which parser reads a file: told by its name, else by what it looks like."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from apps.tooling.manifests.conda import read_environment
from apps.tooling.manifests.documents import decoded
from apps.tooling.manifests.images import read_dockerfile, read_image_list
from apps.tooling.manifests.javascript import (
    read_package_json,
    read_package_lock,
    read_pnpm_lock,
    read_yarn_lock,
)
from apps.tooling.manifests.python_locks import read_pipfile_lock, read_toml_lock
from apps.tooling.manifests.python_requirements import read_requirements
from apps.tooling.manifests.requirement import Manifest

Parser = Callable[[str], Manifest]
_BY_NAME: tuple[tuple[re.Pattern[str], Parser], ...] = tuple(
    (re.compile(pattern), parser)
    for pattern, parser in (
        (r"(uv|poetry|pdm)\.lock|pylock(\..+)?\.toml", read_toml_lock),
        (r"pipfile\.lock", read_pipfile_lock),
        (r"(package-lock|npm-shrinkwrap)\.json", read_package_lock),
        (r"package\.json", read_package_json),
        (r"pnpm-lock\.ya?ml", read_pnpm_lock),
        (r"yarn\.lock", read_yarn_lock),
        (r"(environment|conda).*\.ya?ml", read_environment),
        (r"(dockerfile|containerfile)(\..+)?|.+\.(dockerfile|containerfile)", read_dockerfile),
        (r"(.*[._-])?images?(\.(txt|list))?", read_image_list),
        (r"(.*[._-])?(requirements?|constraints?)([._-].*)?\.(txt|in)|requirements", read_requirements),
    )
)
_BY_CONTENT: tuple[tuple[re.Pattern[str], Parser], ...] = tuple(
    (re.compile(pattern, re.MULTILINE), parser)
    for pattern, parser in (
        (r'\A\s*\{[^\0]*?"(lockfileVersion)"\s*:', read_package_lock),
        (r'\A\s*\{[^\0]*?"_meta"\s*:', read_pipfile_lock),
        (r"\A\s*\{", read_package_json),
        (r"^\[\[packages?\]\]", read_toml_lock),
        (r"^lockfileVersion:", read_pnpm_lock),
        (r"^# yarn lockfile|^__metadata:", read_yarn_lock),
        (r"^dependencies:", read_environment),
        (r"^(?i:from)\s+\S", read_dockerfile),
    )
)
_LOOKS_LIKE_AN_IMAGE = re.compile(
    r"(?:[a-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9._/-]+(?::[A-Za-z0-9_][A-Za-z0-9._-]*)?(?:@sha256:[0-9a-f]{64})?",
    re.IGNORECASE,
)


def read_manifest(content: bytes, name: str = "") -> Manifest:
    """The file's requirements, in the file's order. Raises ManifestError, and nothing else, for what is unreadable.

    `name` is the file's name or path as its sender says it; it only chooses the parser.
    """
    return _parser(text := decoded(content), name)(text)


def _parser(text: str, name: str) -> Parser:
    base = PurePosixPath(name.replace("\\", "/")).name.lower() if len(name) <= 1024 else ""
    for pattern, parser in _BY_NAME:
        if pattern.fullmatch(base):
            return parser
    for pattern, parser in _BY_CONTENT:
        if pattern.search(text):
            return parser
    return read_image_list if _is_image_list(text) else read_requirements


def _is_image_list(text: str) -> bool:
    """Every line reads as an image, and one of them has what only an image has: a slash, a tag or a digest."""
    lines = [line for each in text.split("\n") if (line := each.partition("#")[0].strip())]
    return all(_LOOKS_LIKE_AN_IMAGE.fullmatch(each) for each in lines) and any(
        re.search(r"[/:@]", each) for each in lines
    )
