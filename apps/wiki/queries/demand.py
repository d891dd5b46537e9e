"""What several people searched for in vain: words and numbers, never who."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils import timezone

from apps.core.policies import NOTHING
from apps.people.standing import standing_of
from apps.wiki.models import FruitlessSearch

WITHIN = timedelta(days=90)
LEAST_PEOPLE = 2  # what one person searched for is theirs alone


def searched_in_vain(user: Any) -> QuerySet[Any, Any]:
    """Rows of `words`, `people`, `searches` and `last` for those who plan (CoE leads and superusers), most wanted
    first; nothing for anybody else."""
    allowed = Q() if standing_of(user).sees_everything else NOTHING
    rows = FruitlessSearch._base_manager.filter(
        allowed, last_at__gte=timezone.now() - WITHIN, user__is_active=True
    )
    wanted = rows.order_by().values("words")
    counted = wanted.annotate(people=Count("user", distinct=True), searches=Sum("times"), last=Max("last_at"))
    return counted.filter(people__gte=LEAST_PEOPLE).order_by("-people", "-searches", "words")
