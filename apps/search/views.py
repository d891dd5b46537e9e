"""The search page, and the palette's suggestions."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.search.queries import search, search_groups


@require_safe
@login_required
def results(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "")
    context = {"q": text, "groups": search_groups(request.user, text)}
    return render(request, "search/results.html", context)


@require_safe
@login_required
def suggest(request: HttpRequest) -> HttpResponse:
    """The palette's list while typing: at most eight hits."""
    text = request.GET.get("q", "")
    return render(request, "parts/suggestions.html", {"query": text, "hits": search(request.user, text, 8)})
