"""Background work of the wiki: find who is to be told and what is to be cleaned, call an action for each."""

from __future__ import annotations

import structlog
from django.utils import timezone

from apps.core import jobs
from apps.core.jobs import periodic, task
from apps.people.actions.mailing import RETRY
from apps.wiki import transfer_tasks

__all__ = ["transfer_tasks"]  # the worker finds tasks here

log = structlog.get_logger(__name__)


@task(name="wiki.tell_mention", retry=RETRY)
def tell_mention(mention: int) -> None:
    """Writes to one person that they were named."""
    from apps.wiki.actions.telling import tell_mention as tell

    tell(mention=mention)


@task(name="wiki.send_digest", retry=RETRY)
def send_digest(user: int) -> None:
    """Writes one person's digest."""
    from apps.wiki.actions.telling import send_digest as send

    send(user=user)


@task(name="wiki.send_reminders", retry=RETRY)
def send_reminders(user: int) -> None:
    """Writes to one person which pages they are to verify again."""
    from apps.wiki.actions.telling import send_reminders as send

    send(user=user)


@periodic(cron="0 5 * * *")
@task(name="wiki.digest", queueing_lock="wiki.digest", pass_context=False)
def digest(timestamp: int) -> None:
    """Every morning: a job for everybody who watches something, so that one refused mail stops no other."""
    from apps.wiki.queries.watching import people_to_tell

    for user in people_to_tell().values_list("pk", flat=True):
        jobs.defer("wiki.send_digest", user=user, queueing_lock=f"wiki.send_digest:{user}")


@periodic(cron="30 5 * * 1")
@task(name="wiki.expiring", queueing_lock="wiki.expiring", pass_context=False)
def expiring(timestamp: int) -> None:
    """Every Monday: a job for everybody who answers for a page whose verification ends."""
    from apps.wiki.queries.truth import people_to_remind

    for user in people_to_remind(timezone.now()).values_list("pk", flat=True):
        jobs.defer("wiki.send_reminders", user=user, queueing_lock=f"wiki.send_reminders:{user}")


@periodic(cron="40 3 * * *")
@task(name="wiki.clean_files", queueing_lock="wiki.clean_files", pass_context=False)
def clean_files(timestamp: int) -> None:
    """Every night: what no page has any more."""
    from apps.wiki.actions.cleaning import clean_files as clean

    blobs, files = clean()
    log.info("wiki files cleaned", blobs=blobs, files=files)
