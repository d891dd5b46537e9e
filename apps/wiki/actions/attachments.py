"""Files beside the text of a page: bytes are kept once under their SHA-256, names belong to pages."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from apps.core.characters import without_tricks
from apps.core.errors import Invalid, TooLarge
from apps.core.events import record
from apps.core.policies import require
from apps.wiki.actions.revisions import locked_page
from apps.wiki.file_types import type_of
from apps.wiki.models import Attachment, Blob, Page
from apps.wiki.vocabulary import LARGEST_ATTACHMENT

LONGEST_NAME = 150
# What a path, a shell, an archive or a Markdown link would read as more than a name.
_SIGNS = re.compile(r"[\\:*?\"<>|#%{}\[\]()`\x00-\x1f\x7f]+")


def cleaned_name(name: str) -> str:
    """The last part of a path, without signs that mean something elsewhere; at most 150 characters.

    Raises Invalid where nothing is left.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", str(name)))[-1]
    plain = _SIGNS.sub("-", without_tricks(last.encode("utf-8", "ignore").decode()))
    stem, dot, ending = " ".join(plain.split()).strip(". -").rpartition(".")
    stem, ending = stem.rstrip(". -"), ending.strip(". -")[:20]
    if not stem or not dot or not ending:
        raise Invalid(errors={"file": ["The file needs a name with an ending, such as plan.pdf."]})
    return f"{stem[: LONGEST_NAME - 1 - len(ending)]}.{ending}"


@transaction.atomic
def attach(*, actor: Any, page: Page, name: str, data: bytes, at: datetime | None = None) -> Attachment:
    """Puts a file beside the page's text; one of the same name is replaced, the same bytes again are no change.

    Raises Invalid for a name or a type that is not taken, TooLarge beyond 10 MB.
    """
    require(actor, "change", page)
    cleaned, content_type = _checked(name, data)
    page = locked_page(page)
    blob = _kept(data)
    before = Attachment._base_manager.filter(page=page, name=cleaned, removed_at=None).first()
    if before is not None and before.blob_id == blob.pk:
        return before
    moment = at or timezone.now()
    if before is not None:
        Attachment._base_manager.filter(pk=before.pk).update(removed_at=moment)
    fields = {"name": cleaned, "content_type": content_type, "blob": blob}
    row = Attachment.objects.create(page=page, uploaded_by_id=actor.pk, at=moment, **fields)
    about = {"name": cleaned, "size": blob.size, "type": content_type, "replaced": before is not None}
    record("wiki.page.attachment_added", actor=actor, target=page, data=about, at=at)
    return row


@transaction.atomic
def remove_attachment(*, actor: Any, attachment: Attachment) -> Attachment:
    """Takes a file off its page; twice is once. The bytes stay while another page has them."""
    page = attachment.page
    require(actor, "change", page)
    gone = Attachment._base_manager.filter(pk=attachment.pk, removed_at=None).update(
        removed_at=timezone.now()
    )
    if gone:
        data = {"name": attachment.name}
        record("wiki.page.attachment_removed", actor=actor, target=page, data=data)
    return attachment


def _checked(name: str, data: bytes) -> tuple[str, str]:
    if len(data) > LARGEST_ATTACHMENT:
        raise TooLarge(
            f"An attachment has at most {LARGEST_ATTACHMENT // 2**20} MB; this has {len(data) / 2**20:,.1f} MB.",
            next_step="Make it smaller, or link to where it lies.",
        )
    if not data:
        raise Invalid(errors={"file": ["The file is empty."]})
    cleaned = cleaned_name(name)
    try:
        return cleaned, type_of(cleaned, data)
    except ValueError as refusal:
        raise Invalid(errors={"file": [str(refusal)]}) from refusal


def _kept(data: bytes) -> Blob:
    """The row of these bytes, held until the end, so that no cleaning takes it away meanwhile."""
    sha256 = hashlib.sha256(data).hexdigest()
    found = Blob._base_manager.select_for_update().filter(sha256=sha256).first()
    if found is not None and default_storage.exists(str(found.file.name)):
        return found
    name = _stored(sha256, data)
    fields = {"size": len(data), "file": name}
    row, created = Blob._base_manager.get_or_create(sha256=sha256, defaults=fields)
    if not created and row.file.name != name:
        row.file.name = name
        row.save(update_fields=["file"])
    return row


def _stored(sha256: str, data: bytes) -> str:
    """Where the bytes lie. A file left by a save that was rolled back is used again, unless it is a part only."""
    name = f"wiki/{sha256}"
    if default_storage.exists(name) and default_storage.size(name) == len(data):
        return name
    return default_storage.save(name, ContentFile(data))
