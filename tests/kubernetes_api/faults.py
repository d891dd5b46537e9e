"""The ways in which an API server, or what stands in front of it, fails; tests switch them on per path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal[
    "busy",  # 429 in plain text, with Retry-After where `retry_after` is given
    "unavailable",  # 503 in plain text, likewise
    "html",  # 200 with a web page, as a login page answers
    "redirect",  # 302 to another host
    "truncated",  # 200, well framed, but the JSON ends in its middle
    "cut",  # the connection closes in the middle of the body
    "slow",  # nothing for `seconds`, then the right answer
    "drip",  # the right answer, a few bytes each `seconds`
    "echo",  # 500 whose body repeats the request's Authorization header
]


@dataclass(slots=True)
class Fault:
    """Happens to the requests under `path` after the first `skip`, `times` times (-1: always)."""

    kind: FaultKind
    path: str
    times: int = 1
    skip: int = 0
    seconds: float = 0.0
    retry_after: str = ""

    def strikes(self, path: str) -> bool:
        """Whether this request is hit; counts it."""
        if path != self.path or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= self.times > 0
        return True
