"""Requests, a scoring policy and cycles for tests: each maker calls the actions that people call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.people.models import BusinessUnit
from apps.roadmap.actions import cycles, intake, scoring, triage, voting
from apps.roadmap.models import Candidate, Cycle, Request, ScoringPolicy, Share
from tests.personas import People

TEXTS: dict[str, Any] = {
    "problem": "Analysts read every alert by hand.",
    "decision_changed": "Which alerts are looked at first.",
    "if_nothing": "Two more people are hired.",
    "why_now": "Alerts doubled this year.",
    "approach": "build",
    "approach_reason": "No product knows our cases.",
}


def kpi(owner: Any, **fields: Any) -> dict[str, Any]:
    return {
        "category": "cost",
        "name": "Hours spent on alerts",
        "measure": "hours a week",
        "direction": "down",
        "p10": "10",
        "p50": "40",
        "p90": "60",
        "measured_how": "Time sheets",
        "review_at": timezone.localdate() + timedelta(days=200),
        "owner": owner,
        **fields,
    }


def policy(people: People) -> ScoringPolicy:
    """An hour a week is worth 2,000 points a year."""
    rates = [{"category": "cost", "measure": "hours a week", "value": "2000"}]
    return scoring.publish_policy(actor=people.esther, rates=rates, rationale="Hours as finance counts them.")


def draft(people: People, title: str = "Sort the alerts", *, by: str = "ben", **fields: Any) -> Request:
    actor = people[by]
    owner = people.team({"chloe": "claims-ai", "dmitri": "ml-platform"}.get(by, "risk-ml"))
    given = {**TEXTS, "kpis": [kpi(actor)], "reach": 400, **fields}
    return intake.begin_request(actor=actor, owner=owner, title=title, **given)


def submitted(people: People, title: str = "Sort the alerts", *, by: str = "ben", **fields: Any) -> Request:
    return intake.submit_request(actor=people[by], request=draft(people, title, by=by, **fields))


def scored(
    people: People, title: str = "Sort the alerts", *, hours: Any = 40, by: str = "ben", **fields: Any
) -> Request:
    """Accepted, scored blind by two of the center, revealed."""
    request = triage.accept(actor=people.dmitri, request=submitted(people, title, by=by, **fields))
    for name in ("dmitri", "esther"):
        give_score(people, request, name, hours)
    scoring.reveal_scores(actor=people.esther, request=request)
    return Request.objects.get(pk=request.pk)


def give_score(people: People, request: Request, name: str, hours: Any, **fields: Any) -> Any:
    lines = [{"kpi": each.pk, "expected": hours, "evidence": "pilot"} for each in request.kpis.all()]
    given = {"impact": 2, "urgency": "steady", **fields}
    return scoring.give_score(actor=people[name], request=request, lines=lines, **given)


def ready(
    people: People, title: str = "Sort the alerts", *, weeks: dict[str, Any] | None = None, **fields: Any
) -> Request:
    """Sponsored, supported by a second unit, estimated and scored."""
    by = fields.get("by", "ben")
    request = scored(people, title, **fields)
    sponsor, second = ("jo", "retail-banking") if by == "chloe" else ("farid", "insurance")
    intake.confirm_sponsorship(actor=people[sponsor], request=request)
    other = people["farid" if by == "chloe" else "jo"]
    intake.support(actor=other, request=request, unit=people.unit(second))
    for role, number in (weeks or {"ml-engineer": 4}).items():
        scoring.estimate(actor=people.dmitri, request=request, role=role, p50=number)
    return scoring.declare_ready(actor=people.esther, request=request)


def cycle(
    people: People,
    *requests: Request,
    weeks: dict[str, Any] | None = None,
    shares: dict[str, int] | None = None,
) -> Cycle:
    """In preparation, with capacity, shares of retail-banking and insurance, and the requests."""
    today = timezone.localdate()
    row = cycles.create_cycle(
        actor=people.esther, slug="q1", name="First quarter", starts=today, ends=today + timedelta(days=90)
    )
    capacity = {role: (number, 0) for role, number in (weeks or {"ml-engineer": 10}).items()}
    cycles.set_capacity(actor=people.esther, cycle=row, weeks=capacity)
    parts = shares or {"retail-banking": 6_000, "insurance": 4_000}
    units = {BusinessUnit.objects.get(slug=slug) if slug else None: part for slug, part in parts.items()}
    cycles.set_shares(actor=people.esther, cycle=row, shares=units)
    for request in requests:
        cycles.add_candidate(actor=people.esther, cycle=row, request=request)
    return Cycle.objects.get(pk=row.pk)


def voting_cycle(people: People, *requests: Request, **fields: Any) -> Cycle:
    return cycles.open_voting(actor=people.esther, cycle=cycle(people, *requests, **fields))


def share(row: Cycle, slug: str) -> Share:
    return Share.objects.get(cycle=row, unit__slug=slug) if slug else Share.objects.get(cycle=row, unit=None)


def vote(people: People, row: Cycle, slug: str, **points: int) -> Any:
    """`vote(people, cycle, "insurance", r12=60)` by the unit's sponsor."""
    found = share(row, slug)
    chosen = {
        Candidate.objects.get(cycle=row, request=int(name[1:])): number for name, number in points.items()
    }
    return voting.cast_ballot(actor=found.unit.sponsor, share=found, points=chosen)
