"""Facts on an entity's page read as words, never as Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.catalog.facts import facts_of
from apps.catalog.models import ModelDetails
from tests.factories import EntityFactory
from tests.personas import People

pytestmark = pytest.mark.django_db


def read(people: People, kind: str = "agent", **curated: Any) -> dict[str, tuple[str, Any]]:
    entity = EntityFactory(kind=kind, curated=curated)
    return {fact.label: (fact.form, fact.value) for fact in facts_of(entity, people.ben)}


def test_each_type_has_its_form(people: People) -> None:
    read_facts = read(
        people,
        human_in_the_loop=True,
        online=False,
        tools=["search", "open"],
        max_steps=12,
        ttl_hours=1,
        users=1200,
        url="https://desk.example.com",
        note="javascript:alert(1)",
        template="one\ntwo",
        ring="adopt",
        empty="",
        kpi="below 5",
        definition="openapi: 3.1",
    )
    assert read_facts == {
        "Human in the loop": ("text", "Yes"),
        "Online": ("text", "No"),
        "Tools": ("words", ["search", "open"]),
        "At most": ("text", "12 steps"),
        "Fresh for": ("text", "1 hour"),
        "Users": ("text", "1,200"),
        "Address": ("link", "https://desk.example.com"),
        "Note": ("text", "javascript:alert(1)"),
        "Template": ("block", "one\ntwo"),
        "Ring": ("ring", "adopt"),
        "Empty": ("unknown", None),
        "KPI": ("text", "below 5"),
    }


def test_a_user_name_becomes_the_person(people: People) -> None:
    assert read(people, "use_case", sponsor="farid")["Sponsor"] == ("person", people.farid)
    assert read(people, "use_case", sponsor="nobody-here")["Sponsor"] == ("text", "nobody-here")


def test_the_columns_of_a_kind_have_words_units_and_names(people: People) -> None:
    entity = EntityFactory(kind="model")
    details, _ = ModelDetails._base_manager.update_or_create(
        entity=entity,
        defaults={
            "regimes": ["gdpr", "own-rule"],
            "purpose": "fraud-prevention",
            "retraining_max_age_days": 90,
        },
    )
    entity.model = details
    told = {fact.label: (fact.form, fact.value) for fact in facts_of(entity, people.ben)}
    assert told["Retrained at least every"] == ("text", "90 days")
    assert told["Regimes"] == ("words", ["GDPR", "own-rule"])
    assert told["Purpose"] == ("words", ["fraud-prevention"])
    assert told["Risk class"] == ("text", "Unclassified")


def test_the_page_shows_no_python(people: People, signed_in: Callable[[str], Client]) -> None:
    entity = EntityFactory(kind="agent", curated={"tools": ["a", "b"], "human_in_the_loop": True})
    page = signed_in("ben").get(entity.get_absolute_url()).content.decode()
    assert "[&#x27;" not in page
    assert ">True<" not in page
    assert '<span class="tag">a</span>' in page
