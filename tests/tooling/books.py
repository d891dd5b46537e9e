"""Small books to decide on: short makers for tests, and hypothesis strategies over a universe that collides often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from apps.tooling.book import Book, Condition, Grant, Rule, Standard
from apps.tooling.versions import Specifier
from apps.tooling.vocabulary import DataClass, Ring

START = datetime(2026, 1, 1, tzinfo=UTC)
TEAMS = ("risk", "pricing")
TOOLS = ("mlflow", "wandb", "neptune", "unheard")
ENVIRONMENTS = ("dev", "production")
VERSIONS = ("1.0", "2.0", "2.1rc1", "latest", None)
SPECIFIERS = tuple(Specifier(text) for text in ("*", "<2", ">=2"))


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def rule(tool: str, ring: Ring, **named: Any) -> Rule:
    versions = Specifier(named.pop("versions", "*"))
    return Rule(tool, versions, named.get("environment"), named.get("data_class"), ring)


def standard(*rules: Rule, capability: str = "tracking", revision: int = 1, since: float = 0) -> Standard:
    return Standard(capability, revision, rules, "One place for runs.", "A better one.", day(since))


def grant(**said: Any) -> Grant:
    fields: dict[str, Any] = {
        "id": 1,
        "team": "risk",
        "tool": "wandb",
        "versions": Specifier(said.pop("versions", "*")),
        "environment": "production",
        "data_class": None,
        "starts": day(10),
        "expires": day(20),
    }
    return Grant(**{**fields, **said})


days = st.integers(0, 12).map(day)
classes = st.sampled_from(DataClass)
rules = st.builds(
    Rule,
    tool=st.sampled_from(TOOLS[:3]),
    versions=st.sampled_from(SPECIFIERS),
    environment=st.sampled_from((None, *ENVIRONMENTS)),
    data_class=st.none() | classes,
    ring=st.sampled_from(Ring),
)


@st.composite
def standards(draw: st.DrawFn) -> tuple[Standard, ...]:
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from(("serving", "tracking")), st.integers(1, 4)), unique=True, max_size=5
        )
    )
    return tuple(
        Standard(name, revision, tuple(draw(st.lists(rules, max_size=6))), "", "", draw(days))
        for name, revision in keys
    )


@st.composite
def grants(draw: st.DrawFn, number: int, known: tuple[Rule, ...]) -> Grant:
    starts = draw(st.integers(0, 10))
    expires = starts + draw(st.integers(1, 6))
    revoked = draw(st.none() | st.integers(starts, expires + 1))
    bans = [each for each in known if each.ring is Ring.BANNED]
    return Grant(
        id=number,
        team=draw(st.sampled_from(TEAMS)),
        tool=draw(st.sampled_from(TOOLS)),
        versions=draw(st.sampled_from(SPECIFIERS)),
        environment=draw(st.sampled_from(ENVIRONMENTS)),
        data_class=draw(st.none() | classes),
        starts=day(starts),
        expires=day(expires),
        revoked_at=None if revoked is None else day(revoked),
        provisional=draw(st.booleans()),
        bans=frozenset(draw(st.lists(st.sampled_from(bans), max_size=3)) if bans else ()),
    )


@st.composite
def books(draw: st.DrawFn) -> Book:
    written = draw(standards())
    known = tuple(each for one in written for each in one.rules)
    given_out = tuple(draw(grants(number, known)) for number in range(draw(st.integers(0, 6))))
    conditions = st.builds(
        Condition, grant=st.integers(0, 5), due=days, met_at=st.none() | days, text=st.just("Report")
    )
    return Book(written, given_out, tuple(draw(st.lists(conditions, max_size=5))))


uses = st.tuples(
    st.sampled_from(TEAMS),
    st.sampled_from(TOOLS),
    st.sampled_from(VERSIONS),
    st.sampled_from(ENVIRONMENTS),
    classes,
)
