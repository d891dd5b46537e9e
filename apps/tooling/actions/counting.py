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
MOST_NAMES = 200  # of a team's day; unknown names beyond are counted together, so that nobody fills the table
OTHERS = "(others)"

# A lost count of the last second does no harm, so nobody waits for the disk, and for another's count not for long.
COUNT = """
WITH hurried AS MATERIALIZED (
  SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '250ms', true)
)
, given AS (
  SELECT each.*, (statement_timestamp() AT TIME ZONE 'UTC')::date AS day, %s::bigint AS team
  FROM hurried, unnest(%s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::int[])
    AS each (name, tool, reason, exception, number)
), known AS (
  SELECT DISTINCT old.tool_name AS name FROM tooling_decisioncount AS old
  JOIN (SELECT DISTINCT day, team FROM given WHERE tool IS NULL) AS here
    ON (old.day, old.team_id) = (here.day, here.team)
  WHERE old.tool_id IS NULL
), numbered AS (
  SELECT new.name, row_number() OVER (ORDER BY new.name) + (SELECT count(*) FROM known) AS place
  FROM (SELECT name FROM given WHERE tool IS NULL EXCEPT SELECT name FROM known) AS new
), bounded AS (
  SELECT given.*, CASE WHEN numbered.place > %s THEN %s ELSE given.name END AS told
  FROM given LEFT JOIN numbered ON given.tool IS NULL AND numbered.name = given.name
)
INSERT INTO tooling_decisioncount
  (day, team_id, environment_id, surface, tool_name, tool_id, reason, grant_id, count)
SELECT day, team, %s, %s, told, max(tool), reason, exception, sum(number)
FROM bounded GROUP BY day, team, told, reason, exception ORDER BY told, reason, exception NULLS FIRST
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
    """In one statement, which sorts them so that two of them never wait for each other in a circle."""
    told = Counter(Counted.of(*each) for each in given if each[2].excepted or not each[2].allowed)
    if not told:
        return
    columns = [list(column) for column in zip(*told, strict=True)]
    bound = (MOST_NAMES, OTHERS)
    where = (place.environment.pk, surface)
    values: list[Any] = [place.team.pk, *columns, list(told.values()), *bound, *where]
    guard = transaction.atomic() if connection.in_atomic_block else nullcontext()
    try:
        with guard, connection.cursor() as cursor:
            cursor.execute(COUNT, values)
    except DatabaseError:
        log.exception("decisions were not counted", surface=surface, rows=len(told))
