"""What the wiki says about entities of the catalog: to a reader the pages, to a gate the facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef
from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.policies import PolicyQuerySet
from apps.wiki.models import Link, Page
from apps.wiki.vocabulary import LinkKind, PageState, Template

FACTS = ("runbook.verified_at", "docs.pages")


def pages_about(user: Any, entity: Entity) -> PolicyQuerySet[Page]:
    """Current pages that `user` sees and that document the entity (`documents`), then those that only embed it."""
    links = Link._base_manager.filter(entity=entity)
    documents = Exists(links.filter(source=OuterRef("pk"), kind=LinkKind.ABOUT))
    rows = Page.objects.visible_to(user).filter(pk__in=links.values("source"), state=PageState.CURRENT)
    rows = rows.annotate(documents=documents).select_related("space").defer("search_vector")
    return rows.order_by("-documents", "-updated_at", "-id")


def facts(entities: Sequence[int]) -> dict[int, dict[str, Any]]:
    """`runbook.verified_at`: the last verification, still standing, of a runbook that documents the entity, as an
    ISO instant; absent where there is none. `docs.pages`: how many current pages document or embed it.

    Facts are for gates and the same for everybody: pages of every visibility count, and none is named.
    """
    answer: dict[int, dict[str, Any]] = {pk: {"docs.pages": 0} for pk in entities}
    links = Link._base_manager.filter(entity__in=entities, source__state=PageState.CURRENT).order_by()
    for pk, count in links.values_list("entity").annotate(Count("source", distinct=True)):
        answer[pk]["docs.pages"] = count
    standing = links.filter(
        kind=LinkKind.ABOUT, source__template=Template.RUNBOOK, source__verified_until__gt=timezone.now()
    )
    for pk, at in standing.values_list("entity").annotate(Max("source__verified_at")):
        answer[pk]["runbook.verified_at"] = at.isoformat()
    return answer
