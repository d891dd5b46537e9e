"""The snapshot that decisions read, kept by each process until the database says that something in it changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import structlog
from django.db import connection

from apps.catalog.vocabulary import reference
from apps.tooling import book
from apps.tooling.models import Condition, ExceptionRequest, Grant, Standard, StandardRule
from apps.tooling.versions import Scheme, Specifier, SpecifierRefused
from apps.tooling.vocabulary import DataClass, Ring

log = structlog.get_logger(__name__)
MOST_READINGS = 3  # of one question, while the book changes under its reader
TOOL = ("tool__kind", "tool__namespace", "tool__name")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The book at one instant of the database's clock."""

    book: book.Book
    at: datetime


class _Kept:
    """The last book of this process with the stamp that it was read at."""

    def __init__(self) -> None:
        self.stamp: Any = None
        self.book: book.Book | None = None
        self.lock = Lock()


_kept = _Kept()


def snapshot(at: datetime | None = None) -> Snapshot:
    """Everything that decisions read, as it is now. One statement where nothing changed since this process last asked.

    The stamp is read before the tables and after them: a change in between is read again, at once or the next time.
    """
    stamp, now = _stamp()
    with _kept.lock:
        if _kept.book is None or stamp is None or stamp != _kept.stamp:
            _kept.book, _kept.stamp, now = _read_whole(stamp, now)
        return Snapshot(_kept.book, at or now)


def _read_whole(stamp: Any, now: datetime) -> tuple[book.Book, Any, datetime]:
    """The book with the stamp from before it was read, and an instant at which it was so."""
    for _ in range(MOST_READINGS):
        found, before, asked = read_book(), stamp, now
        stamp, now = _stamp()
        if stamp == before:
            break
    return found, before, asked


def _stamp() -> tuple[Any, datetime]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT stamp FROM tooling_bookstamp LIMIT 1), statement_timestamp()")
        stamp, now = cursor.fetchone()
    return stamp, now.astimezone(UTC)


def read_book() -> book.Book:
    """Reads all standards, grants and conditions: five statements, parents before what belongs to them.

    What is committed between two of them may leave children without parents, which are passed over, never a standard
    without its rules or a grant without its conditions.
    """
    standards = _standards()
    rules = _rules()
    grants = _grants()
    made = list(_with_bans(grants, _bans()))
    return book.Book(
        tuple(_with_rules(standards, rules)), tuple(grant for _, grant in made), tuple(_conditions(made))
    )


def _rules() -> dict[int, list[book.Rule]]:
    found: dict[int, list[book.Rule]] = {}
    columns = ("standard", *TOOL, "versions", "scheme", "environment__slug", "data_class", "ring")
    for standard, *row in StandardRule._base_manager.order_by("id").values_list(*columns):
        found.setdefault(standard, []).append(_rule(*row))
    return found


def _rule(
    kind: str,
    namespace: str,
    name: str,
    versions: str,
    scheme: str,
    environment: str | None,
    data_class: int | None,
    ring: str,
) -> book.Rule:
    return book.Rule(
        reference(kind, namespace, name),
        Specifier(versions, Scheme(scheme)),
        environment,
        None if data_class is None else DataClass(data_class),
        Ring(ring),
    )


def rule_of(row: StandardRule) -> book.Rule:
    """A row as decisions read it."""
    tool, environment = row.tool, row.environment
    slug = environment.slug if environment else None
    return _rule(
        tool.kind, tool.namespace, tool.name, row.versions, row.scheme, slug, row.data_class, row.ring
    )


def _standards() -> list[tuple[Any, ...]]:
    columns = ("id", "capability__slug", "revision", "rationale", "exit_criteria", "effective_from")
    return list(Standard._base_manager.order_by("id").values_list(*columns))


def _with_rules(
    standards: Iterable[tuple[Any, ...]], rules: dict[int, list[book.Rule]]
) -> Iterable[book.Standard]:
    for pk, capability, revision, rationale, exit_criteria, since in standards:
        yield book.Standard(
            capability, revision, tuple(rules.get(pk, ())), rationale, exit_criteria, since.astimezone(UTC)
        )


def _bans() -> dict[int, frozenset[book.Rule]]:
    found: dict[int, set[book.Rule]] = {}
    through = ExceptionRequest.bans.through._base_manager
    prefix = "standardrule__"
    columns = (
        "exceptionrequest",
        *(
            prefix + column
            for column in (*TOOL, "versions", "scheme", "environment__slug", "data_class", "ring")
        ),
    )
    for request, *row in through.values_list(*columns):
        found.setdefault(request, set()).add(_rule(*row))
    return {request: frozenset(rules) for request, rules in found.items()}


def _grants() -> list[tuple[Any, ...]]:
    columns = (
        "id", "request", "team__slug", *TOOL, "versions", "scheme", "environment__slug", "data_class", "starts",
        "expires", "revoked_at", "provisional",
    )  # fmt: skip
    return list(Grant._base_manager.order_by("id").values_list(*columns))


def _with_bans(
    grants: Iterable[tuple[Any, ...]], bans: dict[int, frozenset[book.Rule]]
) -> Iterable[tuple[int, book.Grant]]:
    """Each with its request. One that cannot be read allows nothing, and stops nobody else's answer."""
    for pk, request, *row in grants:
        try:
            yield request, _grant(bans.get(request, frozenset()), pk, *row)
        except SpecifierRefused as refused:
            log.error("a grant cannot be read and allows nothing", grant=pk, why=refused.detail)


def _grant(
    bans: frozenset[book.Rule],
    pk: int,
    team: str,
    kind: str,
    namespace: str,
    name: str,
    versions: str,
    scheme: str,
    environment: str,
    data_class: int,
    starts: datetime,
    expires: datetime,
    revoked: datetime | None,
    provisional: bool,
) -> book.Grant:
    return book.Grant(
        pk,
        team,
        reference(kind, namespace, name),
        Specifier(versions, Scheme(scheme)),
        environment,
        DataClass(data_class),
        starts.astimezone(UTC),
        expires.astimezone(UTC),
        revoked.astimezone(UTC) if revoked else None,
        provisional,
        bans,
    )


def _conditions(grants: Iterable[tuple[int, book.Grant]]) -> Iterable[book.Condition]:
    by_request: dict[int, list[int]] = {}
    for request, grant in grants:
        by_request.setdefault(request, []).append(grant.id)
    columns = ("request", "due", "met_at", "text")
    for request, due, met, text in Condition._base_manager.order_by("id").values_list(*columns):
        for pk in by_request.get(request, ()):
            met_at = met.astimezone(UTC) if met else None
            yield book.Condition(pk, due.astimezone(UTC), met_at, text)
