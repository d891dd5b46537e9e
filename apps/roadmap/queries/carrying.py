"""What a cycle leaves over for the next one: planned in it, still under way, and in no later cycle yet."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q

from apps.core.policies import PolicyQuerySet
from apps.roadmap.models import Candidate, Cycle, Request
from apps.roadmap.workflow import UNDER_WAY


def unfinished_of(cycle: Cycle) -> Any:
    """All of them, whoever asks; for counting."""
    return Request._base_manager.filter(_left(cycle))


def unfinished(user: Any, cycle: Cycle) -> PolicyQuerySet[Request]:
    """Those that `user` sees, by title."""
    rows = Request.objects.visible_to(user).filter(_left(cycle)).defer("search_vector")
    return rows.select_related("unit").order_by("title", "pk")


def _left(cycle: Cycle) -> Q:
    places = Candidate._base_manager.filter(request=OuterRef("pk"))
    later = places.filter(cycle__starts__gte=cycle.starts).exclude(cycle=cycle.pk)
    here = places.filter(cycle=cycle.pk, planned=True)
    return Q(Exists(here), ~Exists(later), state__in=UNDER_WAY)


def may_be_carried(user: Any, cycle: Cycle) -> PolicyQuerySet[Request]:
    """What is under way and not in the cycle yet, with the cycles that it was in, the last one first."""
    past = Candidate._base_manager.select_related("cycle").order_by("-pk")
    rows = Request.objects.allowed(user, "estimate").filter(state__in=UNDER_WAY)
    rows = rows.exclude(candidacies__cycle=cycle).select_related("unit").order_by("title", "pk")
    return rows.prefetch_related(Prefetch("candidacies", past))
