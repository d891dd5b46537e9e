"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def inputs(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def pabulib(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def plans(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def run(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def why(*args: Any, **kwargs: Any) -> Any:
    raise NotFound


def sandbox(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
