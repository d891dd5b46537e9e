"""Lists of requests: the public register, which an address holds whole, and those of one's own teams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.catalog.models import Entity
from apps.core import narrowing
from apps.core.csv import csv_response
from apps.core.pagination import Order, page
from apps.core.policies import visible_relation
from apps.people.standing import standing_of
from apps.tooling.queries import clock
from apps.tooling.queries.register import FACETS, ORDERS, FacetCount, RequestFilter, narrowed, tally
from apps.tooling.queries.requests import mine as own_requests
from apps.tooling.queries.requests import register as all_requests
from apps.tooling.queries.requests import who_is_next, with_now
from apps.tooling.workflow import Level, State

PAGE_ROWS = 50
NEWEST = Order("newest", descending=True)
LABELS = {
    "state": "State",
    "tier": "Tier",
    "unit": "Unit",
    "team": "Team",
    "capability": "Capability",
    "tool": "Tool",
}
WORDS: dict[str, dict[Any, Any]] = {"state": dict(State.choices), "tier": dict(Level.choices)}
HEADER = (
    "id", "state", "tier", "tool", "versions", "environments", "data_class", "team", "unit", "capability",
    "requester", "submitted", "due", "decided", "ends", "objective", "decision", "alternative",
)  # fmt: skip


def filter_of(params: QueryDict) -> RequestFilter:
    """What an address says; signs that a database cannot hold find nothing."""
    values: dict[str, Any] = {name: tuple(_plain(params.getlist(name))) for name in FACETS}
    return RequestFilter(
        q=params.get("q", "")[:200].replace("\x00", ""), overdue=params.get("overdue") == "1", **values
    )


def _plain(values: list[str]) -> list[str]:
    return [value[:300].replace("\x00", "") for value in values[: narrowing.MOST_VALUES] if value]


def address(params: QueryDict, /, **changes: Any) -> str:
    return narrowing.address(params, "tooling:requests", **changes)


@require_safe
@login_required
def register(request: HttpRequest) -> HttpResponse:
    """Decisions, dissent and precedents, for everybody in the company."""
    wanted, sort = filter_of(request.GET), request.GET.get("sort", "")
    sort = sort if sort in ORDERS else "-submitted"
    rows = narrowed(with_now(all_requests(request.user), clock.now()), wanted)
    found = page(rows, order=ORDERS[sort], cursor=request.GET.get("cursor"), limit=PAGE_ROWS)
    context = {
        "rows": [(row, who_is_next(row)) for row in found.rows],
        "wanted": wanted,
        "chips": list(_chips(request.GET, wanted)),
        "sorts": _sorts(request.GET, sort),
        "next": found.next and address(request.GET, cursor=found.next),
        "previous": found.previous and address(request.GET, cursor=found.previous),
        "facets_url": narrowing.address(request.GET, "tooling:requests-facets"),
        "csv_url": narrowing.address(request.GET, "tooling:requests-csv"),
        "hidden": [(key, value) for key, value in narrowing.kept(request.GET) if key not in {"q", "cursor"}],
        "tabs": tabs("register"),
        "may_ask": bool(standing_of(request.user).teams),
    }
    return render(request, "tooling/requests/register.html", context)


@require_safe
@login_required
def facets(request: HttpRequest) -> HttpResponse:
    """What could be chosen further, loaded after the page."""
    wanted = filter_of(request.GET)
    counted = tally(with_now(all_requests(request.user), clock.now()), wanted)
    shown = [
        {
            "label": LABELS[name],
            "values": [_facet(request.GET, name, value, wanted) for value in counted[name]],
        }
        for name in LABELS
    ]
    return render(request, "catalog/facets.html", {"facets": shown})


@require_safe
@login_required
def export(request: HttpRequest) -> HttpResponseBase:
    """The register as it is narrowed now, as CSV."""
    rows = narrowed(with_now(all_requests(request.user), clock.now()), filter_of(request.GET))
    return csv_response(
        "tooling-requests", HEADER, _cells(request.user, rows.order_by("-submitted_at", "-id"))
    )


@require_safe
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """What one's teams asked for, drafts first of all."""
    rows = with_now(own_requests(request.user), clock.now())
    drafts = list(rows.filter(state=State.DRAFT).order_by("-updated_at", "-id")[:PAGE_ROWS])
    found = page(
        rows.filter(submitted_at__isnull=False),
        order=NEWEST,
        cursor=request.GET.get("cursor"),
        limit=PAGE_ROWS,
    )
    context: dict[str, Any] = {
        "drafts": drafts,
        "rows": [(row, who_is_next(row)) for row in found.rows],
        "tabs": tabs("mine"),
        "may_ask": bool(standing_of(request.user).teams),
    }
    for way, cursor in (("next", found.next), ("previous", found.previous)):
        context[way] = cursor and narrowing.address(request.GET, "tooling:mine", cursor=cursor)
    return render(request, "tooling/requests/mine.html", context)


def tabs(here: str) -> list[dict[str, Any]]:
    """The ways into requests, on each of their lists."""
    ways = (
        ("register", "Register", "library", "tooling:requests"),
        ("mine", "Mine", "user", "tooling:mine"),
        ("inbox", "Waiting for me", "inbox", "tooling:inbox"),
        ("calendar", "Calendar", "calendar-days", "tooling:calendar"),
    )
    return [
        {"label": label, "icon": icon, "url": reverse(route), "active": name == here}
        for name, label, icon, route in ways
    ]


def _chips(params: QueryDict, wanted: RequestFilter) -> Iterator[dict[str, str]]:
    for name, label in LABELS.items():
        chosen = list(getattr(wanted, name))
        for value in chosen:
            rest = [other for other in chosen if other != value]
            word = str(WORDS.get(name, {}).get(value, value))
            yield {"label": label, "value": word, "url": address(params, **{name: rest or None})}
    if wanted.overdue:
        yield {"label": "Only", "value": "Overdue", "url": address(params, overdue=None)}


def _sorts(params: QueryDict, sort: str) -> dict[str, dict[str, str]]:
    """For each sortable column the address that sorts by it (or turns it round) and its present direction."""
    answer = {}
    for column, first in (("submitted", "-submitted"), ("due", "due"), ("ends", "ends")):
        active = sort.lstrip("-") == column
        turned = sort[1:] if sort.startswith("-") else f"-{sort}"
        direction = ("descending" if sort.startswith("-") else "ascending") if active else ""
        answer[column] = {"url": address(params, sort=turned if active else first), "direction": direction}
    return answer


def _facet(params: QueryDict, name: str, value: FacetCount, wanted: RequestFilter) -> dict[str, Any]:
    chosen = list(getattr(wanted, name))
    active = value.value in chosen
    after = [other for other in chosen if other != value.value] if active else [*chosen, value.value]
    return {
        "label": value.label,
        "url": address(params, **{name: after or None}),
        "active": active,
        "count": value.count,
        "capped": value.capped,
    }


def _cells(user: Any, rows: Any) -> Iterator[list[Any]]:
    for row in rows.prefetch_related(visible_relation("alternative", Entity, user)).iterator(chunk_size=500):
        unit = row.team.business_unit
        yield [
            row.pk,
            row.shown_state,
            row.level,
            row.tool.ref if row.tool else row.tool_name,
            row.versions,
            " ".join(each.slug for each in row.environments.all()),
            row.get_data_class_display().lower(),
            row.team.slug,
            unit.slug if unit else "",
            row.capability.slug if row.capability else "",
            row.requester.username,
            *(
                at.isoformat() if at else ""
                for at in (row.submitted_at, row.due_at, row.decided_at, row.ends)
            ),
            row.objective,
            row.decision,
            row.alternative.ref if row.alternative else "",
        ]
