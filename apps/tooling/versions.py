"""Versions and specifiers, as PEP 440 or as semantic versions: what a rule or a grant says about versions.

Which scheme reads a specifier is told by the tool (a Python package, an npm package, an image), never guessed.
PEP 440 is read by `packaging`. Semantic versions (semver.org, 2.0.0) are written in npm's forms: `^1.2`, `~1.2`,
`1.x`, `>=1 <2`, `1.0 - 1.4`, `1.x || 2.x`. Unlike npm a pre-release simply stands where semver's order puts it
(2.0.0-rc.1 is inside `<2.0.0` and outside `^1.4`): a policy judges every version, it does not choose one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from apps.core.errors import Invalid

LONGEST_VERSION = 128
LONGEST_SPECIFIER = 200
MOST_CLAUSES = 20
MOST_DIGITS = 15
ANY = "*"
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_LONG_NUMBER = re.compile(rf"[0-9]{{{MOST_DIGITS + 1}}}")


class Scheme(StrEnum):
    PEP440 = "pep440"
    SEMVER = "semver"


class SpecifierRefused(Invalid):
    """A specifier that no version, every version by accident, or nobody can read; the sentence says which."""

    code = "specifier_refused"


@dataclass(frozen=True, slots=True)
class Specifier:
    """Which versions are meant; `*` means every one, also those that nobody can read.

    Raises SpecifierRefused when made from text that is empty, unreadable or admits no version at all.
    """

    text: str
    scheme: Scheme = Scheme.PEP440

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", _bounded(self.text))
        if not self.admits_any:
            _parsed(self.text, self.scheme)

    @property
    def admits_any(self) -> bool:
        return self.text == ANY

    def reads(self, version: str | None) -> bool:
        """Whether the version is one in this scheme; a tag such as `latest` or `1.2` of an image is none."""
        return version is not None and is_version(version, self.scheme)

    def admits(self, version: str | None) -> bool:
        """An unreadable or unknown version is admitted by `*` only."""
        return self.admits_any or (version is not None and _admits(self.text, self.scheme, version))

    def overlaps(self, other: Specifier) -> bool:
        """Whether some version may satisfy both; specifiers of two schemes are taken to."""
        if self.admits_any or other.admits_any or self.scheme is not other.scheme:
            return True
        mine, theirs = _parsed(self.text, self.scheme), _parsed(other.text, other.scheme)
        if isinstance(mine, SpecifierSet) and isinstance(theirs, SpecifierSet):
            return not (mine & theirs).is_unsatisfiable()
        if isinstance(mine, tuple) and isinstance(theirs, tuple):
            return any(max(a[0], b[0]) < min(a[1], b[1]) for a in mine for b in theirs)
        return True


def patches_of(version: str, scheme: Scheme) -> str:
    """A specifier for this version and the patch releases after it, so that a fix needs no new request."""
    if scheme is Scheme.SEMVER:
        return f"~{version}"
    read = _version(version, scheme)
    plain = isinstance(read, Version) and len(read.release) > 1 and not (read.is_prerelease or read.local)
    return f"~={version}" if plain else f"=={version}"


def is_version(text: str, scheme: Scheme) -> bool:
    return _version(text, scheme) is not None


@lru_cache(maxsize=65_536)
def _admits(text: str, scheme: Scheme, version: str) -> bool:
    read, wanted = _version(version, scheme), _parsed(text, scheme)
    if isinstance(read, Version) and isinstance(wanted, SpecifierSet):
        return wanted.contains(read, prereleases=True)
    if isinstance(read, tuple) and isinstance(wanted, tuple):
        return any(low <= (read, 0) and (read, 1) <= high for low, high in wanted)
    return False


def _bounded(text: str) -> str:
    text = text.strip()
    if not text:
        raise SpecifierRefused(f'The version specifier is empty. Write "{ANY}" for every version.')
    if len(text) > LONGEST_SPECIFIER or not _PRINTABLE.fullmatch(text):
        raise SpecifierRefused(
            f"A version specifier has at most {LONGEST_SPECIFIER} characters, all of them plain ASCII."
        )
    if _LONG_NUMBER.search(text):
        raise SpecifierRefused(f"A number in a version specifier has at most {MOST_DIGITS} digits.")
    if len(re.split(r"[,\s]+|\|\|", text)) > MOST_CLAUSES:
        raise SpecifierRefused(f"A version specifier has at most {MOST_CLAUSES} parts.")
    return text


# A semantic version as a key that sorts by its precedence, and a place between two of them: (key, 0) just before
# the version, (key, 1) just after it. A range is a pair of places.
Key = tuple[float, float, float, tuple[object, ...]]
Place = tuple[Key, int]
Range = tuple[Place, Place]
_LEAST: Key = (-1, 0, 0, ())
_MOST: Key = (float("inf"), 0, 0, ())
_RELEASE: tuple[object, ...] = (1,)
_LOWEST_PRERELEASE: tuple[object, ...] = (0, ((0, 0, ""),))
_NUMBER = r"(0|[1-9][0-9]*)"
_SUFFIX = r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_SEMVER = re.compile(rf"v?{_NUMBER}\.{_NUMBER}\.{_NUMBER}{_SUFFIX}")
_PART = r"(0|[1-9][0-9]*|[xX*])"
_CLAUSE = re.compile(rf"(\^|~|>=|<=|>|<|=)?\s*v?{_PART}(?:\.{_PART})?(?:\.{_PART}{_SUFFIX})?")
_SPACE_AFTER_OPERATOR = re.compile(r"([\^~<>=])\s+")


@lru_cache(maxsize=65_536)
def _version(text: str, scheme: Scheme) -> Version | Key | None:
    if len(text) > LONGEST_VERSION or not _PRINTABLE.fullmatch(text) or _LONG_NUMBER.search(text):
        return None
    if scheme is Scheme.SEMVER:
        match = _SEMVER.fullmatch(text)
        return _key(*match.groups()) if match else None
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _key(major: str, minor: str, patch: str, prerelease: str | None) -> Key:
    order = (0, tuple(map(_identifier, prerelease.split(".")))) if prerelease else _RELEASE
    return int(major), int(minor), int(patch), order


def _identifier(text: str) -> tuple[int, int, str]:
    """Numbers sort as numbers and before words (semver, section 11)."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


@lru_cache(maxsize=16_384)
def _parsed(text: str, scheme: Scheme) -> SpecifierSet | tuple[Range, ...]:
    wanted = _semver_ranges(text) if scheme is Scheme.SEMVER else _pep440(text)
    if not wanted or (isinstance(wanted, SpecifierSet) and wanted.is_unsatisfiable()):
        raise SpecifierRefused(f'No version can satisfy "{text}". Its parts contradict each other.')
    return wanted


def _pep440(text: str) -> SpecifierSet:
    if "===" in text:
        raise SpecifierRefused('"===" compares text, not versions. Write "==".')
    try:
        wanted = SpecifierSet(text)
    except InvalidSpecifier as error:
        raise SpecifierRefused(
            f'"{text}" is no version specifier. Write it as PEP 440 says, such as ">=2.1,<3" or "==2.1.*".'
        ) from error
    if not len(wanted):
        raise SpecifierRefused(f'The version specifier is empty. Write "{ANY}" for every version.')
    return wanted


def _semver_ranges(text: str) -> tuple[Range, ...]:
    """The alternatives around `||`, each an intersection; empty ones are left out."""
    return tuple(found for part in text.split("||") if (found := _intersection(part.strip(), text)))


def _intersection(part: str, text: str) -> Range | None:
    low, high = (_LEAST, 0), (_MOST, 0)
    for at_least, below in _clauses(part, text):
        low, high = max(low, at_least), min(high, below)
    return (low, high) if low < high else None


def _clauses(part: str, text: str) -> Iterator[Range]:
    if " - " in part:
        first, _, last = part.partition(" - ")
        yield _clause(">=" + first.strip(), text)
        yield _clause("<=" + last.strip(), text)
        return
    words = [word for word in re.split(r"[,\s]+", _SPACE_AFTER_OPERATOR.sub(r"\1", part)) if word]
    for word in words or [""]:
        yield _clause(word, text)


def _clause(word: str, text: str) -> Range:
    match = _CLAUSE.fullmatch(word)
    if not match:
        raise SpecifierRefused(
            f'"{text}" is no range of semantic versions. Write it like "^1.4", ">=1.4 <2" or "1.x".'
        )
    operator, *parts, prerelease = match.groups()
    numbers = _leading_numbers(parts)
    if not numbers:
        raise SpecifierRefused(f'"{text}" says every version in a roundabout way. Write "{ANY}".')
    return _span(operator or "=", numbers, prerelease)


def _leading_numbers(parts: list[str | None]) -> list[int]:
    """`1.x.3` means `1`: what follows a wildcard says nothing."""
    numbers: list[int] = []
    for part in parts:
        if part is None or not part.isdigit():
            break
        numbers.append(int(part))
    return numbers


def _span(operator: str, numbers: list[int], prerelease: str | None) -> Range:
    first = _first(numbers, prerelease if len(numbers) == 3 else None)
    if operator == "^":
        kept = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
        return (first, 0), (_after(numbers[: kept + 1]), 0)
    if operator == "~":
        return (first, 0), (_after(numbers[:2]), 0)
    below = (first, 0) if len(numbers) == 3 else (_lowest(numbers), 0)
    above = (first, 1) if len(numbers) == 3 else (_after(numbers), 0)
    return {
        "=": ((first, 0), above),
        ">=": ((first, 0), (_MOST, 0)),
        ">": (above, (_MOST, 0)),
        "<": ((_LEAST, 0), below),
        "<=": ((_LEAST, 0), above),
    }[operator]


def _first(numbers: list[int], prerelease: str | None) -> Key:
    major, minor, patch = (*numbers, 0, 0)[:3]
    return _key(str(major), str(minor), str(patch), prerelease)


def _lowest(numbers: list[int]) -> Key:
    major, minor, patch = (*numbers, 0, 0)[:3]
    return major, minor, patch, _LOWEST_PRERELEASE


def _after(numbers: list[int]) -> Key:
    """The lowest pre-release of what comes next: `1.4` ends before 1.5.0-0."""
    return _lowest([*numbers[:-1], numbers[-1] + 1])
