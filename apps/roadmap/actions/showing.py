"""Who sees a request, in any state of its life: the owner team's lead and CoE leads say so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core import jobs
from apps.core.checking import refuse
from apps.core.concurrency import swap
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import Visibility
from apps.roadmap.actions.moving import locked, moment
from apps.roadmap.models import Meeting, Request


@transaction.atomic
def set_visibility(
    *,
    actor: Any,
    request: Request,
    visibility: str,
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Request:
    """All that hangs on the request follows at once, since every surface asks the same rule. What is sealed stays
    sealed: ballots and scores have rules of their own."""
    require(actor, "administer", request)
    if visibility not in Visibility.values:
        raise refuse("visibility", f"Choose one of {', '.join(Visibility.values)}.")
    request = locked(request, expected_version)
    require(actor, "administer", request)
    before = request.visibility
    if visibility != before:
        swap(request, request.version, {"visibility": visibility}, at=moment(at))
        require(actor, "administer", request)
        data = {"changes": {"visibility": [before, visibility]}}
        record("roadmap.request.visibility_changed", actor=actor, target=request, data=data, at=at)
        renew_minutes(request)
    return request


def renew_minutes(request: Request) -> None:
    """Minutes are read by everybody and hold titles: those of meetings that decided on the request are written anew."""
    held = Meeting._base_manager.filter(decided_at__isnull=False, cycle__candidates__request=request.pk)
    for pk in held.order_by("pk").values_list("pk", flat=True):
        jobs.defer("roadmap.keep_minutes", meeting=pk)
