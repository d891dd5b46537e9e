"""What is built and what came of it: nobody who asked, recorded or built confirms a figure."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.core.policies import EVERYTHING, NOTHING, rule
from apps.people.standing import standing_of
from apps.roadmap.policies.requests import ThroughRequest
from apps.roadmap.policies.standing import is_central, is_service
from apps.roadmap.workflow import State


class DeliveryPolicy(ThroughRequest):
    @rule()
    def change(self, user: Any) -> Q:
        return self._parents(user, "deliver")


class BlockPolicy(DeliveryPolicy):
    @rule()
    def end(self, user: Any) -> Q:
        """The center, or for whom it waits."""
        return (Q(owner=user.pk) & self.view(user)) | self.change(user)


class HandoverPolicy(DeliveryPolicy):
    @rule()
    def accept(self, user: Any) -> Q:
        """The lead of the team that is to run it."""
        return Q(team__in=standing_of(user).led_teams) & self.view(user)


class OutcomePolicy(ThroughRequest):
    """Confirmed by business or finance: the sponsor of the unit, or a seat for finance; never who recorded it, nor who or
    whose team asked for it, nor the center, which built it."""

    @rule()
    def change(self, user: Any) -> Q:
        return self._parents(user, "measure") & Q(confirmed_at=None, recorded_by=user.pk)

    @rule()
    def confirm(self, user: Any) -> Q:
        standing = standing_of(user)
        if is_central(standing) or is_service(user):
            return NOTHING
        whose = NOTHING
        if "finance" in standing.seats:
            whose = EVERYTHING
        elif standing.answered_units:
            whose = Q(request__unit__in=standing.answered_units)
        asked = Q(requester=user.pk) | Q(request__owner__in=standing.teams)
        other = ~Q(recorded_by=user.pk) & ~asked
        return Q(confirmed_at=None) & whose & other & self._parents(user, "view")


class ReviewPolicy(ThroughRequest):
    """What was stopped is closed: its later looks back fall away."""

    @rule()
    def change(self, user: Any) -> Q:
        return Q(done_at=None) & ~Q(request__state=State.CLOSED) & self._parents(user, "measure")
