"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def requests(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def export(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def mine(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
