"""The page of lessons: what was stopped and learned, and what reviews say others should know."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core.narrowing import Narrowing, address
from apps.people.models import BusinessUnit
from apps.roadmap.queries.lessons import KINDS, MOST_PAGES
from apps.roadmap.queries.lessons import lessons as all_lessons
from apps.roadmap.views.tabs import room_tabs

LONGEST = 200


@require_safe
@login_required
def lessons(request: HttpRequest) -> HttpResponse:
    """Narrowed by `q`, `kind` and `unit` in the address."""
    narrowing = Narrowing(request.GET, "roadmap:lessons")
    narrowing.choose("kind", "Kind", KINDS)
    units = BusinessUnit.objects.visible_to(request.user).order_by("name")
    narrowing.choose("unit", "Unit", units.values_list("slug", "name"))
    q, page = request.GET.get("q", "")[:LONGEST].replace("\x00", ""), _page(request.GET.get("page", ""))
    wanted = {name: value.replace("\x00", "") for name, value in narrowing.chosen.items()}
    rows, more = all_lessons(request.user, q=q, page=page, **wanted)
    context = {
        "rows": rows,
        "q": q,
        "narrowing": narrowing,
        "next": address(request.GET, "roadmap:lessons", page=page + 1) if more and page < MOST_PAGES else "",
        "previous": address(request.GET, "roadmap:lessons", page=page - 1) if page > 1 else "",
        "tabs": room_tabs(request, "lessons"),
    }
    return render(request, "roadmap/lessons.html", context)


def _page(text: str) -> int:
    known = text.isascii() and text.isdecimal() and len(text) < 5
    return min(max(int(text), 1), MOST_PAGES) if known else 1
