"""Throw-away PostgreSQL servers with catalogs of several sizes side by side.

This module reads no settings when it is imported: Django learns the database's address from the environment,
and that address exists only once the server runs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from portal.embedded_throwaway import throwaway

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "SECRET_KEY": "benchmarks-only-0123456789-0123456789-0123456789",
    "COE_DEMO": "true",
    "COE_LOG_LEVEL": "ERROR",
    "COE_GRAPHQL_REQUESTS_PER_MINUTE": "1000000",
}


@contextmanager
def portal_on_throwaway() -> Iterator[str]:
    """Django set up on an empty database of its own server, both gone afterwards; yields the address."""
    with throwaway() as url:
        os.environ.update(ENVIRONMENT, DATABASE_URL=url)
        import django

        django.setup()
        try:
            yield url
        finally:
            _close()


def catalog_of(entities: int) -> str:
    """Makes and fills a database with so many entities, leaves the connection on it, and returns its name."""
    from django.core.management import call_command
    from django.db import connection

    from tests.benchmarks.generate import fill

    name = f"catalog_{entities}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    use(name)
    call_command("migrate", verbosity=0)
    fill(entities)
    return name


def wiki_of(pages: int) -> str:
    """Makes and fills a database with a company and so many pages, and leaves the connection on it."""
    from tests.benchmarks.generate import fill
    from tests.benchmarks.wiki_world import fill_wiki

    name = empty_database(f"wiki_{pages}")
    fill(1_000)
    fill_wiki(pages)
    return name


def tooling_of(entities: int) -> str:
    """Makes and fills a database with a company, its standards and grants, and leaves the connection on it."""
    from tests.benchmarks.generate import fill
    from tests.benchmarks.tooling_world import fill_tooling

    name = empty_database("tooling")
    fill(entities)
    fill_tooling()
    return name


def empty_database(name: str) -> str:
    """A migrated database without rows, with the connection on it."""
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    use(name)
    call_command("migrate", verbosity=0)
    return name


def use(name: str) -> None:
    """Everything that asks the default connection asks this database from now on."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name
    ContentType.objects.clear_cache()


def _close() -> None:
    from django.db import connections

    connections.close_all()
