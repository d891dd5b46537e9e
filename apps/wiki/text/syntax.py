"""The wiki's Markdown: CommonMark with tables, tasks, callouts and footnotes, links to pages and to the catalog.

Raw HTML is no part of it. What costs more than its length has a bound, and past the bound the text stands as it
was written: lists deeper than `DEEPEST_LIST` levels (a list is two), quotes deeper than `DEEPEST_QUOTE`, paragraphs
with more than `BRACKETS` opening brackets, footnote labels longer than 64 characters, and the whole of a page with
more than `LINES` lines, which says so. Nothing is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_def, footnote_ref

from apps.core.addresses import leads_elsewhere

DEEPEST_LIST = 32
DEEPEST_QUOTE = 12  # each level reads all lines below it again
BRACKETS = 2_000
LINES = 20_000

PAGE = re.compile(r"\[\[([^\[\]|#\n]{0,200})(?:#([^\[\]|\n]{1,200}))?(?:\|([^\[\]\n]{1,200}))?\]\]")
_ENTITY = re.compile(r"\{\{\s{0,8}([A-Za-z_]{1,30}:[^/:\s{}|]{1,63}/[^/:\s{}|]{1,253})\s{0,8}\}\}")
MENTION = re.compile(r"(?<![\w.@/+-])@([a-z0-9](?:[-a-z0-9_.]{0,61}[a-z0-9])?)(?![\w@])", re.IGNORECASE)
_BARE = re.compile(r"://[^\s<>\"`\[\]|\\]{1,2000}")
_CLOSING = ".,:;!?'*_~"
_SCHEME = re.compile(r"(?<![\w:])https?\Z")
_FOOTNOTE = re.compile(r"\[\^[^\s\[\]]{1,64}\]")
_ADDRESS = re.compile(r"(?:https?:(?=//[^/])|mailto:(?=[^/?#]))|(?![a-z][a-z0-9+.-]*:|\?)", re.IGNORECASE)

BlockRule = Callable[[StateBlock, int, int, bool], bool]


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """The one parser; it keeps no state between texts."""
    options = {"html": False, "xhtmlOut": False, "maxNesting": 80, "tasklists": True, "alerts": True}
    markdown = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    markdown.validateLink = _is_honest  # type: ignore[method-assign]
    markdown.use(footnote_plugin, inline=False)
    _bound(markdown)
    inline = markdown.inline.ruler
    inline.before("link", "wiki_page", _page)
    inline.before("link", "wiki_entity", _entity)
    inline.before("link", "mention", _mention)
    inline.before("link", "bare_address", _bare_address)
    markdown.core.ruler.after("inline", "wiki_card", _cards)
    return markdown


def parse(text: str, env: dict[str, Any]) -> list[Token]:
    """The tokens of a text, for the renderer and for what is gathered from it."""
    if text.count("\n") > LINES:
        return _source(text)
    return parser().parse(text, env)


def _source(text: str) -> list[Token]:
    notice = parser().parse(f"> [!WARNING]\n> More than {LINES:,} lines: shown as it was written.\n")
    return [*notice, Token("code_block", "code", 0, content=text, block=True)]


def _is_honest(url: str) -> bool:
    """Web, mail, an own page, an attachment or a heading; an address that fails stays visible as it was written."""
    return bool(_ADDRESS.match(url)) and not leads_elsewhere(url)


def _bound(markdown: MarkdownIt) -> None:
    interrupting = ["paragraph", "reference", "blockquote"]
    blocks = markdown.block.ruler
    blocks.at("blockquote", _not_too_deep(blockquote, DEEPEST_QUOTE), {"alt": [*interrupting, "list"]})
    blocks.at("list", _not_too_deep(list_block, DEEPEST_LIST), {"alt": interrupting})
    blocks.at("footnote_def", _not_too_deep(footnote_def, DEEPEST_QUOTE), {"alt": interrupting[:2]})
    markdown.inline.ruler.at("footnote_ref", _footnote)
    markdown.core.ruler.before("inline", "bound", _plain_where_too_costly)


def _not_too_deep(rule: BlockRule, deepest: int) -> BlockRule:
    """The same rule, until it is nested so deep that its marks are words."""

    def bounded(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        return state.level < deepest and rule(state, first, last, silent)

    return bounded


def _plain_where_too_costly(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.content.count("[") > BRACKETS:
            token.type = "as_written"


def _footnote(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != "[" or state.linkLevel or not _FOOTNOTE.match(state.src, state.pos):
        return False
    return footnote_ref(state, silent)


def _page(state: StateInline, silent: bool) -> bool:
    """`[[Page]]`, `[[space/page#Heading|label]]`; inside of another link only its words."""
    match = PAGE.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "[" else None
    if not match:
        return False
    target, anchor, label = (" ".join((part or "").split()) for part in match.groups())
    if not (target or anchor):
        return False
    words = label or (f"{target} › {anchor}" if target and anchor else target or anchor)
    meta = {"target": target, "anchor": anchor, "label": label}
    return _push(state, silent, match, "text" if state.linkLevel else "wiki_page", words, meta)


def _entity(state: StateInline, silent: bool) -> bool:
    match = _ENTITY.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "{" else None
    if not match:
        return False
    kind = "code_inline" if state.linkLevel else "wiki_entity"
    return _push(state, silent, match, kind, match[0], {"ref": match[1]})


def _mention(state: StateInline, silent: bool) -> bool:
    match = MENTION.match(state.src, state.pos, state.posMax) if state.src[state.pos] == "@" else None
    if not match:
        return False
    return _push(state, silent, match, "mention", match[0], {"username": match[1].lower()})


def _push(
    state: StateInline, silent: bool, match: re.Match[str], kind: str, content: str, meta: dict[str, str]
) -> bool:
    if not silent:
        token = state.push(kind, "", 0)
        token.content, token.meta = content, meta if kind != "text" else {}
    state.pos = match.end()
    return True


def _bare_address(state: StateInline, silent: bool) -> bool:
    """`https://host/path` without brackets is a link too; the mark after it belongs to the sentence."""
    if silent or state.linkLevel or state.src[state.pos] != ":":
        return False
    scheme, rest = _SCHEME.search(state.pending[-6:]), _BARE.match(state.src, state.pos, state.posMax)
    tail = _without_closing_marks(rest[0]) if rest else ""
    if not scheme or len(tail) < 4:
        return False
    url = state.md.normalizeLink(scheme[0] + tail)
    if not state.md.validateLink(url):
        return False
    state.pending = state.pending[: -len(scheme[0])]
    state.push("link_open", "a", 1).attrs = {"href": url}
    state.push("text", "", 0).content = scheme[0] + tail
    state.push("link_close", "a", -1)
    state.pos += len(tail)
    return True


def _without_closing_marks(tail: str) -> str:
    """The address without the full stop, the quote or the unopened bracket that ends the sentence."""
    unopened = tail.count(")") - tail.count("(")
    while tail and (tail[-1] in _CLOSING or (tail[-1] == ")" and unopened > 0)):
        unopened -= tail[-1] == ")"
        tail = tail[:-1]
    return tail


def _cards(state: StateCore) -> None:
    """An entity alone in a paragraph is a card: the paragraph around it goes."""
    tokens = state.tokens
    kept: list[Token] = []
    for token in tokens:
        kept.append(token)
        if token.type == "paragraph_close" and _is_card(kept[-2]):
            card = Token("wiki_card", "", 0, content=kept[-2].content.strip(), block=True)
            card.meta = dict(kept[-2].children[0].meta)  # type: ignore[index]
            kept[-3:] = [card]
    state.tokens = kept


def _is_card(inline: Token) -> bool:
    children = inline.children or []
    return len(children) == 1 and children[0].type == "wiki_entity"
