"""Answers that hang on the time: judged by the database's clock, as decisions are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.core.viewsets import PolicyViewSet
from apps.tooling.queries import clock


class AtNow(PolicyViewSet):
    """What is shown is judged at one instant, which `rows` reads anew for each answer."""

    at: datetime | None = None

    def read_clock(self) -> datetime:
        self.at = clock.now()
        return self.at

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "at": self.at}
