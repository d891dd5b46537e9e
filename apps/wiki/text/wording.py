"""The words of parsed Markdown without its marks: for titles, search, snippets and the text of an image."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

from apps.core.characters import without_tricks

_SPACE = re.compile(r"\s+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def honest(text: str) -> str:
    """Text without characters that nobody sees, without halves of characters, with one kind of line end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return without_tricks(_SURROGATE.sub("\ufffd", lines), prose=True)


def words_of(children: Sequence[Token] | None) -> str:
    """The words of one inline run, on one line."""
    return _SPACE.sub(" ", honest("".join(map(_word, children or [])))).strip()


def _word(token: Token) -> str:
    if token.type == "image":
        return words_of(token.children)
    if token.type in {"softbreak", "hardbreak"}:
        return " "
    return str(token.meta.get("ref") or token.content)


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words when there is a gap."""
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0] + "…"
