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
    """Computes the three plans of a frozen cycle."""
    from apps.roadmap.actions.planning import carry_out

    carry_out(PlanRun._base_manager.select_related("cycle", "snapshot").get(pk=run))


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
