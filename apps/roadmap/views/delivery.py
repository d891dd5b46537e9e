"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def delivery(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def outcomes(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
