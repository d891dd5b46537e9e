"""Events as sentences, as far as somebody may see them: the feed, and the history on an object's page."""

from __future__ import annotations

import string
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.text import capfirst

from apps.core.event_rules import event_models
from apps.core.models import Event
from apps.core.plugs import FeedVerb, registered
from apps.core.policies import SYSTEM

WINDOW = 200
MOST_WINDOWS = 10
SUBJECT = "subject"
HIDDEN = "something that is not shown to you"
VANISHED = "something that no longer exists"


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a sentence: plain text, or a name with its page; `is_subject` marks whose history this is."""

    text: str
    url: str = ""
    is_subject: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a feed: `actor` and then `words`; `actor` is empty where the sentence has its own beginning."""

    event: Event
    actor: str
    words: tuple[Word, ...]
    icon: str
    remark: str
    at: datetime

    @property
    def sentence(self) -> str:
        """The whole line as plain text."""
        return self._said(word.text for word in self.words)

    @property
    def of_itself(self) -> str:
        """The same where its subject's name stands above it already."""
        return self._said("it" if word.is_subject else word.text for word in self.words)

    def _said(self, words: Iterable[str]) -> str:
        return " ".join(filter(None, [self.actor, "".join(words)]))


Names = dict[tuple[str, int], Word]


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


def by_time(lines: list[Entry]) -> list[Entry]:
    """A page in the order in which things happened: a sync tells today what its source saw last week."""
    return sorted(lines, key=lambda line: (line.at, line.event.pk), reverse=True)


def about(user: Any, obj: models.Model, limit: int = 50) -> list[Entry]:
    """What happened to one object."""
    rows = Event.objects.filter(subject_type=obj._meta.label_lower, subject_id=obj.pk)
    return feed(user, limit=limit, events=rows)


def entries(user: Any, events: Iterable[Event]) -> list[Entry]:
    """Events as sentences; names are those of today, read once per type and only where `user` may see them."""
    rows = list(events)
    verbs = {plug.verb: plug for plug in registered(FeedVerb)}
    names = _subjects(user, rows)
    others = _others(user, rows, verbs)
    unseen = Word(VANISHED if getattr(user, "sees_deleted", False) else HIDDEN)
    return [_entry(row, verbs.get(row.verb), names, others.get(row.pk, {}), unseen) for row in rows]


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


def _subjects(user: Any, rows: list[Event]) -> Names:
    found: Names = {}
    for label, ids in _by_type(rows, "subject").items():
        if (model := _model(label)) is not None:
            found |= {(label, pk): word for pk, word in _names(user, model, ids).items()}
    return found


def _others(user: Any, rows: list[Event], verbs: dict[str, FeedVerb]) -> dict[int, dict[str, Word]]:
    """By event, the other names of its sentence: what the target's foreign keys point at.

    Both the target and what it points at are read through `visible_to`, so that a name that somebody may not
    see never reaches their feed.
    """
    found: dict[int, dict[str, Word]] = defaultdict(dict)
    wanted: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for row in rows:
        for name in _placeholders(verbs.get(row.verb)) - {SUBJECT}:
            wanted[row.target_type, name].append(row)
    for (label, name), events in wanted.items():
        if (model := _model(label)) is None:
            continue
        targets = model.objects.visible_to(user).filter(pk__in={event.target_id for event in events})  # type: ignore[attr-defined]
        ends = dict(targets.order_by().values_list("pk", name))
        pointed: Any = model._meta.get_field(name).related_model
        names = _names(user, pointed, set(ends.values()) - {None})
        for event in events:
            if (word := names.get(ends.get(event.target_id, 0))) is not None:
                found[event.pk][name] = word
    return found


def _names(user: Any, model: Any, ids: set[int]) -> dict[int, Word]:
    rows = (
        model.objects.visible_to(user).filter(pk__in=ids).select_related(*getattr(model, "address_joins", ()))
    )
    return {row.pk: Word(str(row), _address(row)) for row in rows}


def _address(row: Any) -> str:
    return str(row.get_absolute_url()) if hasattr(row, "get_absolute_url") else ""


def _by_type(rows: Iterable[Event], field: str) -> dict[str, set[int]]:
    groups: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        groups[getattr(row, f"{field}_type")].add(getattr(row, f"{field}_id"))
    return groups


def _model(label: str) -> type[models.Model] | None:
    model = apps.get_model(label)
    return model if model in event_models() else None


def _entry(event: Event, verb: FeedVerb | None, names: Names, others: dict[str, Word], unseen: Word) -> Entry:
    subject = names.get((event.subject_type, event.subject_id), unseen)
    return Entry(
        event=event,
        actor="" if verb and verb.impersonal else _actor(event),
        words=tuple(_words(_sentence(event, verb), subject, others, unseen)),
        icon=verb.icon if verb else "circle-dot",
        remark=verb.describe(event.data) if verb else "",
        at=event.at,
    )


def _actor(event: Event) -> str:
    if event.actor:
        return str(event.actor)
    return capfirst(event.actor_name) if event.actor_name not in {"", SYSTEM.name} else "The portal"


def _sentence(event: Event, verb: FeedVerb | None) -> str:
    """The verb's phrase; one that does not place its subject ends with it."""
    phrase = verb.phrase if verb else event.verb.rpartition(".")[2].replace("_", " ")
    return phrase if "{" + SUBJECT + "}" in phrase else phrase + " {" + SUBJECT + "}"


def _placeholders(verb: FeedVerb | None) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(verb.phrase) if name} if verb else set()


def _words(sentence: str, subject: Word, others: dict[str, Word], unseen: Word) -> Iterator[Word]:
    for text, name, _, _ in string.Formatter().parse(sentence):
        if text:
            yield Word(text)
        if name == SUBJECT:
            yield Word(subject.text, subject.url, is_subject=True)
        elif name:
            yield others.get(name, unseen)
