"""Text that people send: invisible characters, addresses, Markdown, and errors that say where they are."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from apps.core.addresses import is_web_address
from apps.core.characters import has_tricks, without_tricks
from apps.core.checking import checked_text, plain_line, plain_text
from apps.core.errors import Conflict, Invalid
from apps.core.markdown import first_sentence, render
from apps.core.rest_fields import LINE, LINES

HIDDEN = {
    "a zero-width space": "\u200b",
    "a soft hyphen": "\u00ad",
    "a tag character": "\U000e0041",
    "the last tag character": "\U000e007f",
    "a direction override": "\u202e",
    "a byte-order mark": "\ufeff",
}
JOINERS = {"a joiner": "\u200d", "a non-joiner": "\u200c"}


@pytest.mark.parametrize("hidden", [*HIDDEN.values(), *JOINERS.values()], ids=[*HIDDEN, *JOINERS])
def test_no_line_hides_a_character(hidden: str) -> None:
    assert has_tricks(f"fr{hidden}aud")
    assert re.fullmatch(LINE, f"fr{hidden}aud") is None
    assert plain_line(f"fr{hidden}aud") == "fraud"
    with pytest.raises(Invalid, match="invisible"):
        checked_text("title", f"fr{hidden}aud", 200)


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_no_prose_hides_a_character(hidden: str) -> None:
    assert re.fullmatch(LINES, f"fr{hidden}aud") is None
    assert without_tricks(f"fr{hidden}aud", prose=True) == "fraud"
    with pytest.raises(Invalid, match="invisible"):
        checked_text("description", f"fr{hidden}aud", 200, lines=True)


@pytest.mark.parametrize("joiner", JOINERS.values(), ids=JOINERS)
def test_prose_keeps_what_scripts_and_emoji_are_joined_with(joiner: str) -> None:
    text = f"می{joiner}خواهم"
    assert checked_text("description", text, 200, lines=True) == text
    assert plain_text(text) == text
    assert re.fullmatch(LINES, text)


def test_letters_of_all_scripts_pass() -> None:
    for text in ("Größe", "Überziehung 2", "顧客", "عملاء", "Ω-score", "naïve"):
        assert checked_text("title", text, 200) == text
        assert re.fullmatch(LINE, text)


@pytest.mark.parametrize(
    "text", ["https://example.com", "http://example.com:8080/a?b=c#d", "https://[::1]/x"]
)
def test_addresses_are_addresses(text: str) -> None:
    assert is_web_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "http", "httpx is our client", "http:", "https://", "https:///x", "http:example.com", "//example.com",
        "javascript:alert(1)", "https://user:word@example.com", "https://example.com:99999", "https://[::1",
        'https://example.com/"x', "https://example.com/ and more", "ftp://example.com", "", None, 7,
        ["https://example.com"],
    ],
)  # fmt: skip
def test_what_only_looks_like_an_address_is_none(text: object) -> None:
    assert not is_web_address(text)


@pytest.mark.parametrize(
    "text",
    ["[z](//evil.example)", "[z]\n\n[z]: //evil.example",
     "[z](&#47;/evil.example)", "[z](javascript:alert(1))"],
)  # fmt: skip
def test_a_link_never_hides_that_it_leaves(text: str) -> None:
    assert "href" not in render(text)


@pytest.mark.parametrize("url", ["/catalog/", "https://example.com/", "#part", "mailto:a@example.com"])
def test_honest_links_stay(url: str) -> None:
    assert f'href="{url}"' in render(f"[z]({url})")


def test_an_image_is_its_words() -> None:
    assert render("before ![a **small** picture](https://example.com/x.png) after") == (
        "<p>before a small picture after</p>\n"
    )
    assert render("![](https://example.com/x.png)") == "<p></p>\n"
    assert render("![<b>&](https://example.com/x.png)") == "<p>&lt;b&gt;&amp;</p>\n"
    assert '<a href="https://example.com/"' in render("[![words](/x.png)](https://example.com/)")
    assert first_sentence("![words](/x.png)") == "words"


@pytest.mark.parametrize("make", [Invalid, Conflict])
def test_errors_of_several_fields_name_each(make: Callable[..., Invalid | Conflict]) -> None:
    error = make(
        errors={"title": ["This field cannot be blank."], "retention_days": ["Enter a whole number."]}
    )
    assert error.detail == "Title: This field cannot be blank. Retention days: Enter a whole number."
    assert error.errors["title"] == ["This field cannot be blank."]


def test_errors_that_name_their_field_or_have_none_stay_as_they_are() -> None:
    assert Invalid(errors={"depth": ["The depth is 1 to 10 hops."]}).detail == "The depth is 1 to 10 hops."
    assert Invalid(errors={"__all__": ["Both ends are the same."]}).detail == "Both ends are the same."
    assert Invalid("One sentence.", errors={"title": ["Another."]}).detail == "One sentence."
