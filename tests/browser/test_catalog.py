"""What people come for, in a real browser: finding, editing, not seeing, waiting."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from apps.catalog.models import Entity, Relation, SyncRun
from apps.core.models import Event
from tests.chromium import OpenPage, faults_of, sideways
from tests.factories import (
    DeploymentFactory,
    EntityFactory,
    FindingFactory,
    RelationFactory,
    SourceFactory,
    SyncRunFactory,
    VersionFactory,
)
from tests.personas import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def fraud(people: People) -> Entity:
    """A small neighbourhood: a fraud model in production among others of its words."""
    model = EntityFactory(
        name="fraud-score",
        title="Fraud score",
        stage="production",
        tags=["fraud"],
        tier=1,
        accountable=people.ada,
        description="Scores **payments** while the customer waits.",
    )
    EntityFactory(name="fraud-score-v0", title="Fraud score, first try", stage="retired", tags=["fraud"])
    EntityFactory(kind="dashboard", name="fraud-dashboard", title="Fraud dashboard", tags=["fraud"])
    for number in (1, 2, 3):
        VersionFactory(entity=model, number=number, version=str(number), metrics={"auc": 0.9 + number / 100})
    DeploymentFactory(entity=model)
    FindingFactory(entity=model)
    RelationFactory(source=model, target=EntityFactory(kind="dataset", name="transactions"))
    RelationFactory(source=EntityFactory(kind="service", name="scoring"), target=model, type="serves")
    return model


def test_a_newcomer_finds_the_fraud_model_in_production_and_its_owner_in_three_clicks(
    open_page: OpenPage, fraud: Entity
) -> None:
    page = open_page("/", as_="kim")
    page.keyboard.press("/")
    page.keyboard.type("fraud")
    page.get_by_role("option").first.click()  # one
    expect(page).to_have_url(f"{page.url.split('/catalog')[0]}{fraud.get_absolute_url()}")
    heading = page.locator("main")
    expect(heading).to_contain_text("Production")
    expect(heading).to_contain_text("Risk ML")


def test_a_newcomer_finds_it_by_browsing_too(open_page: OpenPage, fraud: Entity) -> None:
    page = open_page("/catalog/?q=fraud", as_="kim")
    page.locator("#facets").get_by_text("Production").click()  # one
    page.get_by_role("link", name="Fraud score", exact=True).click()  # two
    expect(page.locator("main")).to_contain_text("Risk ML")


def test_ben_edits_his_teams_entity(open_page: OpenPage, fraud: Entity, people: People) -> None:
    page = open_page(fraud.get_absolute_url(), as_="ben")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.locator("#id_title").fill("Fraud score, real time")
    page.get_by_role("button", name="Save", exact=False).first.click()
    expect(page.locator("h1").first).to_have_text("Fraud score, real time")
    fraud.refresh_from_db()
    assert fraud.title == "Fraud score, real time"
    assert (
        Event.objects.filter(verb="catalog.entity.changed", actor=people.ben, target_id=fraud.pk).count() == 1
    )


def test_chloe_cannot_see_a_restricted_one_by_any_address(open_page: OpenPage, people: People) -> None:
    secret = EntityFactory(name="secret-model", title="Hidden wonder", visibility="restricted", tags=["hush"])
    VersionFactory(entity=secret)
    DeploymentFactory(entity=secret, workload="hush-workload")
    public = EntityFactory(kind="dataset", name="open-data")
    RelationFactory(source=secret, target=public)
    base = secret.get_absolute_url()
    addresses = [
        base,
        *(
            f"{base}/{tab}"
            for tab in (
                "versions",
                "deployments",
                "lineage",
                "relations",
                "activity",
                "edit",
                "stage",
                "access",
                "catalog-info.yaml",
                "versions/compare?left=1&right=1",
            )
        ),
        "/catalog/?q=hidden",
        "/catalog/?format=html&tag=hush",
        f"{public.get_absolute_url()}/lineage",
        f"{public.get_absolute_url()}/relations",
        "/search/?q=hidden",
        "/search/suggest/?q=hidden",
        "/activity/",
        "/",
        "/catalog/deployments/",
        "/catalog/findings/",
        "/catalog/unowned/",
        "/people/teams/risk-ml/",
        f"/api/v1/entities/{secret.ref}/",
        "/api/v1/search/?q=hidden",
        "/api/v1/events/",
    ]
    page = open_page("/", as_="chloe")
    for address in addresses:
        answer = page.request.get(address)
        assert answer.status in {200, 403, 404}, address
        text = answer.text().lower()
        assert "hidden wonder" not in text, address
        assert "secret-model" not in text.replace(address.lower(), "").replace(base.lower(), ""), address
        assert "hush-workload" not in text, address


def test_the_progress_of_a_sync_is_visible(open_page: OpenPage, people: People) -> None:
    source = SourceFactory(name="mlflow-main")
    run = SyncRunFactory(source=source, state="running", read=120, expected=480, scope="models")
    page = open_page(f"/catalog/sources/{source.name}/", as_="dmitri")
    expect(page.locator("main")).to_contain_text("120")
    expect(page.locator("main")).to_contain_text("480")
    SyncRun.objects.filter(pk=run.pk).update(read=300)
    expect(page.locator("main")).to_contain_text("300")
    SyncRun.objects.filter(pk=run.pk).update(read=480, state="succeeded")
    expect(page.locator("main")).to_contain_text("Succeeded")


def test_the_lineage_is_walked_by_arrow_keys_and_has_a_list(open_page: OpenPage, fraud: Entity) -> None:
    page = open_page(f"{fraud.get_absolute_url()}/lineage", as_="ada")
    page.locator(".lineage-centre").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("h1").first).to_have_text("Transactions")
    expect(page.locator(".hops")).to_contain_text("Fraud score")


def test_a_lineage_of_150_nodes_folds_and_unfolds(open_page: OpenPage, people: People) -> None:
    centre = EntityFactory(name="centre")
    sources = EntityFactory.create_batch(149, kind="dataset")
    Relation.objects.bulk_create(
        [Relation(source=centre, target=source, type="trained_on") for source in sources]
    )
    page = open_page(f"{centre.get_absolute_url()}/lineage", as_="ada")
    assert page.locator(".lineage-node").count() <= 42
    page.locator(".lineage-fold").click()
    assert page.locator(".lineage-node").count() == 150
    narrow = open_page(f"{centre.get_absolute_url()}/lineage", as_="ada", width=390)
    assert sideways(narrow) <= 0
    assert narrow.locator(".hops a").count() == 150


PAGES = (
    "/",
    "/catalog/",
    "{entity}",
    "{entity}/versions",
    "{entity}/versions/compare?left=1&right=3",
    "{entity}/deployments",
    "{entity}/lineage",
    "{entity}/relations",
    "{entity}/activity",
    "{entity}/edit",
    "{entity}/access",
    "{entity}/stage",
    "/catalog/new",
    "/catalog/findings/",
    "/catalog/unowned/",
    "/catalog/sources/",
    "/catalog/deployments/",
    "/people/",
    "/people/teams/risk-ml/",
    "/people/units/retail-banking/",
    "/people/me/",
    "/search/?q=fraud",
    "/activity/",
)


def test_the_main_pages_are_accessible_and_never_scroll_sideways(
    open_page: OpenPage, fraud: Entity, people: People
) -> None:
    SyncRunFactory(source=SourceFactory(name="mlflow-main"), read=10)
    page = open_page("/", as_="ada")
    assert faults_of(page, [path.format(entity=fraud.get_absolute_url()) for path in PAGES]) == {}
