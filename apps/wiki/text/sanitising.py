"""The exact list of what rendered wiki text may hold. Everything passes here, whatever the parser believed."""

from __future__ import annotations

from functools import lru_cache

import nh3

from apps.wiki.text.highlighting import CLASSES

# Elements of this file's own, which only filling.py turns into something that a browser shows.
PLACEHOLDERS = {"wiki-page", "wiki-entity", "wiki-card", "wiki-image", "wiki-file"}
CALLOUTS = {"note", "tip", "important", "warning", "caution"}
_HEADINGS = {"h2", "h3", "h4", "h5", "h6"}
_ALIGNED = {"align-left", "align-center", "align-right"}

TAGS = (
    {
        "a", "blockquote", "br", "code", "div", "em", "hr", "input", "li", "ol", "p", "pre", "s", "section", "span",
        "strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
    }
    | _HEADINGS
    | PLACEHOLDERS
)  # fmt: skip
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title", "id", "aria-label"},
    "div": {"data-language", "data-copy"},
    "input": {"aria-label", "checked", "disabled"},
    "li": {"id"},
    "ol": {"start"},
    "wiki-page": {"data-target", "data-anchor", "data-label"},
    "wiki-entity": {"data-ref"},
    "wiki-card": {"data-ref"},
    "wiki-image": {"data-name", "data-title"},
    "wiki-file": {"data-name", "data-anchor", "data-title"},
} | {heading: {"id"} for heading in _HEADINGS}
VALUES: dict[str, dict[str, set[str]]] = {
    "input": {"type": {"checkbox"}},
    "th": {"scope": {"col"}},
    "pre": {"tabindex": {"0"}},
    "div": {"tabindex": {"0"}, "role": {"note"}},
    "section": {"aria-label": {"Footnotes"}},
    "span": {"aria-hidden": {"true"}},
}
CLASSES_OF: dict[str, set[str]] = {
    "a": {"anchor", "footnote-back"},
    "div": {"code", "table-wide", "callout"} | {f"callout-{kind}" for kind in CALLOUTS},
    "code": {"highlight"},
    "li": {"task"},
    "p": {"callout-title"},
    "section": {"footnotes"},
    "span": {"mention", "code-language"} | CLASSES,
    "sup": {"footnote-ref"},
    "td": _ALIGNED,
    "th": _ALIGNED,
    "ul": {"tasks"},
    "ol": {"tasks"},
}


@lru_cache(maxsize=1)
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        attributes=ATTRIBUTES,
        tag_attribute_values=VALUES,
        allowed_classes=CLASSES_OF,
        generic_attribute_prefixes=set(),
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def sanitised(html: str) -> str:
    return _cleaner().clean(html)
