"""The catalog in the admin: sources, runs, findings, entities, grants and workloads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.catalog.actions import grant_access
from apps.catalog.models import Deployment, Entity, EntityGroupGrant, Finding, Source, SyncRun
from apps.core.models import Event
from apps.core.policies import SYSTEM
from tests.factories import DeploymentFactory, EntityFactory, FindingFactory, SourceFactory, SyncRunFactory
from tests.personas import People

SignedIn = Callable[[str], Client]
ADD = "admin:catalog_source_add"
PASTED_SECRET = "hunter2-very-secret"
KUBECONFIG = """apiVersion: v1
users:
- name: me
  user:
    exec: {command: /bin/sh, args: [-c, id]}
"""


def do(client: Client, row: Any, operation: str, **data: Any) -> HttpResponse:
    url = reverse(f"admin:catalog_{row._meta.model_name}_operation", args=[row.pk, operation])
    if hasattr(row, "version") and "seen_version" not in data:
        data["seen_version"] = str(row.version)
    return client.post(url, data)


def change(client: Client, row: Any, **changes: Any) -> HttpResponse:
    """Posts the change form as a browser would, with some fields changed."""
    url = reverse(f"admin:catalog_{row._meta.model_name}_change", args=[row.pk])
    form = client.get(url).context["adminform"].form
    values = {field.name: field.value() for field in form}
    prepared = {name: form.fields[name].prepare_value(value) for name, value in values.items()}
    data = {name: value for name, value in prepared.items() if value not in (None, False, "")}
    return client.post(url, {**data, **changes})


def mlflow(**changes: Any) -> dict[str, Any]:
    basic = {"name": "registry", "enabled": "on", "interval_minutes": "10", "default_visibility": "unit"}
    return {
        **basic,
        "config_url": "https://mlflow.example.com/",
        "config_verify_tls": "on",
        "secret_ref": "env:MLFLOW_TOKEN",
        **changes,
    }


def kubernetes(**changes: Any) -> dict[str, Any]:
    basic = {"name": "prod-fra", "enabled": "on", "interval_minutes": "10", "default_visibility": "company"}
    return {
        **basic,
        "config_cluster": "prod-fra",
        "config_url": "https://k8s.example.com",
        "secret_ref": "file:/run/secrets/k8s",
        **changes,
    }


def test_a_registry_is_set_up_with_typed_fields(people: People, signed_in: SignedIn) -> None:
    data = mlflow(
        config_username="reader",
        config_owner_tags="squad\n\n team ",
        default_owner=people.team("ml-platform").pk,
        webhook_secret_ref="env:HOOK",
    )
    assert signed_in("esther").post(reverse(ADD) + "?kind=mlflow", data).status_code == 302
    source = Source.objects.get(name="registry")
    assert source.config == {
        "url": "https://mlflow.example.com",
        "username": "reader",
        "verify_tls": True,
        "secret_over_http": False,
        "owner_tags": ["squad", "team"],
    }
    assert (source.secret_ref, source.webhook_secret_ref, source.default_visibility) == (
        "env:MLFLOW_TOKEN",
        "env:HOOK",
        "unit",
    )
    assert Event.objects.get(verb="catalog.source.created").actor == people.esther


def test_a_cluster_is_set_up_with_typed_fields(people: People, signed_in: SignedIn) -> None:
    rules = "workload label team\nnamespace annotation owner\n"
    data = kubernetes(config_owner_rules=rules, config_page_size="250", config_environment_label="env")
    assert signed_in("esther").post(reverse(ADD) + "?kind=kubernetes", data).status_code == 302
    source = Source.objects.get(name="prod-fra")
    assert source.kind == "kubernetes"
    assert source.config["owner_rules"] == ["workload label team", "namespace annotation owner"]
    assert source.config["page_size"] == 250


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("mlflow", mlflow(secret_ref=PASTED_SECRET), "never the secret itself"),
        ("mlflow", mlflow(webhook_secret_ref=PASTED_SECRET), "never the secret itself"),
        ("mlflow", mlflow(config_url=""), "Give the url of the MLflow server"),
        ("mlflow", mlflow(config_url="javascript:alert(1)"), "begins with https://"),
        (
            "mlflow",
            mlflow(config_url=f"https://me:{PASTED_SECRET}@mlflow.example.com"),
            "begins with https://",
        ),
        ("mlflow", mlflow(interval_minutes="-1"), "greater than or equal to 0"),
        ("mlflow", mlflow(interval_minutes="many"), "whole number"),
        ("mlflow", mlflow(name="Not a slug"), "Use a-z, 0-9"),
        (
            "kubernetes",
            kubernetes(config_kubeconfig=KUBECONFIG, config_url=""),
            "A pasted kubeconfig is refused",
        ),
        (
            "kubernetes",
            kubernetes(config_kubeconfig=KUBECONFIG.replace("\n", " ")),
            "A pasted kubeconfig is refused",
        ),
        ("kubernetes", kubernetes(config_kubeconfig="/etc/kube/config"), "exactly one of"),
        ("kubernetes", kubernetes(config_url=""), "exactly one of"),
        ("kubernetes", kubernetes(config_cluster=""), "name"),
        ("kubernetes", kubernetes(config_owner_rules="whatever it is"), "An owner rule is one of"),
        ("kubernetes", kubernetes(config_page_size="999999"), "less than or equal to 5000"),
        ("kubernetes", kubernetes(secret_ref="file:relative"), "never the secret itself"),
    ],
)
def test_bad_sources_are_said_on_the_form(
    kind: str, data: dict[str, Any], sentence: str, people: People, signed_in: SignedIn
) -> None:
    response = signed_in("esther").post(f"{reverse(ADD)}?kind={kind}", data)
    page = response.content.decode()
    assert response.status_code in {200, 400} and sentence in page
    assert PASTED_SECRET not in page
    assert (
        not Source.objects.exists() and not Event.objects.filter(verb__startswith="catalog.source").exists()
    )


def test_a_name_is_taken_once(people: People, signed_in: SignedIn) -> None:
    SourceFactory(name="registry")
    response = signed_in("esther").post(reverse(ADD) + "?kind=mlflow", mlflow())
    assert response.status_code == 409 and "A source with this name exists." in response.content.decode()


def test_an_edit_keeps_what_it_does_not_touch(people: People, signed_in: SignedIn) -> None:
    source = SourceFactory(
        config={"url": "https://a.example.com", "username": "reader"}, secret_ref="env:SECRET"
    )
    assert change(signed_in("esther"), source, config_url="https://b.example.com").status_code == 302
    source.refresh_from_db()
    assert (source.config["url"], source.config["username"], source.secret_ref) == (
        "https://b.example.com",
        "reader",
        "env:SECRET",
    )
    assert source.version == 2


def test_the_second_editor_of_a_source_is_told(people: People, signed_in: SignedIn) -> None:
    source = SourceFactory(name="registry")
    Source.objects.filter(pk=source.pk).update(version=7)
    response = change(signed_in("esther"), source, interval_minutes="30", seen_version="6")
    assert response.status_code == 409 and "Somebody changed this source" in response.content.decode()
    source.refresh_from_db()
    assert source.interval_minutes == 10


def test_a_sync_is_started_once(people: People, signed_in: SignedIn) -> None:
    source, client = SourceFactory(), signed_in("dmitri")
    assert do(client, source, "sync").status_code == 302
    run = SyncRun.objects.get()
    assert (run.state, run.started_by) == ("queued", people.dmitri)
    assert ProcrastinateJob.objects.filter(task_name="catalog.sync", args__run=run.pk).count() == 1
    again = do(client, source, "sync")
    assert again.status_code == 409 and "queued or running already" in again.content.decode()
    assert SyncRun.objects.count() == 1


def test_progress_moves_and_ends(people: People, signed_in: SignedIn) -> None:
    run, client = (
        SyncRunFactory(state="running", read=50, expected=200, scope="versions"),
        signed_in("dmitri"),
    )
    page = client.get(reverse("admin:catalog_syncrun_change", args=[run.pk])).content.decode()
    progress = reverse("admin:catalog_syncrun_progress", args=[run.pk])
    assert f'hx-get="{progress}"' in page and "50 of about 200" in page
    SyncRun.objects.filter(pk=run.pk).update(read=120)
    moved = client.get(progress)
    assert "120 of about 200" in moved.content.decode() and "HX-Refresh" not in moved.headers
    SyncRun.objects.filter(pk=run.pk).update(state="succeeded")
    ended = client.get(progress)
    assert ended.headers["HX-Refresh"] == "true" and "hx-get" not in ended.content.decode()
    assert signed_in("ada").get(progress).status_code == 403


def test_refusals_are_readable(people: People, signed_in: SignedIn) -> None:
    refusals = [{"key": "<b>bad</b>", "reason": "The name is longer than 500 characters."}]
    run = SyncRunFactory(
        refusals=refusals,
        refused=3,
        scopes=[{"scope": "pods", "failed": "403"}, {"scope": "crd", "absent": "404"}],
    )
    page = signed_in("esther").get(reverse("admin:catalog_syncrun_change", args=[run.pk])).content.decode()
    assert (
        "The name is longer than 500 characters." in page and "&lt;b&gt;bad" in page and "and 2 more" in page
    )
    assert "failed: 403" in page and "absent here: 404" in page


def test_findings_are_handled_with_a_note(people: People, signed_in: SignedIn) -> None:
    finding, client = FindingFactory(entity=EntityFactory()), signed_in("esther")
    assert do(client, finding, "acknowledge", note="Looking").status_code == 302
    assert do(client, finding, "dismiss", note="").status_code == 400
    assert do(client, finding, "dismiss", note="Planned").status_code == 302
    finding.refresh_from_db()
    assert (finding.state, finding.note, finding.handled_by) == ("dismissed", "Planned", people.esther)
    late = do(client, finding, "resolve", note="")
    assert late.status_code == 409 and "cannot become resolved" in late.content.decode()
    assert Event.objects.filter(verb="catalog.finding.handled").count() == 2


def test_several_findings_at_once_say_which_were_refused(people: People, signed_in: SignedIn) -> None:
    done, refused = FindingFactory(title="First"), FindingFactory(title="Second", state="resolved")
    url = reverse("admin:catalog_finding_changelist")
    data = {
        "action": "resolve",
        "_selected_action": [done.pk, refused.pk],
        "confirmed": "yes",
        "note": "Fixed",
    }
    page = signed_in("esther").post(url, data, follow=True).content.decode()
    assert "Resolve: 1 done." in page and "Second: The finding is resolved" in page
    assert Finding.objects.get(pk=done.pk).state == "resolved"


def test_the_queue_is_gravest_first(people: People, signed_in: SignedIn) -> None:
    for severity in ("low", "critical", "medium", "high"):
        FindingFactory(severity=severity)
    listed = signed_in("esther").get(reverse("admin:catalog_finding_changelist")).context["cl"].result_list
    assert [finding.severity for finding in listed] == ["critical", "high", "medium", "low"]


def test_platform_engineers_see_findings_and_handle_their_own_only(
    people: People, signed_in: SignedIn
) -> None:
    finding, before = FindingFactory(entity=EntityFactory()), Event.objects.count()
    client = signed_in("dmitri")
    assert client.get(reverse("admin:catalog_finding_change", args=[finding.pk])).status_code == 200
    assert do(client, finding, "resolve", note="x").status_code == 403
    finding.refresh_from_db()
    assert (finding.state, Event.objects.count()) == ("open", before)


def test_an_entity_is_transferred_shown_and_retired(people: People, signed_in: SignedIn) -> None:
    entity, client = EntityFactory(stage="deprecated"), signed_in("esther")
    assert do(client, entity, "transfer", owner=people.team("claims-ai").pk).status_code == 302
    entity.refresh_from_db()
    assert do(client, entity, "visibility", visibility="restricted").status_code == 302
    entity.refresh_from_db()
    assert do(client, entity, "stage", to="retired", note="Replaced").status_code == 302
    entity.refresh_from_db()
    assert (entity.owner.slug, entity.visibility, entity.stage) == ("claims-ai", "restricted", "retired")


def test_decisions_on_an_old_version_are_refused(people: People, signed_in: SignedIn) -> None:
    entity, client = EntityFactory(), signed_in("esther")
    Entity.objects.filter(pk=entity.pk).update(version=5)
    for operation, data in {
        "visibility": {"visibility": "unit"},
        "transfer": {"owner": people.team("claims-ai").pk},
    }.items():
        response = do(client, entity, operation, seen_version="4", **data)
        assert response.status_code == 409 and "Somebody changed this entity" in response.content.decode()
        assert do(client, entity, operation, seen_version="", **data).status_code == 400
    entity.refresh_from_db()
    assert (entity.visibility, entity.owner.slug) == ("company", "risk-ml")


def test_an_owner_that_ends_is_refused(people: People, signed_in: SignedIn) -> None:
    from django.utils import timezone

    team = people.team("claims-ai")
    team.ends = timezone.now() + timezone.timedelta(days=3)
    team.save()
    response = do(signed_in("esther"), EntityFactory(), "transfer", owner=team.pk)
    assert response.status_code == 409 and "end date" in response.content.decode()


def own(people: People, **fields: Any) -> Entity:
    return EntityFactory(owner=people.team("coe-office"), **fields)


def test_curated_fields_and_details_are_edited(people: People, signed_in: SignedIn) -> None:
    entity = own(people, kind="dataset")
    data = {"title": "Card payments", "tags": "fraud, gold", "links": "https://a.example.com Runbook",
            "tier": "2",
            "detail_classification": "confidential", "detail_allowed_purposes": "fraud\ncredit"}  # fmt: skip
    client = signed_in("esther")
    base = {"detail_personal_data": "none", "detail_origin": "collected", "detail_quality_status": "unknown"}
    response = change(client, entity, **base, **data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    entity.refresh_from_db()
    assert (entity.title, entity.tags, entity.tier) == ("Card payments", ["fraud", "gold"], 2)
    assert entity.links == [{"url": "https://a.example.com", "title": "Runbook"}]
    assert (entity.dataset.classification, entity.dataset.allowed_purposes) == (
        "confidential",
        ["fraud", "credit"],
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"links": "javascript:alert(1) click"}, "begins with https://"),
        ({"tags": "no spaces here!"}, "is no tag"),
        ({"tags": ",".join(f"t{number}" for number in range(40))}, "At most 30 tags"),
        ({"title": "a\u202eb"}, "invisible characters"),
        ({"title": "x" * 300}, "at most 200"),
        ({"tier": "9"}, "Select a valid choice"),
        ({"accountable": "999999"}, "Select a valid choice"),
    ],
)
def test_bad_entities_are_said_on_the_form(
    changes: dict[str, str], sentence: str, people: People, signed_in: SignedIn
) -> None:
    entity = own(people, kind="tool", title="Before")
    response = change(signed_in("esther"), entity, **changes)
    assert response.status_code in {200, 400} and sentence in response.content.decode()
    entity.refresh_from_db()
    assert (entity.title, entity.version) == ("Before", 1)


def test_an_entity_is_entered_for_ones_own_team(people: People, signed_in: SignedIn) -> None:
    client, url = signed_in("dmitri"), reverse("admin:catalog_entity_add")
    data = {
        "kind": "tool",
        "name": "notebooks",
        "owner": people.team("ml-platform").pk,
        "visibility": "company",
    }
    assert client.post(url, data).status_code == 302
    assert Entity.objects.get(name="notebooks").namespace == "coe"
    foreign = client.post(url, {**data, "name": "mine", "owner": people.team("risk-ml").pk})
    assert foreign.status_code == 403 and not Entity.objects.filter(name="mine").exists()
    taken = client.post(url, {**data, "name": "NOTEBOOKS"})
    assert taken.status_code == 409 and "capital letters make no difference" in taken.content.decode()


def test_leads_administer_and_do_not_edit_what_is_others(people: People, signed_in: SignedIn) -> None:
    """By the table of rights: grants, visibility and owner are theirs, the text stays with the owner team."""
    entity, client = EntityFactory(title="Before"), signed_in("esther")
    url = reverse("admin:catalog_entity_change", args=[entity.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"title": "Taken", "seen_version": "1"}).status_code == 403
    entity.refresh_from_db()
    assert entity.title == "Before"


def test_access_is_granted_and_revoked_with_a_reason(people: People, signed_in: SignedIn) -> None:
    entity, client = EntityFactory(visibility="restricted"), signed_in("esther")
    team = people.team("claims-ai")
    assert do(client, entity, "grant", grantee=team.pk, permission="view", note="").status_code == 400
    assert do(client, entity, "grant", grantee=team.pk, permission="own", note="x").status_code == 400
    assert (
        do(client, entity, "grant", grantee=team.pk, permission="view", note="Shared use case").status_code
        == 302
    )
    assert Entity.objects.visible_to(people.chloe).filter(pk=entity.pk).exists()
    row = EntityGroupGrant.objects.get()
    assert "Claims AI" in client.get(reverse("admin:catalog_entitygroupgrant_changelist")).content.decode()
    assert do(client, row, "revoke", note="Over").status_code == 302
    assert not Entity.objects.visible_to(people.chloe).filter(pk=entity.pk).exists()
    notes = list(
        Event.objects.filter(verb__startswith="catalog.grant")
        .order_by("id")
        .values_list("data__note", flat=True)
    )
    assert notes == ["Shared use case", "Over"]


def test_grants_are_seen_with_their_entity(people: People, signed_in: SignedIn) -> None:
    hidden = EntityFactory(visibility="restricted")
    grant_access(actor=SYSTEM, entity=hidden, grantee=people.team("claims-ai"), permission="view")
    row, client = EntityGroupGrant.objects.get(), signed_in("dmitri")
    url = reverse("admin:catalog_entitygroupgrant_changelist")
    assert list(client.get(url).context["cl"].queryset) == []
    assert do(client, row, "revoke", note="x").status_code == 404
    assert EntityGroupGrant.objects.exists()


def test_unowned_and_orphaned_entities_are_listed(people: People, signed_in: SignedIn) -> None:
    from django.utils import timezone

    EntityFactory(name="owned")
    EntityFactory(name="unowned", owner=None)
    EntityFactory(name="left", accountable=people.ben)
    EntityFactory(name="ended", owner=people.team("claims-ai"))
    type(people.ben).objects.filter(username="ben").update(is_active=False)
    now = timezone.now()
    type(people.team("claims-ai")).objects.filter(slug="claims-ai").update(
        starts=now - timezone.timedelta(days=9), ends=now
    )
    client, url = signed_in("esther"), reverse("admin:catalog_entity_changelist")

    def listed(wanted: str) -> set[str]:
        return {entity.name for entity in client.get(url, {"ownership": wanted}).context["cl"].result_list}

    assert listed("unowned") == {"unowned"}
    assert listed("orphaned") == {"left", "ended"}
    assert listed("any") == {"unowned", "left", "ended"}


def test_workloads_are_linked(people: People, signed_in: SignedIn) -> None:
    entity, workload, client = own(people), DeploymentFactory(entity=None), signed_in("esther")
    assert do(client, workload, "link", entity=entity.pk).status_code == 302
    assert Deployment.objects.get(pk=workload.pk).entity == entity
    assert do(client, workload, "unlink").status_code == 302
    assert Deployment.objects.get(pk=workload.pk).entity is None


def test_a_workload_cannot_be_linked_to_what_one_may_not_change(people: People, signed_in: SignedIn) -> None:
    hidden, foreign = EntityFactory(visibility="restricted"), EntityFactory()
    workload, client = DeploymentFactory(entity=None), signed_in("dmitri")
    assert "Select a valid choice" in do(client, workload, "link", entity=hidden.pk).content.decode()
    assert do(client, workload, "link", entity=foreign.pk).status_code == 403
    assert Deployment.objects.get(pk=workload.pk).entity is None


def test_secrets_are_shown_to_nobody(
    people: People, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TOKEN", PASTED_SECRET)
    source = SourceFactory(secret_ref="env:MLFLOW_TOKEN", webhook_secret_ref="env:MLFLOW_TOKEN")
    for name in ("esther", "dmitri", "root"):
        page = signed_in(name).get(reverse("admin:catalog_source_change", args=[source.pk])).content.decode()
        assert PASTED_SECRET not in page
    assert (
        "env:MLFLOW_TOKEN"
        not in signed_in("dmitri")
        .get(reverse("admin:catalog_source_change", args=[source.pk]))
        .content.decode()
    )
