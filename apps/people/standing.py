"""Where somebody stands in the organisation now: their teams, units and roles, read in one statement.

Every rule about ownership asks this. It is read once per user object (one object per request) and holds ids
only, so that permission filters compare columns with literal lists.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

# Memberships of ended teams give nothing. "Units seen" are the units of one's teams with all units above them
# (a member below sees what the owner's unit shows), and the units that one sponsors or serves as liaison. A sponsor
# answers for their units and all units below them.
STATEMENT = """
WITH RECURSIVE mine AS (
    SELECT t.id, t.group_id, t.kind, t.coe_office, t.business_unit_id, m.role
    FROM people_membership m JOIN people_team t ON t.id = m.team_id
    WHERE m.user_id = %(user)s AND m.starts <= statement_timestamp()
      AND (m.ends IS NULL OR m.ends > statement_timestamp())
      AND (t.ends IS NULL OR t.ends > statement_timestamp())
    UNION ALL
    SELECT t.id, t.group_id, t.kind, t.coe_office, t.business_unit_id, 'member'
    FROM people_serviceaccount s JOIN people_team t ON t.id = s.team_id
    WHERE s.user_id = %(user)s AND (t.ends IS NULL OR t.ends > statement_timestamp())
), above(id) AS (
    SELECT business_unit_id FROM mine WHERE business_unit_id IS NOT NULL
    UNION SELECT u.parent_id FROM people_businessunit u JOIN above ON above.id = u.id WHERE u.parent_id IS NOT NULL
), seen(id) AS (
    SELECT id FROM above
    UNION SELECT id FROM people_businessunit WHERE sponsor_id = %(user)s
    UNION SELECT business_unit_id FROM people_liaison
          WHERE user_id = %(user)s AND starts <= statement_timestamp() AND (ends IS NULL OR ends > statement_timestamp())
), answered(id) AS (
    SELECT id FROM people_businessunit WHERE sponsor_id = %(user)s
    UNION SELECT u.id FROM people_businessunit u JOIN answered ON u.parent_id = answered.id
)
SELECT 'team', id, group_id, kind, coe_office, role FROM mine
UNION ALL SELECT 'unit', id, NULL, '', false, '' FROM seen
UNION ALL SELECT 'unit team', t.id, NULL, '', false, ''
          FROM people_team t JOIN seen ON seen.id = t.business_unit_id
UNION ALL SELECT 'sponsored', id, NULL, '', false, '' FROM people_businessunit WHERE sponsor_id = %(user)s
UNION ALL SELECT 'answered', id, NULL, '', false, '' FROM answered
UNION ALL SELECT 'seat', NULL, NULL, seat, false, '' FROM people_committeeseat
          WHERE user_id = %(user)s AND starts <= statement_timestamp() AND (ends IS NULL OR ends > statement_timestamp())
"""


@dataclass(frozen=True)
class Standing:
    """Ids and roles of one user at one moment."""

    teams: frozenset[int] = frozenset()
    led_teams: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()
    unit_teams: frozenset[int] = frozenset()
    sponsored_units: frozenset[int] = frozenset()
    answered_units: frozenset[int] = frozenset()
    seats: frozenset[str] = frozenset()
    coe_lead: bool = False
    platform_engineer: bool = False
    superuser: bool = False

    @property
    def sees_everything(self) -> bool:
        return self.coe_lead or self.superuser

    @property
    def administers_organisation(self) -> bool:
        """CoE leads; superusers too, or nobody could name the first CoE lead."""
        return self.coe_lead or self.superuser

    @property
    def opens_admin(self) -> bool:
        """The admin's door: CoE leads, platform engineers, superusers; what each sees inside, policies say."""
        return self.coe_lead or self.platform_engineer or self.superuser

    @property
    def roles(self) -> list[str]:
        """Names of the roles that follow from rows, in the order of `people.md`."""
        held = {
            "coe_lead": self.coe_lead,
            "platform_engineer": self.platform_engineer,
            "finance": "finance" in self.seats,
            "security": "security" in self.seats,
            "legal": "legal" in self.seats,
            "sponsor": bool(self.sponsored_units),
        }
        return [name for name, holds in held.items() if holds]


def standing_of(user: Any) -> Standing:
    """The user's standing, read once per user object."""
    cached: Standing | None = user.__dict__.get("_standing")
    if cached is None:
        cached = user.__dict__["_standing"] = _read(user)
    return cached


def forget_standing(user: Any) -> None:
    """After a change of the user's own rows within one request."""
    user.__dict__.pop("_standing", None)


def _read(user: Any) -> Standing:
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, {"user": user.pk})
        rows = cursor.fetchall()
    teams = [row for row in rows if row[0] == "team"]
    return Standing(
        teams=frozenset(row[1] for row in teams),
        led_teams=frozenset(row[1] for row in teams if row[5] == "lead"),
        groups=frozenset(row[2] for row in teams),
        units=_ids(rows, "unit"),
        unit_teams=_ids(rows, "unit team"),
        sponsored_units=_ids(rows, "sponsored"),
        answered_units=_ids(rows, "answered"),
        seats=frozenset(row[3] for row in rows if row[0] == "seat"),
        coe_lead=any(row[4] for row in teams),
        platform_engineer=any(row[3] == "central" for row in teams),
        superuser=user.is_superuser,
    )


def _ids(rows: Iterable[tuple[Any, ...]], label: str) -> frozenset[int]:
    return frozenset(row[1] for row in rows if row[0] == label)
