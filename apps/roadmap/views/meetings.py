"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def meeting(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def act(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
