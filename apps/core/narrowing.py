"""What a list is narrowed to stands in its address, so that a view can be sent to somebody: filters and links."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

MOST_VALUES = 20  # of one filter


@dataclass(slots=True)
class Choice:
    """One filter: its name in the address, what it is called, what may be chosen, what is."""

    name: str
    label: str
    options: list[tuple[str, str]]
    value: str
    anything: str


@dataclass(slots=True)
class Narrowing:
    """The filters of a list. A value that is not among the options narrows to nothing: it stays shown."""

    params: QueryDict
    route: str
    choices: list[Choice] = field(default_factory=list)

    def choose(
        self, name: str, label: str, options: Iterable[tuple[str, str]], anything: str = "All"
    ) -> None:
        value = self.params.get(name, "")[:200]
        known = list(options)
        if value and value not in dict(known):
            known.append((value, value))
        self.choices.append(Choice(name, label, known, value, anything))

    @property
    def chosen(self) -> dict[str, str]:
        return {choice.name: choice.value for choice in self.choices if choice.value}

    @property
    def url(self) -> str:
        return reverse(self.route)


def address(params: QueryDict, route: str, /, **changes: Any) -> str:
    """A list's address with some parameters changed (None removes one); paging begins anew."""
    pairs = [(key, value) for key, value in kept(params) if key not in changes and key != "cursor"]
    for key, value in changes.items():
        pairs += [(key, item) for item in (value if isinstance(value, list) else [value]) if item is not None]
    query = urlencode(pairs)
    return reverse(route) + (f"?{query}" if query else "")


def kept(params: QueryDict) -> list[tuple[str, str]]:
    """What a link keeps of the address, so that following links never grows it without end."""
    pairs = [(key, values[:MOST_VALUES]) for key, values in params.lists() if key != "format"]
    return [(key, value) for key, values in pairs for value in values if value]
