"""The wiki's search: what is asked stands in the address, so that a search can be sent to somebody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from apps.catalog.models import Entity
from apps.catalog.queries import search_entities
from apps.core.policies import PolicyQuerySet
from apps.core.text_search import LONGEST_QUERY, asked, words
from apps.wiki.actions.searching import SHORTEST, note_fruitless_search
from apps.wiki.models import Page, Space
from apps.wiki.queries.search import Narrowed, matching_pages, search_pages, tally, trails
from apps.wiki.queries.snippets import marked, snippets
from apps.wiki.queries.spelling import FEW, did_you_mean
from apps.wiki.vocabulary import Freshness, PageState, Template

ROWS = 30
MOST_SPACES = 20
BEGIN_IN = 4  # spaces offered to begin a page in
CHOICES = {"space": "Space", "template": "Kind", "state": "Freshness", "tag": "Tag"}
WORDS: dict[str, dict[str, str]] = {"template": dict(Template.choices), "state": dict(Freshness.choices)}


@dataclass(frozen=True, slots=True)
class Result:
    """One page as the results show it."""

    page: Page
    title: SafeString
    trail: list[str]
    snippets: list[SafeString]


@require_safe
@login_required
def results(request: HttpRequest) -> HttpResponse:
    text, narrowed = _asked(request.GET)
    rows = Page.objects.visible_to(request.user)
    looking = bool(words(text)) or narrowed != Narrowed()
    found = _found(rows, text, narrowed) if looking else []
    context: dict[str, Any] = {
        "q": text,
        "looking": looking,
        "chips": list(_chips(request.GET, narrowed)),
        "hidden": [(name, getattr(narrowed, name)) for name in CHOICES if getattr(narrowed, name)],
        "without_choices": _address(request.GET, **dict.fromkeys(CHOICES)),
    }
    meant = did_you_mean(rows, text) if len(found) < FEW and words(text) else ""
    corrected = meant if meant and not found and "exact" not in request.GET else ""
    instead = _found(rows, corrected, narrowed) if corrected else []
    if instead:
        context |= {"corrected": corrected, "as_written": _address(request.GET, exact="1")}
    elif len(found) < FEW and words(text):
        context |= _help(request, text, narrowed, meant, nothing=not found)
    asked_for = corrected if instead else text
    context |= {
        "results": _results(rows, instead or found, asked_for),
        "capped": len(instead or found) == ROWS,
        "choices_url": _address(request.GET, "wiki:search-choices", q=asked_for) if looking else "",
    }
    return render(request, "wiki/search.html", context)


@require_safe
@login_required
def choices(request: HttpRequest) -> HttpResponse:
    """The side column: what could be chosen further, loaded after the page."""
    text, narrowed = _asked(request.GET)
    matches = _matches(Page.objects.visible_to(request.user), text)
    return render(
        request, "wiki/parts/search_choices.html", {"facets": _facets(request.GET, matches, narrowed)}
    )


@require_POST
@login_required
def fruitless(request: HttpRequest) -> HttpResponse:
    """A page without results says so by itself once it is shown: reading an address changes nothing, so neither a
    prefetch nor a shared link counts."""
    note_fruitless_search(actor=request.user, text=request.POST.get("q", ""))
    return HttpResponse(status=204)


def _asked(params: QueryDict) -> tuple[str, Narrowed]:
    chosen = {name: params.get(name, "")[:200] for name in CHOICES}
    return params.get("q", "").strip()[:LONGEST_QUERY], Narrowed(**chosen)


def _matches(rows: PolicyQuerySet[Page], text: str) -> PolicyQuerySet[Page]:
    return matching_pages(rows, text) if words(text) else rows.filter(state=PageState.CURRENT)


def _found(rows: PolicyQuerySet[Page], text: str, narrowed: Narrowed) -> list[Page]:
    """The best pages for the words; without words the last changed of what is chosen."""
    if words(text):
        return [page for page, _ in search_pages(narrowed.of(rows), text, ROWS)]
    latest = narrowed.of(_matches(rows, text)).order_by("-updated_at", "-id")
    return list(latest.select_related("space", "owner").defer("search_vector", "extra")[:ROWS])


def _results(rows: PolicyQuerySet[Page], found: list[Page], text: str) -> list[Result]:
    above, shown, wanted = trails(rows, found), snippets(found, text), asked(text)
    return [Result(page, marked(page.title, wanted), above[page.pk], shown[page.pk]) for page in found]


def _help(
    request: HttpRequest, text: str, narrowed: Narrowed, suggestion: str, *, nothing: bool
) -> dict[str, Any]:
    """What to do where little was found: another spelling, and where nothing was, another place or a new page."""
    answer: dict[str, Any] = {
        "suggestion": suggestion,
        "suggestion_url": _address(request.GET, q=suggestion) if suggestion else "",
    }
    if not nothing:
        return answer
    entities = search_entities(Entity.objects.visible_to(request.user), text, 5)
    return answer | {
        "entities": [entity for entity, _ in entities],
        "begin": _begin(request.user, text, narrowed.space),
        "counts": narrowed == Narrowed() and len(" ".join(words(text))) >= SHORTEST,
    }


def _begin(user: Any, text: str, space: str) -> list[tuple[str, str]]:
    """Spaces that `user` may write in, each with where a page of this title is begun; the chosen one alone."""
    rows = Space.objects.allowed(user, "change")
    rows = rows.filter(slug=space) if space else rows
    query = urlencode({"title": text})
    return [
        (row.title, f"{reverse('wiki:new', args=[row.slug])}?{query}")
        for row in rows.order_by("title", "id")[:BEGIN_IN]
    ]


def _address(params: QueryDict, route: str = "wiki:search", /, **changes: str | None) -> str:
    """The search's address with some choices changed; None takes one off."""
    kept = {name: params.get(name, "")[:LONGEST_QUERY] for name in ("q", *CHOICES)}
    query = urlencode({name: value for name, value in (kept | changes).items() if value})
    return reverse(route) + (f"?{query}" if query else "")


def _chips(params: QueryDict, narrowed: Narrowed) -> Iterator[dict[str, str]]:
    for name, label in CHOICES.items():
        if value := getattr(narrowed, name):
            shown = WORDS.get(name, {}).get(value, value)
            yield {"label": label, "value": shown, "url": _address(params, **{name: None})}


def _facets(params: QueryDict, matches: PolicyQuerySet[Page], narrowed: Narrowed) -> list[dict[str, Any]]:
    tagged = Narrowed(tag=narrowed.tag).of(matches)
    counts = tally(tagged, narrowed)
    spaces = sorted(counts.space.items(), key=lambda item: (-item[1], item[0]))[:MOST_SPACES]
    values = {
        "space": [(slug, title, count) for (slug, title), count in spaces],
        "template": [(key, label, counts.template.get(key, 0)) for key, label in Template.choices],
        "state": [(key, label, counts.state.get(key, 0)) for key, label in Freshness.choices],
    }
    return [
        {
            "label": CHOICES[name],
            "values": list(_values(params, name, getattr(narrowed, name), some, counts.capped)),
        }
        for name, some in values.items()
    ]


def _values(
    params: QueryDict, name: str, chosen: str, some: list[tuple[str, str, int]], capped: bool
) -> Iterator[dict[str, Any]]:
    """What is chosen stays shown, with nothing behind it too."""
    for value, label, count in some:
        if count or value == chosen:
            yield {
                "label": label,
                "url": _address(params, **{name: None if value == chosen else value}),
                "active": value == chosen,
                "count": count,
                "capped": capped,
            }
