"""The radar says what decide() says, to each person about the tools that they see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.actions import set_visibility
from apps.catalog.models import Entity
from apps.core.policies import SYSTEM
from apps.tooling.actions.standards import publish_standard
from apps.tooling.book import Book, Rule
from apps.tooling.decide import decide
from apps.tooling.models import Environment, ObservedUse
from apps.tooling.queries.radar import Blip, Wanted, radar
from apps.tooling.queries.rings import Move, contexts, move, newest_version, stand, turns
from apps.tooling.versions import Scheme, Specifier
from apps.tooling.vocabulary import DataClass, Ring
from tests.factories import EntityFactory
from tests.personas import People
from tests.tooling import books, making

EVERYWHERE = contexts(["dev", "production"])


# -- the pure reading


@settings(max_examples=120, deadline=None)
@given(st.lists(books.rules, max_size=6))
def test_every_answer_is_that_of_decide(rules: list[Rule]) -> None:
    book = Book((books.standard(*rules),))
    for tool in {rule.tool for rule in rules}:
        found = stand(book, tool, EVERYWHERE, books.day(1))
        assert found is not None
        for context, answer in found.answers:
            asked = (found.version, context.environment, context.data_class, books.day(1))
            assert answer == decide(book, "anybody", tool, *asked)
        assert found.decision in [answer for _, answer in found.answers]


def test_the_ring_of_most_contexts_stands_for_all_and_of_equally_many_the_stricter() -> None:
    most = books.standard(
        books.rule("mlflow", Ring.RECOMMENDED),
        books.rule("mlflow", Ring.HOLD, data_class=DataClass.RESTRICTED),
    )
    found = stand(Book((most,)), "mlflow", EVERYWHERE, books.day(1))
    assert (
        found
        and (found.ring, found.rings) == (Ring.RECOMMENDED, (Ring.RECOMMENDED, Ring.HOLD))
        and found.varies
    )
    even = books.standard(
        books.rule("mlflow", Ring.RECOMMENDED), books.rule("mlflow", Ring.HOLD, environment="production")
    )
    found = stand(Book((even,)), "mlflow", EVERYWHERE, books.day(1))
    assert found and found.ring is Ring.HOLD


def test_contexts_of_which_no_rule_speaks_do_not_outvote_those_of_which_one_does() -> None:
    narrow = books.standard(books.rule("mlflow", Ring.TRIAL, environment="dev", data_class=DataClass.PUBLIC))
    found = stand(Book((narrow,)), "mlflow", EVERYWHERE, books.day(1))
    assert found and found.ring is Ring.TRIAL
    elsewhere = stand(Book((narrow,)), "mlflow", contexts(["production"]), books.day(1))
    assert elsewhere and elsewhere.ring is Ring.ASSESS


def test_a_tool_of_no_standard_stands_nowhere() -> None:
    assert (
        stand(Book((books.standard(books.rule("mlflow", Ring.HOLD)),)), "wandb", EVERYWHERE, books.day(1))
        is None
    )
    assert stand(Book(()), "mlflow", EVERYWHERE, books.day(1)) is None
    assert stand(Book((books.standard(books.rule("mlflow", Ring.HOLD)),)), "mlflow", [], books.day(1)) is None


@pytest.mark.parametrize(
    ("specifiers", "scheme", "expected"),
    [
        (["*"], "pep440", None),
        (["*", "<2"], "pep440", "9999.0.0"),
        ([">=2", "<2"], "pep440", "9999.0.0"),
        (["<2"], "pep440", "1.9999.9999"),
        (["<2.1"], "pep440", "2.0.9999"),
        (["==1.4.2"], "pep440", "1.4.2"),
        ([">=1.2,<1.4.3"], "pep440", "1.4.2"),
        (["^1.4"], "semver", "1.4.0"),
        (["~1.4", "1.x || 2.x"], "semver", "2.0.0"),
        (["==1.4.2.post1"], "pep440", None),
    ],
)
def test_the_newest_version_that_the_rules_tell_apart(
    specifiers: list[str], scheme: str, expected: str | None
) -> None:
    rules = [Rule("mlflow", Specifier(text, Scheme(scheme)), None, None, Ring.TRIAL) for text in specifiers]
    assert newest_version(rules) == expected


def test_a_ban_of_old_versions_does_not_ban_the_tool() -> None:
    book = Book(
        (
            books.standard(
                books.rule("mlflow", Ring.RECOMMENDED), books.rule("mlflow", Ring.BANNED, versions="<2")
            ),
        )
    )
    assert (found := stand(book, "mlflow", EVERYWHERE, books.day(1))) and found.ring is Ring.RECOMMENDED
    assert (old := stand(book, "mlflow", EVERYWHERE, books.day(1), "1.0")) and old.ring is Ring.BANNED


def test_moves_are_those_of_the_latest_revision() -> None:
    first = books.standard(
        books.rule("mlflow", Ring.TRIAL), books.rule("wandb", Ring.TRIAL), books.rule("aim", Ring.TRIAL)
    )
    second = books.standard(
        books.rule("mlflow", Ring.MANDATORY),
        books.rule("wandb", Ring.HOLD),
        books.rule("aim", Ring.TRIAL),
        books.rule("neptune", Ring.ASSESS),
        revision=2,
        since=10,
    )
    book = Book((first, second))
    moves = {}
    for tool in ("mlflow", "wandb", "aim", "neptune"):
        now = stand(book, tool, EVERYWHERE, books.day(11))
        assert now
        moves[tool] = move(book, tool, EVERYWHERE, now)
    assert moves == {"mlflow": Move.IN, "wandb": Move.OUT, "aim": Move.NONE, "neptune": Move.NEW}
    before = stand(book, "mlflow", EVERYWHERE, books.day(9))
    assert before and move(book, "mlflow", EVERYWHERE, before) is Move.NONE


def test_the_history_of_a_ring_names_each_change_once() -> None:
    book = Book(
        (
            books.standard(books.rule("mlflow", Ring.TRIAL)),
            books.standard(books.rule("mlflow", Ring.TRIAL), revision=2, since=5),
            books.standard(books.rule("mlflow", Ring.RECOMMENDED), revision=3, since=10),
            books.standard(books.rule("wandb", Ring.RECOMMENDED), revision=4, since=15),
            books.standard(books.rule("mlflow", Ring.HOLD), revision=5, since=20),
        )
    )
    found = [(each.at, each.ring) for each in turns(book, "mlflow", EVERYWHERE, books.day(16))]
    assert found == [
        (books.day(0), Ring.TRIAL),
        (books.day(10), Ring.RECOMMENDED),
        (books.day(15), None),
    ]


# -- as people see it


@pytest.fixture
def tools(people: People) -> dict[str, Entity]:
    return {name: making.tool(people, name, title=name.capitalize()) for name in ("mlflow", "wandb", "feast")}


@pytest.fixture
def published(people: People, tools: dict[str, Entity]) -> dict[str, Entity]:
    making.standard(
        people,
        making.capability(people),
        rules=[
            {"tool": tools["mlflow"].ref, "ring": "recommended"},
            {"tool": tools["wandb"].ref, "ring": "hold"},
            {
                "tool": tools["wandb"].ref,
                "ring": "trial",
                "environment": "development",
                "data_class": "internal",
            },
        ],
    )
    making.standard(people, making.capability(people, "features", "data"), (tools["feast"], "recommended"))
    return tools


def rings(user: Any, **wanted: str) -> dict[str, str]:
    return {blip.tool.name: str(blip.ring) for blip in radar(user, Wanted(**wanted)).blips}


def blip(user: Any, name: str, **wanted: str) -> Blip:
    return next(each for each in radar(user, Wanted(**wanted)).blips if each.tool.name == name)


def test_quadrants_hold_the_tools_of_their_capabilities_numbered_from_the_inside_out(
    people: People, published: dict[str, Entity]
) -> None:
    found = radar(people.kim)
    assert [(part.quadrant, [each.tool.name for each in part.blips]) for part in found.quadrants] == [
        ("data", ["feast"]),
        ("building", ["mlflow", "wandb"]),
        ("running", []),
        ("platform", []),
    ]
    assert [each.number for each in found.blips] == [1, 2, 3]
    assert found.counts[Ring.RECOMMENDED] == 2 and found.counts[Ring.HOLD] == 1


@pytest.mark.parametrize(
    ("wanted", "ring"),
    [
        ({}, "hold"),
        ({"environment": "development"}, "hold"),
        ({"environment": "development", "data_class": "internal"}, "trial"),
        ({"environment": "development", "data_class": "public"}, "trial"),
        ({"environment": "production", "data_class": "internal"}, "hold"),
        ({"data_class": "restricted"}, "hold"),
    ],
)
def test_a_filter_shows_the_ring_of_its_context(
    people: People, published: dict[str, Entity], wanted: dict[str, str], ring: str
) -> None:
    assert rings(people.ben, **wanted)["wandb"] == ring


def test_a_capability_shows_its_tools_and_an_unknown_one_none(
    people: People, published: dict[str, Entity]
) -> None:
    assert rings(people.ben, capability="features") == {"feast": "recommended"}
    assert rings(people.ben, capability="nothing") == {}
    assert rings(people.ben, environment="nowhere") == {} == rings(people.ben, data_class="secret")


def test_who_does_not_see_a_tool_sees_no_blip(people: People, published: dict[str, Entity]) -> None:
    set_visibility(actor=people.esther, entity=published["wandb"], visibility="restricted")
    assert "wandb" not in rings(people.kim) and "wandb" not in rings(people.ben)
    assert "wandb" in rings(people.dmitri)


def test_uses_are_counted_as_far_as_the_person_sees_them(
    people: People, published: dict[str, Entity]
) -> None:
    test = Environment.objects.get(slug="test")
    for entity in (EntityFactory(), EntityFactory(visibility="restricted")):
        for version in ("1.0", "2.0"):
            ObservedUse.objects.create(
                entity=entity,
                tool=published["mlflow"],
                environment=test,
                data_class=1,
                version=version,
                origin="flavour",
            )
    assert (blip(people.ben, "mlflow").users, blip(people.chloe, "mlflow").users) == (2, 1)
    assert blip(people.ben, "wandb").users == 0


def test_the_radar_of_another_instant(people: People, tools: dict[str, Entity]) -> None:
    where, long_ago = making.capability(people), datetime(2026, 1, 1, tzinfo=UTC)
    for at, ring in ((long_ago, "trial"), (long_ago + timedelta(days=30), "recommended")):
        publish_standard(
            actor=SYSTEM,
            capability=where,
            rationale="Because.",
            rules=[{"tool": tools["mlflow"].ref, "ring": ring}],
            effective_from=at,
            at=at,
        )
    then = radar(people.ben, at=long_ago + timedelta(days=30, microseconds=-1)).blips
    assert [(each.ring, each.moved) for each in then] == [(Ring.TRIAL, Move.NONE)]
    assert [(each.ring, each.moved) for each in radar(people.ben).blips] == [(Ring.RECOMMENDED, Move.IN)]
    assert radar(people.ben, at=long_ago - timedelta(days=1)).blips == ()


def statements(user: Any) -> int:
    radar(user)
    with CaptureQueriesContext(
        connection,
    ) as found:
        radar(user)
    return len(found)


def test_statements_do_not_grow_with_tools(people: People, published: dict[str, Entity]) -> None:
    """Stamp of the book, capabilities, environments, tools, uses; the standing of a person is read once a request."""
    before = statements(people.ben)
    more = [making.tool(people, f"more-{number}") for number in range(12)]
    making.standard(people, making.capability(people, "more"), *((each, "trial") for each in more))
    assert statements(people.ben) == before <= 7
