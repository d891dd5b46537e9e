"""How a workload fares, by its own status fields, brought to the five words that the catalog uses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from apps.catalog.sources.kubernetes.kinds import Kind
from apps.catalog.sources.kubernetes.objects import (
    Json,
    Ref,
    condition,
    controller,
    field,
    mapping,
    moment,
    number,
    objects,
    pod_specs,
    reference,
    text,
    texts,
)
from apps.catalog.sources.kubernetes.owners import Marks
from apps.catalog.sources.kubernetes.pods import images_of

KSERVE_LABEL = "serving.kserve.io/inferenceservice"
KSERVE_STOP = "serving.kserve.io/stop"
MODEL_URI = re.compile(r"models:/[^/@]+/([^/]+)")


@dataclass(frozen=True, slots=True)
class Fare:
    """Status word, desired and ready replicas. `by_pods`: the object itself does not count its replicas."""

    status: str
    replicas: int = 0
    ready: int = 0
    by_pods: bool = False


@dataclass(frozen=True, slots=True)
class Workload:
    """What is kept of one workload object once its page is gone."""

    ref: Ref
    parent: Ref | None
    fare: Fare
    marks: Marks
    images: tuple[str, ...]
    version: str
    since: datetime | None


def read_workload(kind: Kind, item: Json, version_labels: tuple[str, ...]) -> Workload:
    labels = texts(item, "metadata.labels")
    images = [image for spec in pod_specs(item, kind.templates) for image in images_of(spec)]
    return Workload(
        ref=reference(item, kind.name),
        parent=parent_of(item),
        fare=FARES[kind.name](item),
        marks=Marks(labels, texts(item, "metadata.annotations")),
        images=tuple(dict.fromkeys(images)),
        version=model_version(item, labels, version_labels),
        since=moment(item, "metadata.creationTimestamp"),
    )


def parent_of(item: Json) -> Ref | None:
    """KServe's label outranks the owner reference: with Knative, objects not read here stand in between."""
    service = texts(item, "metadata.labels").get(KSERVE_LABEL)
    if service:
        return Ref("InferenceService", text(item, "metadata.namespace"), service)
    return controller(item)


def model_version(item: Json, labels: dict[str, str], version_labels: tuple[str, ...]) -> str:
    """A configured label, else the version of an MLflow model URI; any other storage URI tells no version."""
    for label in version_labels:
        if labels.get(label):
            return labels[label]
    blocks = [value for value in mapping(item, "spec.predictor").values() if isinstance(value, dict)]
    for block in blocks:
        if found := MODEL_URI.fullmatch(text(block, "storageUri")):
            return found[1]
    return ""


def by_replicas(item: Json) -> Fare:
    """Deployments and stateful sets: one replica is wanted where the object does not say."""
    wanted, ready = number(item, "spec.replicas", 1), number(item, "status.readyReplicas")
    if wanted == 0:
        return Fare("stopped", 0, ready)
    if ready >= wanted:
        return Fare("running", wanted, ready)
    stuck = condition(item, "Progressing") == "False" or condition(item, "ReplicaFailure") == "True"
    return Fare("failed" if stuck and ready == 0 else "degraded", wanted, ready)


def by_nodes(item: Json) -> Fare:
    """Daemon sets: no node to run on is a stop, not a failure."""
    wanted, ready = number(item, "status.desiredNumberScheduled"), number(item, "status.numberReady")
    if wanted == 0:
        return Fare("stopped")
    return Fare("running" if ready >= wanted else "degraded", wanted, ready)


def by_completion(item: Json) -> Fare:
    if condition(item, "Complete") == "True":
        return Fare("finished")
    if condition(item, "Failed") == "True":
        return Fare("failed")
    if field(item, "spec.suspend") is True:
        return Fare("stopped")
    active = number(item, "status.active")
    ready = number(item, "status.ready", active)
    return Fare("running" if 0 < active <= ready else "degraded", active, ready)


def by_schedule(item: Json) -> Fare:
    """A schedule runs while it is not suspended; it is degraded when its last run did not succeed."""
    if field(item, "spec.suspend") is True:
        return Fare("stopped", by_pods=True)
    active = len(objects(item, "status.active"))
    last, good = moment(item, "status.lastScheduleTime"), moment(item, "status.lastSuccessfulTime")
    missed = active == 0 and last is not None and (good is None or good < last)
    return Fare("degraded" if missed else "running", active, by_pods=True)


def by_readiness(item: Json) -> Fare:
    """KServe: its Ready condition speaks for all components."""
    copies = number(item, "status.modelStatus.copies.totalCopies")
    if texts(item, "metadata.annotations").get(KSERVE_STOP) == "true":
        return Fare("stopped", by_pods=True)
    if condition(item, "Ready") == "True":
        return Fare("running", copies, copies, by_pods=True)
    broken = text(item, "status.modelStatus.transitionStatus") in ("InvalidSpec", "BlockedByFailedLoad")
    return Fare("failed" if broken else "degraded", copies, by_pods=True)


def by_ray_state(item: Json) -> Fare:
    """KubeRay: `state` in older releases, conditions in newer ones; the workers count, the head does not."""
    groups = objects(item, "spec.workerGroupSpecs")
    planned = sum(number(group, "replicas") * number(group, "numOfHosts", 1) for group in groups)
    wanted = number(item, "status.desiredWorkerReplicas", planned)
    ready = number(item, "status.readyWorkerReplicas")
    return Fare(ray_status(item, wanted, ready), wanted, ready)


def ray_status(item: Json, wanted: int, ready: int) -> str:
    state = text(item, "status.state").lower()
    if state == "suspended" or field(item, "spec.suspend") is True:
        return "stopped"
    if state == "failed":
        return "failed"
    up = state == "ready" or condition(item, "RayClusterProvisioned") == "True"
    return "running" if up and ready >= wanted else "degraded"


FARES: dict[str, Callable[[Json], Fare]] = {
    "Deployment": by_replicas,
    "StatefulSet": by_replicas,
    "DaemonSet": by_nodes,
    "Job": by_completion,
    "CronJob": by_schedule,
    "InferenceService": by_readiness,
    "RayCluster": by_ray_state,
}
