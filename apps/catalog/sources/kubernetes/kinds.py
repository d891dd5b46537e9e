"""Which kinds of a cluster are read, and what each needs to be read in full."""

from __future__ import annotations

from dataclasses import dataclass

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource of the API. `scope` is its plural and the name of its part of a sweep.

    `custom` kinds may be absent from a cluster. Of `metadata_only` kinds only the metadata travels.
    `through` names the scopes that lead from a pod to this workload: without them its GPUs are unknown.
    `templates` are the paths of the pod specs inside it; "[]" stands for every entry of a list.
    """

    name: str
    scope: str
    group: str = ""
    version: str = "v1"
    custom: bool = False
    metadata_only: bool = False
    through: tuple[str, ...] = ()
    templates: tuple[str, ...] = ("spec.template.spec",)

    @property
    def resource(self) -> str:
        """As the API and its roles write it: "pods", "deployments.apps"."""
        return f"{self.scope}.{self.group}" if self.group else self.scope


NAMESPACES = Kind("Namespace", "namespaces", metadata_only=True, templates=())
PODS = Kind("Pod", "pods", templates=("spec",))
REPLICA_SETS = Kind("ReplicaSet", "replicasets", "apps", metadata_only=True, templates=())
WORKLOADS = (
    Kind("Deployment", "deployments", "apps", through=("pods", "replicasets")),
    Kind("StatefulSet", "statefulsets", "apps", through=("pods",)),
    Kind("DaemonSet", "daemonsets", "apps", through=("pods",)),
    Kind("Job", "jobs", "batch", through=("pods",)),
    Kind(
        "CronJob",
        "cronjobs",
        "batch",
        through=("pods", "jobs"),
        templates=("spec.jobTemplate.spec.template.spec",),
    ),
    Kind(
        "InferenceService",
        "inferenceservices",
        "serving.kserve.io",
        "v1beta1",
        custom=True,
        through=("pods", "replicasets", "deployments"),
        templates=("spec.predictor", "spec.transformer", "spec.explainer"),
    ),
    Kind(
        "RayCluster",
        "rayclusters",
        "ray.io",
        custom=True,
        through=("pods",),
        templates=("spec.headGroupSpec.template.spec", "spec.workerGroupSpecs[].template.spec"),
    ),
)
# Pods come first: whatever controls a pod of this list existed then, so the later lists name it.
KINDS = (NAMESPACES, PODS, REPLICA_SETS, *WORKLOADS)
BY_NAME = {kind.name: kind for kind in KINDS}
