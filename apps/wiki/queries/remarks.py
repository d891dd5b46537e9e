"""A comment's text as safe HTML: short Markdown, in which people named with `@` are links to their pages."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

from django.utils.safestring import SafeString, mark_safe

from apps.core.markdown import render as render_markdown
from apps.wiki.text.syntax import MENTION

_NOT_WITHIN = frozenset({"a", "code", "pre"})


def remark(text: str, people: Mapping[str, str]) -> SafeString:
    """`people` are addresses by user name; whoever is not among them stays a word."""
    writer = _Linking(people)
    writer.feed(render_markdown(text))
    writer.close()
    return mark_safe("".join(writer.parts))  # noqa: S308 - sanitised before; this adds escaped links only


def names_in(text: str) -> set[str]:
    """Every user name that might be meant."""
    return {match[1].lower() for match in MENTION.finditer(text)}


class _Linking(HTMLParser):
    """Copies sanitised HTML and makes links of names in its words, except in links and code."""

    def __init__(self, people: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.people, self.within = people, 0
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(self.get_starttag_text() or "")
        self.within += tag in _NOT_WITHIN

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(f"</{tag}>")
        self.within -= tag in _NOT_WITHIN

    def handle_data(self, data: str) -> None:
        if self.within:
            self.parts.append(escape(data))
            return
        end = 0
        for match in MENTION.finditer(data):
            self.parts.append(escape(data[end : match.start()]) + self._named(match[0], match[1].lower()))
            end = match.end()
        self.parts.append(escape(data[end:]))

    def _named(self, written: str, name: str) -> str:
        address = self.people.get(name)
        if address is None:
            return escape(written)
        return f'<a class="mention" href="{escape(address)}">{escape(written)}</a>'
