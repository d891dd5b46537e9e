"""Generated cycles: a strategy of small ones with everything that can hang together, and large ones from a seed."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import strategies as st

from apps.roadmap.planning.instance import MICRO_WEEKS, Instance, Request, Standing, Unit

ROLES = ("data", "ml", "web")


@st.composite
def cycles(draw: Any, requests: int = 6, units: int = 4) -> Instance:
    """Valid instances, most of them without anything off the top. Numbers are small, so that ties are common."""
    count = draw(st.integers(1, requests))
    listed = tuple(_request(draw, number) for number in range(count))
    shares = _shares(draw, draw(st.integers(1, units)))
    voters = tuple(Unit(f"u{number}", share, _ballot(draw, count)) for number, share in enumerate(shares))
    capacities = {role: draw(st.integers(0, 12)) for role in ROLES}
    capacities["ml"] += 20  # room for whatever is mandatory, so that the instance can be planned
    return Instance(capacities, listed, voters)


def _request(draw: Any, number: int) -> Request:
    earlier = [f"r{each}" for each in range(number)]
    some = st.frozensets(st.sampled_from(earlier), max_size=2) if earlier else st.just(frozenset())
    needs = draw(some) if draw(st.booleans()) else frozenset()
    excludes = (draw(some) if draw(st.integers(0, 3)) == 0 else frozenset()) - needs
    weeks = {role: draw(st.integers(0, 5)) for role in ROLES}
    weeks["ml"] = max(weeks["ml"], 1)
    mandatory = not needs and not excludes and weeks["data"] == weeks["web"] == 0
    standing = Standing.MANDATORY if mandatory and draw(st.booleans()) else Standing.OPEN
    return Request(f"r{number}", weeks, draw(st.integers(0, 9)), needs, excludes, standing)


def _shares(draw: Any, count: int) -> list[int]:
    cuts = sorted(draw(st.lists(st.integers(0, 10), min_size=count - 1, max_size=count - 1)))
    return [(high - low) * 1000 for low, high in zip([0, *cuts], [*cuts, 10], strict=True)]


def _ballot(draw: Any, count: int) -> dict[str, int] | None:
    if draw(st.integers(0, 7)) == 0:
        return None
    return {f"r{number}": draw(st.integers(0, 100 // count)) for number in range(count)}


def large_cycle(requests: int, units: int, seed: int, roles: int = 5) -> Instance:
    """A quarter as companies have them: needs of one to three roles, capacity for two fifths of what is asked."""
    chance = random.Random(seed)
    names = [f"role{number}" for number in range(roles)]
    listed = [_likely_request(chance, number, names) for number in range(requests)]
    capacities = {role: int(sum(each.weeks.get(role, 0) for each in listed) * 0.4) for role in names}
    cuts = sorted(chance.sample(range(200, 10_000, 7), units - 1))
    shares = [high - low for low, high in zip([0, *cuts], [*cuts, 10_000], strict=True)]
    voters = [
        Unit(f"u{number:02}", share, _likely_ballot(chance, requests)) for number, share in enumerate(shares)
    ]
    return Instance(capacities, tuple(listed), tuple(voters))


def _likely_request(chance: random.Random, number: int, roles: list[str]) -> Request:
    weeks = {
        role: chance.randrange(1, 90) * MICRO_WEEKS // 10
        for role in chance.sample(roles, chance.randrange(1, 4))
    }
    one = frozenset({f"r{chance.randrange(number or 1):03}"})
    needs = one if number > 5 and chance.random() < 0.15 else frozenset()
    excludes = one if number > 5 and not needs and chance.random() < 0.05 else frozenset()
    return Request(f"r{number:03}", weeks, chance.randrange(1, 1000), needs, excludes)


def _likely_ballot(chance: random.Random, requests: int) -> dict[str, int]:
    chosen = chance.sample(range(requests), min(requests, 20))
    ballot = dict.fromkeys((f"r{number:03}" for number in chosen), 0)
    for _ in range(100):
        ballot[f"r{chance.choice(chosen):03}"] += 1
    return ballot


def shuffled(instance: Instance, seed: int) -> Instance:
    """The same instance, made from parts in another order."""
    chance = random.Random(seed)

    def mixed(pairs: Any) -> list[Any]:
        listed = list(pairs)
        chance.shuffle(listed)
        return listed

    requests = [
        Request(
            each.id, dict(mixed(each.weeks.items())), each.value, each.needs, each.excludes, each.standing
        )
        for each in instance.requests
    ]
    units = [
        Unit(each.id, each.share, None if each.ballot is None else dict(mixed(each.ballot.items())))
        for each in instance.units
    ]
    return Instance(dict(mixed(instance.capacities.items())), tuple(mixed(requests)), tuple(mixed(units)))
