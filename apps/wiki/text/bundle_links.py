"""Addresses in a Markdown text that mean other files: found, and written anew, outside code.

A light scan instead of the parser, because the parser does not say where a link stands. It knows fences, code spans,
links, images and reference definitions. Indented text is not taken for code: projects of MkDocs indent prose.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

MARKDOWN = (".md", ".markdown")
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})(.*)$")
_TICKS = re.compile(r"`+")
_TITLE = r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?"
_ADDRESS = r"(?:<([^<>\n]*)>|((?:[^()\s<>]|\([^()\s<>]*\))+))"
_LINK = re.compile(rf"(?<!\\)(!?)\[([^\[\]\n]*)\]\([ \t]*{_ADDRESS}({_TITLE})[ \t]*\)")
_DEFINITION = re.compile(rf"^( {{0,3}})(\[[^\[\]\n]+\]:[ \t]*){_ADDRESS}({_TITLE})[ \t]*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|[/#?]|$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Link:
    """A link, image or definition to another file. `path` is decoded, without fragment and query."""

    line: int
    path: str
    fragment: str
    label: str
    title: str = ""
    is_image: bool = False
    is_definition: bool = False
    in_table: bool = False

    @property
    def names_a_file(self) -> bool:
        """Rather than a page: its name has an ending, and not Markdown's."""
        ending = posixpath.splitext(self.path)[1].lower()
        return bool(ending) and ending not in MARKDOWN


def links(text: str) -> Iterator[Link]:
    """Links to other files by a relative address, in the order of the text."""
    found: list[Link] = []
    rewritten(text, found.append)
    return iter(sorted(found, key=lambda link: link.line))


def rewritten(text: str, replace: Callable[[Link], str | None]) -> str:
    """The text with what `replace` gives in place of each link; of a definition, of its address. None keeps it."""
    for pattern in (_LINK, _DEFINITION):
        text = _each(text, pattern, replace)
    return text


def addressed(name: str) -> str:
    """A file's name as an address in Markdown."""
    return quote(name, safe="-._~!*'+,@")


def _each(text: str, pattern: re.Pattern[str], replace: Callable[[Link], str | None]) -> str:
    code, starts = _Code(text), [0, *(match.end() for match in re.finditer("\n", text))]

    def one(match: re.Match[str]) -> str:
        whole = match.group()
        if code.holds(match.start()):
            return whole
        mark, label, bracketed, plain, title = match.groups()
        address = plain if bracketed is None else bracketed
        if _ELSEWHERE.match(address):
            return whole
        line = bisect_right(starts, match.start())
        new = replace(_link(match, address, line, text[starts[line - 1] : match.start()]))
        if new is None:
            return whole
        return f"{mark}{label}{new}{title}" if pattern is _DEFINITION else new

    return pattern.sub(one, text)


def _link(match: re.Match[str], address: str, line: int, before: str) -> Link:
    mark, label, _, _, title = match.groups()
    path, _, fragment = address.partition("#")
    return Link(
        line=line,
        path=unquote(path.partition("?")[0]).removeprefix("./"),
        fragment=unquote(fragment),
        label=label,
        title=title,
        is_image=mark == "!",
        is_definition=match.re is _DEFINITION,
        in_table=before.lstrip().startswith("|"),
    )


class _Code:
    """Where a text is code: fenced blocks, and spans between runs of equally many backticks in one paragraph."""

    def __init__(self, text: str) -> None:
        spans = sorted([*_fences(text), *_spans(text)])
        self._starts = [start for start, _ in spans]
        self._ends: list[int] = []
        for _, end in spans:
            self._ends.append(max(end, self._ends[-1] if self._ends else 0))

    def holds(self, place: int) -> bool:
        at = bisect_right(self._starts, place) - 1
        return at >= 0 and place < self._ends[at]


def _fences(text: str) -> Iterator[tuple[int, int]]:
    place, opened, mark = 0, -1, ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if match and opened < 0 and not (match[1][0] == "`" and "`" in match[2]):
            opened, mark = place, match[1]
        elif match and opened >= 0 and match[1].startswith(mark) and not match[2].strip():
            yield opened, place + len(line)
            opened = -1
        place += len(line) + 1
    if opened >= 0:
        yield opened, len(text)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    runs: dict[int, list[int]] = {}
    for match in _TICKS.finditer(text):
        runs.setdefault(len(match.group()), []).append(match.start())
    done = 0
    for match in _TICKS.finditer(text):
        if match.start() < done:
            continue
        same = runs[len(match.group())]
        at = bisect_right(same, match.start())
        if at < len(same) and text.find("\n\n", match.end(), same[at]) < 0:
            done = same[at] + len(match.group())
            yield match.start(), done
