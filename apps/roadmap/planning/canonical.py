"""The one JSON text of an instance and of its plans, and their hash: equal bytes for equal inputs, everywhere.

Keys and lists are sorted, nothing is a float (fractions are "numerator/denominator"), all characters are ASCII.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.instance import Instance, Request, Standing, Unit

FORMAT = "coe-planning-1"


def canonical_json(thing: object) -> bytes:
    """Any of the planner's dataclasses as canonical JSON. Raises TypeError for a float or an unknown type."""
    return json.dumps(_plain(thing), sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def instance_json(instance: Instance) -> bytes:
    """The frozen inputs as they are exported; `read_instance` reads them back."""
    return canonical_json(
        {"format": FORMAT, **{each.name: getattr(instance, each.name) for each in fields(instance)}}
    )


def instance_hash(instance: Instance) -> str:
    return hashlib.sha256(instance_json(instance)).hexdigest()


def _plain(thing: object) -> Any:
    if isinstance(thing, Enum):
        return thing.value
    if thing is None or isinstance(thing, (str, bool, int)):
        return thing
    if isinstance(thing, Fraction):
        return f"{thing.numerator}/{thing.denominator}"
    if is_dataclass(thing) and not isinstance(thing, type):
        return {each.name: _plain(getattr(thing, each.name)) for each in fields(thing)}
    if isinstance(thing, Mapping):
        return {_key(key): _plain(each) for key, each in thing.items()}
    if isinstance(thing, (frozenset, set)):
        return sorted(_plain(each) for each in thing)
    if isinstance(thing, (tuple, list)):
        return [_plain(each) for each in thing]
    raise TypeError(f"{type(thing).__name__} has no canonical form")


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    raise TypeError("a key of canonical JSON is a text")


def read_instance(text: bytes | str) -> Instance:
    """An instance from its exported JSON, not checked yet. Raises PlanningError where the text is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlanningError(f"The file is no JSON: {error}.") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise PlanningError(f'The file is no exported instance: its "format" is not "{FORMAT}".')
    return Instance(
        capacities=_amounts(data.get("capacities"), "capacities"),
        requests=tuple(_request(each) for each in _list(data.get("requests"), "requests")),
        units=tuple(_unit(each) for each in _list(data.get("units"), "units")),
        reserve=_amounts(data.get("reserve", {}), "reserve"),
    )


def _request(data: object) -> Request:
    row = _row(data, "a request", {"id", "weeks", "value", "needs", "excludes", "standing"})
    name = _text(row.get("id"), "the id of a request")
    standing = row.get("standing", Standing.OPEN)
    if standing not in list(Standing):
        raise PlanningError(
            f"The standing of {name} is {standing!r}: it is one of {', '.join(Standing)}.", (name,)
        )
    needs, excludes = (
        frozenset(
            _text(each, f"an id in {side} of {name}")
            for each in _list(row.get(side, []), f"{side} of {name}")
        )
        for side in ("needs", "excludes")
    )
    weeks = _amounts(row.get("weeks"), f"weeks of {name}")
    return Request(
        name, weeks, _whole(row.get("value", 0), f"value of {name}"), needs, excludes, Standing(standing)
    )


def _unit(data: object) -> Unit:
    row = _row(data, "a unit", {"id", "share", "ballot"})
    name = _text(row.get("id"), "the id of a unit")
    ballot = row.get("ballot")
    given = None if ballot is None else _amounts(ballot, f"ballot of {name}")
    return Unit(name, _whole(row.get("share"), f"share of {name}"), given)


def _row(data: object, what: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise PlanningError(f"In the file, {what} is {type(data).__name__} instead of an object.")
    if unknown := sorted(set(data) - known):
        raise PlanningError(f"In the file, {what} has the unknown members {', '.join(unknown)}.")
    return data


def _list(data: object, what: str) -> list[Any]:
    if not isinstance(data, list):
        raise PlanningError(f"In the file, {what} is no list.")
    return data


def _amounts(data: object, what: str) -> dict[str, int]:
    if not isinstance(data, dict):
        raise PlanningError(f"In the file, {what} is no object of whole numbers.")
    return {_text(key, f"a key of {what}"): _whole(amount, what) for key, amount in data.items()}


def _whole(data: object, what: str) -> int:
    if type(data) is not int:
        raise PlanningError(f"In the file, {what} holds {data!r}, which is no whole number.")
    return data


def _text(data: object, what: str) -> str:
    if not isinstance(data, str) or not data:
        raise PlanningError(f"In the file, {what} is {data!r} instead of a text.")
    try:
        data.encode()
    except UnicodeEncodeError as error:
        raise PlanningError(f"In the file, {what} is {data!a}, which no character set can write.") from error
    return data
