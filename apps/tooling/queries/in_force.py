"""Which revision of a standard holds: the same answer as the book's timelines give, as a queryset."""

from __future__ import annotations

from datetime import datetime

from django.db.models import OuterRef, Subquery

from apps.core.policies import PolicyQuerySet
from apps.tooling.models import Standard


def in_force(revisions: PolicyQuerySet[Standard], at: datetime) -> PolicyQuerySet[Standard]:
    """Of each capability the highest revision that has begun at `at`: a later one supersedes all before it."""
    begun = Standard._base_manager.filter(capability=OuterRef("capability"), effective_from__lte=at)
    return revisions.filter(revision=Subquery(begun.order_by("-revision").values("revision")[:1]))
