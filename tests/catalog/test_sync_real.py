"""Whole syncs against real servers: MLflow's own, and the API server held to recordings; by the commands people use."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.catalog.actions import create_source, start_sync, update_entity
from apps.catalog.models import Deployment, Entity, Finding, Source, SyncRun
from apps.catalog.tasks import sync as sync_task
from apps.core.errors import Invalid
from apps.core.policies import SYSTEM
from portal.demo_mlflow import MlflowServer
from portal.demo_mlflow_seed import seed
from tests.kubernetes_api import KubernetesApi
from tests.kubernetes_api.recordings import calm_world
from tests.personas import People

WORLD: dict[str, Any] = {
    "models": [
        {
            "name": "fraud-score",
            "description": "Scores payments.",
            "tags": {"team": "risk-ml"},
            "versions": [{"metrics": {"auc": 0.91}, "params": {"depth": "8"}}, {"metrics": {"auc": 0.93}}],
            "aliases": {"champion": 2},
        },
        {"name": "Uplift (test 3)", "versions": [{"metrics": {"qini": 0.1}}]},
    ],
    "prompts": [
        {"name": "claim-letter", "template": "Write to {{customer}}.", "tags": {"team": "claims-ai"}}
    ],
}


def sync(kind: str, name: str) -> tuple[int, str]:
    """`manage.py sync`: its exit code and what it printed."""
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("sync", kind, source=name, stdout=out, stderr=StringIO())
    return int(ended.value.code or 0), out.getvalue()


@pytest.mark.mlflow
def test_a_real_registry_fills_the_catalog_and_a_rename_is_followed(
    people: People, mlflow_registry: MlflowServer
) -> None:
    from mlflow import MlflowClient

    seed(mlflow_registry.url, WORLD)
    create_source(actor=people.esther, name="mlflow-main", kind="mlflow", config={"url": mlflow_registry.url})
    code, printed = sync("mlflow", "mlflow-main")
    assert (code, "succeeded" in printed) == (0, True)
    fraud = Entity.objects.get(name="fraud-score")
    assert (fraud.ref, fraud.owner.slug) == ("model:retail-banking/fraud-score", "risk-ml")
    assert [(row.version, row.metrics["auc"]) for row in fraud.versions.all()] == [("2", 0.93), ("1", 0.91)]
    assert fraud.aliases.get(valid_to=None).version.version == "2"
    assert Entity.objects.get(kind="prompt").ref == "prompt:insurance/claim-letter"
    assert Entity.objects.get(title="Uplift (test 3)").owner is None
    assert Finding.objects.get().kind == "unowned"

    client = MlflowClient(mlflow_registry.url, mlflow_registry.url)
    assert client.get_registered_model("fraud-score").tags["coe.entity_id"] == str(fraud.pk)
    update_entity(actor=people.ben, entity=fraud, changes={"description": "Ours."})
    client.rename_registered_model("fraud-score", "fraud-score-eu")
    client.set_registered_model_alias("fraud-score-eu", "champion", "1")
    sync("mlflow", "mlflow-main")
    fraud.refresh_from_db()
    assert (fraud.name, fraud.source_key, fraud.description) == ("fraud-score", "fraud-score-eu", "Ours.")
    assert fraud.missing_since is None
    assert Finding.objects.filter(kind="ungoverned_promotion", entity=fraud).count() == 1
    assert SyncRun.objects.filter(state="succeeded").count() == 2


@pytest.fixture
def cluster(tmp_path: Path, settings: Any) -> Iterator[KubernetesApi]:
    settings.SOURCE_SECRET_DIRS = [str(tmp_path)]
    with KubernetesApi(calm_world()) as api:
        (tmp_path / "token").write_text(api.token)
        yield api


def kubernetes(api: KubernetesApi, tmp_path: Path) -> Source:
    return create_source(
        actor=SYSTEM,
        name="prod",
        kind="kubernetes",
        config={"cluster": "prod-fra", "url": api.url},
        secret_ref=f"file:{tmp_path}/token",
    )


def test_a_cluster_fills_the_deployments_by_the_workers_task(
    people: People, cluster: KubernetesApi, tmp_path: Path
) -> None:
    source = kubernetes(cluster, tmp_path)
    run = start_sync(actor=people.dmitri, source=source)
    sync_task.func(run=run.pk)
    run.refresh_from_db()
    assert (run.state, run.refused) == ("succeeded", 0), run.error
    llama = Deployment.objects.get(workload="vllm-llama")
    assert (llama.cluster, llama.gpus, llama.replicas) == ("prod-fra", 8, 2)
    assert Finding.objects.filter(kind="unowned").exists()
    code, _ = sync("kubernetes", "prod")
    assert code == 0
    assert SyncRun.objects.first().changed == 0, "an unchanged cluster changes nothing"


def test_a_wrong_token_fails_with_a_sentence_and_no_secret(
    people: People, cluster: KubernetesApi, tmp_path: Path
) -> None:
    source = kubernetes(cluster, tmp_path)
    (tmp_path / "token").write_text("not-the-token")
    code, _ = sync("kubernetes", source.name)
    run = SyncRun.objects.get()
    assert (code, run.state) == (1, "failed")
    assert "not-the-token" not in run.error
    assert "401" in run.error or "token" in run.error.lower()


def test_a_kind_that_is_forbidden_leaves_the_others(
    people: People, cluster: KubernetesApi, tmp_path: Path
) -> None:
    source = kubernetes(cluster, tmp_path)
    cluster.forbid("jobs")
    code, printed = sync("kubernetes", source.name)
    assert (code, SyncRun.objects.get().state) == (2, "partial")
    assert "jobs" in printed
    assert Deployment.objects.filter(workload="vllm-llama").exists()


def test_an_unknown_source_says_which_there_are(
    people: People, cluster: KubernetesApi, tmp_path: Path
) -> None:
    kubernetes(cluster, tmp_path)
    with pytest.raises(CommandError, match="There are: prod"):
        call_command("sync", "kubernetes", source="nowhere")


@pytest.mark.parametrize(
    "bad",
    [
        {"secret_ref": "s3cr3t-token"},
        {"config": {"cluster": "c", "url": "https://k.example.com", "token": "s3cr3t"}},
        {"config": {"cluster": "c", "url": "javascript:alert(1)"}},
        {"config": {"cluster": "c"}},
        {"config": []},
        {"name": "No Slug"},
        {"interval_minutes": -1},
        {"kind": "postgres"},
    ],
)
def test_a_source_that_hides_a_secret_or_makes_no_sense_is_refused(
    people: People, bad: dict[str, Any]
) -> None:
    fields = {"name": "prod", "kind": "kubernetes", "config": {"cluster": "c", "in_cluster": True}} | bad
    with pytest.raises(Invalid) as refused:
        create_source(actor=people.esther, **fields)
    assert "s3cr3t" not in str(refused.value)
    assert not Source.objects.exists()


def test_secret_files_are_read_only_below_the_named_directories(
    people: People, cluster: KubernetesApi, tmp_path: Path
) -> None:
    source = create_source(
        actor=SYSTEM,
        name="nosy",
        kind="kubernetes",
        config={"cluster": "c", "url": cluster.url},
        secret_ref="file:/etc/passwd",
    )
    sync("kubernetes", source.name)
    assert "COE_SOURCE_SECRET_DIRS" in SyncRun.objects.get().error
