"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def cycles(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def new(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def cycle(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def setup(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def act(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
