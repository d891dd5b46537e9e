"""The decision meeting: the steering committee moves items, and its chair says what was decided."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.core.policies import NOTHING, Through, rule
from apps.roadmap.policies.cycles import ThroughCycle
from apps.roadmap.policies.standing import chairs_steering, sits_on_steering


class MeetingPolicy(ThroughCycle):
    """The meeting is read with its cycle; who sits on the steering committee moves it."""

    @rule()
    def change(self, user: Any) -> Q:
        return Q(decided_at=None) if sits_on_steering(user) else NOTHING

    @rule()
    def decide(self, user: Any) -> Q:
        """The chair says what was decided."""
        return Q(decided_at=None) if chairs_steering(user) else NOTHING


class ThroughMeeting(Through):
    def __init__(self) -> None:
        super().__init__("meeting")


class OverridePolicy(ThroughMeeting):
    @rule()
    def take_back(self, user: Any) -> Q:
        """Before the decision: who made it, while they sit on the committee, and the chair. Both of what they see."""
        seen = self.related("takes").visible_to(user).order_by().values("pk")
        shown = (Q(takes=None) | Q(takes__in=seen)) & (Q(displaces=None) | Q(displaces__in=seen))
        own = Q(moved_by=user.pk) & self._parents(user, "change")
        return Q(taken_back_at=None) & shown & (own | self._parents(user, "decide"))
