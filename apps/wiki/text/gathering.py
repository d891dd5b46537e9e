"""What a page says besides its looks: whom it names, what it links to, its words for the search."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import unquote

from markdown_it.token import Token

from apps.wiki.text.outline import Heading, anchor_id
from apps.wiki.text.wording import honest, shortened, words_of

LEAD = 200
_CODE = {"fence", "code_block"}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass(slots=True)
class Gathered:
    """Names in the order of their first use, each once."""

    page_links: list[str] = field(default_factory=list)
    entity_refs: list[str] = field(default_factory=list)
    attachments: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    plain: str = ""
    lead: str = ""
    tasks: tuple[int, int] = (0, 0)


def gather(tokens: Sequence[Token]) -> Gathered:
    marks = list(_all(tokens))
    tasks = [token.meta["checked"] for token in tokens if "checked" in token.meta]
    return Gathered(
        page_links=_each(mark.meta["target"] for mark in marks if mark.type == "wiki_page"),
        entity_refs=_each(mark.meta["ref"] for mark in marks if mark.type in {"wiki_entity", "wiki_card"}),
        attachments=_each(mark.meta["name"] for mark in marks if "name" in mark.meta),
        mentions=_each(mark.meta["username"] for mark in marks if mark.type == "mention"),
        plain="\n".join(filter(None, map(_text, tokens))),
        lead=_lead(tokens),
        tasks=(sum(tasks), len(tasks)),
    )


def settle_addresses(tokens: Sequence[Token], outline: Sequence[Heading]) -> None:
    """Decide for each link and image what it is: elsewhere, here, a file of the page. Changes the tokens."""
    ids = {heading.id for heading in outline}
    for token in tokens:
        depth = 0
        opened: list[Token] = []
        for child in token.children or []:
            if child.type == "link_open":
                _settle_link(child, ids)
                opened.append(child)
                depth += 1
            elif child.type == "link_close":
                child.type = opened.pop().type.replace("open", "close")
                depth -= 1
            elif child.type == "image":
                _settle_image(child, inside_link=depth > 0)
            elif child.type == "wiki_page" and not child.meta["target"]:
                child.meta["here"] = _here(child.meta["anchor"], ids)


def _settle_link(token: Token, ids: set[str]) -> None:
    href = str(token.attrs["href"])
    if href.startswith("#"):
        token.attrs["href"] = "#" + _here(unquote(href[1:]), ids)
    elif not href.startswith("/") and not _SCHEME.match(href):
        token.type = "wiki_file_open"
        token.meta = _file(href)


def _settle_image(token: Token, *, inside_link: bool) -> None:
    source = str(token.attrs["src"])
    if source.startswith(("/", "#")) or _SCHEME.match(source):
        token.meta = {"elsewhere": "" if inside_link else source}
    else:
        token.meta = _file(source)


def _file(address: str) -> dict[str, str]:
    """The name that an attachment must have; a query is no part of a name, a fragment is kept for the address."""
    path, _, anchor = address.partition("#")
    return {"name": honest(unquote(path.partition("?")[0])).removeprefix("./"), "anchor": unquote(anchor)}


def _here(anchor: str, ids: set[str]) -> str:
    return anchor if anchor in ids else anchor_id(anchor)


def _all(tokens: Iterable[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or []


def _each(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(honest(name) for name in names) if name]


def _text(token: Token) -> str:
    if token.type == "inline":
        return words_of(token.children)
    if token.type == "wiki_card":
        return str(token.meta["ref"])
    return honest(token.content).strip("\n") if token.type in _CODE | {"as_written"} else ""


def _lead(tokens: Sequence[Token]) -> str:
    for opening, inline in pairwise(tokens):
        if opening.type == "paragraph_open" and opening.level == 0:
            words = _text(inline)
            if words:
                return shortened(words.replace("\n", " "), LEAD)
    return ""
