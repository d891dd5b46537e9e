"""HTML of the parsed text: classes instead of styles, names for screen readers, placeholders for what depends on
the reader. Each function is a rule of markdown-it's renderer for one kind of token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.utils import EnvType

from apps.wiki.text.highlighting import coloured, effort_of, label_of
from apps.wiki.text.wording import shortened, words_of

Rule = Callable[[Sequence[Token], int, EnvType], str]
_NAME = 120  # characters of the name of a task box


def install(markdown: MarkdownIt) -> None:
    for name, rule in RULES.items():
        markdown.add_render_rule(name, _adapted(rule))


def _adapted(rule: Rule) -> Callable[..., str]:
    def adapted(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: EnvType) -> str:
        return rule(tokens, index, env)

    return adapted


def element(name: str, content: str = "", **attributes: str) -> str:
    """One element; `content` is HTML, the attributes are words; an underscore in a name stands for a hyphen."""
    written = "".join(f' {key.replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>"


def _heading_open(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    heading = tokens[index].meta["heading"]
    return f'<h{min(heading.level + 1, 6)} id="{escape(heading.id)}">'


def _heading_close(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    heading = tokens[index - 2].meta["heading"]
    label = f"Link to this heading: {heading.title}"
    sign = '<span aria-hidden="true">#</span>'
    link = f'<a class="anchor" href="#{escape(heading.id)}" aria-label="{escape(label)}">{sign}</a>'
    return f" {link}</h{min(heading.level + 1, 6)}>\n"


def _fence(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    code = tokens[index].content
    language = (tokens[index].info.split() or [""])[0]
    html = coloured(code, language, env["effort"])
    env["effort"] -= effort_of(code, language)
    label = label_of(language)
    head = f'<span class="code-language">{escape(label)}</span>' if label else ""
    pre = f'<pre tabindex="0"><code class="highlight">{html}</code></pre>'
    return f'<div class="code" data-language="{escape(label)}" data-copy="">{head}{pre}</div>\n'


def _list_item(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    if "checked" not in tokens[index].meta:
        return "<li>"
    done = " checked" if tokens[index].meta["checked"] else ""
    return f'<li class="task"><input type="checkbox" disabled{done} aria-label="{_name(tokens, index)}"> '


def _name(tokens: Sequence[Token], index: int) -> str:
    follows = tokens[index + 2] if index + 2 < len(tokens) else None
    words = words_of(follows.children) if follows and follows.type == "inline" else ""
    return escape(shortened(words, _NAME) or "Task")


def _list_open(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    token = tokens[index]
    kind = ' class="tasks"' if token.attrs.get("class") else ""
    start = f' start="{int(token.attrs["start"])}"' if "start" in token.attrs else ""
    return f"<{token.tag}{kind}{start}>\n"


def _cell(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    token = tokens[index]
    side = str(token.attrs.get("style", "")).removeprefix("text-align:")
    scope = ' scope="col"' if token.tag == "th" else ""
    return f"<{token.tag}{scope}" + (f' class="align-{side}">' if side else ">")


def _callout(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    return f'<div class="callout callout-{tokens[index].meta["kind"].lower()}" role="note">\n'


def _link(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    attributes = tokens[index].attrs
    title = f' title="{escape(str(attributes["title"]))}"' if attributes.get("title") else ""
    return f'<a href="{escape(str(attributes["href"]))}"{title}>'


def _file(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    token = tokens[index]
    title = str(token.attrs.get("title", ""))
    return element(
        "wiki-file", data_name=token.meta["name"], data_anchor=token.meta["anchor"], data_title=title
    ).removesuffix("</wiki-file>")


def _image(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    """A file of the page is a picture; one elsewhere would tell its host who reads, so it is a link."""
    token = tokens[index]
    words = words_of(token.children)
    if "name" in token.meta:
        title = str(token.attrs.get("title", ""))
        return element("wiki-image", escape(words), data_name=token.meta["name"], data_title=title)
    source = token.meta["elsewhere"]
    return element("a", escape(words or source), href=source) if source else escape(words)


def _page(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    token = tokens[index]
    words, meta = escape(token.content), token.meta
    if "here" in meta:
        return element("a", words, href="#" + meta["here"])
    return element(
        "wiki-page", words, data_target=meta["target"], data_anchor=meta["anchor"], data_label=meta["label"]
    )


def _entity(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    token = tokens[index]
    name = "wiki-card" if token.block else "wiki-entity"
    return element(name, escape(token.content), data_ref=token.meta["ref"]) + ("\n" if token.block else "")


def _mention(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    return element("span", escape(tokens[index].content)).replace("<span>", '<span class="mention">', 1)


def _as_written(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    return escape(tokens[index].content)


def _footnote_ref(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    number, own = _footnote(tokens[index])
    link = f'<a id="fnref-{own}" href="#fn-{number}" aria-label="Footnote {number}">{number}</a>'
    return f'<sup class="footnote-ref">{link}</sup>'


def _footnote_anchor(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    _, own = _footnote(tokens[index])
    return f' <a class="footnote-back" href="#fnref-{own}" aria-label="Back to the text">↩</a>'


def _footnote(token: Token) -> tuple[int, str]:
    """Its number and the name of this use of it."""
    number, use = token.meta["id"] + 1, token.meta.get("subId", 0)
    return number, f"{number}-{use + 1}" if use else str(number)


def _footnote_open(tokens: Sequence[Token], index: int, env: EnvType) -> str:
    return f'<li id="fn-{tokens[index].meta["id"] + 1}">'


def _always(html: str) -> Rule:
    return lambda tokens, index, env: html


RULES: dict[str, Rule] = {
    "heading_open": _heading_open,
    "heading_close": _heading_close,
    "fence": _fence,
    "code_block": _fence,
    "list_item_open": _list_item,
    "bullet_list_open": _list_open,
    "ordered_list_open": _list_open,
    "table_open": _always('<div class="table-wide" tabindex="0"><table>\n'),
    "table_close": _always("</table></div>\n"),
    "th_open": _cell,
    "td_open": _cell,
    "alert_open": _callout,
    "alert_title_open": _always('<p class="callout-title">'),
    "link_open": _link,
    "wiki_file_open": _file,
    "wiki_file_close": _always("</wiki-file>"),
    "image": _image,
    "wiki_page": _page,
    "wiki_entity": _entity,
    "wiki_card": _entity,
    "mention": _mention,
    "as_written": _as_written,
    "footnote_ref": _footnote_ref,
    "footnote_anchor": _footnote_anchor,
    "footnote_block_open": _always('<section class="footnotes" aria-label="Footnotes"><ol>\n'),
    "footnote_block_close": _always("</ol></section>\n"),
    "footnote_open": _footnote_open,
    "footnote_close": _always("</li>\n"),
}
