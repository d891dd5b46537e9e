"""How a part of the demo world is played back: what happened is collected as (moment, order, action), then done in that
order, each step by a person of the demo at its own moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from apps.people.models import Team, User

Row = Mapping[str, Any]


class Playback:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.users = {user.username: user for user in User.objects.all()}
        self.teams = {team.slug: team for team in Team.objects.select_related("business_unit", "group")}
        self.happened: list[tuple[datetime, int, Callable[[datetime], Any]]] = []

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=float(days))

    def later(self, moment: datetime, action: Callable[[datetime], Any]) -> None:
        self.happened.append((moment, len(self.happened), action))

    def play(self) -> None:
        for moment, _, action in sorted(self.happened, key=lambda item: item[:2]):
            action(moment)
