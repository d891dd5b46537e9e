"""What a writer may use, one feature a test, and what the wiki learns of a page by reading it."""

from __future__ import annotations

import re
import sys
from html import unescape

import pytest

from apps.wiki.text import highlighting, syntax
from apps.wiki.text.rendering import LARGEST, Heading, PageTarget, fill, render
from tests.wiki.text.reading import elements

REL = ' rel="noopener noreferrer nofollow"'


def _filled(text: str, **known: object) -> str:
    arguments: dict[str, object] = {"pages": {}, "entities": {}, "attachments": {}, **known}
    return fill(render(text).html, **arguments)  # type: ignore[arg-type]


def _tags(text: str) -> list[str]:
    return [tag for tag, _ in elements(render(text).html) if tag.startswith("h")]


def test_headings_stand_below_the_title_of_the_page_in_order() -> None:
    rendered = render("# One\n## Two *x*\n###### Six")
    assert rendered.outline == [
        Heading(1, "h-one", "One"), Heading(2, "h-two-x", "Two x"), Heading(3, "h-six", "Six")
    ]  # fmt: skip
    assert _tags("# One\n## Two *x*\n###### Six") == ["h2", "h3", "h4"]
    assert _tags("## One\n### Two\n## Three") == ["h2", "h3", "h2"]
    assert rendered.sections == ["One", "Two x", "Six"]
    assert (
        f'<a class="anchor" href="#h-one" aria-label="Link to this heading: One"{REL}>'
        '<span aria-hidden="true">#</span></a>'
    ) in rendered.html


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("# constructor\n# __proto__", ["h-constructor", "h-proto"]),
        ("# Как начать", ["h-как-начать"]),
        ("# a\n# a-2\n# a\n# a", ["h-a", "h-a-2", "h-a-3", "h-a-4"]),
        ("# ***\n# !\n#", ["h-section", "h-section-2", "h-section-3"]),
    ],
)
def test_heading_ids_are_prefixed_and_unique(text: str, ids: list[str]) -> None:
    assert [heading.id for heading in render(text).outline] == ids


def test_links_within_the_page_find_their_heading() -> None:
    html = _filled("# Getting started\n[a](#getting-started) [b](#h-getting-started) [[#Getting started]]")
    assert html.count('href="#h-getting-started"') == 4


def test_page_links_are_gathered_and_filled_with_titles_or_labels() -> None:
    text = "[[Page]] [[ops/runbook#On call|call]] [[ops/runbook#On call]] [[Page]] `[[no]]`"
    assert render(text).page_links == ["Page", "ops/runbook"]
    pages = {"Page": PageTarget("/wiki/p/1", "The <page>"), "ops/runbook": PageTarget("/wiki/p/2", "Runbook")}
    html = _filled(text, pages=pages)
    assert '<a class="page-link" href="/wiki/p/1">The &lt;page&gt;</a>' in html
    assert '<a class="page-link" href="/wiki/p/2#h-on-call">call</a>' in html
    assert '<a class="page-link" href="/wiki/p/2#h-on-call">Runbook › On call</a>' in html
    assert "<code>[[no]]</code>" in html


def test_a_missing_page_and_an_invisible_one_look_the_same() -> None:
    absent, unseen = _filled("[[Secret & co]]"), _filled("[[Secret & co]]", pages={"Secret & co": None})
    assert absent == unseen
    assert '<span class="link-missing" title="No page of this name">Secret &amp; co</span>' in absent


def test_a_missing_page_may_be_begun_where_the_caller_says_so() -> None:
    html = _filled("[[New]]", pages={"New": PageTarget(None, "", create="/wiki/new?title=New&in=1")})
    assert 'class="link-missing" href="/wiki/new?title=New&amp;in=1"' in html


def test_links_do_not_nest_and_the_inner_one_wins() -> None:
    html = _filled("[see [[Page]]](b.pdf)", pages={"Page": PageTarget("/p/1", "Page")})
    assert html == '<p>[see <a class="page-link" href="/p/1">Page</a>](b.pdf)</p>\n'


def test_an_entity_is_a_card_when_alone_and_inline_within_a_sentence() -> None:
    text = "{{model:retail-banking/fraud-score}}\n\nSee {{ model:retail-banking/fraud-score }} and {{x}}."
    assert render(text).entity_refs == ["model:retail-banking/fraud-score"]
    html = _filled(
        text,
        entities={"model:retail-banking/fraud-score": "<b>card</b>"},
        inline_entities={"model:retail-banking/fraud-score": "<i>chip</i>"},
    )
    assert html == (
        '<div class="embed"><b>card</b></div>\n'
        '<p>See <span class="embed-inline"><i>chip</i></span> and {{x}}.</p>\n'
    )  # fmt: skip


def test_an_entity_without_a_card_is_the_words_as_written() -> None:
    assert _filled("{{model:a/b}}") == "<p><code>{{model:a/b}}</code></p>\n"
    assert _filled("x {{model:a/b}}") == "<p>x <code>{{model:a/b}}</code></p>\n"


def test_attachments_are_named_relative_to_the_page() -> None:
    text = '![A *plan*](a%20b.png "T") [the **file**](./notes.pdf#page=2) [again](notes.pdf) ![c](c.png)'
    assert render(text).attachments == ["a b.png", "notes.pdf", "c.png"]
    html = _filled(text, attachments={"a b.png": '/f/1?"', "notes.pdf": "/f/2"})
    assert '<img src="/f/1?&quot;" alt="A plan" title="T" loading="lazy">' in html
    assert '<a class="file-link" href="/f/2#page=2">the <strong>file</strong></a>' in html
    assert '<span class="link-missing" title="No attachment of this name">c</span>' in html


def test_a_picture_elsewhere_is_a_link_and_nothing_is_loaded() -> None:
    html = _filled("![chart](https://x.example/a.png) [![b](https://x.example/b.png)](https://y.example)")
    assert "<img" not in html
    assert f'<a href="https://x.example/a.png"{REL}>chart</a>' in html
    assert f'<a href="https://y.example"{REL}>b</a>' in html


@pytest.mark.parametrize(
    "url", ["https://x.example/a?b=c", "http://x.example", "mailto:a@b.example", "/catalog/"]
)
def test_honest_links_stay(url: str) -> None:
    assert f'<a href="{url}"' in render(f"[a]({url})").html


@pytest.mark.parametrize(
    "url",
    ["javascript:x", "data:text/html,x", "//x.example", "ftp://x.example", "file:///etc"],
)
def test_other_links_stay_as_they_were_written(url: str) -> None:
    assert "<a " not in render(f"[a]({url}) <{url}>").html


@pytest.mark.parametrize(
    ("text", "href", "rest"),
    [
        ("see https://x.example/a.", "https://x.example/a", "."),
        ("(https://x.example/a_(b))", "https://x.example/a_(b)", ")"),
        ("**https://x.example/**", "https://x.example/", ""),
    ],
)
def test_a_bare_address_is_a_link_without_the_end_of_the_sentence(text: str, href: str, rest: str) -> None:
    assert f'<a href="{href}"{REL}>{href}</a>{rest}' in render(text).html


def test_a_task_box_has_the_name_of_its_task_and_cannot_be_ticked() -> None:
    rendered = render("- [ ] write *it*\n- [x] read\n- no task\n")
    boxes = [attributes for tag, attributes in elements(rendered.html) if tag == "input"]
    assert [box["aria-label"] for box in boxes] == ["write it", "read"]
    assert all("disabled" in box for box in boxes) and ["checked" in box for box in boxes] == [False, True]
    assert rendered.tasks == (1, 2)


def test_mentions_outside_of_code_and_addresses() -> None:
    rendered = render(
        "@Ada, @noor.k and a@b.example `@code` https://x.example/@path (@mira)\n\n```\n@fence\n```"
    )
    assert rendered.mentions == ["ada", "noor.k", "mira"]
    assert '<span class="mention">@Ada</span>,' in rendered.html


def test_code_has_classes_a_label_and_a_place_for_the_copy_button() -> None:
    html = render("```py\nimport os\n```").html
    assert (
        '<div class="code" data-language="Python" data-copy=""><span class="code-language">Python</span>'
        in html
    )
    assert '<span class="kn">import</span>' in html and "style=" not in html


@pytest.mark.parametrize(
    ("language", "label"), [("mermaid", "Mermaid diagram"), ("math", "Math"), ("zig", "zig")]
)
def test_code_that_is_not_coloured_is_a_labelled_source(language: str, label: str) -> None:
    html = render(f"```{language}\na <b> c\n```").html
    assert f'<span class="code-language">{label}</span>' in html
    assert '<code class="highlight">a &lt;b&gt; c\n</code>' in html


@pytest.mark.parametrize("code", ["x = 1\n" * 2_000, "x" * 301])
def test_code_past_a_bound_keeps_its_words_and_loses_its_colours(code: str) -> None:
    html = render(f"```python\n{code}\n```").html
    assert code in html and '<span class="n">' not in html


def test_every_language_has_a_lexer() -> None:
    assert all(
        "x" in highlighting.coloured("x\n", language, highlighting.EFFORT)
        for language in highlighting.LANGUAGES
    )


def test_callouts_tables_and_footnotes() -> None:
    html = render("> [!WARNING]\n> hot\n\n|a|b|\n|-|-:|\n|1|2|\n\nx[^n] y[^n]\n\n[^n]: note").html
    assert '<div class="callout callout-warning" role="note">\n<p class="callout-title">Warning</p>' in html
    assert '<th scope="col" class="align-right">b</th>' in html and '<td class="align-right">2</td>' in html
    assert f'<a id="fnref-1-2" href="#fn-1" aria-label="Footnote 1"{REL}>1</a>' in html
    assert '<li id="fn-1"><p>note' in html and 'href="#fnref-1-2" aria-label="Back to the text"' in html


def test_plain_words_and_lead_are_without_marks() -> None:
    rendered = render(
        "# T\n\n- x\n\nA **bold** [link](https://x.example) to [[p|label]].\nNext.\n\n```\ncode\n```"
    )
    assert rendered.plain == "T\nx\nA bold link to label. Next.\ncode"
    assert rendered.words == 9
    assert rendered.lead == "A bold link to label. Next."
    assert len(render("word " * 100).lead) <= 200


def test_an_empty_page() -> None:
    rendered = render("")
    assert (rendered.html, rendered.plain, rendered.lead, rendered.words, rendered.tasks) == (
        "",
        "",
        "",
        0,
        (0, 0),
    )


def test_what_nobody_sees_is_gone_and_half_characters_are_shown_as_such() -> None:
    rendered = render("a\x00b\u202ec \ud800 &#x202e;d")
    assert rendered.html == "<p>abc \ufffd d</p>\n" and rendered.plain == "abc \ufffd d"


def test_nesting_past_the_bound_is_shown_as_written() -> None:
    html = render("> " * 40 + "end").html
    assert html.count("<blockquote>") == syntax.DEEPEST_QUOTE and "&gt; end" in html


def test_a_paragraph_of_brackets_is_shown_as_written() -> None:
    written = "[" * (syntax.BRACKETS + 1) + " [[Page]]"
    rendered = render(written)
    assert written in rendered.html and rendered.plain == written and rendered.page_links == []


def test_a_page_of_too_many_lines_is_shown_as_written_and_says_so() -> None:
    rendered = render("*line*\n" * (syntax.LINES + 1))
    assert "More than 20,000 lines: shown as it was written." in rendered.html
    assert "*line*" in rendered.html and len(rendered.html) < LARGEST


def test_the_text_package_needs_no_django() -> None:
    import subprocess

    code = "import sys, apps.wiki.text.rendering; sys.exit(any(name.split('.')[0] == 'django' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("language", sorted(highlighting.LANGUAGES))
def test_colours_lose_no_character_of_the_code(language: str) -> None:
    code = "\n\n$ x = 'a' <b> & \"c\"\n> out\n+ d\n\tkey: [1, {2}]\n# é\n\n"
    html = highlighting.coloured(code, language, highlighting.EFFORT)
    assert unescape(re.sub(r"<[^>]*>", "", html)) == code


def test_a_page_has_a_bounded_effort_for_colours() -> None:
    block = "```python\n" + "value = 1\n" * 500 + "```\n\n"
    assert render(block * 6).html.count('<span class="n">value</span>') == 500 * (
        highlighting.EFFORT // 5_000**2
    )
