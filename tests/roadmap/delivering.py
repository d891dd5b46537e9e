"""Requests that are planned, worked on and delivered, for tests of pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.people.models import Visibility
from apps.roadmap.actions import delivery, meetings, planning
from apps.roadmap.models import Cycle, Meeting, PlanRun, Request
from tests.personas import People
from tests.roadmap import making


def planned(people: People, title: str = "Sort the alerts", **fields: Any) -> Request:
    """As if a committee had taken it."""
    request = making.ready(people, title, **fields)
    Request.objects.filter(pk=request.pk).update(state="planned")
    return Request.objects.get(pk=request.pk)


def begun(people: People, title: str = "Sort the alerts", **fields: Any) -> Request:
    return delivery.start_work(actor=people.dmitri, request=planned(people, title, **fields))


def delivered(
    people: People, title: str = "Sort the alerts", *, at: datetime | None = None, **fields: Any
) -> Request:
    return delivery.deliver(actor=people.dmitri, request=begun(people, title, **fields), at=at)


def came_due(request: Request) -> None:
    """As if the year had passed: all looks back may be done."""
    request.outcome_reviews.update(due=timezone.now().date())


def restricted(request: Request) -> Request:
    Request.objects.filter(pk=request.pk).update(visibility=Visibility.RESTRICTED)
    return Request.objects.get(pk=request.pk)


def proposed_cycle(people: People) -> tuple[list[Request], Cycle]:
    """Two of three requests fit: the first and the third by equal shares."""
    making.policy(people)
    requests = [
        making.ready(people, "Sort the alerts", hours=40, weeks={"ml-engineer": 6}),
        making.ready(people, "Rank the leads", hours=39, weeks={"ml-engineer": 4}),
        making.ready(people, "Read damage photos", by="chloe", hours=5, weeks={"ml-engineer": 4}),
    ]
    row = making.voting_cycle(people, *requests)
    making.vote(people, row, "retail-banking", **{f"r{requests[0].pk}": 80, f"r{requests[1].pk}": 20})
    making.vote(people, row, "insurance", **{f"r{requests[2].pk}": 100})
    planning.freeze(actor=people.esther, cycle=row)
    planning.carry_out(PlanRun.objects.get())
    return requests, Cycle.objects.get()


def called(people: People) -> tuple[list[Request], Meeting]:
    requests, row = proposed_cycle(people)
    return requests, meetings.call_meeting(actor=people.esther, cycle=row)
