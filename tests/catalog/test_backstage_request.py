"""How the file is fetched: validators, methods, statements."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.models import Entity, Relation
from apps.people.models import Membership
from tests import backstage_rules as backstage
from tests.backstage_rules.served import ADDRESS, fetch
from tests.factories import EntityFactory, RelationFactory, SourceFactory
from tests.personas import People


def test_headers_and_304(people: People) -> None:
    EntityFactory(name="one")
    first = Client().get(ADDRESS)
    assert first["Content-Type"] == "application/yaml" and first["Cache-Control"] == "no-cache"
    assert re.fullmatch(r'"[0-9a-f]{40}"', first["ETag"])
    for offered in (first["ETag"], f'"other", {first["ETag"]}', "*"):
        again = Client().get(ADDRESS, headers={"If-None-Match": offered})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert again["Cache-Control"] == "no-cache"
    assert Client().get(ADDRESS, headers={"If-None-Match": '"other"'}).content == first.content


def test_etag_follows_content_and_only_content(people: People) -> None:
    entity = EntityFactory(name="one")
    tags = [Client().get(ADDRESS)["ETag"]]
    Entity.objects.filter(pk=entity.pk).update(missed_sweeps=1)
    assert Client().get(ADDRESS)["ETag"] == tags[0]
    Entity.objects.filter(pk=entity.pk).update(title="Another")
    tags.append(Client().get(ADDRESS)["ETag"])
    Membership.objects.filter(user__username="ben").update(ends=timezone.now() + timedelta(days=1))
    assert Client().get(ADDRESS)["ETag"] == tags[1]
    Relation.objects.create(
        source=entity, target=EntityFactory(kind="dataset", visibility="unit"), type="trained_on"
    )
    assert Client().get(ADDRESS)["ETag"] == tags[1]
    Entity.objects.filter(pk=entity.pk).update(visibility="restricted")
    tags.append(Client().get(ADDRESS)["ETag"])
    assert len(set(tags)) == 3


def test_a_membership_that_ends_by_itself_changes_the_file(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    Membership.objects.filter(user__username="ben").update(ends=timezone.now() + timedelta(days=1))
    before = Client().get(ADDRESS)["ETag"]
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    response = Client().get(ADDRESS)
    assert response["ETag"] != before
    assert backstage.read(response.content)["group:default/risk-ml"]["spec"]["members"] == [
        "user:default/ada"
    ]


def test_bytes_are_the_same_whenever_made(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        RelationFactory(source=EntityFactory(name=f"n-{number}"), type="trained_on")
    first = fetch()
    monkeypatch.setattr("apps.catalog.backstage.file._latest", None)
    assert fetch() == first


def test_packed_for_who_takes_it(people: People) -> None:
    plain = Client().get(ADDRESS)
    packed = Client().get(ADDRESS, headers={"Accept-Encoding": "gzip, deflate, br"})
    assert packed["Content-Encoding"] == "gzip" and gzip.decompress(packed.content) == plain.content
    assert packed["ETag"] != plain["ETag"] and packed["Vary"] == plain["Vary"] == "Accept-Encoding"
    headers = {"Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]}
    assert Client().get(ADDRESS, headers=headers).status_code == 304


def test_head_and_other_methods(people: People) -> None:
    get, head = Client().get(ADDRESS), Client().head(ADDRESS)
    assert (head.status_code, head.content) == (200, b"")
    assert (head["ETag"], head["Content-Length"]) == (get["ETag"], str(len(get.content)))
    for method in ("post", "put", "patch", "delete"):
        response = getattr(Client(enforce_csrf_checks=False), method)(ADDRESS)
        assert response.status_code == 405 and response["Allow"] == "GET, HEAD"


def test_switched_off_it_does_not_exist(people: People, settings: Any) -> None:
    settings.BACKSTAGE_PUBLIC_FILE = False
    with CaptureQueriesContext(connection) as captured:
        response = Client().get(ADDRESS)
    assert (response.status_code, len(captured)) == (404, 0)
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("rows", [2, 30])
def test_seven_statements_then_one(people: People, rows: int) -> None:
    for number in range(rows):
        RelationFactory(source=EntityFactory(name=f"n-{number}", source=SourceFactory()), type="trained_on")
    with CaptureQueriesContext(connection) as made:
        fetch()
    tables = [re.search(r'FROM "?(\w+)', query["sql"]) for query in made]
    assert [match[1] for match in tables if match] == [
        "catalog_entity",  # the versions of all rows in question: did anything change?
        "people_team",
        "people_businessunit",
        "people_user",  # active people
        "people_membership",  # those that hold now
        "catalog_entity",  # public ones, with their source
        "catalog_relation",  # between public ones
    ]
    with CaptureQueriesContext(connection) as known:
        fetch()
    assert len(known) == 1  # did anything change?
