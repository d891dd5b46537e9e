"""The scoring policy is everybody's to read; a score is sealed, for everybody, until its round is revealed."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.core.policies import EVERYTHING, NOTHING, Policy, Through, rule
from apps.people.standing import standing_of
from apps.roadmap.policies.requests import ThroughRequest


class SettingPolicy(Policy):
    """The frame: read by all, kept by CoE leads."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return EVERYTHING

    @rule()
    def change(self, user: Any) -> Q:
        return EVERYTHING if standing_of(user).coe_lead else NOTHING


class ScorePolicy(Policy):
    """Sealed: one's own until the round is revealed, then whoever sees the request."""

    @rule("read")
    def view(self, user: Any) -> Q:
        visible = self.related("request").visible_to(user).order_by().values("pk")
        return Q(request__in=visible) & (Q(scorer=user.pk) | Q(revealed_at__isnull=False))


class ScoreLinePolicy(Through):
    def __init__(self) -> None:
        super().__init__("score")


class EstimatePolicy(ThroughRequest):
    @rule()
    def change(self, user: Any) -> Q:
        return self._parents(user, "estimate")
