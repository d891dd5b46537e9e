"""Answers are given here and counted: denials and excepted uses by day; what is allowed writes nothing.

A count is for metrics and for finding unused exceptions; an answer never waits for it and never fails with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, NamedTuple

import structlog
from django.db import DatabaseError, connection, transaction

from apps.tooling.decide import Decision
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.deciding import Asked, Checked, Place, asked, checked_file, place_of
from apps.tooling.queries.kept import Tool

log = structlog.get_logger(__name__)
LONGEST_NAME = 214
MOST_NAMES = (
    500  # of one file; unknown names beyond are counted together, so that a file cannot fill the table
)
OTHERS = "(others)"

# A lost count of the last second does no harm, so nobody waits for the disk, and for another's count not for long.
COUNT = """
WITH hurried AS MATERIALIZED (
  SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '250ms', true)
)
INSERT INTO tooling_decisioncount
  (day, team_id, environment_id, surface, tool_name, tool_id, reason, grant_id, count)
SELECT (statement_timestamp() AT TIME ZONE 'UTC')::date, %s, %s, %s, each.*
FROM hurried, unnest(%s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::int[]) AS each
ON CONFLICT (day, team_id, tool_name, environment_id, reason, surface, grant_id)
DO UPDATE SET count = tooling_decisioncount.count + EXCLUDED.count
"""


class Counted(NamedTuple):
    """What is told apart, besides day, team, environment and surface."""

    name: str
    tool: int | None
    reason: str
    grant: int | None

    @classmethod
    def of(cls, name: str, tool: Tool | None, decision: Decision) -> Counted:
        grant = decision.grant.id if decision.grant else None
        return cls(name[:LONGEST_NAME], tool.pk if tool else None, str(decision.reason), grant)


def decide_use(
    user: Any,
    surface: str,
    *,
    tool: str,
    environment: str,
    version: str | None = None,
    data_class: str = "internal",
    team: str | None = None,
) -> Asked:
    """May this team use this tool here? Answers for every surface, and counts.

    Raises Forbidden for a team that is not the asker's own or a token without the scope, Invalid for an unknown
    environment or data class.
    """
    now = snapshot()
    place = place_of(user, now, environment=environment, data_class=data_class, team=team)
    answer = asked(place, now, tool, version)
    count_answers(answer.place, surface, [answer])
    return answer


def check_file(
    user: Any, surface: str, content: bytes, name: str = "", *, strict: bool = False, **where: Any
) -> Checked:
    """The same for every line of a file; `where` are environment, data class and team. Raises ManifestError besides."""
    now = snapshot()
    checked = checked_file(place_of(user, now, **where), now, content, name, strict=strict)
    given = ((each.tool, checked.tools.get(each.tool), each.decision) for each in checked.report.findings)
    _count(checked.place, surface, given)
    return checked


def count_answers(place: Place, surface: str, answers: Iterable[Asked]) -> None:
    """Answers of one place that were not given by `decide_use`."""
    _count(place, surface, ((each.name, each.tool, each.decision) for each in answers))


def _count(place: Place, surface: str, given: Iterable[tuple[str, Tool | None, Decision]]) -> None:
    """In one statement, sorted so that two of them never wait for each other in a circle."""
    told = [Counted.of(*each) for each in given if each[2].excepted or not each[2].allowed]
    rows = sorted(
        _bounded(Counter(told)).items(), key=lambda row: (row[0].name, row[0].reason, row[0].grant or 0)
    )
    if not rows:
        return
    columns = [list(column) for column in zip(*(key for key, _ in rows), strict=True)]
    values = [place.team.pk, place.environment.pk, surface, *columns, [number for _, number in rows]]
    guard = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with guard, connection.cursor() as cursor:
            cursor.execute(COUNT, values)
    except DatabaseError:
        log.exception("decisions were not counted", surface=surface, rows=len(rows))


def _bounded(rows: Counter[Counted]) -> Counter[Counted]:
    found: Counter[Counted] = Counter()
    for place, (key, number) in enumerate(rows.items()):
        found[key if key.tool or place < MOST_NAMES else key._replace(name=OTHERS)] += number
    return found
