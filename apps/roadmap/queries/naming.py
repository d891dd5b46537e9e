"""Names for what the planner knows by ids: of requests only those that the reader may see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.people.models import BusinessUnit
from apps.roadmap.models import Request
from apps.roadmap.planning.instance import Instance
from apps.roadmap.queries.instance import key, request_id
from apps.roadmap.queries.planner_words import role_name
from apps.roadmap.workflow import Role

UNSEEN = "a request not shown to you"
STRATEGIC = "strategic"


@dataclass(frozen=True, slots=True)
class Names:
    """`requests` are the visible ones by the planner's key; every other key reads as one not shown."""

    requests: Mapping[str, Request]
    units: Mapping[str, str]

    def shows(self, name: str) -> bool:
        return name in self.requests

    def all_shown(self, names: Iterable[str]) -> bool:
        return all(map(self.shows, names))

    def title(self, name: str) -> str:
        return f"“{self.requests[name]}”" if name in self.requests else UNSEEN

    def titles(self, names: Iterable[str]) -> list[str]:
        """What is not shown stands there once, with its number."""
        shown = [self.title(name) for name in names if self.shows(name)]
        hidden = sum(not self.shows(name) for name in names)
        more = [UNSEEN] if hidden == 1 else [f"{hidden} requests not shown to you"] if hidden else []
        return shown + more

    def unit(self, name: str) -> str:
        return self.units.get(name, name)


def names_of(user: Any, instance: Instance) -> Names:
    """Two statements, whatever is in the instance."""
    ids = [request_id(each.id) for each in instance.requests]
    rows = Request.objects.visible_to(user).filter(pk__in=ids).select_related("unit").defer("search_vector")
    return Names({key(row.pk): row for row in rows}, unit_names(unit.id for unit in instance.units))


def unit_names(voters: Iterable[str]) -> dict[str, str]:
    slugs = {name: name.removeprefix("unit:") for name in voters if name != STRATEGIC}
    rows = dict(BusinessUnit._base_manager.filter(slug__in=slugs.values()).values_list("slug", "name"))
    return {name: rows.get(slug, slug) for name, slug in slugs.items()} | {STRATEGIC: "the strategic wallet"}


PLANNER_KEY = re.compile(
    rf"request:(\d{{8,19}})( \([0-9.,]+\))?|unit:([a-z0-9-]+)|\b({'|'.join(Role.values)})\b(?!-)"
)


def told(user: Any, text: str) -> str:
    """The planner's sentences with names in place of its keys. Of a request that is not shown no figure is told."""
    found_keys = list(PLANNER_KEY.finditer(text))
    asked = {int(found[1]) for found in found_keys if found[1]}
    titles = dict(Request.objects.visible_to(user).filter(pk__in=asked).order_by().values_list("pk", "title"))
    units = unit_names(f"unit:{found[3]}" for found in found_keys if found[3])

    def name(found: re.Match[str]) -> str:
        if found[4]:
            return role_name(found[4])
        if found[3]:
            return units.get(found[0], found[0])
        pk = int(found[1])
        return f"“{titles[pk]}”{found[2] or ''}" if pk in titles else UNSEEN

    sentence = PLANNER_KEY.sub(name, text)
    return sentence[:1].upper() + sentence[1:]
