"""Rows into the database as quickly as PostgreSQL takes them: COPY, with the defaults of the models.

`bulk_create` would take several times as long. Columns that a row does not name get their field's default,
asked once per table, so that a new column with a default needs no change here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from django.db import connection, models
from django.db.models.fields import NOT_PROVIDED
from psycopg import sql

Row = Mapping[str, Any]


def copy_rows(model: type[models.Model], rows: Iterable[Row]) -> int:
    """Copies `rows`, each with the same columns, `id` among them; returns how many there were."""
    columns, first, rest = _columns(rows)
    if first is None:
        return 0
    fields = {field.column: field for field in model._meta.concrete_fields}
    defaults = {name: _default(field) for name, field in fields.items() if name not in columns}
    command = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, [*columns, *defaults]))
    )
    constant = list(defaults.values())
    prepared = [_plain if _is_plain(fields[name]) else fields[name].get_db_prep_save for name in columns]
    count = 0
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        for row in chain([first], rest):
            values = [prepare(row[name], connection) for prepare, name in zip(prepared, columns, strict=True)]
            copy.write_row(values + constant)
            count += 1
    _advance_sequence(model)
    return count


def _is_plain(field: Any) -> bool:
    """Whether psycopg writes the field's values as they are: all that the generator has, JSON excepted."""
    return not isinstance(field, models.JSONField)


def _plain(value: Any, connection: Any) -> Any:
    return value


def _columns(rows: Iterable[Row]) -> tuple[list[str], Row | None, Iterator[Row]]:
    remaining = iter(rows)
    first = next(remaining, None)
    return list(first or ()), first, remaining


def _default(field: Any) -> Any:
    if field.default is NOT_PROVIDED and not field.null and not field.empty_strings_allowed:
        raise ValueError(f"{field} has no default; the generator must name it.")
    return field.get_db_prep_save(field.get_default(), connection)


def _advance_sequence(model: type[models.Model]) -> None:
    """Ids were given by hand; what the portal creates later goes on after them."""
    key = model._meta.pk
    if not isinstance(key, models.AutoField | models.BigAutoField):
        return
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        )
