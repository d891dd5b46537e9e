"""The demo's database, marked as its own, so that none is touched that holds anything else."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.db import OperationalError, connection

from portal.demo_personas import PERSONAS

OLDEST_SERVER = 15
_PREPARE_LOCK = 0x636F65  # any number that nothing else here locks: "coe"


class DemoRefusedError(RuntimeError):
    """This database is not the demo's to use; the message says why and what to do."""


def connect() -> None:
    """Raises DemoRefusedError when nothing answers at the database's address."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise DemoRefusedError(f"The database cannot be reached; look at DATABASE_URL. {error}") from error


@contextmanager
def prepared_alone() -> Iterator[None]:
    """One preparation at a time, whoever starts it: a second terminal waits for the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARE_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREPARE_LOCK])


def claim() -> str:
    """Mark an empty database as the demo's, or find the mark; the password of its personas.

    Raises DemoRefusedError for a database that is too old, or that holds anything and bears no mark.
    """
    _refuse_old_server()
    with connection.cursor() as cursor:
        if _marked():
            cursor.execute("SELECT password FROM coe_demo_mark")
            return str(cursor.fetchone()[0])
        _refuse_unless_empty()
        password = f"demo-{secrets.token_hex(5)}"
        cursor.execute(
            "CREATE TABLE coe_demo_mark (password text NOT NULL, made_at timestamptz DEFAULT now())"
        )
        cursor.execute("INSERT INTO coe_demo_mark (password) VALUES (%s)", [password])
        return password


def fill(password: str) -> bool:
    """Migrate, load the demo world unless it is there, and install the handbook; True when the world was loaded.

    The personas share one hash of their password: hashing is slow by design, a dozen times more so.
    """
    from portal import demo_world

    call_command("migrate", interactive=False, verbosity=0)
    loaded = demo_world.load()
    if loaded:
        get_user_model().objects.filter(username__in=PERSONAS).update(password=make_password(password))
    call_command("wiki", "handbook", stdout=StringIO())
    return loaded


def empty() -> None:
    """Drop everything of a marked demo database; refuses an unmarked one, and one that others are using."""
    with connection.cursor() as cursor:
        if not _marked():
            _refuse_unless_empty()
            return
        _refuse_while_in_use()
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")


def _marked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.coe_demo_mark') IS NOT NULL")
        return bool(cursor.fetchone()[0])


def _refuse_old_server() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0]) // 10_000
    if version < OLDEST_SERVER:
        raise DemoRefusedError(f"The server is PostgreSQL {version}; {OLDEST_SERVER} or newer is needed.")


def _refuse_unless_empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
            "WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' "
            "AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        tables = cursor.fetchone()[0]
    if tables:
        name = connection.settings_dict["NAME"]
        raise DemoRefusedError(
            f"The database {name!r} holds {tables} tables and was not made by the demo, so the demo does not "
            "touch it. Let DATABASE_URL name an empty database, or unset it: the demo then brings its own."
        )


def _refuse_while_in_use() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename IS NOT NULL"
        )
        sessions = cursor.fetchone()[0]
    if sessions:
        raise DemoRefusedError(
            f"{sessions} other connections use the demo's database: another demo runs on the same data. "
            "Stop it (Ctrl-C in its terminal), then reset."
        )
