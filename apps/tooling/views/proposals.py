"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def propose(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def proposals(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def proposal(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def edit(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def act(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
