"""Imports and exports that somebody asks for in the browser: the worker does them, their owner alone sees them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO, Any, cast
from uuid import uuid4

from django.core.files.base import File
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from apps.core import jobs
from apps.core.characters import without_tricks
from apps.core.concurrency import waited_in_vain
from apps.core.errors import Conflict, PortalError
from apps.core.policies import require
from apps.wiki.actions.import_report import Report
from apps.wiki.actions.importing import Progress, import_bundle
from apps.wiki.models import Page, Space, Transfer
from apps.wiki.queries.transfers import export_space
from apps.wiki.text.bundle import BundleError, Problem
from apps.wiki.text.bundle_reading import read_zip
from apps.wiki.text.bundle_writing import write_zip

KEPT = timedelta(days=7)  # a file, whether it came or was made
GIVEN_UP = timedelta(hours=6)  # a transfer that no worker ends is ended
MOST_GOING_ON = 3  # of one person
MOST_FILES = 5  # of one person; the oldest goes first
MOST_PAGES = 2_000  # of an import from the browser; a terminal takes more
ATTEMPTS = 3  # of an import that waited in vain for somebody else's change
MOST_ROWS = 500  # of a report; what is beyond is counted
TOLD_EVERY = 0.5  # seconds between two notes of progress
GOING_ON = (Transfer.State.WAITING, Transfer.State.RUNNING)
STOPPED = "Stopped by you. Nothing was changed."
BUSY = (
    "Somebody is changing pages of this space, and it takes long. Nothing was changed; try again in a minute."
)


class Stopped(Exception):
    """Whoever asked for the transfer has stopped it."""


@transaction.atomic
def start_import(*, actor: Any, space: Space, file: File[Any], name: str) -> Transfer:
    """Keeps the zip and has the worker say what importing it would do; `confirm_import` then does it."""
    require(actor, "change", space)
    transfer = _new(actor, space, Transfer.Kind.IMPORT, dry_run=True)
    transfer.file_name = without_tricks(name)[:200]
    transfer.file.save(f"{uuid4().hex}.zip", file, save=False)
    transfer.save()
    jobs.defer("wiki.transfer", transfer=transfer.pk)
    return transfer


@transaction.atomic
def confirm_import(*, actor: Any, transfer: Transfer) -> Transfer:
    """Imports for true what a dry run found good. Raises Conflict where it was not, or is under way already."""
    require(actor, "change", transfer)
    require(actor, "change", cast(Space, transfer.space))
    rows = Transfer._base_manager.filter(pk=transfer.pk, kind=Transfer.Kind.IMPORT, dry_run=True)
    ready = rows.filter(state=Transfer.State.DONE).exclude(file="")
    if not ready.update(
        dry_run=False, state=Transfer.State.WAITING, done=0, total=0, report={}, ended_at=None
    ):
        raise Conflict(
            "This import cannot be confirmed (again).", next_step="Look at its report, or begin anew."
        )
    jobs.defer("wiki.transfer", transfer=transfer.pk)
    transfer.refresh_from_db()
    return transfer


@transaction.atomic
def stop(*, actor: Any, transfer: Transfer) -> Transfer:
    """Ends what waits; what runs is told, and takes everything back before the next page. Raises Conflict where it
    has ended already."""
    require(actor, "change", transfer)
    row = Transfer._base_manager.filter(pk=transfer.pk)
    if row.filter(state=Transfer.State.RUNNING).update(report={"stop": True}):
        is_over = transfer.kind == Transfer.Kind.IMPORT and not _has_worker(transfer)
    else:
        is_over = bool(row.filter(state=Transfer.State.WAITING).update(state=Transfer.State.FAILED))
        if not is_over:
            raise Conflict("This has ended already.", next_step="Look at its report.")
    transfer.refresh_from_db()
    if is_over:
        _end(transfer, _refused([Problem("", STOPPED)]))
    return transfer


def _has_worker(transfer: Transfer) -> bool:
    """Whether the process that carries an import out is alive: it holds a lock that ends with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('wiki.transfer'), %s)", [transfer.pk])
        (is_free,) = cursor.fetchone()
    return not is_free


@transaction.atomic
def start_export(*, actor: Any, space: Space) -> Transfer:
    """Has the worker write what the actor sees of a space as a zip."""
    require(actor, "view", space)
    transfer = _new(actor, space, Transfer.Kind.EXPORT)
    transfer.file_name = f"{space.slug}.zip"
    transfer.save()
    jobs.defer("wiki.transfer", transfer=transfer.pk)
    return transfer


def _new(actor: Any, space: Space, kind: str, *, dry_run: bool = False) -> Transfer:
    mine = Transfer._base_manager.filter(user=actor.pk)
    if mine.filter(state__in=GOING_ON).count() >= MOST_GOING_ON:
        raise Conflict(
            f"{MOST_GOING_ON} of your imports and exports are under way.", next_step="Wait for one to end."
        )
    for old in mine.exclude(file="").order_by("-at", "-id")[MOST_FILES - 1 :]:
        _drop_file(old)
    return Transfer(user_id=actor.pk, space=space, kind=kind, dry_run=dry_run)


def carry_out(pk: int) -> None:
    """What the worker does: once, whoever else was told to."""
    transfer = _claimed(pk)
    if transfer is None:
        return
    try:
        report = _exported(transfer) if transfer.kind == Transfer.Kind.EXPORT else _imported_at_last(transfer)
    except Stopped:
        report = _refused([Problem("", STOPPED)])
    except PortalError as error:
        report = _refused([Problem("", f"{error.detail} {error.next_step}".strip())])
    except BundleError as error:
        report = _refused(list(error.problems))
    except Exception as error:
        is_busy = waited_in_vain(error) is not None
        sentence = BUSY if is_busy else "Something unexpected went wrong. Nothing was changed."
        _end(transfer, _refused([Problem("", sentence)]))
        if not is_busy:
            raise
        return
    _end(transfer, report)


@transaction.atomic
def _claimed(pk: int) -> Transfer | None:
    """The transfer, now running; None where it does not wait, or where another import of the same person runs, which
    starts this one when it ends: so the other workers are there for the others."""
    transfer = Transfer._base_manager.select_related("user", "space").filter(pk=pk).first()
    if transfer is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('wiki.imports'), %s)", [transfer.user_id])
    rows = Transfer._base_manager.filter(user=transfer.user_id, kind=Transfer.Kind.IMPORT)
    is_import = transfer.kind == Transfer.Kind.IMPORT
    if is_import and rows.filter(state=Transfer.State.RUNNING).exclude(pk=pk).exists():
        return None
    waiting = Transfer._base_manager.filter(pk=pk, state=Transfer.State.WAITING)
    if not waiting.update(state=Transfer.State.RUNNING):
        return None
    transfer.refresh_from_db()
    return transfer


def _start_next(user: int) -> None:
    """The person's import that waited for this one."""
    rows = Transfer._base_manager.filter(user=user, kind=Transfer.Kind.IMPORT, state=Transfer.State.WAITING)
    for pk in rows.order_by("at", "pk").values_list("pk", flat=True)[:1]:
        jobs.defer("wiki.transfer", transfer=pk)


def _refused(problems: list[Problem]) -> Report:
    return Report(problems=problems)


def _end(transfer: Transfer, report: Report) -> None:
    transfer.state = Transfer.State.FAILED if report.problems else Transfer.State.DONE
    transfer.report, transfer.ended_at = as_json(report), timezone.now()
    transfer.save(update_fields=["state", "report", "ended_at", "file"])
    is_over = transfer.state == Transfer.State.FAILED or not transfer.dry_run
    if transfer.kind == Transfer.Kind.IMPORT and is_over:
        _drop_file(transfer)
    if transfer.kind == Transfer.Kind.IMPORT:
        _start_next(transfer.user_id)


def as_json(report: Report) -> dict[str, Any]:
    """What the page shows later: counts, what changes, and what was wrong."""
    changed = [row for row in report.rows if row.change != "unchanged" or row.moved]
    return {
        "counts": report.counts,
        "rows": [
            {"id": row.id, "title": row.title, "change": row.change, "moved": row.moved, "details": list(row.details)}
            for row in changed[:MOST_ROWS]
        ],
        "more": max(0, len(changed) - MOST_ROWS),
        "problems": [_problem(problem) for problem in report.problems],
        "warnings": [_problem(problem) for problem in report.warnings[:MOST_ROWS]],
        "more_warnings": max(0, len(report.warnings) - MOST_ROWS),
        "home_replaced": report.home_replaced,
        "pages": report.pages,
    }  # fmt: skip


def _problem(problem: Problem) -> dict[str, Any]:
    return {"path": problem.path, "line": problem.line, "sentence": problem.sentence}


def _imported_at_last(transfer: Transfer) -> Report:
    """Waits for the locks of others some times more than a web request does."""
    for _ in range(ATTEMPTS - 1):
        try:
            return _imported(transfer)
        except OperationalError as error:
            if waited_in_vain(error) is None:
                raise
    return _imported(transfer)


def _imported(transfer: Transfer) -> Report:
    space = cast(Space, transfer.space)
    with transfer.file.open("rb") as file, told_beside(transfer) as progress:
        bundle = read_zip(cast(IO[bytes], file), seed=space.slug, most_pages=MOST_PAGES)
        return import_bundle(
            actor=transfer.user, bundle=bundle, space=space, dry_run=transfer.dry_run, progress=progress
        )


def _exported(transfer: Transfer) -> Report:
    space = cast(Space, transfer.space)
    require(transfer.user, "view", space)
    bundle = export_space(transfer.user, space)
    Transfer._base_manager.filter(pk=transfer.pk).update(total=len(bundle.pages))
    with TemporaryFile() as target:
        write_zip(bundle, target)
        if Transfer._base_manager.filter(pk=transfer.pk, report__stop=True).exists():
            raise Stopped
        target.seek(0)
        transfer.file.save(f"{uuid4().hex}.zip", File(target), save=False)
    Transfer._base_manager.filter(pk=transfer.pk).update(done=len(bundle.pages))
    uids = [page.id for page in bundle.pages]
    held = Page._base_manager.filter(uid__in=uids).order_by("pk").values_list("pk", flat=True)
    return Report(warnings=list(bundle.warnings), pages=list(held))


@contextmanager
def told_beside(transfer: Transfer, every: float = TOLD_EVERY) -> Iterator[Progress]:
    """Notes of progress that others read while the import's one transaction is still open.

    They go through a second connection to the same database, which commits each at once. The import itself never
    touches the transfer's row, so the two cannot wait for each other. Telling raises Stopped where its owner said so.
    """
    beside = connection.copy()
    with beside.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('wiki.transfer'), %s)", [transfer.pk])
    told = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done < total and time.monotonic() - told < every:
            return
        told = time.monotonic()
        with beside.cursor() as cursor:
            table = Transfer._meta.db_table
            cursor.execute(
                f"UPDATE {table} SET done = %s, total = %s WHERE id = %s RETURNING report ? 'stop'",  # noqa: S608 - our own name
                [done, total, transfer.pk],
            )
            if (cursor.fetchone() or (False,))[0]:
                raise Stopped

    try:
        yield tell
    finally:
        beside.close()


def forget_transfers(at: datetime | None = None) -> int:
    """Files older than a week go; transfers that no worker has ended are ended. Returns how many files went."""
    now = at or timezone.now()
    old = (
        Transfer._base_manager.exclude(file="")
        .filter(at__lt=now - KEPT)
        .exclude(state=Transfer.State.RUNNING)
    )
    gone = list(old)
    for transfer in gone:
        _drop_file(transfer)
    stuck = Transfer._base_manager.filter(state__in=GOING_ON, at__lt=now - GIVEN_UP)
    report = as_json(_refused([Problem("", "No worker ended this; nothing was changed. Begin anew.")]))
    stuck.update(state=Transfer.State.FAILED, report=report, ended_at=now)
    return len(gone)


def _drop_file(transfer: Transfer) -> None:
    """The row first: a file that stays behind harms less than a row that names none."""
    name, storage = transfer.file.name or "", transfer.file.storage
    Transfer._base_manager.filter(pk=transfer.pk).update(file="")
    transaction.on_commit(lambda: storage.delete(name))
