"""Markdown of a wiki page to safe HTML and to everything that the wiki wants to know about the page.

`render` is for everybody and may be cached beside the revision under `RENDERER`; `fill` makes it one reader's.
No database, no clock, no reader in here: the same text gives the same answer everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt

from apps.wiki.text.filling import PageTarget, fill
from apps.wiki.text.gathering import gather, settle_addresses
from apps.wiki.text.highlighting import EFFORT
from apps.wiki.text.markup import install
from apps.wiki.text.outline import Heading, anchor_id, number_headings
from apps.wiki.text.sanitising import sanitised
from apps.wiki.text.syntax import parse, parser
from apps.wiki.text.wording import honest

__all__ = ["LARGEST", "RENDERER", "Heading", "PageTarget", "Rendered", "anchor_id", "fill", "render"]

RENDERER = "2"  # stored beside cached HTML; a change here renders every page again when it is next read
LARGEST = 512 * 1024  # bytes of UTF-8; callers refuse a longer text


@dataclass(frozen=True, slots=True)
class Rendered:
    """HTML with placeholders (see filling.py), and what was gathered on the way.

    `page_links` as written without label and anchor, `entity_refs` as `kind:namespace/name`, `attachments` by
    name, `mentions` as user names; each once, in the order of use. `sections` are the titles of the headings of
    level 1 to 3, `tasks` is (done, all), `lead` the beginning of the first paragraph.
    """

    html: str
    outline: list[Heading]
    page_links: list[str]
    entity_refs: list[str]
    attachments: list[str]
    mentions: list[str]
    sections: list[str]
    plain: str
    words: int
    tasks: tuple[int, int]
    lead: str


def render(text: str) -> Rendered:
    """Never refuses a text; the cost grows with its length (about 1 s for half a megabyte of prose)."""
    env: dict[str, Any] = {"effort": EFFORT}
    markdown = _markdown()
    tokens = parse(honest(text), env)
    outline = number_headings(tokens)
    settle_addresses(tokens, outline)
    html = markdown.renderer.render(tokens, markdown.options, env)
    found = gather(tokens)
    return Rendered(
        html=sanitised(honest(html)),
        outline=outline,
        page_links=found.page_links,
        entity_refs=found.entity_refs,
        attachments=found.attachments,
        mentions=found.mentions,
        sections=[heading.title for heading in outline if heading.level <= 3],
        plain=found.plain,
        words=len(found.plain.split()),
        tasks=found.tasks,
        lead=found.lead,
    )


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    markdown = parser()
    install(markdown)
    return markdown
