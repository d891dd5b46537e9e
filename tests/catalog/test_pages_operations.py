"""The pages that the center watches: findings, unowned things, deployments, sources and their runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.catalog import plugs
from apps.catalog.models import Deployment, Entity, Finding, SyncRun
from apps.core.feed import feed
from apps.core.models import Event
from apps.people.models import Team, User
from tests.factories import DeploymentFactory, EntityFactory, FindingFactory, SourceFactory, SyncRunFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture
def finding(people: Any) -> Finding:
    return FindingFactory(entity=EntityFactory(name="fraud-score"), title="Drift of age", severity="high")


def text(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def test_findings_stand_by_gravity_and_are_narrowed(signed_in: Any, people: Any) -> None:
    risk = people.team("risk-ml")
    for number, severity in enumerate(("low", "critical", "medium", "high")):
        FindingFactory(title=f"Finding {severity}", severity=severity, owner=risk if number % 2 else None)
    FindingFactory(title="Finding closed", state="resolved", closed_at=timezone.now())
    ada = signed_in("ada")
    html = text(ada.get("/catalog/findings/"))
    places = [html.index(f"Finding {severity}") for severity in ("critical", "high", "medium", "low")]
    assert places == sorted(places)
    assert "Finding closed" not in html
    assert "Finding closed" in text(ada.get("/catalog/findings/?state=closed"))
    assert "Finding low" not in text(ada.get("/catalog/findings/?team=risk-ml"))
    assert "Finding high" in text(ada.get("/catalog/findings/?team=risk-ml&severity=high&kind=drift"))
    assert "Nothing matches" in text(ada.get("/catalog/findings/?kind=nonsense&state=odd"))
    assert ada.get("/catalog/findings/?entity=nonsense").status_code == 404
    assert ada.get("/catalog/findings/?cursor=nonsense").status_code == 400


def test_findings_page_by_cursor(signed_in: Any, people: Any) -> None:
    thing = EntityFactory()
    for number in range(55):
        FindingFactory(title=f"Nr {number:02d}.", severity="high" if number % 2 else "low", entity=thing)
    ada = signed_in("ada")
    first = ada.get("/catalog/findings/")
    second = ada.get(first.context["next"])
    shown = [row["finding"] for page in (first, second) for row in page.context["rows"]]
    assert len({row.pk for row in shown}) == 55
    assert [row.severity for row in shown] == ["high"] * 27 + ["low"] * 28


def test_who_sees_and_handles_findings(signed_in: Any, people: Any, finding: Finding) -> None:
    hidden = FindingFactory(title="About a secret", entity=EntityFactory(visibility="restricted"))
    assert "About a secret" in text(signed_in("esther").get("/catalog/findings/"))
    assert "About a secret" not in text(signed_in("chloe").get("/catalog/findings/"))
    events = Event.objects.count()
    assert (
        signed_in("chloe").post(f"/catalog/findings/{hidden.pk}/", {"state": "acknowledged"}).status_code
        == 404
    )
    assert (
        signed_in("chloe").post(f"/catalog/findings/{finding.pk}/", {"state": "acknowledged"}).status_code
        == 403
    )
    assert (
        signed_in("kim").post("/catalog/findings/99999999999999999999/", {"state": "open"}).status_code == 404
    )
    assert Event.objects.count() == events
    assert f"/catalog/findings/{finding.pk}/" not in text(signed_in("chloe").get("/catalog/findings/"))
    assert (
        signed_in("ben").post(f"/catalog/findings/{finding.pk}/", {"state": "acknowledged"}).status_code
        == 302
    )
    finding.refresh_from_db()
    assert (finding.state, finding.handled_by) == ("acknowledged", people.ben)


def test_a_row_comes_back_changed_or_with_the_reason(signed_in: Any, finding: Finding) -> None:
    ben, address = signed_in("ben"), f"/catalog/findings/{finding.pk}/"
    assert "Acknowledged" in text(ben.post(address, {"state": "acknowledged"}, headers=HTMX))
    lost = ben.post(address, {"state": "acknowledged"}, headers=HTMX)
    assert lost.status_code == 409
    assert b"cannot become acknowledged" in lost.content
    unsaid = ben.post(address, {"state": "dismissed"}, headers=HTMX)
    assert unsaid.status_code == 409
    assert b"Say why" in unsaid.content
    for data in (
        {"state": "odd"},
        {},
        {"state": "dismissed", "note": "a\x00b"},
        {"state": "resolved", "note": "x" * 5_001},
    ):
        assert ben.post(address, data, headers=HTMX).status_code == 400
    assert "Dismissed" in text(ben.post(address, {"state": "dismissed", "note": "Known."}, headers=HTMX))


def test_one_goes_back_only_within_the_catalog(signed_in: Any, finding: Finding) -> None:
    ben = signed_in("ben")
    for back, lands in (
        ("/catalog/findings/?severity=high", "/catalog/findings/?severity=high"),
        ("//evil.example/catalog/", "/catalog/findings/"),
        ("https://evil.example", "/catalog/findings/"),
    ):
        response = ben.post(f"/catalog/findings/{finding.pk}/", {"state": "acknowledged", "back": back})
        assert response.headers["Location"] == lands


def test_unowned_things_have_one_thing_to_do(signed_in: Any, people: Any) -> None:
    lonely = EntityFactory(name="lonely", owner=None, namespace="coe")
    adrift = DeploymentFactory(entity=None, owner=people.team("risk-ml"), workload="adrift")
    ended = people.team("claims-ai")
    Team.objects.filter(pk=ended.pk).update(
        ends=timezone.now() - timedelta(days=1), starts=timezone.now() - timedelta(days=9)
    )
    orphan = EntityFactory(name="orphan", owner=ended)
    esther, ben, kim = (text(signed_in(name).get("/catalog/unowned/")) for name in ("esther", "ben", "kim"))
    for row in (lonely, orphan):
        assert f"{row.get_absolute_url()}/access#owner" in esther
        assert f"{row.get_absolute_url()}/access#owner" not in ben
    assert f"/catalog/deployments/{adrift.pk}/link" in ben
    assert "adrift" not in kim


def test_a_workload_is_linked_by_whom_it_belongs_to(signed_in: Any, people: Any) -> None:
    thing = EntityFactory(kind="service", name="scoring")
    adrift = DeploymentFactory(entity=None, owner=people.team("risk-ml"), workload="scoring")
    address = f"/catalog/deployments/{adrift.pk}/link"
    assert signed_in("chloe").get(address).status_code == 404
    assert signed_in("chloe").post(address, {"entity": thing.ref}).status_code == 404
    ben = signed_in("ben")
    assert thing.ref in text(ben.get(address))
    foreign = EntityFactory(owner=people.team("claims-ai"))
    for ref, status in ((foreign.ref, 403), ("model:no/where", 400), ("", 400)):
        assert ben.post(address, {"entity": ref}).status_code == status
    assert Deployment.objects.get(pk=adrift.pk).entity is None
    assert ben.post(address, {"entity": thing.ref}).status_code == 302
    assert Deployment.objects.get(pk=adrift.pk).entity == thing
    assert ben.post(address, {"unlink": "1"}).status_code == 302
    assert Deployment.objects.get(pk=adrift.pk).entity is None
    assert ben.get("/catalog/deployments/99999999999999999999/link").status_code == 404


def test_deployments_show_what_one_may_see(signed_in: Any, people: Any) -> None:
    DeploymentFactory(entity=EntityFactory(), workload="open-one", cluster="prod-fra")
    DeploymentFactory(
        entity=EntityFactory(visibility="restricted"), workload="secret-one", cluster="hidden-cluster"
    )
    DeploymentFactory(
        entity=None, owner=people.team("risk-ml"), workload="adrift", environment="staging", status="failed"
    )
    chloe = text(signed_in("chloe").get("/catalog/deployments/"))
    assert "open-one" in chloe
    assert "secret-one" not in chloe
    assert "hidden-cluster" not in chloe
    ben = signed_in("ben")
    assert "adrift" in text(ben.get("/catalog/deployments/?entity=none&environment=staging&status=failed"))
    assert "open-one" not in text(ben.get("/catalog/deployments/?entity=none"))
    assert "Nothing matches" in text(ben.get("/catalog/deployments/?cluster=odd"))


def test_sources_are_for_the_center(signed_in: Any, people: Any) -> None:
    source = SourceFactory(name="mlflow-main", secret_ref="env:MLFLOW_TOKEN")
    run = SyncRunFactory(source=source)
    paths = (
        "/catalog/sources/",
        "/catalog/sources/mlflow-main/",
        f"/catalog/sources/mlflow-main/runs/{run.pk}/",
    )
    for name in ("dmitri", "esther", "root"):
        for path in paths:
            assert "MLFLOW_TOKEN" not in text(signed_in(name).get(path))
    for name in ("ada", "kim", "hana"):
        for path in paths:
            assert signed_in(name).get(path).status_code == 404
        assert signed_in(name).post("/catalog/sources/mlflow-main/sync").status_code == 404
    assert SyncRun.objects.count() == 1
    assert signed_in("esther").get("/catalog/sources/none/").status_code == 404
    assert signed_in("esther").get(f"/catalog/sources/none/runs/{run.pk}/").status_code == 404


def test_a_sync_is_started_once_and_watched(signed_in: Any, people: Any) -> None:
    source = SourceFactory(name="mlflow-main")
    dmitri = signed_in("dmitri")
    assert dmitri.get("/catalog/sources/mlflow-main/sync").status_code == 405
    first = dmitri.post("/catalog/sources/mlflow-main/sync")
    run = SyncRun.objects.get()
    address = f"/catalog/sources/mlflow-main/runs/{run.pk}/"
    assert first.headers["Location"] == address
    assert dmitri.post("/catalog/sources/mlflow-main/sync").headers["Location"] == address
    assert SyncRun.objects.count() == ProcrastinateJob.objects.filter(task_name="catalog.sync").count() == 1
    assert 'hx-trigger="every 1s"' in text(dmitri.get(address))
    SyncRun.objects.filter(pk=run.pk).update(
        state="running",
        read=120,
        expected=400,
        scope="model-versions",
        started_at=timezone.now(),
        scopes=[{"scope": "runs", "rows": 0, "absent": "", "failed": "The server answered HTML."}],
        refused=1,
        refusals=[{"key": "models/x y", "reason": "A space in the name."}],
    )
    part = dmitri.get(address, headers=HTMX)
    for shown in (
        "120 of 400 rows",
        "Reading model-versions",
        "The server answered HTML.",
        "A space in the name.",
    ):
        assert shown in text(part)
    assert part.headers["Cache-Control"] == "no-store"
    assert "<html" not in text(part)
    SyncRun.objects.filter(pk=run.pk).update(state="succeeded", finished_at=timezone.now())
    assert "hx-trigger" not in text(dmitri.get(address, headers=HTMX))
    source.enabled = False
    source.save()
    assert (
        dmitri.post("/catalog/sources/mlflow-main/sync").headers["Location"]
        == "/catalog/sources/mlflow-main/"
    )
    assert SyncRun.objects.count() == 1


@pytest.mark.parametrize(
    "path", ["/catalog/findings/", "/catalog/unowned/", "/catalog/deployments/", "/catalog/sources/"]
)
def test_statements_do_not_grow_with_rows(signed_in: Any, people: Any, path: str) -> None:
    esther = signed_in("esther")

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert esther.get(path).status_code == 200
        return len(caught)

    def add() -> None:
        SyncRunFactory()
        FindingFactory(entity=EntityFactory(owner=None, namespace="coe", accountable=people.ben))
        DeploymentFactory(entity=EntityFactory())
        FindingFactory(entity=None, deployment=DeploymentFactory(entity=None, owner=people.team("risk-ml")))

    add()
    statements()
    few = statements()
    for _ in range(4):
        add()
    assert statements() == few


def test_cards_say_what_waits_for_whom(people: Any, finding: Finding) -> None:
    risk = people.team("risk-ml")
    Team.objects.filter(pk=risk.pk).update(ends=timezone.now() + timedelta(days=20))
    left = EntityFactory(name="left", owner=people.team("claims-ai"), accountable=people.kim)
    User.objects.filter(pk=people.kim.pk).update(is_active=False)
    FindingFactory(title="Nobody's", entity=EntityFactory(owner=None, namespace="coe"))

    def titles(items: Any) -> set[str]:
        rows, count = items
        assert count == len(rows)
        return {row.title for row in rows}

    assert titles(plugs._findings(people.ben, 8)) == {"Drift of age"}
    assert titles(plugs._findings(people.esther, 8)) == {"Nobody's"}
    assert titles(plugs._findings(people.chloe, 8)) == set()
    assert titles(plugs._orphans(people.ada, 8)) == {"Fraud score"}
    assert titles(plugs._orphans(people.esther, 8)) == {"Fraud score", str(left)}
    assert titles(plugs._orphans(people.ben, 8)) == set()
    assert titles(plugs._mine(people.ben, 8)) == {"Fraud score"}
    assert titles(plugs._mine(people.kim, 8)) <= {str(left)}


def test_every_verb_of_the_catalog_reads_as_a_sentence(signed_in: Any, people: Any, finding: Finding) -> None:
    ben = signed_in("ben")
    ben.post(f"/catalog/findings/{finding.pk}/", {"state": "acknowledged"})
    signed_in("ada").post(
        f"{finding.entity.get_absolute_url()}/stage", {"stage": "experiment", "version": "1"}
    )
    about = finding.entity
    read = {(entry.sentence, entry.remark) for entry in feed(people.ben)}
    assert {
        (f"{people.ben} handled a finding about {about}", "Acknowledged"),
        (f"{people.ada} moved {about}", "Idea to Experiment"),
    } <= read


def test_search_finds_only_what_is_visible(signed_in: Any, people: Any) -> None:
    EntityFactory(name="fraud-open")
    EntityFactory(name="fraud-secret", visibility="restricted")
    hits = list(plugs._hits(Entity.objects.visible_to(people.chloe), "fraud", 9))
    assert [(hit.ref, hit.icon) for hit in hits] == [("model:retail-banking/fraud-open", "brain")]
