"""What the page of a request shows to one person."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q

from apps.catalog.models import Entity
from apps.core.errors import NotFound
from apps.core.feed import about
from apps.core.ids import row_of
from apps.core.policies import abilities
from apps.roadmap.models import Dependency, Request
from apps.roadmap.queries.completeness import second_units, unready
from apps.roadmap.queries.numbers import person_weeks
from apps.roadmap.queries.requests import requests, who_is_next
from apps.roadmap.queries.scores import current_policy, estimates_of, is_stale, valuation
from apps.roadmap.queries.turns import off_the_top
from apps.roadmap.views.acts import ACTS, possible, primary
from apps.roadmap.views.beside import sponsor_of
from apps.roadmap.views.pictures import range_of
from apps.roadmap.views.tabs import request_tabs
from apps.roadmap.workflow import BEFORE_PLAN, DONE, UNDER_WAY, CycleState, State

HISTORY_ROWS = 50
MOST_LISTED = 30
PLANS_THERE = (CycleState.PROPOSED, CycleState.DECIDED, CycleState.CLOSED)
VOTED_ON = "Voted on"
LIFE = (
    ("Sent", (State.SUBMITTED, State.TRIAGE, State.NEEDS_INFO, State.DEFERRED)),
    ("Scored", (State.SCORING,)),
    (VOTED_ON, (State.READY, State.IN_CYCLE)),
    ("Built", UNDER_WAY),
    ("Measured", DONE),
)


def load(user: Any, pk: int) -> Any:
    """The request with what a list knows of it. NotFound for those who may not know of it."""
    row = row_of(requests(user), pk)
    if row is None:
        raise NotFound("There is no such request, or it is not shown to you.")
    return row


def context_of(user: Any, row: Any, at: datetime, opened: dict[str, forms.Form]) -> dict[str, Any]:
    """`opened` holds forms that were refused, by act: they stand open, with what was typed."""
    can = abilities(user, row)
    shown = [
        (act, opened.get(act.do) or act.make(user, row), act.do in opened) for act in possible(user, can, row)
    ]
    offered = {act.do for act, *_ in shown}
    return {
        "row": row,
        "can": can,
        "at": at,
        "turn": who_is_next(row),
        "steps": steps_of(row),
        "acts": {act.do: (act, form, open_) for act, form, open_ in shown},
        "menu": [each for each in shown if each[0].do not in ("comment", "answer")],
        "refused": [form for do, form in opened.items() if do in ACTS and do not in offered],
        "primary": primary(can, row, offered),
        "figures": [(kpi, range_of(kpi, kpi.measure)) for kpi in row.kpis.select_related("owner")],
        "unready": unready(row) if row.state == State.SCORING else [],
        "second": set(second_units(row).values_list("pk", flat=True)),
        "expected_sponsor": sponsor_of(row),
        "comments": row.comments.select_related("author"),
        "history": about(user, row, limit=HISTORY_ROWS),
        "followers": row.follows.count(),
        **_scores(row, at),
        **_estimates(row),
        **_around(user, row),
        **_later(row),
        "tabs": request_tabs(row, "request"),
    }


def steps_of(row: Any) -> list[dict[str, str]]:
    """Where it stands in its life; an end before delivery stops it there."""
    place = next((index for index, (_, states) in enumerate(LIFE) if row.state in states), None)
    if place is None:
        place, stopped = (3 if row.decided_at and row.state == State.CANCELLED else 0), True
    else:
        stopped = row.state in (State.NEEDS_INFO, State.DEFERRED)
    answer = []
    for index, (name, _) in enumerate(LIFE):
        label = "Off the top" if name == VOTED_ON and off_the_top(row) else name
        state = "done" if index < place else "next"
        if index == place:
            state = "done" if row.state == State.CLOSED else "problem" if stopped else "now"
        more = str(row.get_state_display()) if index == place else ""
        answer.append({"label": label, "state": state, "more": more})
    return answer


def _scores(row: Any, at: datetime) -> dict[str, Any]:
    """Only what was revealed; the number opens into its parts, scorer by scorer."""
    policy = current_policy()
    found = valuation(row, policy)
    opinions = []
    for scorer, parts in found.parts.items() if found else ():
        total = sum(part.value for part in parts)
        opinions.append({"scorer": scorer, "parts": parts, "total": total})
    return {
        "valuation": found,
        "opinions": opinions,
        "policy": policy,
        "confidence": f"{found.confidence * 100:.0f}%" if found else "",
        "stale": found is not None and is_stale(row, at, policy),
    }


def _estimates(row: Any) -> dict[str, Any]:
    rows = estimates_of(row)
    most = max((each.p90 for each in rows), default=None)
    return {
        "estimates": [
            (each, range_of(each, "person-week" if each.p90 == 1 else "person-weeks", most)) for each in rows
        ],
        "weeks": person_weeks(sum((each.p50 for each in rows), Decimal(0))) if rows else "",
    }


def _around(user: Any, row: Any) -> dict[str, Any]:
    """Other rows that belong to it, each only where the person may see it."""
    dependencies = Dependency.objects.visible_to(user).filter(Q(request=row) | Q(other=row))
    seen = Request.objects.visible_to(user).defer("search_vector")
    entities = Entity.objects.visible_to(user).filter(roadmap_links__request=row)
    return {
        "dependencies": dependencies.select_related("request", "other").order_by("pk")[:MOST_LISTED],
        "duplicates": seen.filter(merged_into=row).order_by("pk")[:MOST_LISTED],
        "merged_into": seen.filter(pk=row.merged_into_id).first() if row.merged_into_id else None,
        "links": entities.select_related("owner").order_by("title", "name", "pk")[:MOST_LISTED],
    }


def _later(row: Any) -> dict[str, Any]:
    """Cycles in which it stood, newest first, and whether delivery and outcomes have begun."""
    candidacies = sorted(row.candidacies.all(), key=lambda each: -each.pk)
    return {
        "candidacies": [(each, each.cycle.state in PLANS_THERE) for each in candidacies],
        "under_way": row.state in (*UNDER_WAY, *DONE) or bool(row.milestones.all()),
        "done": row.state in DONE,
        "before_plan": row.state in BEFORE_PLAN,
    }
