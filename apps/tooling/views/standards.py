"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def capability(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def publish(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def compare(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def standard(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
