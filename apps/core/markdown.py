"""Text that people write, as safe HTML: CommonMark with tables, no raw HTML, no images, only honest links."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape, unescape
from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from apps.core.addresses import leads_elsewhere

TAGS = {
    "a", "blockquote", "br", "code", "em", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    honest = parser.validateLink
    parser.validateLink = lambda url: not leads_elsewhere(url) and honest(url)  # type: ignore[method-assign]
    parser.add_render_rule("image", _words_of_image)
    return parser


def _words_of_image(
    renderer: Any, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Images are not shown, because they would tell their host who reads; the words for them are."""
    return escape(renderer.renderInlineAsText(tokens[index].children or [], options, env))


@lru_cache(maxsize=2048)
def render(text: str) -> SafeString:
    """HTML of a Markdown text. Headings begin at h2, because the page has its own h1."""
    html = _parser().render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 - sanitised one line above


def first_sentence(text: str, limit: int = 200) -> str:
    """The beginning of a Markdown text without its marks, for lists and search results."""
    plain = unescape(nh3.clean(_parser().render(text[:2_000]), tags=set())).replace("\n", " ").strip()
    return plain if len(plain) <= limit else plain[: limit - 1].rsplit(" ", 1)[0] + "…"
