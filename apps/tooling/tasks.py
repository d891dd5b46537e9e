"""Background work of tooling: what time does, what is really used, and what is written down."""

from __future__ import annotations

import structlog
from procrastinate import RetryStrategy

from apps.core.errors import Conflict
from apps.core.jobs import periodic, task
from apps.people.actions.mailing import RETRY

log = structlog.get_logger(__name__)


@periodic(cron="*/15 * * * *")
@task(name="tooling.open_waiting_reviews", queueing_lock="tooling.open_waiting_reviews", pass_context=False)
def open_waiting_reviews(timestamp: int) -> None:
    """What waited a working day for the center goes to its reviewers."""
    from apps.tooling.actions.timekeeping import open_waiting_reviews as open_reviews

    log.info("waiting reviews opened", opened=open_reviews())


@periodic(cron="*/5 * * * *")
@task(name="tooling.keep_deadlines", queueing_lock="tooling.keep_deadlines", pass_context=False)
def keep_deadlines(timestamp: int) -> None:
    """Missed deadlines are told, with a provisional grant where the risk is low or medium; emergencies want a review."""
    from apps.tooling.actions.timekeeping import keep_deadlines as keep
    from apps.tooling.actions.timekeeping import tell_reviews_due

    log.info("deadlines kept", missed=keep(), emergencies_over=tell_reviews_due())


@periodic(cron="*/5 * * * *")
@task(name="tooling.settle", queueing_lock="tooling.settle", pass_context=False)
def settle(timestamp: int = 0) -> None:
    """Stored states follow time and standards; also started by whoever publishes a standard."""
    from apps.tooling.actions.timekeeping import settle as settle_all

    log.info("requests settled", moved=settle_all())


@periodic(cron="45 5 * * *")
@task(name="tooling.remind", queueing_lock="tooling.remind", pass_context=False)
def remind(timestamp: int) -> None:
    """Every morning: whose exceptions end soon."""
    from apps.tooling.actions.reminding import remind as remind_all

    log.info("ends told", requests=remind_all())


@task(name="tooling.tell_expiring", retry=RETRY)
def tell_expiring(user: int, request: int, days: int) -> None:
    """Writes to one person that an exception of their team ends."""
    from apps.tooling.actions.reminding import tell_expiring as tell

    tell(user=user, request=request, days=days)


@task(name="tooling.keep_record", retry=RetryStrategy(max_attempts=5, wait=20, retry_exceptions={Conflict}))
def keep_record(request: int) -> None:
    """Keeps the decision of a request as a document; waits while somebody edits it."""
    from apps.tooling.actions.records import keep_record as keep

    keep(request=request)


@periodic(cron="20 2 * * *")
@task(name="tooling.scan", queueing_lock="tooling.scan", pass_context=False)
def scan(timestamp: int = 0) -> None:
    """Every night: which tools the catalog's entities use, and which of these uses nobody allowed."""
    from apps.tooling.actions.scanning import scan as scan_all

    seen = scan_all()
    log.info("uses of tools scanned", uses=seen.uses, denied=seen.denied, gone=seen.gone)
