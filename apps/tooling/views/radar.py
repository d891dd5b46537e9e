"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def radar(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
