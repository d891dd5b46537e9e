"""The radar: picture and table from the same rows; what it is narrowed to stands in the address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core.narrowing import Narrowing, address
from apps.tooling.pictures import Band, Dot, Mark, Picture, Quarter, draw
from apps.tooling.queries.radar import RINGS, Blip, Radar, Slice, Wanted, data_class_names, radar
from apps.tooling.queries.rings import PLACE
from apps.tooling.views.tabs import room_tabs
from apps.tooling.vocabulary import Ring

FILTERS = ("capability", "environment", "data_class")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One quadrant as the page shows it: its drawing, and each blip with its mark, in the order of their numbers."""

    slice: Slice
    quarter: Quarter
    bands: tuple[tuple[Band, Ring], ...]
    pairs: tuple[tuple[Mark, Blip], ...]


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    wanted = Wanted(**{name: request.GET.get(name, "")[:63] for name in FILTERS})
    found = radar(request.user, wanted)
    picture = draw([[_dot(blip) for blip in each.blips] for each in found.quadrants])
    narrowing = _narrowing(request, found)
    context = {
        "radar": found,
        "picture": picture,
        "quadrants": list(_drawn(found, picture)),
        "rings": [(ring, found.counts[ring]) for ring in RINGS],
        "narrowing": narrowing,
        "chips": _chips(request, narrowing),
        "capability": next((each for each in found.capabilities if each.slug == wanted.capability), None),
        "tabs": room_tabs(request, "home"),
    }
    return render(request, "tooling/radar.html", context)


def _dot(blip: Blip) -> Dot:
    return Dot(blip.tool.ref, PLACE[blip.ring], blip.moved)


def _drawn(found: Radar, picture: Picture) -> Iterator[Drawn]:
    for part, quarter in zip(found.quadrants, picture.quarters, strict=True):
        marks = {mark.key: mark for mark in quarter.marks}
        pairs = tuple((marks[blip.tool.ref], blip) for blip in part.blips)
        yield Drawn(part, quarter, tuple((band, RINGS[band.ring]) for band in quarter.bands), pairs)


def _narrowing(request: HttpRequest, found: Radar) -> Narrowing:
    narrowing = Narrowing(request.GET, "tooling:home")
    narrowing.choose("capability", "Capability", [(each.slug, each.name) for each in found.capabilities])
    narrowing.choose(
        "environment", "Environment", [(each.slug, each.name) for each in found.environments], "Any"
    )
    narrowing.choose("data_class", "Data class", data_class_names(), "Any")
    return narrowing


def _chips(request: HttpRequest, narrowing: Narrowing) -> list[dict[str, Any]]:
    return [
        {
            "label": choice.label,
            "value": dict(choice.options)[choice.value],
            "url": address(request.GET, "tooling:home", **{choice.name: None}),
        }
        for choice in narrowing.choices
        if choice.value
    ]
