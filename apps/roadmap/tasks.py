"""Background work of the roadmap: find what is due, call an action."""

from __future__ import annotations

import structlog
from procrastinate import RetryStrategy

from apps.core.errors import Conflict
from apps.core.jobs import periodic, task
from apps.people.actions.mailing import RETRY
from apps.roadmap.models import PlanRun

log = structlog.get_logger(__name__)


@task(name="roadmap.plan")
def plan(run: int) -> None:
    """Computes the three plans of a frozen cycle, once: a job may come twice, and the demo plans while it is loaded."""
    from apps.roadmap.actions.planning import carry_out

    row = PlanRun._base_manager.select_related("cycle", "snapshot").get(pk=run)
    if row.state != PlanRun.State.DONE:
        carry_out(row)


@task(name="roadmap.keep_minutes", retry=RetryStrategy(max_attempts=5, wait=20, retry_exceptions={Conflict}))
def keep_minutes(meeting: int) -> None:
    """Keeps what a meeting decided as a document; waits while somebody edits it."""
    from apps.roadmap.actions.minutes import keep_minutes as keep

    keep(meeting=meeting)


@periodic(cron="10 6 * * *")
@task(name="roadmap.remind", queueing_lock="roadmap.remind", pass_context=False)
def remind(timestamp: int = 0) -> None:
    """Every morning: which looks back have come due."""
    from apps.roadmap.actions.reminding import remind_of_reviews

    log.info("outcome reviews told", reviews=remind_of_reviews())


@task(name="roadmap.tell_review_due", retry=RETRY)
def tell_review_due(user: int, review: int) -> None:
    """Writes to one person that what was delivered wants a look back."""
    from apps.roadmap.actions.reminding import tell_review_due as tell

    tell(user=user, review=review)


@task(name="roadmap.tell_change", retry=RETRY)
def tell_change(user: int, event: int) -> None:
    """Writes to one person that a request moved, and why."""
    from apps.roadmap.actions.telling import tell_change as tell

    tell(user=user, event=event)


@task(name="roadmap.ask_sponsor", retry=RETRY)
def ask_sponsor(user: int, request: int) -> None:
    """Asks a sponsor to answer for a request's value."""
    from apps.roadmap.actions.telling import ask_sponsor as ask

    ask(user=user, request=request)


@periodic(cron="30 6 * * 1")
@task(name="roadmap.send_digests", queueing_lock="roadmap.send_digests", pass_context=False)
def send_digests(timestamp: int = 0) -> None:
    """On Monday mornings: sponsors hear what happened to their requests."""
    from apps.roadmap.actions.digest import send_digests as send_all

    log.info("sponsors' digests queued", sponsors=send_all())


@task(name="roadmap.send_digest", retry=RETRY)
def send_digest(user: int, until: str) -> None:
    """Writes to one sponsor."""
    from apps.roadmap.actions.digest import send_digest as send

    send(user=user, until=until)
