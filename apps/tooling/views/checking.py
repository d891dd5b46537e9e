"""Not written yet."""

from typing import Any

from apps.core.errors import NotFound


def check(*args: Any, **kwargs: Any) -> Any:
    raise NotFound
