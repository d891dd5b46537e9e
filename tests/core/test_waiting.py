"""Who waits for a lock in vain is told so on every surface, and nothing is changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from apps.wiki.models import Page
from tests.personas import make_world
from tests.wiki.making import a_page


@contextmanager
def held(page: Page) -> Iterator[None]:
    """Another transaction holds the page's row."""
    has_it, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Page._base_manager.select_for_update().get(pk=page.pk)
            has_it.set()
            may_go.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    has_it.wait(20)
    try:
        yield
    finally:
        may_go.set()
        other.join()


@pytest.mark.django_db(transaction=True)
def test_a_held_row_is_a_503_that_says_what_to_do(client: Any) -> None:
    people, page = make_world(), a_page()
    client.force_login(people.ada, backend="django.contrib.auth.backends.ModelBackend")
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    try:
        with held(page):
            form = {"title": page.title, "text": "New.", "base": 1}
            saved = client.post(f"/wiki/p/{page.uid}/edit/", form)
            moved = client.post(f"/api/v1/wiki-pages/{page.uid}/verify/", {"revision": 1}, "application/json")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '15s'")
    assert (saved.status_code, moved.status_code) == (503, 503)
    assert b"Try again in a minute" in saved.content and b"Try again in a minute" in moved.content
    page.refresh_from_db()
    assert page.revision.number == 1 and page.verified_until is None
