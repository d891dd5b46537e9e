"""Filters of a small list: one select each, kept in the address."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import QueryDict
from django.urls import reverse


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
