"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def leads(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
