"""Documents that other apps leave in the wiki: minutes, decision records. One page per key, one revision per save.

They stand in the space `records`, which the CoE's office owns. A page is never seen by more people than its subject:
what not everybody sees becomes a restricted page, with a grant to view for the team that owns the subject.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, models, transaction

from apps.catalog.models import Entity
from apps.core.errors import Invalid
from apps.core.events import label_of
from apps.core.models import Event
from apps.core.policies import SYSTEM, require
from apps.people.models import Team, Visibility
from apps.wiki.actions.editing import create_page, save_page
from apps.wiki.actions.indexing import write_about
from apps.wiki.actions.placing import grant_page, narrow_page, revoke_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.models import Page, Space

RECORDS = "records"
LONGEST_KEY = 200
KEPT_FOR = "Kept for {name}"


@transaction.atomic
def save_document(*, actor: Any, key: str, title: str, body: str, subject: models.Model | None) -> str:
    """Keeps the text under its key, as the portal, and returns its permanent address.

    The caller's own rules decide who writes such a document; here the actor needs to see the subject (NotFound
    otherwise). A document without a subject is about nothing that is restricted, so everybody may read it.
    """
    if subject is not None:
        require(actor, "view", subject)
    if not 0 < len(key) <= LONGEST_KEY:
        raise Invalid(errors={"key": [f"A document's key has 1 to {LONGEST_KEY} characters."]})
    space = _records()
    narrowed = _narrowed(subject)
    page = Page._base_manager.select_related("space", "revision").filter(document_key=key).first()
    summary = KEPT_FOR.format(name=getattr(actor, "name", "") or "the portal")[:300]
    if page is None:
        page = create_page(
            actor=SYSTEM, space=space, title=title, text=body, narrowed=narrowed, summary=summary
        )
        Page._base_manager.filter(pk=page.pk).update(document_key=key)
    else:
        assert page.revision is not None
        base = page.revision.number
        page = save_page(actor=SYSTEM, page=page, text=body, title=title, base=base, summary=summary).page
        if narrowed and page.narrowed != narrowed:
            narrow_page(actor=SYSTEM, page=page, narrowed=narrowed)
    _let_in(page, getattr(subject, "owner", None) if narrowed else None)
    if isinstance(subject, Entity):
        write_about(page, [subject.ref])
    return page.get_permanent_url()


def _records() -> Space:
    """The space of such documents, held until the end, so that one key is saved once at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('wiki.records'))")
    found = Space._base_manager.select_related("owner").filter(slug=RECORDS).first()
    office = Team._base_manager.filter(coe_office=True, ends=None).order_by("pk").first()
    return found or create_space(
        actor=SYSTEM,
        slug=RECORDS,
        title="Records",
        description="Minutes and decisions that the portal keeps.",
        owner=office,
        home_text="Minutes and decisions that the portal keeps, each as it was taken.\n",
    )


def _narrowed(subject: models.Model | None) -> str:
    """“Unit” means the owner's unit, and the owner here is the office: so all that is not for everybody is restricted.

    A subject that does not say who sees it is restricted too (what is unknown never passes).
    """
    if subject is None or getattr(subject, "visibility", "") == Visibility.COMPANY:
        return ""
    return Visibility.RESTRICTED


def _let_in(page: Page, owner: Team | None) -> None:
    """The subject's owner team views the page; a team that owned it before, and got its grant from here, no longer."""
    before = _let_in_before(page) - ({owner.pk} if owner else set())
    for team in Team._base_manager.filter(pk__in=before):
        revoke_page(actor=SYSTEM, page=page, grantee=team, permission="view")
    if owner is not None:
        grant_page(actor=SYSTEM, page=page, grantee=owner, permission="view")


def _let_in_before(page: Page) -> set[int]:
    rows = Event.objects.filter(target_type=label_of(page), target_id=page.pk, verb="wiki.page.grant_given")
    given = rows.filter(actor=None, actor_name=SYSTEM.name).values_list("data", flat=True)
    return {data["team"] for data in given if "team" in data}
