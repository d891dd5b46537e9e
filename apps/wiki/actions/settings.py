"""A page's frame: what kind it is, its tags, who vouches for it and how often, what it documents, who must read it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.models import Entity
from apps.core.checking import checked_fields, checked_tags
from apps.core.concurrency import differing, swap
from apps.core.errors import Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import User
from apps.wiki.actions.indexing import write_about, write_search
from apps.wiki.actions.spaces import checked_interval
from apps.wiki.models import Link, Page
from apps.wiki.queries.links import entities_written
from apps.wiki.text.rendering import render
from apps.wiki.vocabulary import Audience, LinkKind, Template

MOST_DOCUMENTED = 50


def _one_of(field: str, values: Iterable[str]) -> Callable[[Any], Any]:
    allowed = list(values)

    def check(value: Any) -> Any:
        if value not in allowed:
            raise Invalid(
                errors={field: [f"Choose one of {', '.join(name or 'nobody' for name in allowed)}."]}
            )
        return value

    return check


def _checked_verifier(value: User | None) -> User | None:
    if value is not None and (value.kind != User.Kind.PERSON or not value.is_active):
        raise Invalid(errors={"verifier": ["Choose an active person."]})
    return value


CLEAN: dict[str, Callable[[Any], Any]] = {
    "tags": checked_tags,
    "template": _one_of("template", Template.values),
    "verifier": _checked_verifier,
    "verifier_team": lambda team: team,
    "verify_every_days": checked_interval,
    "acknowledged_by": _one_of("acknowledged_by", Audience.values),
}


@transaction.atomic
def update_page(
    *,
    actor: Any,
    page: Page,
    changes: Mapping[str, Any],
    documents: Iterable[str] | None = None,
    expected_version: int | None = None,
    at: datetime | None = None,
) -> Page:
    """Changes the page's frame. `documents` are references of entities that the actor sees; None leaves them.

    Raises Invalid, naming the field; Conflict where somebody changed the frame since `expected_version`.
    """
    require(actor, "change", page)
    new = checked_fields(changes, CLEAN)
    if new.get("verifier") is not None and new.get("verifier_team") is not None:
        raise Invalid(errors={"verifier": ["Name a person or a team, not both."]})
    new = _instead(new)
    changed = differing(page, new)
    refs = None if documents is None else _checked_documents(actor, documents)
    if refs is not None and set(refs) == _documented(actor, page):
        refs = None
    if not changed and refs is None:
        return page
    swap(page, expected_version, changed, at=at)
    if refs is not None:
        write_about(page, refs + _hidden_documents(actor, page))
    if "tags" in changed and page.revision:
        write_search(page, render(page.revision.text))
    require(actor, "change", page)
    data = {"changes": sorted(changed) + (["documents"] if refs is not None else [])}
    record("wiki.page.settings_changed", actor=actor, target=page, data=data, at=at)
    return page


def _instead(new: dict[str, Any]) -> dict[str, Any]:
    """A person who is named takes the place of a team, and a team that of a person."""
    if new.get("verifier") is not None:
        return {"verifier_team": None} | new
    return {"verifier": None} | new if new.get("verifier_team") is not None else new


def _checked_documents(actor: Any, refs: Iterable[str]) -> list[str]:
    """The references as the catalog writes them; one that the actor does not see is as unknown as one that is not."""
    wanted = list(dict.fromkeys(ref.strip() for ref in refs if ref.strip()))
    if len(wanted) > MOST_DOCUMENTED:
        raise Invalid(errors={"documents": [f"At most {MOST_DOCUMENTED} entities."]})
    found = entities_written(wanted, Entity.objects.visible_to(actor))
    missing = [ref for ref in wanted if ref.lower() not in found]
    if missing:
        raise Invalid(
            errors={"documents": [f"There is no entity “{missing[0][:200]}”, or you do not see it."]}
        )
    return [found[ref.lower()].ref for ref in wanted]


def _documented(actor: Any, page: Page) -> set[str]:
    """The references of what the page documents and the actor sees."""
    rows = Link._base_manager.filter(source=page, kind=LinkKind.ABOUT)
    seen = Entity.objects.visible_to(actor).filter(pk__in=rows.order_by().values("entity"))
    return {entity.ref for entity in seen}


def _hidden_documents(actor: Any, page: Page) -> list[str]:
    """What the page documents and the actor does not see stays as it is."""
    seen = Entity.objects.visible_to(actor).order_by().values("pk")
    rows = Link._base_manager.filter(source=page, kind=LinkKind.ABOUT).exclude(entity__in=seen)
    return list(rows.values_list("written", flat=True))
