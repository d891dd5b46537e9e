"""REST, CI, GraphQL, the command and admission give the same answer, the same reason and the same instant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.tooling.book import Book
from apps.tooling.models import Capability, Environment
from apps.tooling.queries import book as kept
from apps.tooling.queries.book import read_book
from apps.tooling.vocabulary import DataClass
from tests.personas import People
from tests.tooling import asking
from tests.tooling.asking import Ask, Given, Use
from tests.tooling.books import START, books
from tests.tooling.deciding import World, a_condition, a_grant, a_standard, now
from tests.tooling.plain_reading import PlainReading

ENVIRONMENTS = {"dev": "development", "production": "production"}
TEAMS = {"risk": "risk-ml", "pricing": "claims-ai"}


@pytest.fixture
def script(people: People, bearer: Callable[..., Client]) -> Client:
    return bearer("ci-risk", "tooling:decide", "admission")


@pytest.fixture
def surfaces(script: Client, tmp_path: Path) -> list[Ask]:
    return [
        lambda use: asking.by_rest(script, use),
        lambda use: asking.by_graphql(script, use),
        lambda use: asking.by_check(script, use),
        lambda use: asking.by_command(tmp_path, use),
    ]


uses = st.builds(
    Use,
    package=st.sampled_from(("mlflow", "wandb", "neptune")),
    version=st.sampled_from(("1.0", "2.0", None)),
    environment=st.sampled_from(tuple(ENVIRONMENTS.values())),
    data_class=st.sampled_from([each.name.lower() for each in DataClass]),
)


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.generate,),  # an example costs a second; shrinking one would cost minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(book=books(), asked=st.lists(uses, min_size=1, max_size=3), days=st.integers(1, 13))
def test_all_surfaces_agree_with_the_plain_reading(
    people: People, surfaces: list[Ask], book: Book, asked: list[Use], days: int
) -> None:
    with transaction.atomic():
        world = World.of(people)
        written(world, book, now() - timedelta(days=days, hours=1) - START)
        for use in asked:
            answers = [ask(use) for ask in surfaces]
            assert all(each.same(answers[0]) for each in answers), answers
            assert answers[0].same(plain(use, answers[0].at))
        transaction.set_rollback(True)


def plain(use: Use, at: datetime | None) -> Given:
    """What the sentences of the rules say of the rows."""
    assert at is not None
    ref = f"tool:coe/{use.package}"
    environment, data_class = use.environment, DataClass[use.data_class.upper()]
    return Given(
        *PlainReading(read_book(), "risk-ml", ref, use.version, environment, data_class, at).answer()
    )


def written(world: World, book: Book, shift: timedelta) -> None:
    """A generated book as rows, its days moved so that they lie around now. What the database refuses is left out:
    a grant that overlaps another."""
    kept_grants: dict[int, Any] = {}
    environments = {name: Environment.objects.get(slug=slug) for name, slug in ENVIRONMENTS.items()}
    capabilities: dict[str, Capability] = {}
    for each in book.standards:
        where = capabilities.setdefault(
            each.capability,
            Capability._base_manager.create(slug=f"{each.capability}-made", name="Made", quadrant="building")
            if each.capability not in capabilities
            else capabilities.get(each.capability),  # type: ignore[arg-type]
        )
        rules = {(r.tool, r.versions.text, r.environment, r.data_class): r for r in each.rules}
        rows = [
            {
                "tool": world.tools[r.tool],
                "versions": r.versions.text,
                "environment": environments.get(r.environment or ""),
                "data_class": None if r.data_class is None else r.data_class.value,
                "ring": str(r.ring),
            }
            for r in rules.values()
        ]
        a_standard(where, each.revision, each.effective_from + shift, rows)
    for grant in book.grants:
        if grant.tool not in world.tools or any(overlaps(grant, other) for other in kept_grants):
            continue
        kept_grants[grant] = a_grant(
            world.tools[grant.tool],
            ENVIRONMENTS[grant.environment],
            TEAMS[grant.team],
            versions=grant.versions.text,
            data_class=3 if grant.data_class is None else grant.data_class.value,
            starts=grant.starts + shift,
            expires=grant.expires + shift,
            revoked_at=grant.revoked_at + shift if grant.revoked_at else None,
            provisional=grant.provisional,
        )
    for condition in book.conditions:
        for grant, row in kept_grants.items():
            if grant.id == condition.grant:
                met = condition.met_at + shift if condition.met_at else None
                a_condition(row, due=condition.due + shift, met_at=met)


def overlaps(one: Any, other: Any) -> bool:
    same = (one.team, one.tool, one.environment) == (other.team, other.tool, other.environment)
    return same and one.starts < other.ends and other.starts < one.ends


@pytest.mark.parametrize(("shift", "allowed"), [(-1, True), (0, False), (1, False)])
def test_an_exception_ends_at_its_instant_everywhere(
    people: People,
    surfaces: list[Ask],
    script: Client,
    monkeypatch: pytest.MonkeyPatch,
    shift: int,
    allowed: bool,
) -> None:
    world = World.of(people)
    asking.a_cluster()
    grant = a_grant(world.tools["wandb"])
    instant = grant.expires + timedelta(microseconds=shift)
    stamp = kept._stamp
    monkeypatch.setattr(kept, "_stamp", lambda: (stamp()[0], instant))
    answers = [ask(Use("wandb")) for ask in surfaces]
    assert {each.at for each in answers} == {instant}
    assert {each.allowed for each in answers} == {allowed}
    assert {each.reason for each in answers} == {"excepted" if allowed else "grant_expired"}
    said = asking.admitted(script, asking.review("wandb/local:1.0.0"))
    assert said["allowed"] is allowed
    assert grant.expires.isoformat() in (said["warnings"][0] if allowed else said["status"]["message"])


def test_a_grant_that_ends_while_asking(people: People, surfaces: list[Ask]) -> None:
    """By the database's own clock: whoever asks before the end is allowed, whoever asks after it is not."""
    world = World.of(people)
    grant = a_grant(world.tools["wandb"], expires=now() + timedelta(milliseconds=700))
    seen: set[bool] = set()
    for _ in range(200):
        for answer in [ask(Use("wandb")) for ask in surfaces]:
            assert answer.at is not None and answer.allowed == (answer.at < grant.expires)
            seen.add(answer.allowed)
        if False in seen:
            break
    assert seen == {True, False}


def test_an_answer_is_kept_for_minutes_and_never_past_its_exception(people: People, script: Client) -> None:
    world = World.of(people)
    a_grant(world.tools["wandb"], expires=now() + timedelta(seconds=90))
    for package, most in (("wandb", 90), ("mlflow", 300), ("unheard", 300)):
        answer = script.post(asking.DECIDE, Use(package).as_json(), "application/json").json()
        kept_for = datetime.fromisoformat(answer["cache_until"]) - datetime.fromisoformat(answer["at"])
        assert timedelta(seconds=most - 30) <= kept_for <= timedelta(seconds=most)


@pytest.mark.parametrize("package", ["mlflow", "wandb", "neptune"])
def test_admission_answers_as_the_others_do(people: People, script: Client, package: str) -> None:
    World.of(people)
    asking.a_cluster()
    images = {"mlflow": "ghcr.io/mlflow/mlflow", "wandb": "wandb/local", "neptune": "neptune/server"}
    answer = asking.by_rest(script, Use(package, version="2.0.0"))
    said = asking.admitted(script, asking.review(f"{images[package]}:2.0.0"))
    assert said["allowed"] is answer.allowed
    assert answer.allowed or f": {answer.reason}: " in said["status"]["message"]
