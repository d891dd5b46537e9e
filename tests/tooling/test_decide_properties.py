"""For generated standards, grants, conditions and instants: decide() reads the rules as their sentences do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.tooling.book import Book
from apps.tooling.decide import decide
from tests.tooling.books import books, day, uses
from tests.tooling.plain_reading import PlainReading

TICK = timedelta(microseconds=1)
moments = st.builds(
    lambda number, shift: day(number) + shift * TICK, st.integers(0, 17), st.sampled_from((-1, 0, 1))
)
Asked = tuple[Any, ...]


def instants(book: Book) -> list[datetime]:
    """Every instant written in the book, with its neighbours."""
    written = [each.effective_from for each in book.standards]
    for grant in book.grants:
        written += [grant.starts, grant.expires, *([grant.revoked_at] if grant.revoked_at else [])]
    for condition in book.conditions:
        written += [condition.due, *([condition.met_at] if condition.met_at else [])]
    return sorted({each + shift * TICK for each in written for shift in (-1, 0, 1)})


@settings(max_examples=400, deadline=None)
@given(book=books(), use=uses, at=moments)
def test_agrees_with_the_plain_reading(book: Book, use: Asked, at: datetime) -> None:
    decision = decide(book, *use, at)
    given_by = decision.grant.id if decision.grant else None
    assert (decision.allowed, str(decision.reason), given_by) == PlainReading(book, *use, at).answer()


@settings(max_examples=100, deadline=None)
@given(book=books(), use=uses)
def test_is_right_at_every_boundary(book: Book, use: Asked) -> None:
    for at in instants(book):
        decision = decide(book, *use, at)
        given_by = decision.grant.id if decision.grant else None
        assert (decision.allowed, str(decision.reason), given_by) == PlainReading(book, *use, at).answer()


@settings(max_examples=200, deadline=None)
@given(book=books(), use=uses, at=moments)
def test_the_answer_holds_until_the_instant_it_names(book: Book, use: Asked, at: datetime) -> None:
    decision = decide(book, *use, at)
    until = decision.cache_until
    assert until is None or until > at
    for later in instants(book):
        if later > at and (until is None or later < until):
            assert decide(book, *use, later) == decision


@settings(max_examples=200, deadline=None)
@given(book=books(), use=uses, at=moments)
def test_a_cached_exception_never_outlives_its_grant(book: Book, use: Asked, at: datetime) -> None:
    decision = decide(book, *use, at)
    if decision.excepted:
        assert decision.grant is not None and decision.cache_until is not None
        assert decision.grant.starts <= at < decision.cache_until <= decision.grant.ends


@settings(max_examples=200, deadline=None)
@given(book=books(), use=uses)
def test_what_has_ended_never_allows_again(book: Book, use: Asked) -> None:
    ended: set[int] = set()
    for at in instants(book):
        decision = decide(book, *use, at)
        ended |= {each.id for each in book.grants if at >= min(each.expires, each.revoked_at or each.expires)}
        assert not (decision.excepted and decision.grant is not None and decision.grant.id in ended)


@settings(max_examples=200, deadline=None)
@given(book=books(), use=uses, at=moments, shuffler=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(book: Book, use: Asked, at: datetime, shuffler: Any) -> None:
    def shuffled(rows: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(shuffler.sample(rows, len(rows)))

    other = Book(
        tuple(replace(each, rules=shuffled(each.rules)) for each in shuffled(book.standards)),
        shuffled(book.grants),
        shuffled(book.conditions),
    )
    one, two = decide(book, *use, at), decide(other, *use, at)
    assert (one.allowed, one.reason, one.grant, one.cache_until) == (
        two.allowed,
        two.reason,
        two.grant,
        two.cache_until,
    )


@settings(max_examples=150, deadline=None)
@given(book=books(), use=uses, at=moments)
def test_taking_grants_away_allows_nothing_more(book: Book, use: Asked, at: datetime) -> None:
    without = decide(Book(book.standards), *use, at)
    assert decide(book, *use, at).allowed or not without.allowed


@settings(max_examples=300, deadline=None)
@given(book=books(), use=uses, at=moments)
def test_no_tool_is_offered_whose_rule_is_outranked(book: Book, use: Asked, at: datetime) -> None:
    decision, plain = decide(book, *use, at), PlainReading(book, *use, at)
    by_standard = plain.standard_says() in ("mandatory", "recommended", "trial")
    assert set(decision.alternatives) == (set() if by_standard else plain.alternatives())
