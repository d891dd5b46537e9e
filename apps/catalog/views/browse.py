"""The catalog's list: what is on stands in the address, so that a view can be sent to somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.catalog import queries
from apps.catalog.models import Entity
from apps.catalog.models.entities import SORT_SHOWN
from apps.catalog.queries import EntityFilter
from apps.catalog.queries.entities import BY_SHOWN, BY_SHOWN_DESCENDING
from apps.catalog.queries.facets import CAP, FIELDS, FacetValue
from apps.catalog.vocabulary import Kind, Stage
from apps.core import narrowing
from apps.core.csv import csv_response
from apps.core.pagination import Order, page
from apps.people.models import Visibility
from apps.people.standing import standing_of

PAGE_ROWS = 50
ORDERS = {
    "name": BY_SHOWN,
    "-name": BY_SHOWN_DESCENDING,
    "-updated": Order("-updated", "updated_at", descending=True),
    "updated": Order("updated", "updated_at"),
}
LABELS = {
    "kind": "Kind",
    "stage": "Stage",
    "unit": "Unit",
    "team": "Team",
    "tier": "Tier",
    "tag": "Tag",
    "visibility": "Visibility",
    "namespace": "Namespace",
}
FLAGS = {
    "mine": "Mine",
    "unowned": "Without owner",
    "orphaned": "Orphaned",
    "reusable": "Reusable",
    "gone": "With gone ones",
}
WORDS: dict[str, dict[str, str]] = {
    "kind": dict(Kind.choices),
    "stage": dict(Stage.choices),
    "visibility": dict(Visibility.choices),
}
HEADER = (
    "reference",
    "title",
    "kind",
    "stage",
    "owner",
    "unit",
    "accountable",
    "visibility",
    "tier",
    "tags",
    "changed",
)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, and the address without it."""

    label: str
    value: str
    url: str


def filter_of(params: QueryDict) -> EntityFilter:
    """The filter that an address says; what it does not know it ignores."""
    values: dict[str, Any] = {"q": params.get("q", "")[:200]}
    for field in fields(EntityFilter):
        if field.name in LABELS:
            values[field.name] = tuple(params.getlist(field.name)[: narrowing.MOST_VALUES])
        elif field.name in FLAGS:
            values[field.name] = params.get(field.name) == "1"
    return EntityFilter(**values)


def address(params: QueryDict, /, **changes: Any) -> str:
    return narrowing.address(params, "catalog:list", **changes)


@require_safe
@login_required
def entity_list(request: HttpRequest) -> HttpResponseBase:
    wanted = filter_of(request.GET)
    sort = request.GET.get("sort", "name")
    sort = sort if sort in ORDERS else "name"
    rows = queries.filter_entities(queries.entities(request.user), wanted, request.user)
    if request.GET.get("format") == "csv":
        return csv_response("catalog", HEADER, _cells(rows.order_by("kind", SORT_SHOWN, "id")))
    found = page(
        rows.defer("description", "curated", "synced", "search_vector"),
        order=ORDERS.get(sort, ORDERS["name"]),
        cursor=request.GET.get("cursor"),
        limit=PAGE_ROWS,
    )
    context = {
        "rows": found.rows,
        "wanted": wanted,
        "chips": list(_chips(request.GET, wanted)),
        "sorts": _sorts(request.GET, sort),
        "next": found.next and address(request.GET, cursor=found.next),
        "previous": found.previous and address(request.GET, cursor=found.previous),
        "facets_url": narrowing.address(request.GET, "catalog:facets"),
        "count_url": narrowing.address(request.GET, "catalog:count"),
        "csv_url": address(request.GET, format="csv"),
        "tabs": _tabs(request, wanted),
        "hidden": [(key, value) for key, value in narrowing.kept(request.GET) if key not in {"q", "cursor"}],
        "may_create": bool(standing_of(request.user).teams),
    }
    return render(request, "catalog/list.html", context)


@require_safe
@login_required
def facets(request: HttpRequest) -> HttpResponse:
    """The side column: what could be chosen further, loaded after the page."""
    found = queries.facets(request.user, filter_of(request.GET))
    shown = [
        {
            "label": LABELS[facet.field],
            "values": [_facet_value(request.GET, facet.field, value) for value in facet.values],
        }
        for facet in found
    ]
    return render(request, "catalog/facets.html", {"facets": shown})


@require_safe
@login_required
def count(request: HttpRequest) -> HttpResponse:
    """How many there are, when somebody asks; counting stops at 1,000."""
    rows = queries.filter_entities(
        Entity.objects.visible_to(request.user), filter_of(request.GET), request.user
    )
    number = rows.order_by()[: CAP + 1].count()
    text = f"{CAP:,}+ entities" if number > CAP else f"{number:,} entit{'y' if number == 1 else 'ies'}"
    return render(request, "catalog/count.html", {"text": text})


def _cells(rows: Any) -> Iterator[list[Any]]:
    for row in rows.iterator(chunk_size=500):
        owner = row.owner
        unit = owner.business_unit.slug if owner and owner.business_unit else ""
        person = row.accountable.username if row.accountable else ""
        yield [
            row.ref,
            row.title,
            row.kind,
            row.stage,
            owner.slug if owner else "",
            unit,
            person,
            row.visibility,
            row.tier,
            " ".join(row.tags),
            row.updated_at.isoformat(),
        ]


def _chips(params: QueryDict, wanted: EntityFilter) -> Iterator[Chip]:
    for field, label in LABELS.items():
        chosen = list(getattr(wanted, field))
        for value in chosen:
            rest = [other for other in chosen if other != value]
            yield Chip(
                label, WORDS.get(field, {}).get(value, value), address(params, **{field: rest or None})
            )
    for flag, label in FLAGS.items():
        if getattr(wanted, flag):
            yield Chip("Only", label, address(params, **{flag: None}))


def _sorts(params: QueryDict, sort: str) -> dict[str, dict[str, str]]:
    """For each sortable column the address that sorts by it (or turns it round) and its present direction."""
    answer = {}
    for column, first in (("name", "name"), ("updated", "-updated")):
        other = {"name": "-name", "-name": "name", "-updated": "updated", "updated": "-updated"}
        active = sort.lstrip("-") == column
        direction = ("descending" if sort.startswith("-") else "ascending") if active else ""
        answer[column] = {
            "url": address(params, sort=other[sort] if active else first),
            "direction": direction,
        }
    return answer


def _facet_value(params: QueryDict, field: str, value: FacetValue) -> dict[str, Any]:
    chosen = params.getlist(field)
    after = [other for other in chosen if other != value.value] if value.chosen else [*chosen, value.value]
    return {
        "label": value.label,
        "url": address(params, **{field: after or None}),
        "active": value.chosen,
        "count": min(value.count, CAP),
        "capped": value.count > CAP,
    }


def _tabs(request: HttpRequest, wanted: EntityFilter) -> list[dict[str, Any]]:
    """Views that everybody wants, as links to plain addresses."""
    views = [
        ("Everything", "layers", {}),
        ("Mine", "user", {"mine": "1"}),
        ("Reusable", "recycle", {"reusable": "1"}),
        ("Without owner", "circle-alert", {"unowned": "1"}),
        ("Orphaned", "unlink", {"orphaned": "1"}),
    ]
    flags = {flag: "1" for flag in ("mine", "unowned", "orphaned", "reusable") if getattr(wanted, flag)}
    base = reverse("catalog:list")
    return [
        {
            "label": label,
            "icon": icon,
            "url": f"{base}?{urlencode(params)}" if params else base,
            "active": flags == params,
        }
        for label, icon, params in views
    ]


assert set(FIELDS) <= set(LABELS)
