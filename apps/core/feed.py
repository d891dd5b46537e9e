"""Events as sentences, as far as somebody may see them: the feed, and the history on an object's page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.text import capfirst

from apps.core.event_rules import event_models
from apps.core.models import Event
from apps.core.plugs import FeedVerb, registered

WINDOW = 200
MOST_WINDOWS = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a feed: who did what to which object; `url` is empty where the object has no page."""

    event: Event
    actor: str
    phrase: str
    title: str
    url: str
    icon: str
    remark: str
    at: datetime


def feed(user: Any, *, limit: int = 30, before: int | None = None, events: Any = None) -> list[Entry]:
    """The newest entries for `user`, at most `limit`, older than the event id `before`.

    Takes candidates in windows by id and asks each target type's policy once per window, which is what
    `Event.objects.visible_to` says for each row, without asking it for the whole table.
    """
    found: list[Event] = []
    rows = (Event.objects.all() if events is None else events).select_related("actor").order_by("-id")
    for _ in range(MOST_WINDOWS):
        window = list(rows.filter(pk__lt=before)[:WINDOW] if before else rows[:WINDOW])
        found += _visible(user, window)
        if len(found) >= limit or len(window) < WINDOW:
            break
        before = window[-1].pk
    return entries(user, found[:limit])


def about(user: Any, obj: models.Model, limit: int = 50) -> list[Entry]:
    """What happened to one object."""
    rows = Event.objects.filter(subject_type=obj._meta.label_lower, subject_id=obj.pk)
    return feed(user, limit=limit, events=rows)


def entries(user: Any, events: Iterable[Event]) -> list[Entry]:
    """Events as sentences; names are those of today, read once per type."""
    rows = list(events)
    names = _subjects(user, rows)
    verbs = {plug.verb: plug for plug in registered(FeedVerb)}
    return [_entry(row, verbs.get(row.verb), names.get((row.subject_type, row.subject_id))) for row in rows]


def _visible(user: Any, window: list[Event]) -> list[Event]:
    allowed: set[tuple[str, int]] = set()
    for label, ids in _by_type(window, "target").items():
        model = _model(label)
        if model is not None:
            visible = model.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)  # type: ignore[attr-defined]
            allowed |= {(label, pk) for pk in visible}
    shown = [event for event in window if (event.target_type, event.target_id) in allowed]
    if getattr(user, "sees_deleted", False):
        shown += list(
            Event.objects.visible_to(user)
            .filter(pk__in={e.pk for e in window} - {e.pk for e in shown})
            .select_related("actor")
        )
        shown.sort(key=lambda event: -event.pk)
    return shown


def _subjects(user: Any, rows: list[Event]) -> dict[tuple[str, int], tuple[str, str]]:
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for label, ids in _by_type(rows, "subject").items():
        model = _model(label)
        if model is None:
            continue
        for obj in model.objects.visible_to(user).filter(pk__in=ids):  # type: ignore[attr-defined]
            found[label, obj.pk] = (
                str(obj),
                obj.get_absolute_url() if hasattr(obj, "get_absolute_url") else "",
            )
    return found


def _by_type(rows: Iterable[Event], field: str) -> dict[str, set[int]]:
    groups: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        groups[getattr(row, f"{field}_type")].add(getattr(row, f"{field}_id"))
    return groups


def _model(label: str) -> type[models.Model] | None:
    model = apps.get_model(label)
    return model if model in event_models() else None


def _entry(event: Event, verb: FeedVerb | None, subject: tuple[str, str] | None) -> Entry:
    title, url = subject or ("something that is not shown to you", "")
    readable = event.verb.rpartition(".")[2].replace("_", " ")
    return Entry(
        event=event,
        actor=str(event.actor) if event.actor else capfirst(event.actor_name) or "The portal",
        phrase=verb.phrase if verb else readable,
        title=title,
        url=url,
        icon=verb.icon if verb else "circle-dot",
        remark=verb.describe(event.data) if verb else "",
        at=event.at,
    )
