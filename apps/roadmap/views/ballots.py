"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def ballot(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def advice(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
