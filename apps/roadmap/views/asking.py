"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def new(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def similar(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def edit(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def save(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
