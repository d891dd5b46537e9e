"""Lists of requests: the register, which an address holds whole, and one's own with what happens next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.core import narrowing
from apps.core.csv import csv_response
from apps.core.pagination import Order, page
from apps.people.models import BusinessUnit
from apps.people.standing import standing_of
from apps.roadmap.queries.requests import ORDERS, RequestFilter, pace, register, who_is_next
from apps.roadmap.queries.requests import mine as own_requests
from apps.roadmap.views.tabs import request_lists, room_tabs
from apps.roadmap.workflow import BEFORE_PLAN, IN_TRIAGE, UNDER_WAY, RequestType, State

PAGE_ROWS = 50
NEWEST = Order("newest", descending=True)
LABELS = {"state": "State", "type": "Type", "unit": "Unit"}
SWITCHES = {"mine": "My teams'", "waiting": "Waiting for me"}
GROUPS: tuple[tuple[str, tuple[State, ...]], ...] = (
    ("In triage", (*IN_TRIAGE, State.DEFERRED)),
    ("To be planned", (State.SCORING, State.READY, State.IN_CYCLE)),
    ("Under way", UNDER_WAY),
    ("Delivered", (State.DELIVERED, State.OUTCOME_REVIEW, State.CLOSED)),
    ("Ended", (State.DUPLICATE, State.DECLINED, State.WITHDRAWN, State.CANCELLED)),
)
HEADER = (
    "id", "title", "type", "state", "since", "unit", "team", "requester", "sponsor", "sponsored", "strategic", "reach",
    "submitted", "answered", "decided", "next", "reason",
)  # fmt: skip


def filter_of(params: QueryDict) -> RequestFilter:
    """What an address says; signs that a database cannot hold find nothing."""
    values: dict[str, Any] = {name: tuple(_plain(params.getlist(name))) for name in LABELS}
    switches: dict[str, Any] = {name: params.get(name) == "1" for name in SWITCHES}
    return RequestFilter(q=params.get("q", "")[:200].replace("\x00", ""), **values, **switches)


def _plain(values: list[str]) -> list[str]:
    return [value[:300].replace("\x00", "") for value in values[: narrowing.MOST_VALUES] if value]


def address(params: QueryDict, /, **changes: Any) -> str:
    return narrowing.address(params, "roadmap:requests", **changes)


@require_safe
@login_required
def requests(request: HttpRequest) -> HttpResponse:
    """Everything that was asked for and that this person may see."""
    wanted, sort = filter_of(request.GET), request.GET.get("sort", "")
    sort = sort if sort in ORDERS else "-submitted"
    rows = register(request.user, wanted)
    found = page(rows, order=ORDERS[sort], cursor=request.GET.get("cursor"), limit=PAGE_ROWS)
    context = {
        "rows": [(row, who_is_next(row)) for row in found.rows],
        "wanted": wanted,
        "chips": list(_chips(request.GET, wanted)),
        "choices": _choices(request.GET, wanted),
        "switches": _switches(request.GET, wanted),
        "sorts": _sorts(request.GET, sort),
        "next": found.next and address(request.GET, cursor=found.next),
        "previous": found.previous and address(request.GET, cursor=found.previous),
        "csv_url": narrowing.address(request.GET, "roadmap:requests-csv"),
        "hidden": [(key, value) for key, value in narrowing.kept(request.GET) if key not in {"q", "cursor"}],
        "tabs": room_tabs(request, "requests"),
        "lists": request_lists("requests"),
        "may_ask": bool(standing_of(request.user).teams),
    }
    return render(request, "roadmap/requests/register.html", context)


@require_safe
@login_required
def export(request: HttpRequest) -> HttpResponseBase:
    """The register as it is narrowed now, as CSV."""
    rows = register(request.user, filter_of(request.GET)).order_by("-submitted_at", "-id")
    return csv_response("roadmap-requests", HEADER, _cells(rows))


@require_safe
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """What one or one's teams asked for: what happens next and when, the drafts first of all."""
    rows = own_requests(request.user)
    drafts = list(rows.filter(state=State.DRAFT).order_by("-updated_at", "-id")[:PAGE_ROWS])
    sent = rows.filter(submitted_at__isnull=False)
    found = page(sent, order=NEWEST, cursor=request.GET.get("cursor"), limit=PAGE_ROWS)
    context: dict[str, Any] = {
        "drafts": drafts,
        "groups": _grouped(found.rows),
        "shown": len(found.rows),
        "pace": pace(timezone.now()),
        "tabs": room_tabs(request, "requests"),
        "lists": request_lists("mine"),
        "may_ask": bool(standing_of(request.user).teams),
    }
    for way, cursor in (("next", found.next), ("previous", found.previous)):
        context[way] = cursor and narrowing.address(request.GET, "roadmap:mine", cursor=cursor)
    return render(request, "roadmap/requests/mine.html", context)


def _grouped(rows: list[Any]) -> list[tuple[str, list[Any]]]:
    groups = [
        (label, [(row, who_is_next(row)) for row in rows if row.state in states]) for label, states in GROUPS
    ]
    return [(label, found) for label, found in groups if found]


def _words(name: str) -> dict[str, str]:
    """The values of a filter with what they are called, in their order."""
    if name == "unit":
        return dict(BusinessUnit._base_manager.order_by("name").values_list("slug", "name"))
    if name == "type":
        return {each.value: str(each.label) for each in RequestType}
    return {each.value: str(each.label) for each in State if each != State.DRAFT}


def _chips(params: QueryDict, wanted: RequestFilter) -> Iterator[dict[str, str]]:
    for name, label in LABELS.items():
        chosen = list(getattr(wanted, name))
        words = _words(name) if chosen else {}
        for value in chosen:
            rest = [other for other in chosen if other != value]
            url = address(params, **{name: rest or None})
            yield {"label": label, "value": words.get(value, value), "url": url}
    for name, label in SWITCHES.items():
        if getattr(wanted, name):
            yield {"label": "Only", "value": label, "url": address(params, **{name: None})}


def _choices(params: QueryDict, wanted: RequestFilter) -> list[dict[str, Any]]:
    """Each filter with its values as links that choose or leave one."""
    return [
        {
            "label": label,
            "values": [
                _choice(params, name, value, word, list(getattr(wanted, name)))
                for value, word in _words(name).items()
            ],
        }
        for name, label in LABELS.items()
    ]


def _choice(params: QueryDict, name: str, value: str, word: str, chosen: list[str]) -> dict[str, Any]:
    active = value in chosen
    after = [other for other in chosen if other != value] if active else [*chosen, value]
    return {"label": word, "url": address(params, **{name: after or None}), "active": active}


def _switches(params: QueryDict, wanted: RequestFilter) -> list[dict[str, str]]:
    return [
        {"label": label, "url": address(params, **{name: "1"})}
        for name, label in SWITCHES.items()
        if not getattr(wanted, name)
    ]


def _sorts(params: QueryDict, sort: str) -> dict[str, dict[str, str]]:
    """For each sortable column the address that sorts by it (or turns it round) and its present direction."""
    answer = {}
    for column, first in (("title", "title"), ("submitted", "-submitted"), ("since", "-since")):
        active = sort.lstrip("-") == column
        turned = sort[1:] if sort.startswith("-") else f"-{sort}"
        direction = ("descending" if sort.startswith("-") else "ascending") if active else ""
        answer[column] = {"url": address(params, sort=turned if active else first), "direction": direction}
    return answer


def _cells(rows: Any) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=500):
        yield [
            row.pk,
            row.title,
            row.type,
            row.state,
            row.state_since.isoformat(),
            row.unit.slug,
            row.owner.slug,
            row.requester.username,
            row.sponsor.username if row.sponsor else "",
            row.sponsored_at.isoformat() if row.sponsored_at else "",
            "yes" if row.strategic else "no",
            "" if row.reach is None else row.reach,
            *(at.isoformat() if at else "" for at in (row.submitted_at, row.answered_at, row.decided_at)),
            str(who_is_next(row)),
            row.reason
            if row.state in (*BEFORE_PLAN, State.DECLINED, State.DEFERRED, State.CANCELLED)
            else "",
        ]
