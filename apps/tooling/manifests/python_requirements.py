"""requirements.txt, line by line as pip reads it. Other files that it names are told, never opened."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as Parsed
from packaging.specifiers import SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from apps.tooling.manifests.requirement import Collector, Ecosystem, Manifest, shown, unreadable

LONGEST_LINE = 10_000
_COMMENT = re.compile(r"(^|\s)#.*$")
_CODING = re.compile(r"#.*coding[:=]\s*([-\w.]+)")
_CODINGS = ("utf-8", "utf8", "ascii", "us-ascii")
_PER_REQUIREMENT_OPTION = re.compile(r"\s--?[a-z][a-z-]*[ =].*$")
_POINTS_ELSEWHERE = re.compile(r"(?:-r|-c|--requirement|--constraint)[ =]?\s*(.*)")
_EDITABLE = re.compile(r"(?:-e|--editable)[ =]?\s*")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_LOCATION = re.compile(r"(?:[a-z][a-z0-9+.-]*://|\.{0,2}/|[A-Za-z]:\\|\.$|file:|git\+)", re.IGNORECASE)


def read_requirements(text: str) -> Manifest:
    _refuse_other_encodings(text)
    found = Collector(Ecosystem.PYPI)
    for line, content in logical_lines(text):
        add_requirement(found, line, content)
    return found.manifest("requirements.txt")


def _refuse_other_encodings(text: str) -> None:
    """pip obeys a comment on the encoding in the first two lines, and would read another file than was read here."""
    for line, content in enumerate(text.split("\n", 2)[:2], 1):
        named = _CODING.match(content)
        if named and named[1].lower() not in _CODINGS:
            raise unreadable(
                line, f"The comment names the encoding {shown(named[1])}. Save the file in UTF-8."
            )


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, those that end in a backslash joined; the number is that of the first."""
    started = 1
    parts: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        started = started if parts else number
        stripped = _COMMENT.sub("", line)
        if stripped.endswith("\\"):
            parts.append(stripped[:-1])
            continue
        content = " ".join([*parts, stripped]).strip()
        parts = []
        if content:
            yield started, content
    if content := " ".join(parts).strip():
        yield started, content


def add_requirement(found: Collector, line: int, content: str) -> None:
    """One logical line of pip's: a requirement, a place, or an option."""
    if len(content) > LONGEST_LINE:
        # Hashes make long lines; what they say is of no interest here.
        content = content.partition(" --hash")[0]
    if len(content) > LONGEST_LINE:
        found.refuse(line, f"The line is longer than {LONGEST_LINE:,} characters.")
    elif elsewhere := _POINTS_ELSEWHERE.fullmatch(content):
        found.skip(line, f"Another file is named and was not followed: send {_quoted(elsewhere[1])} as well.")
    elif content.startswith("-") and not _EDITABLE.match(content):
        return  # options such as --index-url ask for no package
    else:
        _add_package(found, line, _EDITABLE.sub("", content, count=1))


def _add_package(found: Collector, line: int, content: str) -> None:
    wanted = _PER_REQUIREMENT_OPTION.sub("", content).strip()
    if _LOCATION.match(wanted):
        _add_location(found, line, wanted)
        return
    try:
        parsed = Parsed(wanted)
    except (InvalidRequirement, RecursionError):
        found.refuse(line, "This is no requirement that pip would read.")
        return
    version, specifier = exact_or_range(parsed.specifier)
    found.add(line, content, parsed.name, version, specifier, Ecosystem.PYPI)


def _add_location(found: Collector, line: int, wanted: str) -> None:
    """A URL or path: its name by `#egg=`, name and version by a wheel's file name, else nothing to judge."""
    if egg := _EGG.search(wanted):
        found.add(line, wanted, egg[1], ecosystem=Ecosystem.PYPI)
        return
    try:
        name, version, _, _ = parse_wheel_filename(re.split(r"[/\\]", re.split(r"[?#]", wanted)[0])[-1])
    except InvalidWheelFilename:
        found.skip(
            line, "A URL or folder is named; what it holds is unknown. Name the package and its version."
        )
    else:
        found.add(line, wanted, name, str(version), ecosystem=Ecosystem.PYPI)


def exact_or_range(wanted: SpecifierSet) -> tuple[str | None, str | None]:
    """`==1.2.3` is a version; anything else a specifier."""
    parts = list(wanted)
    if len(parts) == 1 and parts[0].operator in ("==", "===") and not parts[0].version.endswith(".*"):
        return parts[0].version, None
    return None, str(wanted) or None


def _quoted(name: str) -> str:
    return f'"{name[:100]}"' if name.isascii() and name.isprintable() and name else "it"
