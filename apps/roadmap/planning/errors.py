"""The planner's one error: sentences for the person who has to put the input right."""

from __future__ import annotations

from collections.abc import Iterable


class PlanningError(ValueError):
    """`problems` are the sentences, `items` the ids (of requests, units, roles) that they are about."""

    def __init__(self, problems: str | Iterable[str], items: Iterable[str] = ()) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        self.items = tuple(items)
        super().__init__(" ".join(self.problems))
