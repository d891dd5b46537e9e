"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def tool(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def profile(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
