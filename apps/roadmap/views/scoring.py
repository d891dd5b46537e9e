"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def score(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def estimate(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def ranking(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
