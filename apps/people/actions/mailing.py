"""Mails to one person: plain text, in the time of their own clock.

A mail is sent inside the transaction that marks its content as told: where the mail server refuses (OSError), nothing is
marked and the job's next try tells it again.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate import RetryStrategy

from apps.people.models import User

# A mail server that does not answer (SMTPException is an OSError) is asked again after 10 s, 100 s, 17 min, 2.8 h.
RETRY = RetryStrategy(max_attempts=5, exponential_wait=10, retry_exceptions={OSError})


def is_reachable(person: User) -> bool:
    return person.is_active and bool(person.email)


def write_to(person: User, subject: str, template: str, context: dict[str, Any]) -> None:
    """Sends the rendered template; it gets `person` and `base`, the portal's address, besides the context."""
    whole = context | {"person": person, "base": settings.BASE_URL}
    with timezone.override(ZoneInfo(person.time_zone)):
        body = render_to_string(template, whole)
    EmailMessage(" ".join(subject.split()), body, to=[person.email]).send()
