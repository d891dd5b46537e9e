"""Single objects: GPUs of a pod, the status of a workload, names, and what is dropped at once."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.sources.kubernetes.kinds import BY_NAME
from apps.catalog.sources.kubernetes.objects import ObjectError, slim
from apps.catalog.sources.kubernetes.owners import candidates_of
from apps.catalog.sources.kubernetes.pods import image_digest, requested_gpus, whole_devices
from apps.catalog.sources.kubernetes.workloads import FARES, Fare, model_version
from tests.kubernetes_api.recordings import items_of

GPU, SLICE = "nvidia.com/gpu", "nvidia.com/mig-1g.10gb"


def box(gpus: object = None, restart: str = "", **others: object) -> dict[str, Any]:
    requests = {**({GPU: gpus} if gpus is not None else {}), "cpu": "500m", **others}
    return {"resources": {"requests": requests}, **({"restartPolicy": restart} if restart else {})}


@pytest.mark.parametrize(
    ("containers", "preparing", "expected"),
    [
        ([box()], [], 0),
        ([box("1"), box("2")], [], 3),
        ([box("1")], [box("4")], 4),
        ([box("3"), box("3")], [box("4"), box("5")], 6),
        ([box("1")], [box("2", "Always")], 3),
        ([box("1")], [box("2", "Always"), box("4")], 6),
        ([box("1")], [box("4"), box("2", "Always")], 4),
        ([box("1", **{SLICE: "2"})], [], 3),
        ([box("1")], [box(**{SLICE: "2"})], 3),
        ([{"resources": {"limits": {GPU: 2}}}], [], 2),
        ([{"resources": {"limits": {GPU: "2"}, "requests": {GPU: "1"}}}], [], 1),
        ([{"resources": {"requests": {"amd.com/gpu": "4"}}}], [], 0),
        ([{}], [], 0),
    ],
)
def test_gpus_of_a_pod(containers: list[Any], preparing: list[Any], expected: int) -> None:
    assert requested_gpus({"containers": containers, "initContainers": preparing}) == expected


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ("8", 8),
        (8, 8),
        ("1e1", 10),
        ("2k", 2000),
        ("1Ki", 1024),
        ("2000m", 2),
        ("1500m", 2),
        (".5", 1),
        ("0", 0),
    ],
)
def test_quantities(quantity: object, expected: int) -> None:
    assert whole_devices(GPU, quantity) == expected


@pytest.mark.parametrize("quantity", ["", "many", "1 ", "1kk", "-1", "1E", "9E", "1e999", None, [], "٣"])
def test_quantities_that_are_none(quantity: object) -> None:
    with pytest.raises(ObjectError):
        whole_devices(GPU, quantity)


def conditions(**by_type: str) -> list[dict[str, str]]:
    return [{"type": kind, "status": status} for kind, status in by_type.items()]


@pytest.mark.parametrize(
    ("kind", "spec", "status", "expected"),
    [
        ("Deployment", {}, {"readyReplicas": 1}, Fare("running", 1, 1)),
        ("Deployment", {"replicas": 0}, {}, Fare("stopped", 0, 0)),
        ("Deployment", {"replicas": 3}, {"readyReplicas": 2}, Fare("degraded", 3, 2)),
        (
            "Deployment",
            {"replicas": 3},
            {"conditions": conditions(Progressing="False")},
            Fare("failed", 3, 0),
        ),
        ("Deployment", {}, {"conditions": conditions(ReplicaFailure="True")}, Fare("failed", 1, 0)),
        ("StatefulSet", {"replicas": 2}, {"readyReplicas": 2}, Fare("running", 2, 2)),
        ("DaemonSet", {}, {"desiredNumberScheduled": 3, "numberReady": 2}, Fare("degraded", 3, 2)),
        ("DaemonSet", {}, {"desiredNumberScheduled": 0}, Fare("stopped")),
        ("Job", {}, {"conditions": conditions(Complete="True")}, Fare("finished")),
        ("Job", {}, {"conditions": conditions(Failed="True")}, Fare("failed")),
        ("Job", {"suspend": True}, {}, Fare("stopped")),
        ("Job", {}, {"active": 2, "ready": 2}, Fare("running", 2, 2)),
        ("Job", {}, {"active": 2, "ready": 1}, Fare("degraded", 2, 1)),
        ("CronJob", {"suspend": True}, {}, Fare("stopped", by_pods=True)),
        ("CronJob", {}, {"active": [{}]}, Fare("running", 1, by_pods=True)),
        ("CronJob", {}, {"lastScheduleTime": "2026-11-21T09:00:00Z"}, Fare("degraded", by_pods=True)),
        (
            "CronJob",
            {},
            {"lastScheduleTime": "2026-11-21T09:00:00Z", "lastSuccessfulTime": "2026-11-21T09:01:00Z"},
            Fare("running", by_pods=True),
        ),
        ("InferenceService", {}, {"conditions": conditions(Ready="True")}, Fare("running", by_pods=True)),
        ("InferenceService", {}, {"conditions": conditions(Ready="False")}, Fare("degraded", by_pods=True)),
        (
            "InferenceService",
            {},
            {"modelStatus": {"transitionStatus": "BlockedByFailedLoad"}},
            Fare("failed", by_pods=True),
        ),
        (
            "RayCluster",
            {},
            {"state": "ready", "desiredWorkerReplicas": 2, "readyWorkerReplicas": 2},
            Fare("running", 2, 2),
        ),
        ("RayCluster", {}, {"conditions": conditions(RayClusterProvisioned="True")}, Fare("running")),
        ("RayCluster", {"suspend": True}, {"state": "ready"}, Fare("stopped")),
        ("RayCluster", {}, {"state": "failed"}, Fare("failed")),
        ("RayCluster", {"workerGroupSpecs": [{"replicas": 2, "numOfHosts": 4}]}, {}, Fare("degraded", 8, 0)),
    ],
)
def test_status_by_the_workload_s_own_fields(
    kind: str, spec: dict[str, Any], status: dict[str, Any], expected: Fare
) -> None:
    assert FARES[kind]({"metadata": {"name": "x"}, "spec": spec, "status": status}) == expected


def test_a_stopped_inference_service() -> None:
    item = {"metadata": {"annotations": {"serving.kserve.io/stop": "true"}}, "spec": {}}
    assert FARES["InferenceService"](item).status == "stopped"


@pytest.mark.parametrize(
    "status", [{"readyReplicas": "3"}, {"readyReplicas": True}, {"conditions": {}}, "up"]
)
def test_a_status_of_the_wrong_form(status: object) -> None:
    with pytest.raises(ObjectError):
        FARES["Deployment"]({"spec": {"replicas": 2}, "status": status})


def test_candidates_in_their_order_and_each_once() -> None:
    labels = {
        "app.kubernetes.io/part-of": "platform",
        "app.kubernetes.io/name": "fraud",
        "backstage.io/kubernetes-id": "fraud-score",
    }
    assert candidates_of(labels, "fraud") == ("fraud-score", "fraud", "platform")
    assert candidates_of({"app.kubernetes.io/name": " "}, "fraud") == ("fraud",)


@pytest.mark.parametrize(
    ("image", "reported", "expected"),
    [
        ("app:1", "registry.example.org/app@sha256:" + "1" * 64, "sha256:" + "1" * 64),
        ("app@sha256:" + "2" * 64, "sha256:" + "3" * 64, "sha256:" + "2" * 64),
        ("app:1", "sha256:" + "3" * 64, "sha256:" + "3" * 64),
        ("app:1", "", ""),
    ],
)
def test_the_digest_of_the_first_container(image: str, reported: str, expected: str) -> None:
    states = [{"name": "side", "imageID": "sha256:" + "9" * 64}, {"name": "app", "imageID": reported}]
    containers = [{"name": "app", "image": image}, {"name": "side"}]
    assert (
        image_digest({"spec": {"containers": containers}, "status": {"containerStatuses": states}})
        == expected
    )


@pytest.mark.parametrize(
    ("labels", "uri", "expected"),
    [
        ({"coe.model-version": "7", "app.kubernetes.io/version": "1.4"}, "", "7"),
        ({}, "models:/fraud-score/7", "7"),
        ({}, "s3://models/fraud/7", ""),
    ],
)
def test_model_version(labels: dict[str, str], uri: str, expected: str) -> None:
    item = {"spec": {"predictor": {"model": {"storageUri": uri}}}}
    assert model_version(item, labels, ("coe.model-version", "app.kubernetes.io/version")) == expected


SECRET = [{"name": "PASSWORD", "value": "hunter2"}]


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Pod", {"containers": [{"env": SECRET}], "initContainers": [{"envFrom": SECRET}]}),
        ("Deployment", {"template": {"spec": {"containers": [{"env": SECRET}]}}}),
        ("CronJob", {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"env": SECRET}]}}}}}),
        ("InferenceService", {"predictor": {"model": {"env": SECRET}, "containers": [{"env": SECRET}]}}),
        ("RayCluster", {"headGroupSpec": {"template": {"spec": {"containers": [{"env": SECRET}]}}}}),
        ("RayCluster", {"workerGroupSpecs": [{"template": {"spec": {"containers": [{"env": SECRET}]}}}]}),
    ],
)
def test_what_must_not_be_kept_is_dropped(kind: str, spec: dict[str, Any]) -> None:
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "hunter2", "kept": "yes"}
    item = {"metadata": {"name": "x", "managedFields": [{}], "annotations": applied}, "spec": spec}
    slim(item, BY_NAME[kind].templates)
    assert item["metadata"] == {"name": "x", "annotations": {"kept": "yes"}}
    assert "hunter2" not in repr(item)


def test_dropping_leaves_the_rest_of_a_recorded_pod() -> None:
    pod = items_of("list_pods")[3]
    assert "managedFields" in pod["metadata"]
    slim(pod, BY_NAME["Pod"].templates)
    assert pod["spec"]["containers"][0]["resources"]["requests"][GPU] == "4"
