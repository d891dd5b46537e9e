"""Spaces and pages for tests, made through actions, and a row of every model of the wiki for the walks over models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

from django.core.files.base import ContentFile
from django.db import models
from django.utils import timezone

from apps.core.policies import SYSTEM
from apps.people.models import Team
from apps.wiki import models as wiki
from apps.wiki.actions.comments import add_comment
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import create_page
from apps.wiki.actions.placing import rename_page
from apps.wiki.actions.spaces import create_space
from tests.personas import People

_numbers = count(1)


def a_space(visibility: str = "company", slug: str = "", **fields: Any) -> wiki.Space:
    """A space of risk-ml (Retail Banking)."""
    slug = slug or f"space-{next(_numbers)}"
    fields = {"title": f"Space {slug}", "owner": Team.objects.get(slug="risk-ml")} | fields
    return create_space(actor=SYSTEM, slug=slug, visibility=visibility, **fields)


def a_page(
    visibility: str = "company", title: str = "", text: str = "Some words.", **fields: Any
) -> wiki.Page:
    """A page of a company-visible space of risk-ml, narrowed to `visibility`."""
    fields = {"space": fields.pop("space", None) or a_space()} | fields
    narrowed = "" if visibility == "company" else visibility
    return create_page(
        actor=SYSTEM, title=title or f"Page {next(_numbers)}", text=text, narrowed=narrowed, **fields
    )


def _attachment(page: wiki.Page) -> wiki.Attachment:
    blob = wiki.Blob(sha256=f"{next(_numbers):064}", size=3)
    blob.file.save(blob.sha256, ContentFile(b"abc"))
    return wiki.Attachment.objects.create(page=page, name="notes.txt", content_type="text/plain", blob=blob)


def _verification(page: wiki.Page) -> wiki.Verification:
    until = timezone.now() + timedelta(days=90)
    return wiki.Verification.objects.create(page=page, revision=page.revision, until=until)


def _redirect(page: wiki.Page) -> wiki.Redirect:
    rename_page(actor=SYSTEM, page=page, slug=f"renamed-{next(_numbers)}")
    return wiki.Redirect.objects.get(page=page)


# Rows that are seen by whoever sees the page that they hang on.
OF_A_PAGE: dict[type[models.Model], Callable[[wiki.Page], models.Model]] = {
    wiki.Page: lambda page: page,
    wiki.Revision: lambda page: wiki.Revision.objects.get(page=page),
    wiki.Rendering: lambda page: wiki.Rendering.objects.get(revision=page.revision),
    wiki.Link: lambda page: wiki.Link.objects.create(source=page, kind="page", written="X", wanted_key="x"),
    wiki.Redirect: _redirect,
    wiki.Attachment: _attachment,
    wiki.Comment: lambda page: add_comment(actor=SYSTEM, page=page, text="A remark."),
    wiki.Verification: _verification,
}
# Rows of one person: ada's.
OWN: dict[type[models.Model], Callable[[People], models.Model]] = {
    wiki.Draft: lambda people: keep_draft(actor=people.ada, space=a_space(), text="Not yet."),
    wiki.Mention: lambda people: wiki.Mention.objects.create(user=people.ada, page=a_page()),
    wiki.Reminder: lambda people: wiki.Reminder.objects.create(
        user=people.ada, page=a_page(), until=timezone.now()
    ),
    wiki.Watch: lambda people: wiki.Watch.objects.create(user=people.ada, page=a_page()),
    wiki.Transfer: lambda people: wiki.Transfer.objects.create(
        user=people.ada, space=a_space(), kind="export"
    ),
    wiki.FruitlessSearch: lambda people: wiki.FruitlessSearch.objects.create(user=people.ada, words="kudu"),
}


def an_acknowledgement(people: People) -> wiki.Acknowledgement:
    """Kim has read a page of risk-ml: seen by kim, by those who keep the page, and by those who see everything."""
    page = a_page()
    return wiki.Acknowledgement.objects.create(page=page, revision=page.revision, user=people.kim)


def a_blob(people: People) -> wiki.Blob:
    return _attachment(a_page()).blob
