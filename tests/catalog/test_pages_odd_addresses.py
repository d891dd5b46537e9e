"""Pages of the catalog at odd addresses, and of entities that say little: an answer, never a failure."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import EntityFactory, VersionFactory
from tests.personas import People


def test_an_entity_without_description_has_a_page(people: People, signed_in: Callable[[str], Client]) -> None:
    entity = EntityFactory(description="")
    answer = signed_in("esther").get(entity.get_absolute_url())
    assert answer.status_code == 200
    assert str(entity) in answer.text


@pytest.mark.parametrize("sort", ["--name", "-", "name,name", "-updated-", "%2Dname", "é"])
def test_an_unknown_order_is_the_order_by_name(
    people: People, signed_in: Callable[[str], Client], sort: str
) -> None:
    EntityFactory()
    browser = signed_in("esther")
    answer = browser.get(f"/catalog/?sort={sort}")
    assert answer.status_code == 200
    assert len(answer.context["rows"]) == 1


def test_a_nul_in_the_address_of_an_entity(people: People, signed_in: Callable[[str], Client]) -> None:
    entity, browser = EntityFactory(), signed_in("esther")
    address = entity.get_absolute_url()
    for odd in (f"{address}%00", f"{address}%00/versions", address.replace("/catalog/", "/catalog/%00")):
        assert browser.get(odd).status_code == 400


def test_a_nul_in_the_comparison_of_versions(people: People, signed_in: Callable[[str], Client]) -> None:
    version, browser = VersionFactory(), signed_in("esther")
    compare = f"{version.entity.get_absolute_url()}/versions/compare"
    assert browser.get(f"{compare}?left=%00&right={version.pk}").status_code == 400
    assert browser.get(f"{compare}?left=a&right=").status_code < 500


def test_links_keep_no_more_of_a_filter_than_the_list_reads(
    people: People, signed_in: Callable[[str], Client]
) -> None:
    address = "/catalog/?" + "&".join(f"tag=t{number}" for number in range(60))
    answer = signed_in("esther").get(address)
    assert answer.context["csv_url"].count("tag=") == 20
