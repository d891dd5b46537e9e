"""What holds for a while: how it is shown and ended, alike for memberships, liaisons and seats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter

from apps.core.admin import Operation
from apps.core.moments import told
from apps.people import actions
from apps.people.queries import running


class RunningFilter(DropdownFilter):
    """Rows that hold now, or that no longer do."""

    title = "now"
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Running"), ("no", "Ended or not begun")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        wanted = {"yes": running(), "no": ~running()}.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(wanted)


def is_running(row: Any) -> bool:
    return row.ends is None or row.ends > timezone.now()


def span(row: Any) -> str:
    """`2026-03-01 to 2026-09-01`."""
    return f"{told(row.starts)} to {told(row.ends)}" if row.ends else f"since {told(row.starts)}"


def ending(label: str, verb: str, subject: str) -> Operation:
    """Ends a liaison or seat now; the row stays as history."""

    def perform(actor: Any, row: Any, answers: Mapping[str, Any]) -> str:
        actions.end_period(actor=actor, row=row, verb=verb, subject=getattr(row, subject))
        return f"Ended: {row}."

    explain = "It ends now and stays on record."
    return Operation(
        "end", label, perform, icon="event_busy", explain=explain, applies=is_running, danger=True
    )
