"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def policies(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def publish(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def preview(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def policy(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
