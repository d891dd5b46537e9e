"""A diff shows every line of both texts once, folds what did not change, and marks words."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.differences import Row, Segment, diff, summary
from apps.core.matching import lines_of, normalised

WORDS = st.lists(
    st.sampled_from(["the", "model", "is", "scored", "daily", "x_1", "é", "-", "  "]), max_size=6
)
TEXTS = st.lists(WORDS.map(" ".join), max_size=12).map("\n".join)


def rows(old: str, new: str) -> list[Row]:
    return [row for block in diff(old, new, context=1_000) for row in block.rows]


def words(segments: tuple[Segment, ...]) -> str:
    return "".join(segment.text for segment in segments)


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_off_the_rows(old: str, new: str) -> None:
    if normalised(old) == normalised(new):
        assert not rows(old, new)
        return
    found = rows(old, new)
    before = [words(row.old) + "\n" for row in found if row.old_number]
    after = [words(row.new) + "\n" for row in found if row.new_number]
    assert before == lines_of(normalised(old))
    assert after == lines_of(normalised(new))
    assert [row.old_number for row in found if row.old_number] == list(range(1, len(before) + 1))
    assert [row.new_number for row in found if row.new_number] == list(range(1, len(after) + 1))


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, st.integers(0, 4))
def test_rows_and_folds_are_the_whole_text(old: str, new: str, context: int) -> None:
    found = diff(old, new, context)
    shown = sum(1 for block in found for row in block.rows if row.new_number)
    assert shown + sum(block.folded for block in found) == len(lines_of(normalised(new)))
    assert all(bool(block.rows) != bool(block.folded) for block in found)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_the_summary_counts_the_rows(old: str, new: str) -> None:
    found = rows(old, new)
    added = sum(1 for row in found if row.kind in {"added", "changed"})
    removed = sum(1 for row in found if row.kind in {"removed", "changed"})
    assert summary(old, new) == (added, removed)


def test_a_changed_word_is_marked_in_its_line() -> None:
    (row,) = rows("The model is scored daily.\n", "The model is scored weekly.\n")
    assert row.kind == "changed"
    assert row.old[1] == Segment("daily", "removed")
    assert row.new[1] == Segment("weekly", "added")


def test_lines_that_share_nothing_are_not_one_changed_line() -> None:
    found = rows("Fraud scores\n", "Entirely different words\n")
    assert [row.kind for row in found] == ["removed", "added"]


def test_unchanged_lines_are_folded_and_counted() -> None:
    old = "\n".join(f"line {number}" for number in range(100))
    new = old.replace("line 50", "line fifty", 1)
    found = diff(old, new)
    assert [(block.folded, len(block.rows)) for block in found] == [(47, 0), (0, 7), (46, 0)]
    assert found[1].rows[0].new_number == 48
    assert summary(old, new) == (1, 1)


def test_equal_texts_have_no_rows() -> None:
    assert not rows("a\nb", "a\r\nb\n")
    assert diff("", "") == []
    assert summary("a", "a\n") == (0, 0)
