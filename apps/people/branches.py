"""The tree of business units in SQL, whole, at any depth: which units lie in one line, and who answers for a unit."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Func

# A bound on the depth ends the walk also where a tree was spoiled by hand.
UPWARDS = """(WITH RECURSIVE up(id, parent_id, sponsor_id, depth) AS (
    SELECT id, parent_id, sponsor_id, 0 FROM people_businessunit WHERE id = %(unit)s
    UNION ALL SELECT u.id, u.parent_id, u.sponsor_id, up.depth + 1
              FROM people_businessunit u JOIN up ON u.id = up.parent_id WHERE up.depth < 64
) %(wanted)s)"""
LINE = "SELECT up.id FROM up"
SPONSOR = """SELECT up.sponsor_id FROM up JOIN people_user p ON p.id = up.sponsor_id AND p.is_active
    ORDER BY up.depth LIMIT 1"""


class InOneLine(Func):
    """Whether two units are the same one, or one of them contains the other. Units beside each other do not."""

    arity = 2
    output_field = models.BooleanField()

    def as_sql(
        self, compiler: Any, connection: Any, *form: Any, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        (first, one), (second, two) = (compiler.compile(each) for each in self.get_source_expressions())
        sql = f"({first} IN {_upwards(second, LINE)} OR {second} IN {_upwards(first, LINE)})"
        return sql, (*one, *two, *two, *one)


class NearestSponsor(Func):
    """The active person who sponsors the unit, else the nearest unit above it that has one."""

    arity = 1
    output_field = models.BigIntegerField()

    def as_sql(
        self, compiler: Any, connection: Any, *form: Any, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        ((unit, given),) = (compiler.compile(each) for each in self.get_source_expressions())
        return _upwards(unit, SPONSOR), tuple(given)


def _upwards(unit: str, wanted: str) -> str:
    """`unit` is an expression that the compiler made; what it was given goes beside it."""
    return UPWARDS % {"unit": unit, "wanted": wanted}
