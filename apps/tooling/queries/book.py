"""The snapshot that decisions read, kept by each process until the database says that something in it changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from django.db import connection

from apps.catalog.vocabulary import reference
from apps.tooling import book
from apps.tooling.models import Condition, ExceptionRequest, Grant, Standard, StandardRule
from apps.tooling.versions import Scheme, Specifier
from apps.tooling.vocabulary import DataClass, Ring

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

    The stamp is read before the tables, so that a change in between is read too and read again the next time.
    """
    stamp, now = _stamp()
    with _kept.lock:
        if _kept.book is None or stamp is None or stamp != _kept.stamp:
            _kept.book, _kept.stamp = read_book(), stamp
        return Snapshot(_kept.book, at or now)


def _stamp() -> tuple[Any, datetime]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT stamp FROM tooling_bookstamp LIMIT 1), statement_timestamp()")
        stamp, now = cursor.fetchone()
    return stamp, now.astimezone(UTC)


def read_book() -> book.Book:
    """Reads all standards, grants and conditions: five statements."""
    rules = _rules()
    grants, by_request = _grants(_bans())
    return book.Book(tuple(_standards(rules)), tuple(grants), tuple(_conditions(by_request)))


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


def _standards(rules: dict[int, list[book.Rule]]) -> Iterable[book.Standard]:
    columns = ("id", "capability__slug", "revision", "rationale", "exit_criteria", "effective_from")
    for pk, capability, revision, rationale, exit_criteria, since in Standard._base_manager.order_by(
        "id"
    ).values_list(*columns):
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


def _grants(bans: dict[int, frozenset[book.Rule]]) -> tuple[list[book.Grant], dict[int, list[int]]]:
    grants: list[book.Grant] = []
    by_request: dict[int, list[int]] = {}
    columns = (
        "id", "request", "team__slug", *TOOL, "versions", "scheme", "environment__slug", "data_class", "starts",
        "expires", "revoked_at", "provisional",
    )  # fmt: skip
    for row in Grant._base_manager.order_by("id").values_list(*columns):
        pk, request, team, kind, namespace, name, versions, scheme, environment, data_class, *span = row
        starts, expires, revoked, provisional = span
        by_request.setdefault(request, []).append(pk)
        grants.append(
            book.Grant(
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
                bans.get(request, frozenset()),
            )
        )
    return grants, by_request


def _conditions(grants: dict[int, list[int]]) -> Iterable[book.Condition]:
    for request, due, met, text in Condition._base_manager.order_by("id").values_list(
        "request", "due", "met_at", "text"
    ):
        for grant in grants.get(request, ()):
            met_at = met.astimezone(UTC) if met else None
            yield book.Condition(grant, due.astimezone(UTC), met_at, text)
