"""From the cached HTML of a revision to what one reader sees: pages, entities and files that they may see.

Rendering is the same for everybody and cached; what depends on the reader stands in it as elements of our own
(`wiki-page` and its siblings). Nobody can write one: written `<` is always escaped, and a quotation mark never
stands as itself within an attribute, so the patterns below match only what markup.py wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape, unescape

from apps.wiki.text.outline import anchor_id

_ATTRIBUTES = r"((?: [a-z-]+=\"[^\"]*\")*)"
_WHOLE = rf"<wiki-(page|entity|card|image){_ATTRIBUTES}>([^<]*)</wiki-\1>"
_PLACEHOLDER = re.compile(rf"{_WHOLE}|<wiki-(file){_ATTRIBUTES}>|</wiki-(file)>")
_MENTION = re.compile(r'<span class="mention">@([^<]*)</span>')
_ATTRIBUTE = re.compile(r"data-([a-z]+)=\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class PageTarget:
    """Where a page link leads. Without `url` the page is missing or not for this reader, which look the same;
    `create` is then the address where this reader may begin it."""

    url: str | None
    title: str
    create: str = ""


def fill(
    html: str,
    *,
    pages: Mapping[str, PageTarget | None],
    entities: Mapping[str, str],
    attachments: Mapping[str, str],
    inline_entities: Mapping[str, str] | None = None,
    people: Mapping[str, str] | None = None,
) -> str:
    """The reader's own view of rendered text. Keys are those that `render` gathered; `entities` maps a reference
    to safe HTML (block cards; `inline_entities`, when given, to what stands within a sentence), `attachments` a
    name to an address. What has no entry is shown as words that are marked as missing; `people` maps user names to
    addresses, and who has none stays a name."""
    filler = _Filler(pages, entities, entities if inline_entities is None else inline_entities, attachments)
    return _with_people(filler.of(html), people or {})


def mentioned(html: str) -> set[str]:
    """The user names, in lower case, that rendered text mentions."""
    return {name.lower() for name in _MENTION.findall(html)}


def _with_people(html: str, people: Mapping[str, str]) -> str:
    def linked(match: re.Match[str]) -> str:
        url = people.get(match[1].lower())
        return f'<a class="mention" href="{escape(url)}">@{match[1]}</a>' if url else match[0]

    return _MENTION.sub(linked, html) if people else html


class _Filler:
    def __init__(
        self,
        pages: Mapping[str, PageTarget | None],
        cards: Mapping[str, str],
        inline: Mapping[str, str],
        attachments: Mapping[str, str],
    ) -> None:
        self._pages, self._cards, self._inline, self._attachments = pages, cards, inline, attachments
        self._closing = ""
        self._of_kind: dict[str, Callable[[dict[str, str], str], str]] = {
            "page": self._page,
            "entity": self._entity,
            "card": self._card,
            "image": self._image,
        }

    def of(self, html: str) -> str:
        return _PLACEHOLDER.sub(self._one, html)

    def _one(self, match: re.Match[str]) -> str:
        kind, attributes, words, opening, of_file, _ = match.groups()
        if kind:
            return self._of_kind[kind](_read(attributes), words)
        return self._file(_read(of_file)) if opening else self._closing

    def _page(self, asked: dict[str, str], words: str) -> str:
        target = self._pages.get(asked["target"])
        if target is None or target.url is None:
            return _missing_page(words, target.create if target else "")
        anchor = f"#{anchor_id(asked['anchor'])}" if asked.get("anchor") else ""
        title = f"{target.title} › {asked['anchor']}" if anchor else target.title
        return f'<a class="page-link" href="{escape(target.url + anchor)}">{escape(asked.get("label") or title)}</a>'

    def _entity(self, asked: dict[str, str], words: str) -> str:
        html = self._inline.get(asked["ref"])
        return f'<span class="embed-inline">{html}</span>' if html else f"<code>{words}</code>"

    def _card(self, asked: dict[str, str], words: str) -> str:
        html = self._cards.get(asked["ref"])
        return f'<div class="embed">{html}</div>' if html else f"<p><code>{words}</code></p>"

    def _image(self, asked: dict[str, str], words: str) -> str:
        url = self._attachments.get(asked["name"])
        if url is None:
            return _missing_file(words or escape(asked["name"]))
        title = f' title="{escape(asked["title"])}"' if asked.get("title") else ""
        return f'<img src="{escape(url)}" alt="{escape(unescape(words))}"{title} loading="lazy">'

    def _file(self, asked: dict[str, str]) -> str:
        url = self._attachments.get(asked["name"])
        if url is None:
            self._closing = "</span>"
            return f'<span class="link-missing" title="{_why_missing(asked["name"])}">'
        self._closing = "</a>"
        address = f"{url}#{asked['anchor']}" if asked.get("anchor") else url
        title = f' title="{escape(asked["title"])}"' if asked.get("title") else ""
        return f'<a class="file-link" href="{escape(address)}"{title}>'


def _read(attributes: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in _ATTRIBUTE.findall(attributes)}


def _missing_page(words: str, create: str) -> str:
    if create:
        return (
            f'<a class="link-missing" href="{escape(create)}" title="Not written yet: begin it">{words}</a>'
        )
    return f'<span class="link-missing" title="No page of this name">{words}</span>'


def _why_missing(name: str) -> str:
    if name.lower().endswith(".md"):
        return "Link pages with [[Title]]"
    return "No attachment of this name"


def _missing_file(words: str) -> str:
    return f'<span class="link-missing" title="No attachment of this name">{words}</span>'
