"""Whatever two people do to one text, no line of either is lost."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.matching import blocks, lines_of, normalised
from apps.wiki.text.merging import Hunk, merge, resolved

LINES = st.lists(st.sampled_from(["a", "b", "c", "", "# x", "a\u2028b", "é"]), max_size=14)
TEXTS = LINES.map(lambda lines: normalised("\n".join(lines)))
SWAPPED = {"theirs": "mine", "mine": "theirs", "same": "same", "both": "both", "conflict": "conflict"}


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, str, str]:
    """A base of distinct lines, and two sides that each delete, replace and insert lines of their own."""
    base = [f"line {number}" for number in range(draw(st.integers(0, 25)))]
    return ("\n".join(base), *("\n".join(draw(edited(base, side))) for side in ("theirs", "mine")))


@st.composite
def edited(draw: st.DrawFn, base: list[str], side: str) -> list[str]:
    lines = []
    for line in base:
        what = draw(st.sampled_from(["keep"] * 6 + ["drop", "change", "insert"]))
        if what == "insert":
            lines.append(f"{side} before {line}")
        if what in {"keep", "insert"}:
            lines.append(line)
        if what == "change":
            lines.append(f"{side} instead of {line}")
    return lines + [f"{side} at the end"] * draw(st.integers(0, 1))


@settings(max_examples=300, deadline=None)
@given(edits())
def test_no_line_is_lost_that_one_side_added_and_the_other_did_not_touch(texts: tuple[str, str, str]) -> None:
    base, theirs, mine = map(normalised, texts)
    merged = merge(base, theirs, mine)
    text = resolved(merged.hunks, dict.fromkeys(merged.conflicts, "theirs+mine"))
    found = set(text.split("\n"))
    assert set(theirs.split("\n")) - set(base.split("\n")) <= found
    assert set(mine.split("\n")) - set(base.split("\n")) <= found
    if merged.text is not None:
        kept = set(theirs.split("\n")) & set(mine.split("\n")) & set(base.split("\n"))
        assert merged.text == text
        assert kept - {""} <= found
        gone = set(base.split("\n")) - (set(theirs.split("\n")) & set(mine.split("\n")))
        assert not (gone - {""}) & found


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_hunks_hold_all_three_texts_whole(base: str, theirs: str, mine: str) -> None:
    hunks = merge(base, theirs, mine).hunks
    assert "".join("".join(hunk.base) for hunk in hunks) == base
    assert "".join("".join(hunk.theirs) for hunk in hunks) == theirs
    assert "".join("".join(hunk.mine) for hunk in hunks) == mine


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_sides_may_be_swapped(base: str, theirs: str, mine: str) -> None:
    one, other = merge(base, theirs, mine), merge(base, mine, theirs)
    assert one.text == other.text
    assert [Hunk(SWAPPED[h.kind], h.base, h.mine, h.theirs) for h in other.hunks] == list(one.hunks)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_where_one_side_did_nothing_the_other_holds(base: str, changed: str) -> None:
    assert merge(base, base, changed).text == changed
    assert merge(base, changed, base).text == changed
    assert merge(base, changed, changed).text == changed


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, TEXTS, st.data())
def test_a_choice_for_each_conflict_gives_a_text(
    base: str, theirs: str, mine: str, data: st.DataObject
) -> None:
    merged = merge(base, theirs, mine)
    chosen = {
        at: data.draw(st.sampled_from(["base", "theirs", "mine", "mine+theirs"])) for at in merged.conflicts
    }
    assert normalised(resolved(merged.hunks, chosen)) == resolved(merged.hunks, chosen)


@settings(max_examples=300, deadline=None)
@given(LINES, LINES)
def test_matching_blocks_rise_and_match(a: list[str], b: list[str]) -> None:
    at = (0, 0)
    for i, j, length in blocks(a, b):
        assert i >= at[0]
        assert j >= at[1]
        assert a[i : i + length] == b[j : j + length]
        at = i + length, j + length
    assert at == (len(a), len(b))


def test_long_texts_without_unique_lines_still_match() -> None:
    a = ["x", "y", "y", "x"] * 300
    b = ["new", *a[:600], "between", *a[600:]]
    assert sum(length for _, _, length in blocks(a, b)) == len(a)
    assert Counter(b)["x"] == Counter(a)["x"]


@pytest.mark.parametrize(
    ("theirs", "mine", "kinds"),
    [
        ("A\nb\nc\nd\n", "a\nb\nc\nD\n", ["theirs", "same", "mine"]),
        ("A\nb\nc\nd\n", "a\nB\nc\nd\n", ["conflict", "same"]),  # neighbours
        ("a\nb\nc\nd\ne\n", "a\nb\nc\nd\nf\n", ["same", "conflict"]),  # both append
        ("a\nb\nc\nd\ne\n", "a\nb\nc\nd\ne\n", ["same", "both"]),
        ("a\nc\nd\n", "a\nB\nc\nd\n", ["same", "conflict", "same"]),  # removed here, changed there
    ],
)
def test_what_counts_as_a_conflict(theirs: str, mine: str, kinds: list[str]) -> None:
    assert [hunk.kind for hunk in merge("a\nb\nc\nd\n", theirs, mine).hunks] == kinds


def test_an_open_conflict_is_named() -> None:
    merged = merge("a\n-\nb\n", "A\n-\nB\n", "1\n-\n2\n")
    first, second = merged.conflicts
    with pytest.raises(ValueError, match=r"^Choose a side for conflict 2\.$"):
        resolved(merged.hunks, {first: "mine", second: "nothing that exists"})
    assert resolved(merged.hunks, {first: "mine", second: "theirs+mine"}) == "1\n-\nB\n2\n"


def test_line_ends_differ_and_nothing_else() -> None:
    assert merge("a\nb", "a\r\nb\r\n", "a\rb\rc").text == "a\nb\nc\n"
    assert normalised("") == normalised("\r\n\r\n") == ""
    assert normalised("e\u0301 \u2028\x0c\t") == "e\u0301 \u2028\x0c\t\n"
    assert lines_of("a\u2028b\x0c\nc") == ["a\u2028b\x0c\n", "c"]
