"""Which revision of a standard holds: the same answer as the book's timelines give, as a queryset."""

from __future__ import annotations

from datetime import datetime

from apps.core.policies import PolicyQuerySet
from apps.tooling.models import Standard


def in_force(revisions: PolicyQuerySet[Standard], at: datetime) -> PolicyQuerySet[Standard]:
    """Of each capability the highest revision that has begun at `at`: a later one supersedes all before it."""
    begun = Standard._base_manager.filter(effective_from__lte=at)
    latest = begun.order_by("capability", "-revision").distinct("capability").values("pk")
    return revisions.filter(pk__in=latest)
