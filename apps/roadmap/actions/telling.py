"""Mails about one request: who asked for it and who follows it read of each step and why; the sponsor is asked to answer.

Jobs write them, each with its reader's rights at the moment when it is sent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.core import jobs
from apps.core.feed import entries
from apps.core.models import Event
from apps.people.actions.mailing import is_reachable, write_to
from apps.people.branches import NearestSponsor
from apps.people.models import BusinessUnit, User
from apps.roadmap.models import Follow, Request
from apps.roadmap.queries.reasons import why
from apps.roadmap.queries.requests import requests
from apps.roadmap.queries.turns import who_is_next
from apps.roadmap.workflow import State

HISTORY = timedelta(days=1)  # what happened longer ago is loaded history, and nobody gets mail about it


def tell_of(event: Event, request: Request, actor: Any) -> None:
    """Has everybody told but who did it. What was just moved into scoring needs a sponsor."""
    if timezone.now() - event.at >= HISTORY:
        return
    followers = Follow._base_manager.filter(request=request).values("user")
    people = User._base_manager.filter(Q(pk=request.requester_id) | Q(pk__in=followers), is_active=True)
    for user in people.exclude(email="").exclude(pk=actor.pk).order_by("pk").values_list("pk", flat=True):
        jobs.defer("roadmap.tell_change", user=user, event=event.pk)
    if request.state == State.SCORING and request.sponsored_at is None:
        _ask_sponsor(request, actor)


def _ask_sponsor(request: Request, actor: Any) -> None:
    unit = BusinessUnit._base_manager.filter(pk=request.unit_id)
    sponsor = unit.values_list(NearestSponsor("pk"), flat=True).first()
    if sponsor is not None and sponsor != actor.pk:
        jobs.defer("roadmap.ask_sponsor", user=sponsor, request=request.pk)


@transaction.atomic
def tell_change(*, user: int, event: int) -> bool:
    """Writes what happened, why, and what comes next; not to somebody who does not see the request any more."""
    person, step = _person(user), Event._base_manager.select_related("actor").filter(pk=event).first()
    if person is None or step is None:
        return False
    row = requests(person).filter(pk=step.target_id).first()
    if row is None:
        return False
    (entry,) = entries(person, [step])
    state = State(step.data["to"]).label.lower()
    context = {"request": row, "entry": entry, "state": state, "why": why(step), "turn": who_is_next(row)}
    write_to(person, f"“{row}”: {state}", "roadmap/mail/changed.txt", context)
    return True


@transaction.atomic
def ask_sponsor(*, user: int, request: int) -> bool:
    """Asks the sponsor for their word; not where somebody gave it since."""
    person = _person(user)
    if person is None:
        return False
    row = requests(person).allowed(person, "sponsor").filter(pk=request).first()
    if row is None:
        return False
    write_to(person, f"“{row}” needs a sponsor", "roadmap/mail/sponsor.txt", {"request": row})
    return True


def _person(user: int) -> User | None:
    person = User._base_manager.filter(pk=user).first()
    return person if person is not None and is_reachable(person) else None
