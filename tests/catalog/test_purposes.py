"""Allowed purposes flow downstream; a use outside them is a finding that names no data."""

from __future__ import annotations

from apps.catalog.actions.purposes import check_purposes
from apps.catalog.models import DatasetDetails, Entity, Finding, ModelDetails
from tests.factories import EntityFactory, RelationFactory
from tests.personas import People


def model_on(purposes: list[str], purpose: str) -> Entity:
    """A model that is trained on a set derived from raw data with these allowed purposes."""
    raw = EntityFactory(kind="dataset", name="secret-raw-data", visibility="restricted")
    training = EntityFactory(kind="dataset")
    model = EntityFactory(stage="production")
    DatasetDetails.objects.create(entity=raw, allowed_purposes=purposes)
    ModelDetails.objects.create(entity=model, purpose=purpose)
    RelationFactory(source=training, target=raw, type="derived_from")
    RelationFactory(source=model, target=training)
    return model


def test_a_use_outside_the_purposes_is_found_two_hops_away(people: People) -> None:
    model = model_on(["fraud-prevention"], "marketing")
    assert check_purposes() == 1
    finding = Finding.objects.get()
    assert (finding.entity, finding.severity, finding.owner.slug) == (model, "high", "risk-ml")
    assert "secret-raw-data" not in finding.title + finding.detail
    assert check_purposes() == 1
    assert Finding.objects.count() == 1, "once per cause"


def test_it_closes_when_the_data_allows_it(people: People) -> None:
    model_on(["fraud-prevention"], "marketing")
    check_purposes()
    DatasetDetails.objects.update(allowed_purposes=["fraud-prevention", "marketing"])
    assert check_purposes() == 0
    assert Finding.objects.get().state == "resolved"


def test_an_allowed_purpose_or_none_listed_is_no_finding(people: People) -> None:
    model_on(["marketing"], "marketing")
    check_purposes()
    DatasetDetails.objects.update(allowed_purposes=[])
    assert check_purposes() == 0
    assert not Finding.objects.exists()
