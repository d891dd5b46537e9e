"""Lists that a form finds one row in by typing: what is offered, what a typed text means, who answers.

An app offers its own as constants in `queries/lookups.py`, names them in `FoundField`s, and answers for them at one
address. Every list starts from what the person may see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from apps.core.errors import NotFound

MOST = 30  # rows offered at once
LONGEST = 200
Option = dict[str, str]  # value, label, more


@dataclass(frozen=True, slots=True)
class Lookup:
    """`offered` takes a person and words, without words it gives the nearest rows; `find` takes a person and a value.

    `route` is the address that answers for the list `name` in JSON.
    """

    route: str
    name: str
    offered: Callable[[Any, str], list[Option]]
    find: Callable[[Any, str], Any | None]

    @property
    def url(self) -> str:
        return reverse(self.route, args=[self.name])


def by_name(*lookups: Lookup) -> dict[str, Lookup]:
    return {lookup.name: lookup for lookup in lookups}


def options_of(request: HttpRequest, lookups: Mapping[str, Lookup], name: str) -> JsonResponse:
    """`[{value, label, more}]` for the combobox."""
    if name not in lookups:
        raise NotFound
    words = request.GET.get("q", "").strip()[:LONGEST]
    return JsonResponse(lookups[name].offered(request.user, words), safe=False)
