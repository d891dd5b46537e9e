"""Standards, packages and grants of a large company, as rows on top of its catalog: the same at every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]
STANDARDS, TOOLS_EACH, GRANTS, TEAMS = 1_000, 5, 10_000, 1_000
FIRST = 1_000_000  # ids of tools, above those of the catalog
NOW = datetime.now(UTC)
RINGS = ("recommended", "recommended", "trial", "hold", "assess")  # of a capability's five tools


def fill_tooling() -> None:
    """1,000 capabilities with five tools each, a package of PyPI for each tool, 10,000 grants of 1,000 teams."""
    from django.db import connection

    from apps.catalog.models import Entity
    from apps.tooling.models import Capability, ExceptionRequest, Grant, Package, Standard, StandardRule
    from tests.benchmarks.copying import copy_rows

    copy_rows(Entity, _tools())
    copy_rows(Package, _packages())
    copy_rows(Capability, _capabilities())
    copy_rows(Standard, _standards())
    copy_rows(StandardRule, _rules())
    copy_rows(ExceptionRequest, _requests())
    copy_rows(Grant, _grants())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _tools() -> Iterator[Row]:
    for number in range(STANDARDS * TOOLS_EACH):
        yield {
            "id": FIRST + number,
            "kind": "tool",
            "namespace": "coe",
            "name": f"tool-{number}",
            "title": f"Tool {number}",
            "owner_id": 1,
            "visibility": "company",
            "search_vector": None,
        }


def _packages() -> Iterator[Row]:
    for number in range(STANDARDS * TOOLS_EACH):
        yield {"id": number + 1, "ecosystem": "pypi", "name": f"tool-{number}", "tool_id": FIRST + number}


def _capabilities() -> Iterator[Row]:
    for number in range(STANDARDS):
        yield {
            "id": number + 1,
            "slug": f"capability-{number}",
            "name": f"Capability {number}",
            "quadrant": "building",
        }


def _standards() -> Iterator[Row]:
    for number in range(STANDARDS):
        yield {
            "id": number + 1,
            "capability_id": number + 1,
            "revision": 1,
            "rationale": "Why it is so.",
            "effective_from": NOW - timedelta(days=90),
        }


def _rules() -> Iterator[Row]:
    """Two for each tool: everywhere, and a version of it for development."""
    pk = 0
    for number in range(STANDARDS * TOOLS_EACH):
        for versions, environment, ring in (("*", None, RINGS[number % TOOLS_EACH]), (">=2", 1, "trial")):
            pk += 1
            yield {
                "id": pk,
                "standard_id": number // TOOLS_EACH + 1,
                "tool_id": FIRST + number,
                "versions": versions,
                "environment_id": environment,
                "data_class": None,
                "ring": ring,
            }


def _requests() -> Iterator[Row]:
    for number in range(GRANTS):
        yield {
            "id": number + 1,
            "state": "active",
            "team_id": number % TEAMS + 1,
            "requester_id": 1,
            "tool_id": _granted(number),
            "level": "medium",
            "submitted_at": NOW,
            "due_at": NOW,
            "requested_until": (NOW + timedelta(days=90)).date(),
            "search_vector": None,
        }


def _granted(number: int) -> int:
    """A tool on hold; each team has ten of them."""
    capability = (number + number // TEAMS) % STANDARDS
    return FIRST + capability * TOOLS_EACH + 3


def _grants() -> Iterator[Row]:
    dice = random.Random("grants")
    for number in range(GRANTS):
        starts = NOW - timedelta(days=dice.randrange(1, 60))
        yield {
            "id": number + 1,
            "request_id": number + 1,
            "team_id": number % TEAMS + 1,
            "tool_id": _granted(number),
            "versions": dice.choice(("*", ">=1,<3")),
            "scheme": "pep440",
            "environment_id": 1 + number // TEAMS % 4,
            "data_class": 3,
            "starts": starts,
            "expires": starts + timedelta(days=90),
        }
