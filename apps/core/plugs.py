"""How apps offer things to one another without importing one another.

An app registers frozen plugs in `AppConfig.ready()`; readers on higher floors ask `registered(KindOfPlug)`.
A plug that shows rows names their model, and every reader starts from `model.objects.visible_to(user)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from django.db import models
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Hit:
    """One result of a search: what to show and how well it fits (0 to 1)."""

    title: str
    url: str
    kind: str
    ref: str = ""
    snippet: str = ""
    score: float = 0.0
    icon: str = "box"


class SearchRows(Protocol):
    def __call__(self, rows: Any, query: str, limit: int) -> Iterable[Hit]:
        """Hits for `query` among `rows`, which are already narrowed to what the person may see."""


@dataclass(frozen=True, slots=True)
class Searchable:
    """A model that the portal's search looks through."""

    name: str
    label: str
    model: type[models.Model]
    search: SearchRows
    order: int = 100


@dataclass(frozen=True, slots=True)
class FeedVerb:
    """How an event of this verb reads in a feed: "<actor> <phrase> <subject>".

    A phrase may place its `{subject}` itself, and name what a foreign key of the event's target points at, as in
    "added {user} to"; only keys that never change, because the name is read today. An impersonal phrase is a
    whole sentence without an actor.
    """

    verb: str
    phrase: str
    icon: str = "circle-dot"
    describe: Callable[[dict[str, Any]], str] = lambda data: ""
    impersonal: bool = False


def text_of(name: str) -> Callable[[dict[str, Any]], str]:
    """Describes an event by the text that it keeps under a name."""
    return lambda data: str(data.get(name) or "")


def words_of(name: str) -> Callable[[dict[str, Any]], str]:
    """Describes an event by the list of names that it keeps under a name."""
    return lambda data: ", ".join(str(each).replace("_", " ") for each in data.get(name) or [])


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a card: a link with a remark and, where it is work, the time by which it is due."""

    title: str
    url: str
    remark: str = ""
    icon: str = "circle-dot"
    due: datetime | None = None
    meaning: str = ""


Items = tuple[Sequence[Item], int]  # the first of them, and how many there are
MOST_COUNTED = 1_000


def first_items(rows: Any, limit: int, make: Callable[[Any], Item]) -> Items:
    """The first `limit` of the rows, and how many there are; counting stops at 1,000."""
    found = [make(row) for row in rows[:limit]]
    if len(found) < limit:
        return found, len(found)
    return found, int(rows.order_by()[:MOST_COUNTED].count())


def in_turn(limit: int, *parts: Items) -> Items:
    """What several queues hold, one after the other, as one."""
    return [item for items, _ in parts for item in items][:limit], sum(count for _, count in parts)


@dataclass(frozen=True, slots=True)
class Card:
    """A block of the home page. `items` gives at most `limit` rows for the person, and how many there are."""

    name: str
    title: str
    section: str  # mine | waiting | changed
    items: Callable[[Any, int], Items]
    empty: str = ""
    url: str = ""
    order: int = 100


@dataclass(frozen=True, slots=True)
class Panel:
    """A block on the page of another app's object. `context` returns None where it has nothing to show."""

    name: str
    title: str
    model: type[models.Model]
    template: str
    context: Callable[[Any, Any], dict[str, Any] | None]  # (user, object)
    order: int = 100


@dataclass(frozen=True, slots=True)
class Export:
    """Rows as a file: `rows` already narrowed; yields lists of cells."""

    name: str
    model: type[models.Model]
    columns: Sequence[str]
    cells: Callable[[Any], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the left rail; `prefix` decides whether it is the current one."""

    label: str
    url_name: str
    icon: str
    prefix: str
    order: int = 100


@dataclass(frozen=True, slots=True)
class FactSource:
    """Facts about objects of a model that another app measures; absent keys are unknown."""

    name: str
    model: type[models.Model]
    keys: Sequence[str]
    facts: Callable[[Sequence[int]], dict[int, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class DemandSignal:
    """Evidence that people want something that nobody has asked for yet."""

    name: str
    label: str
    signals: Callable[[Any], Iterable[Item]]


@dataclass(frozen=True, slots=True)
class Referred:
    """What references such as "request:41" mean to a person: `find` gives title and address, None where hidden."""

    name: str  # what stands before the colon
    find: Callable[[Any, str], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure for leads, with its definition."""

    name: str
    label: str
    definition: str
    value: Callable[[Any], Any]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Ability:
    """Something a signed-in person may start that is about no object yet ("add entity")."""

    name: str
    allowed: Callable[[Any], bool] = field(default=lambda user: False)


class SaveDocument(Protocol):
    def __call__(self, *, actor: Any, key: str, title: str, body: str, subject: models.Model | None) -> str:
        """Keeps the Markdown `body` under the stable `key`; returns its address."""


@dataclass(frozen=True, slots=True)
class DocumentStore:
    """Where lower floors leave documents (the wiki registers one): `registered(DocumentStore)[0].save(...)`."""

    name: str
    save: SaveDocument


_registered: dict[type, list[Any]] = {}
P = TypeVar("P")


def register(*plugs: Any) -> None:
    """Called from `AppConfig.ready()`; registering the same name twice replaces it (tests reload apps)."""
    for plug in plugs:
        kind = _registered.setdefault(type(plug), [])
        kind[:] = [other for other in kind if _key(other) != _key(plug)] + [plug]


def registered(kind: type[P]) -> list[P]:
    """All plugs of a kind in their order."""
    return sorted(_registered.get(kind, []), key=lambda plug: getattr(plug, "order", 100))


def panels(request: HttpRequest, obj: models.Model) -> list[tuple[Panel, dict[str, Any]]]:
    """The panels with something to show about `obj` to this request's person."""
    found = [
        (plug, plug.context(request.user, obj)) for plug in registered(Panel) if isinstance(obj, plug.model)
    ]
    return [(plug, context) for plug, context in found if context is not None]


def referred(user: Any, reference: str) -> tuple[str, str] | None:
    """Title and address of what a reference names; None where nobody knows it, or `user` may not."""
    name, _, rest = reference.partition(":")
    finders = [plug.find for plug in registered(Referred) if plug.name == name]
    return finders[0](user, rest) if finders else None


def _key(plug: Any) -> str:
    return str(getattr(plug, "name", None) or getattr(plug, "verb", None) or getattr(plug, "label", plug))
