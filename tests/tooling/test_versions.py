"""Versions and specifiers: what is read, what is refused, and with which sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tooling.versions import Scheme, Specifier, SpecifierRefused, is_version

PEP440, SEMVER = Scheme.PEP440, Scheme.SEMVER


@pytest.mark.parametrize(
    ("text", "scheme", "inside", "outside"),
    [
        (">=2.1,<3", PEP440, "2.1 2.9.1 2.1.0+cu118 v2.1", "3.0 2.0 1!2.5"),
        ("==2.1.*", PEP440, "2.1 2.1.7", "2.2"),
        ("~=1.4", PEP440, "1.9", "2.0 1.3"),
        (">=1.0", PEP440, "2.0rc1", "1.0rc1"),
        ("^1.4", SEMVER, "1.4.0 1.99.0 1.5.0-rc.1", "2.0.0 1.3.9 2.0.0-rc.1"),
        ("^0.3.1", SEMVER, "0.3.9", "0.4.0 0.3.0"),
        ("^0.0.3", SEMVER, "0.0.3", "0.0.4"),
        ("~1.4.2", SEMVER, "1.4.9", "1.5.0 1.4.1"),
        ("~1", SEMVER, "1.9.0", "2.0.0"),
        ("1.x", SEMVER, "1.0.0 1.9.9", "2.0.0 0.9.0"),
        ("1.4", SEMVER, "1.4.7", "1.5.0"),
        (">=1.2 <2 || >= 3.0.0", SEMVER, "1.2.0 3.0.0 4.1.0", "2.0.0 1.1.9"),
        ("1.0 - 1.4", SEMVER, "1.0.0 1.4.9", "1.5.0"),
        (">1.2", SEMVER, "1.3.0", "1.2.9"),
        ("<=1.2", SEMVER, "1.2.9", "1.3.0"),
        ("<2.0.0", SEMVER, "2.0.0-rc.1 1.9.9", "2.0.0 2.0.0+build"),
        (">1.0.0-alpha.2", SEMVER, "1.0.0-alpha.10 1.0.0-beta 1.0.0", "1.0.0-alpha.2 1.0.0-alpha.1"),
        ("=1.2.3", SEMVER, "1.2.3 v1.2.3 1.2.3+a", "1.2.4"),
    ],
)
def test_specifiers_admit(text: str, scheme: Scheme, inside: str, outside: str) -> None:
    specifier = Specifier(text, scheme)
    assert [each for each in inside.split() if not specifier.admits(each)] == []
    assert [each for each in outside.split() if specifier.admits(each)] == []


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize("version", [None, "", "latest", "x" * 500, "1.\x00", "１.２.３", "9" * 50 + ".0.0"])
def test_what_is_no_version_is_admitted_by_any_only(version: str | None, scheme: Scheme) -> None:
    assert Specifier("*", scheme).admits(version)
    assert not Specifier(">=0.0.1", scheme).admits(version)
    assert not Specifier(">=0.0.1", scheme).reads(version)


@pytest.mark.parametrize("scheme", Scheme)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        ",",
        "||",
        "latest",
        ">>1",
        ">=",
        "=>1",
        "1.2.3.4.5.x",
        "<1,>2",
        "<1 >2",
        "\x1b[2J",
        "é",
        ">=" + "1" * 300,
        ">=" + "9" * 40,
        ",".join([">=1"] * 40),
        "===1",
        "<0.0.0,>5",
        "*.*",
        "* || 1",
    ],
)
def test_an_empty_or_absurd_specifier_is_refused_with_a_sentence(text: str, scheme: Scheme) -> None:
    with pytest.raises(SpecifierRefused) as refused:
        Specifier(text, scheme)
    assert refused.value.detail.endswith((".", '"'))
    assert refused.value.status == 400


def test_a_tag_of_fewer_numbers_is_no_semantic_version() -> None:
    assert not is_version("3.11", SEMVER)
    assert not is_version("01.2.3", SEMVER)
    assert is_version("3.11", PEP440)


@settings(max_examples=400, deadline=None)
@given(text=st.text(max_size=60) | st.from_regex(r"[\^~<>=0-9x*. |,-]{1,30}"), scheme=st.sampled_from(Scheme))
def test_any_text_is_a_specifier_or_refused(text: str, scheme: Scheme) -> None:
    try:
        specifier = Specifier(text, scheme)
    except SpecifierRefused:
        return
    assert specifier.admits("1.2.3") in (True, False)
    assert specifier.admits(text) in (True, False)


numbers = st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))


@settings(max_examples=300, deadline=None)
@given(low=numbers, high=numbers, tried=numbers)
def test_semantic_ranges_compare_number_by_number(
    low: tuple[int, ...], high: tuple[int, ...], tried: tuple[int, ...]
) -> None:
    def text(parts: tuple[int, ...]) -> str:
        return ".".join(map(str, parts))

    if low < high:
        assert Specifier(f">={text(low)} <{text(high)}", SEMVER).admits(text(tried)) == (low <= tried < high)
    caret = Specifier(f"^{text(low)}", SEMVER).admits(text(tried))
    leading = next((place for place, number in enumerate(low) if number), 2) + 1
    assert caret == (tried >= low and tried[:leading] == low[:leading])
