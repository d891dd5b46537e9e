"""A sweep of a cluster: what is read, what stands under what, whose it is; on recorded and built worlds."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.catalog.sources.base import DeploymentRecord, OwnerHint, Record, Refusal, ScopeDone, ScopeFailed
from apps.catalog.sources.kubernetes import EnvironmentRule, KubernetesConfig, KubernetesSource, OwnerRule
from apps.catalog.sources.kubernetes.kinds import KINDS
from tests.kubernetes_api import KubernetesApi, World
from tests.kubernetes_api.populate import add_pods
from tests.kubernetes_api.recordings import calm_world, items_of, late_world

ROOT = Path(__file__).parents[2]
Sweep = Callable[..., list[Record]]


@pytest.fixture
def world() -> World:
    return calm_world()


@pytest.fixture
def api(world: World) -> Iterator[KubernetesApi]:
    with KubernetesApi(world) as running:
        yield running


@pytest.fixture
def sweep(api: KubernetesApi, tmp_path: Path) -> Sweep:
    token_file = tmp_path / "token"
    token_file.write_text(f"{api.token}\n")

    def run(**settings: Any) -> list[Record]:
        config = KubernetesConfig(url=api.url, token_file=str(token_file), **settings)
        return list(KubernetesSource(config).sweep())

    return run


def deployments(records: list[Record]) -> dict[str, DeploymentRecord]:
    found = [record for record in records if isinstance(record, DeploymentRecord)]
    by_key = {record.key: record for record in found}
    assert len(by_key) == len(found), "a key came twice"
    return by_key


def done(records: list[Record]) -> dict[str, ScopeDone]:
    return {record.scope: record for record in records if isinstance(record, ScopeDone)}


def test_importing_the_source_loads_no_client_library() -> None:
    code = "import sys, apps.catalog.sources.kubernetes; print({*sys.modules} & {'kubernetes', 'django'})"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_the_recorded_cluster(sweep: Sweep) -> None:
    """Keys, status, replicas, ready and GPUs, read off the recordings by hand."""
    found = {
        key: (record.status, record.replicas, record.ready, record.gpus)
        for key, record in deployments(sweep()).items()
    }
    assert found == {
        "pods/team-vision/mig-user": ("degraded", 1, 0, 2),
        "pods/team-vision/notebook-ana": ("running", 1, 1, 1),
        "deployments/ml-serving/vllm-llama": ("running", 2, 2, 8),
        "deployments/orphan-ns/unlabelled": ("degraded", 1, 0, 0),
        "deployments/team-nlp/nlp-serving": ("running", 2, 2, 0),
        "deployments/team-nlp/too-big": ("degraded", 1, 0, 16),
        "deployments/team-vision/detector": ("running", 1, 1, 1),
        "deployments/team-vision/image-search": ("running", 3, 3, 0),
        "statefulsets/team-vision/milvus": ("running", 2, 2, 0),
        "jobs/batch-jobs/export-onnx": ("finished", 0, 0, 0),
        "jobs/batch-jobs/failed-job": ("failed", 0, 0, 0),
        "jobs/batch-jobs/train-resnet": ("degraded", 1, 0, 8),
        "cronjobs/batch-jobs/minutely": ("stopped", 0, 0, 0),
        "cronjobs/batch-jobs/nightly-eval": ("running", 0, 0, 0),
        "inferenceservices/ml-serving/fraud-detector": ("degraded", 0, 0, 0),
        "inferenceservices/team-nlp/sentiment": ("running", 0, 0, 0),
        "rayclusters/team-vision/tune-cluster": ("degraded", 2, 0, 0),
    }


def test_one_record_in_full(sweep: Sweep) -> None:
    record = deployments(sweep())["deployments/team-vision/detector"]
    digest = "sha256:" + "ab" * 32
    assert record.workload_kind == "Deployment"
    assert (record.namespace, record.name, record.environment) == ("team-vision", "detector", "prod")
    assert record.owner == OwnerHint("vision", "workload label team")
    assert record.candidates == ("detector", "vision-platform")
    assert (record.images, record.image_digest) == ((f"registry.example.org/detector@{digest}",), digest)
    assert record.since is not None
    assert record.since.isoformat() == "2026-11-21T09:42:58+00:00"
    assert record.model_version == "1.4.2"
    assert record.labels["team"] == "vision"
    assert record.unknown == ()


def test_every_scope_is_closed_and_its_objects_are_counted(sweep: Sweep) -> None:
    records = sweep()
    assert {scope: end.rows for scope, end in done(records).items()} == {
        "namespaces": 10,
        "pods": 17,
        "replicasets": 6,
        "deployments": 6,
        "statefulsets": 1,
        "daemonsets": 0,
        "jobs": 3,
        "cronjobs": 2,
        "inferenceservices": 2,
        "rayclusters": 1,
    }
    assert not [record for record in records if isinstance(record, Refusal | ScopeFailed)]


def test_identity_is_the_uid_of_kube_system(api: KubernetesApi, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(api.token)
    config = KubernetesConfig(url=api.url, token_file=str(tmp_path / "token"))
    assert KubernetesSource(config).identity() == "7dad4be0-be67-46da-af34-7a4fd4c1a7e4"


def test_pages_are_limited_and_never_ask_the_cache(api: KubernetesApi, sweep: Sweep) -> None:
    whole = sweep()
    api.requests.clear()
    assert sweep(page_size=2) == whole
    lists = [path for method, path in api.requests if not path.endswith("/kube-system")]
    assert all("limit=2" in path and "resourceVersion" not in path for path in lists)
    assert sum(path.startswith("/api/v1/pods") for path in lists) == 9
    assert {method for method, _ in api.requests} == {"GET"}


def test_a_job_of_a_cron_job_is_its_run_and_not_a_workload(tmp_path: Path) -> None:
    with KubernetesApi(late_world()) as api:
        (tmp_path / "token").write_text(api.token)
        found = deployments(
            list(KubernetesSource(KubernetesConfig(url=api.url, token_file=str(tmp_path / "token"))).sweep())
        )
    assert "jobs/batch-jobs/minutely-29920912" not in found
    record = found["cronjobs/batch-jobs/minutely"]
    assert (record.status, record.replicas, record.ready) == ("running", 1, 0)


def test_gpus_of_many_pods_reach_their_deployments(sweep: Sweep, world: World) -> None:
    before = sum(record.gpus for record in deployments(sweep()).values())
    add_pods(world, 1201)
    found = deployments(sweep())
    assert sum(record.gpus for record in found.values()) - before == 1201 * 4
    assert found["deployments/load-00/service-00200"].gpus == 4
    assert found["deployments/load-19/service-00199"].gpus == 24


@pytest.fixture
def served(world: World) -> World:
    """The recorded service "sentiment" with what KServe makes below it, as with Knative: the deployment's
    controller is a kind that is not read, only a label leads to the service."""
    mark = {"serving.kserve.io/inferenceservice": "sentiment"}
    deployment, replica_set = items_of("list_deployments")[3], items_of("list_replicasets")[3]
    pod = next(item for item in items_of("list_pods") if item["metadata"]["name"].startswith("too-big"))
    for item, name in (
        (deployment, "sentiment-1"),
        (replica_set, "sentiment-1-abc"),
        (pod, "sentiment-1-abc-x"),
    ):
        item["metadata"].update(name=name, labels={**item["metadata"]["labels"], **mark})
    deployment["metadata"]["ownerReferences"] = [
        {"kind": "Revision", "name": "sentiment-1", "controller": True}
    ]
    replica_set["metadata"]["labels"].pop("serving.kserve.io/inferenceservice")
    replica_set["metadata"]["ownerReferences"][0]["name"] = "sentiment-1"
    pod["metadata"]["ownerReferences"][0]["name"] = "sentiment-1-abc"
    world.put("Deployment", deployment)
    world.put("ReplicaSet", replica_set)
    world.put("Pod", pod)
    return world


def test_what_kserve_makes_counts_for_the_service(served: World, sweep: Sweep) -> None:
    found = deployments(sweep())
    assert "deployments/team-nlp/sentiment-1" not in found
    record = found["inferenceservices/team-nlp/sentiment"]
    assert (record.gpus, record.replicas, record.images) == (16, 1, ("registry.example.org/app:1.4.2",))


def test_without_the_custom_kind_the_deployment_stands_for_itself(
    served: World, api: KubernetesApi, sweep: Sweep
) -> None:
    api.forbid("inferenceservices")
    assert deployments(sweep())["deployments/team-nlp/sentiment-1"].gpus == 16


def test_pods_of_other_controllers_are_shown_together(world: World, sweep: Sweep) -> None:
    for number in range(3):
        pod = items_of("list_pods")[3]
        pod["metadata"]["name"] = f"tune-{number}"
        pod["metadata"]["ownerReferences"] = [{"kind": "PyTorchJob", "name": "tune", "controller": True}]
        world.put("Pod", pod)
    record = deployments(sweep())["pods/ml-serving/PyTorchJob/tune"]
    assert (record.workload_kind, record.name, record.replicas, record.gpus) == ("PyTorchJob", "tune", 3, 12)
    assert record.owner == OwnerHint("platform", "workload label team")


def test_the_cluster_s_own_pods_are_no_deployments(world: World, sweep: Sweep) -> None:
    before = deployments(sweep())
    for namespace, owner in (("kube-system", "DaemonSet"), ("ml-serving", "Node")):
        pod = items_of("list_pods")[3]
        pod["metadata"].update(name="proxy", namespace=namespace)
        pod["metadata"]["ownerReferences"] = [{"kind": owner, "name": "cpu-01", "controller": True}]
        world.put("Pod", pod)
    assert deployments(sweep()) == before


def test_owner_rules_are_asked_in_order_and_name_themselves(world: World, sweep: Sweep) -> None:
    world.put("Namespace", {"metadata": {"name": "orphan-ns", "annotations": {"owner": "From Namespace"}}})
    bare = items_of("list_deployments")[1]
    bare["metadata"].update(labels={}, annotations={"team": " from-annotation "})
    world.put("Deployment", bare)
    key = "deployments/orphan-ns/unlabelled"

    def owner(*rules: str) -> OwnerHint | None:
        return deployments(sweep(owner_rules=tuple(OwnerRule.parse(rule) for rule in rules)))[key].owner

    label, note, place = "workload label team", "workload annotation team", "namespace annotation owner"
    assert owner(label, note, place) == OwnerHint("from-annotation", note)
    assert owner(place, note) == OwnerHint("From Namespace", place)
    assert owner(label) is None


def test_environment_rules(sweep: Sweep) -> None:
    rules = (EnvironmentRule("team-n*", environment="lab"), EnvironmentRule(label="env"))
    found = deployments(sweep(environment="other", environment_rules=rules))
    assert found["deployments/team-nlp/too-big"].environment == "lab"
    assert found["deployments/team-vision/detector"].environment == "prod"
    assert found["deployments/orphan-ns/unlabelled"].environment == "other"


def test_objects_that_cannot_be_read_are_refused_and_stop_nothing(world: World, sweep: Sweep) -> None:
    broken = copy.deepcopy(items_of("list_inferenceservices")[0])
    broken["metadata"]["name"], broken["spec"] = "broken", "text"
    world.put("InferenceService", broken)
    pod = items_of("list_pods")[3]
    pod["spec"]["containers"][0]["resources"]["requests"]["nvidia.com/gpu"] = "many"
    world.put("Pod", pod)
    records = sweep()
    refused = {record.key: record.reason for record in records if isinstance(record, Refusal)}
    assert refused == {
        "inferenceservices/ml-serving/broken": "spec.predictor stands in something that is not an object.",
        f"pods/ml-serving/{pod['metadata']['name']}": "the quantity 'many' of nvidia.com/gpu cannot be read.",
    }
    assert deployments(records)["deployments/ml-serving/vllm-llama"].unknown == ("gpus",)
    assert {"pods", "inferenceservices"} <= done(records).keys()


def test_the_shipped_role_suffices_and_holds_no_more(api: KubernetesApi, sweep: Sweep) -> None:
    documents = list(yaml.safe_load_all((ROOT / "fixtures/kubernetes/role.yaml").read_text()))
    role = next(document for document in documents if document["kind"] == "ClusterRole")
    api.reader.rules = role["rules"]
    records = sweep()
    assert not [record for record in records if isinstance(record, ScopeFailed)]
    assert not any(end.absent for end in done(records).values())
    granted = {
        (group, name) for rule in role["rules"] for group in rule["apiGroups"] for name in rule["resources"]
    }
    assert granted == {(kind.group, kind.scope) for kind in KINDS} | {("", "namespaces")}
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list"}
