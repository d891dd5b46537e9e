"""Nothing that is written becomes anything but text, links and the marks of the wiki."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.wiki.text.rendering import PageTarget, fill, render
from apps.wiki.text.sanitising import sanitised
from tests.wiki.hostile import HOSTILE
from tests.wiki.text.reading import complaints, elements

_MARKS = st.sampled_from(
    ["*", "**", "_", "`", "```", "~~", "[", "]", "](", ")", "![", "[[", "]]", "{{", "}}", "|", "|-|\n", "\n", "\n\n",
     "> ", "- ", "- [x] ", "1. ", "# ", "[^1]", "[^1]: ", "<", ">", "&#13;", "&quot;", '"', "'", "\\", "@ada", ":", "//",
     "javascript:", "https://x.example/", "> [!TIP]\n", "model:a/b", "a.png", "\t", "\r", "\x00", "\u202e", "\ud800",
     "<script>", " onclick=", "style=", "constructor", "Привет", "<wiki-page data-target=\"x\">"]
)  # fmt: skip
MARKED = st.lists(_MARKS | st.text(st.characters(), max_size=6), max_size=40).map("".join)


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_text_stays_text(number: int) -> None:
    assert complaints(render(HOSTILE[number]).html) == []


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(MARKED)
def test_any_text_renders_to_the_same_safe_html(text: str) -> None:
    rendered = render(text)
    assert rendered == render(text)
    assert sanitised(rendered.html) == rendered.html
    assert complaints(rendered.html) == []
    assert "<script" not in rendered.html.lower()
    rendered.plain.encode(), rendered.lead.encode()


@settings(deadline=None, max_examples=200)
@given(MARKED)
def test_filling_leaves_no_placeholder_and_no_unknown_attribute(text: str) -> None:
    rendered = render(text)
    for known in (True, False):
        html = fill(
            rendered.html,
            pages={name: PageTarget("/wiki/p/1", "A <title>") for name in rendered.page_links if known},
            entities={ref: "<b>card</b>" for ref in rendered.entity_refs if known},
            attachments={name: "/wiki/files/1" for name in rendered.attachments if known},
        )
        assert "<wiki-" not in html and "</wiki-" not in html
        assert not {"style", "onclick", "onerror"} & {name for _, found in elements(html) for name in found}


def test_a_placeholder_cannot_be_written() -> None:
    for written in ('<wiki-page data-target="s">x</wiki-page>', '![<wiki-page data-target="s">](a.png)',
                    '[a](b.pdf "<wiki-page data-target=\\"s\\">x</wiki-page>")'):  # fmt: skip
        rendered = render(written)
        assert rendered.page_links == []
        html = fill(
            rendered.html,
            pages={"s": PageTarget("/secret", "Secret")},
            entities={},
            attachments={"a.png": "/a"},
        )
        assert "/secret" not in html
