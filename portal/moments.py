"""Time as people say it: relative in the text, exact on hover."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone

from apps.core.words import counted

_UNITS = ((60, "minute", 3600), (3600, "hour", 86_400))
FAR = timedelta(days=30)


def relative(moment: datetime | date, now: datetime | None = None) -> str:
    """“5 minutes ago”, “in 3 days”, “yesterday”; beyond 30 days the date itself."""
    now = timezone.localtime(now)
    if not isinstance(moment, datetime):
        return _days((moment - now.date()).days, moment, now)
    moment = _local(moment)
    seconds = int((moment - now).total_seconds())
    for size, unit, limit in _UNITS:
        if abs(seconds) < size and unit == "minute":
            return "just now" if seconds <= 0 else "in a moment"
        if abs(seconds) < limit:
            return _phrase(abs(seconds) // size, unit, past=seconds < 0)
    return _days((moment.date() - now.date()).days, moment.date(), now)


def exact(moment: datetime | date) -> str:
    """“15 July 2025, 14:03 UTC” in the time zone in force; a date without a clock."""
    if not isinstance(moment, datetime):
        return f"{moment.day} {moment:%B %Y}"
    moment = _local(moment)
    return f"{moment.day} {moment:%B %Y, %H:%M %Z}"


def _local(moment: datetime) -> datetime:
    return timezone.localtime(timezone.make_aware(moment) if timezone.is_naive(moment) else moment)


def _days(days: int, day: date, now: datetime) -> str:
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in near:
        return near[days]
    if abs(days) <= FAR.days:
        return _phrase(abs(days), "day", past=days < 0)
    return f"{day.day} {day:%b}" if day.year == now.year else f"{day.day} {day:%b %Y}"


def _phrase(count: int, unit: str, *, past: bool) -> str:
    words = counted(count, unit)
    return f"{words} ago" if past else f"in {words}"
