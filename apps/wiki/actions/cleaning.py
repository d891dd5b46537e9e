"""Files that no page has any more are taken away, a day after they were last needed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.wiki.models import Attachment, Blob

KEPT = timedelta(days=1)
FOLDER = "wiki"


def clean_files(*, at: datetime | None = None) -> tuple[int, int]:
    """Deletes blobs that no page has had for a day, and files under `wiki/` that no blob names and that are older than
    a day (left by saves that were rolled back). Returns how many blobs and how many files went.
    """
    before = (at or timezone.now()) - KEPT
    wanted = Attachment._base_manager.filter(Q(removed_at=None) | Q(removed_at__gt=before)).order_by()
    unused = Blob._base_manager.exclude(pk__in=wanted.values("blob")).order_by("pk")
    gone = [_clean_blob(pk, before) for pk in list(unused.values_list("pk", flat=True))]
    names = {name for name in gone if name}
    return len(names), _clean_folder(before, names)


@transaction.atomic
def _clean_blob(pk: int, before: datetime) -> str:
    """The file whose row went, or "". The row is held, as by whoever attaches the same bytes meanwhile; the file goes
    with the next cleaning, in case somebody brings the same bytes again at this moment."""
    blob = Blob._base_manager.select_for_update().filter(pk=pk).first()
    if blob is None or not _lies_since(str(blob.file.name), before):
        return ""
    needed = Attachment._base_manager.filter(Q(removed_at=None) | Q(removed_at__gt=before), blob=blob)
    if needed.exists():
        return ""
    Attachment._base_manager.filter(blob=blob).delete()
    blob.delete()
    return str(blob.file.name)


def _clean_folder(before: datetime, just_freed: set[str]) -> int:
    if not default_storage.exists(FOLDER):
        return 0
    names = [f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]]
    known = set(Blob._base_manager.values_list("file", flat=True)) | just_freed
    old = [name for name in names if name not in known and _lies_since(name, before)]
    for name in old:
        default_storage.delete(name)
    return len(old)


def _lies_since(name: str, before: datetime) -> bool:
    """Whether a file lies there since before a moment; one that is not there is as old as can be."""
    return not default_storage.exists(name) or default_storage.get_modified_time(name) < before
