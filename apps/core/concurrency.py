"""Races are decided by the database: compare-and-swap on a row's version, and refusals by constraints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, OperationalError, models, transaction
from django.db.models import F
from django.utils import timezone
from psycopg.errors import DeadlockDetected, LockNotAvailable

from apps.core.errors import Conflict, Unavailable

V = TypeVar("V", bound=models.Model)


class Versioned(models.Model):
    """A row that counts its changes, so that two editors cannot overwrite each other."""

    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


def swap(
    row: models.Model, expected_version: int | None, changes: Mapping[str, Any], *, at: datetime | None = None
) -> None:
    """Writes `changes` if the row still has `expected_version` (None: the version that `row` was read with).

    Raises Conflict with the current version otherwise. `row` is refreshed in place. `at` backdates the change.
    """
    current: Any = row
    version = current.version if expected_version is None else expected_version
    rows = type(row)._base_manager.filter(pk=row.pk, version=version)
    if not rows.update(**changes, version=F("version") + 1, updated_at=at or timezone.now()):
        now = type(row)._base_manager.filter(pk=row.pk).values_list("version", flat=True).first()
        raise Conflict(
            f"Somebody changed this {row._meta.verbose_name} while you were editing (version {now}, yours {version}).",
            next_step="Load it again, look at what changed, and save your change on top.",
            possible=["reload"],
            current_version=now,
        )
    row.refresh_from_db()


def require_version(row: Versioned, expected_version: int | None) -> None:
    """For a row that is held: Conflict where it is another version than somebody read; None is any."""
    if expected_version is not None and row.version != expected_version:
        raise Conflict(
            f"Somebody changed this meanwhile (version {row.version}, yours {expected_version}).",
            next_step="Load it again, look at what changed, and decide then.",
            possible=["reload"],
            current_version=row.version,
        )


def differing(row: models.Model, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `fields` that `row` has otherwise: what is to be written and told."""
    return {name: value for name, value in fields.items() if getattr(row, name) != value}


def waited_in_vain(error: Exception) -> Unavailable | None:
    """What to tell whoever waited for another's transaction until the database gave up; None for other errors."""
    if isinstance(error, OperationalError) and isinstance(
        error.__cause__, LockNotAvailable | DeadlockDetected
    ):
        return Unavailable(
            "Somebody else is changing the same thing, and it takes long (an import, for example).",
            next_step="Nothing was changed. Try again in a minute.",
        )
    return None


@contextmanager
def refused_as(**sentences: str) -> Iterator[None]:
    """Turns the violation of a named constraint into a Conflict with its sentence: `refused_as(name="...")`."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnostics = getattr(error.__cause__, "diag", None)
        name = getattr(diagnostics, "constraint_name", None) or ""
        if name not in sentences:
            raise
        raise Conflict(sentences[name]) from error
