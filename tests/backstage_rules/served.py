"""The file as the portal serves it, read and judged."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests import backstage_rules as backstage

ADDRESS = "/api/ml-portal/catalog-info.yaml"


def fetch() -> bytes:
    response = Client().get(ADDRESS)
    assert response.status_code == 200, response.content[:500]
    return response.content


def documents() -> dict[str, dict[str, Any]]:
    """The file's documents by reference, each by Backstage's rules, no reference leading out."""
    found = backstage.read(fetch())
    for name, document in found.items():
        assert backstage.refusals(document) == [], name
        assert backstage.references(document) <= set(found), name
    return found
