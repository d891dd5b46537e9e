"""What keeps the book whole and the counts bounded: changes while it is read, grants nobody can read, loops of names."""

from __future__ import annotations

from typing import Any

import pytest

from apps.tooling.actions.counting import MOST_NAMES, OTHERS, decide_use
from apps.tooling.decide import decide
from apps.tooling.models import Capability, DecisionCount
from apps.tooling.queries import book as kept
from apps.tooling.vocabulary import DataClass
from tests.personas import People
from tests.tooling import making
from tests.tooling.deciding import World, a_grant, now


@pytest.fixture
def world(people: People) -> World:
    return World.of(people)


def reason(book: Any, world: World, name: str) -> str:
    ref = world.tools[name].ref
    return str(decide(book, "risk-ml", ref, "1.0", "production", DataClass.INTERNAL, now()).reason)


@pytest.mark.parametrize("step", ["_standards", "_rules", "_grants", "_bans", "_conditions"])
def test_a_revision_published_while_the_book_is_read_is_never_read_without_its_rules(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real, done = getattr(kept, step), []

    def between(*given: Any) -> Any:
        if not done:
            done.append(1)
            rules = [{"tool": world.tools[name].ref, "ring": "banned"} for name in ("mlflow", "neptune")]
            making.standard(world.people, Capability.objects.get(), rules=rules)
        return real(*given)

    monkeypatch.setattr(kept, step, between)
    assert reason(kept.read_book(), world, "neptune") == "banned"
    assert reason(kept.snapshot().book, world, "mlflow") == "banned"


def test_a_book_that_changes_while_it_is_read_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, reads = kept.read_book, []

    def changing() -> Any:
        found = real()
        reads.append(1)
        if len(reads) == 1:
            a_grant(world.tools["wandb"])
        return found

    making.tool(world.people, "any")
    monkeypatch.setattr(kept._kept, "book", None)
    monkeypatch.setattr(kept, "read_book", changing)
    assert reason(kept.snapshot().book, world, "wandb") == "excepted" and len(reads) == 2


def test_a_book_that_never_rests_is_read_three_times_and_again_with_the_next_question(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, reads = kept.read_book, []

    def changing() -> Any:
        found = real()
        a_grant(world.tools["wandb"], ("staging", "development", "production")[len(reads)])
        reads.append(1)
        return found

    monkeypatch.setattr(kept._kept, "book", None)
    monkeypatch.setattr(kept, "read_book", changing)
    kept.snapshot()
    assert len(reads) == 3
    monkeypatch.setattr(kept, "read_book", real)
    assert len(kept.snapshot().book.grants) == 3


def test_a_grant_that_nobody_can_read_allows_nothing_and_stops_nobody(world: World) -> None:
    a_grant(world.tools["wandb"], versions="not a specifier")
    other = a_grant(world.tools["wandb"], "staging")
    book = kept.read_book()
    assert [each.id for each in book.grants] == [other.pk]
    assert reason(book, world, "wandb") == "hold" and reason(book, world, "mlflow") == "recommended"


def test_names_asked_in_a_loop_do_not_fill_the_table(world: World) -> None:
    ben = world.people.ben
    for number in range(MOST_NAMES + 20):
        decide_use(ben, "rest", tool=f"unheard-{number}", environment="production")
    rows = DecisionCount.objects.all()
    assert rows.count() == MOST_NAMES + 1 and rows.get(tool_name=OTHERS).count == 20
    decide_use(ben, "rest", tool="unheard-7", environment="production")
    decide_use(ben, "rest", tool="wandb", environment="production")
    assert (
        rows.get(tool_name="unheard-7").count == 2 and rows.get(tool_name=world.tools["wandb"].ref).count == 1
    )
