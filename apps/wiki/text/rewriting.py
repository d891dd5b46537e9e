"""Writes links to pages anew, and nothing else of a text.

The parser does not say where a link stands, so each place that looks like one gets a name of its own, and the parser
tells which of those names it read as links. What stands in code, behind a backslash or inside of another link keeps
every letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it.token import Token

from apps.wiki.text.syntax import PAGE, parse
from apps.wiki.text.wording import honest


def rewritten(text: str, renamed: Callable[[str], str | None]) -> str:
    """The text in which each `[[target]]` is what `renamed` makes of it; label and heading stay. None keeps it."""
    places = [match for match in PAGE.finditer(text) if _target(match)]
    if not places:
        return text
    mark = _unused(text)
    real = _read_as_links(text, places, mark)
    parts, done = [], 0
    for number, match in enumerate(places):
        new = renamed(_target(match)) if f"{mark}{number}" in real else None
        if new is not None:
            parts += [text[done : match.start(1)], new, _tail(match)]
            done = match.end(1)
    return "".join([*parts, text[done:]])


def _target(match: re.Match[str]) -> str:
    return honest(" ".join(match[1].removesuffix("\\").split()))


def _tail(match: re.Match[str]) -> str:
    """In a table the bar before a label is written `\\|`; its backslash is no part of the name."""
    return "\\" if match[1].endswith("\\") else ""


def _unused(text: str) -> str:
    number = 0
    while f"wiki{number}at" in text:
        number += 1
    return f"wiki{number}at"


def _read_as_links(text: str, places: Sequence[re.Match[str]], mark: str) -> set[str]:
    parts, done = [], 0
    for number, match in enumerate(places):
        parts += [text[done : match.start(1)], f"{mark}{number}", _tail(match)]
        done = match.end(1)
    return {target.removesuffix("\\") for target in _targets(parse("".join([*parts, text[done:]]), {}))}


def _targets(tokens: Sequence[Token]) -> list[str]:
    children = [child for token in tokens for child in token.children or []]
    return [child.meta["target"] for child in children if child.type == "wiki_page"]
