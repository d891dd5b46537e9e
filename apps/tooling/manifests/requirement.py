"""What every parser gives: requirements with their lines, and what of a file could not be judged or read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from apps.core.characters import has_tricks, without_tricks
from apps.core.errors import PortalError
from apps.tooling.versions import LONGEST_SPECIFIER, LONGEST_VERSION, Scheme

LONGEST_NAME = 214
LONGEST_RAW = 200
MOST_REQUIREMENTS = 50_000
MOST_PROBLEMS = 100
_PRINTABLE = re.compile(r"[\x20-\x7e]+")
_NUMBER = re.compile(r"v?[0-9]+(?:\.[0-9]+)?")
_PYPI = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_CONDA = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?")
_NPM = re.compile(r"(?:@[A-Za-z0-9~_-][A-Za-z0-9._~-]*/)?[A-Za-z0-9~_-][A-Za-z0-9._~-]*")
_IMAGE = re.compile(r"(?:[a-z0-9.-]+(?::[0-9]{1,5})?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*", re.IGNORECASE)


class Ecosystem(StrEnum):
    """Where a name comes from; it tells how its versions are compared."""

    PYPI = "pypi"
    CONDA = "conda"
    NPM = "npm"
    IMAGE = "image"

    @property
    def scheme(self) -> Scheme:
        return Scheme.PEP440 if self in (Ecosystem.PYPI, Ecosystem.CONDA) else Scheme.SEMVER


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that the file asks for. `version` is exact or None; `specifier` is what was asked instead, as text.

    An image's specifier is its tag where that names no release. Without either nothing is known of the version (a
    URL, a bare name).
    """

    name: str
    version: str | None
    specifier: str | None
    ecosystem: Ecosystem
    line: int
    raw: str

    @property
    def said(self) -> str:
        """What a tag such as `0.7` says of the version, though it names no release; a request begins with it."""
        is_number = self.ecosystem is Ecosystem.IMAGE and _NUMBER.fullmatch(self.specifier or "")
        return self.specifier or "" if is_number else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that says nothing to judge: not followed, or unreadable."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A file that was read. `problems` are the lines that point elsewhere and were not followed."""

    kind: str
    requirements: tuple[Requirement, ...]
    problems: tuple[Problem, ...]


class ManifestError(PortalError):
    """The file, or some lines of it, cannot be read; nothing of it was judged. `problems` are in order of lines."""

    status = 422
    code = "unreadable"
    title = "The file cannot be read"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda each: each.line))[:MOST_PROBLEMS]
        super().__init__(
            " ".join(f"Line {each.line}: {each.sentence}" for each in self.problems[:3]),
            next_step="Correct these lines, or send the file that the package manager wrote.",
            problems=[{"line": each.line, "detail": each.sentence} for each in self.problems],
        )


def unreadable(line: int, sentence: str) -> ManifestError:
    return ManifestError([Problem(line, sentence)])


class Refused(Exception):
    """One entry's name or version is none; the collector turns it into a problem of its line."""


@dataclass(slots=True)
class Collector:
    """Gathers a file's entries; all unreadable ones are told at once."""

    ecosystem: Ecosystem
    requirements: list[Requirement] = field(default_factory=list)
    not_followed: list[Problem] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)

    def add(
        self,
        line: int,
        raw: str,
        name: str,
        version: str | None = None,
        specifier: str | None = None,
        ecosystem: Ecosystem | None = None,
    ) -> None:
        if len(self.requirements) >= MOST_REQUIREMENTS:
            raise unreadable(line, f"The file asks for more than {MOST_REQUIREMENTS:,} packages. Split it.")
        ecosystem = ecosystem or self.ecosystem
        try:
            found = Requirement(
                canonical_name(name, ecosystem),
                _bounded(version, "version", LONGEST_VERSION),
                _bounded(specifier, "version specifier", LONGEST_SPECIFIER),
                ecosystem,
                line,
                shown(raw),
            )
        except Refused as error:
            self.refuse(line, str(error))
        else:
            self.requirements.append(found)

    def skip(self, line: int, sentence: str) -> None:
        """Notes what the line points to; it is told, never followed. Of very many only the first are told."""
        if len(self.not_followed) < MOST_PROBLEMS:
            self.not_followed.append(Problem(line, sentence))

    def refuse(self, line: int, sentence: str) -> None:
        self.refused.append(Problem(line, sentence))
        if len(self.refused) >= MOST_PROBLEMS:
            raise ManifestError(self.refused)

    def manifest(self, kind: str) -> Manifest:
        if self.refused:
            raise ManifestError(self.refused)
        return Manifest(kind, tuple(self.requirements), tuple(self.not_followed))


def canonical_name(name: str, ecosystem: Ecosystem) -> str:
    """One spelling of each name, so that another spelling escapes no rule: by PEP 503 for Python packages, in
    lower case elsewhere. Raises Refused for what the ecosystem would not take, look-alike letters first of all."""
    if not name or len(name) > LONGEST_NAME:
        raise Refused(f"A name has 1 to {LONGEST_NAME} characters.")
    if not name.isascii() or has_tricks(name):
        raise Refused(
            f"The name {shown(name)!r} has characters that no package name has, or that nobody sees."
        )
    pattern, spelling = _SPELLINGS[ecosystem]
    if not pattern.fullmatch(name):
        raise Refused(f"{shown(name)!r} is no name of a package or an image.")
    return spelling(name)


def _pep503(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


_SPELLINGS: dict[Ecosystem, tuple[re.Pattern[str], Callable[[str], str]]] = {
    Ecosystem.PYPI: (_PYPI, _pep503),
    Ecosystem.CONDA: (_CONDA, str.lower),
    Ecosystem.NPM: (_NPM, str.lower),
    Ecosystem.IMAGE: (_IMAGE, str.lower),
}


def _bounded(text: str | None, what: str, longest: int) -> str | None:
    if not text:
        return None
    if len(text) > longest or not _PRINTABLE.fullmatch(text):
        raise Refused(f"The {what} {shown(text)!r} is longer than {longest} characters or not plain ASCII.")
    return text


def shown(text: str) -> str:
    """Text of a stranger's file for a report: one short line without control or invisible characters."""
    line = without_tricks(" ".join(text[: 4 * LONGEST_RAW].split()))
    line = "".join(character if character.isprintable() else "\ufffd" for character in line)
    return line if len(line) <= LONGEST_RAW else line[: LONGEST_RAW - 1] + "\u2026"
