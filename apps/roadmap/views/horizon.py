"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def horizon(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def opportunities(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
