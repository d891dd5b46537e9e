"""Background work of files coming and going; `tasks` takes it in, so that the worker finds it."""

from __future__ import annotations

import structlog

from apps.core.jobs import periodic, task

log = structlog.get_logger(__name__)


@task(name="wiki.transfer")
def transfer(transfer: int) -> None:
    """Carries out one import or export."""
    from apps.wiki.actions.transfers import carry_out

    carry_out(transfer)


@periodic(cron="40 3 * * *")
@task(name="wiki.forget_transfers", queueing_lock="wiki.forget_transfers", pass_context=False)
def forget_transfers(timestamp: int) -> None:
    """Every night: files of a week ago go."""
    from apps.wiki.actions.transfers import forget_transfers as forget

    log.info("transfers forgotten", files=forget())


@periodic(cron="*/10 * * * *")
@task(name="wiki.install_handbook", queueing_lock="wiki.install_handbook", pass_context=False)
def install_handbook(timestamp: int) -> None:
    """Brings the handbook to what is shipped. A worker that starts does what was due within the last ten minutes,
    so an upgrade shows at once; where nothing changed, this only compares hashes."""
    from apps.wiki.actions.handbook import install_handbook as install
    from apps.wiki.actions.handbook import sentences

    report = install()
    if report.created or report.updated or report.archived:
        log.info("handbook installed", report=sentences(report))
