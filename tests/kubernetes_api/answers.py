"""Answers in the form of a kube-apiserver: an error is a `Status` object, a few are plain text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

PLAIN = "text/plain; charset=utf-8"


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


class ApiError(Exception):
    """Ends the handling of a request with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def plain(status: int, text: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, text.encode(), PLAIN, named)


def failure(code: int, reason: str, message: str, **parts: Any) -> Answer:
    """A Status of failure; `metadata` and `details` stand where the real server puts them."""
    body: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": parts.pop("metadata", {}),
        "status": "Failure",
        "message": message,
        "reason": reason,
        **parts,
        "code": code,
    }
    return Answer(code, json.dumps(body).encode())
