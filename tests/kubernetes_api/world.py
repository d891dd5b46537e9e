"""The objects of a cluster and their history, as etcd keeps them: every change is a new revision, and a page
set reads the revision at which it began until that is compacted away."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of object. Lists of custom resources differ in form from lists of built-in ones."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    custom: bool = False

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


RESOURCES = (
    Resource("", "v1", "namespaces", "Namespace", namespaced=False),
    Resource("", "v1", "nodes", "Node", namespaced=False),
    Resource("", "v1", "pods", "Pod"),
    Resource("apps", "v1", "deployments", "Deployment"),
    Resource("apps", "v1", "statefulsets", "StatefulSet"),
    Resource("apps", "v1", "daemonsets", "DaemonSet"),
    Resource("apps", "v1", "replicasets", "ReplicaSet"),
    Resource("batch", "v1", "jobs", "Job"),
    Resource("batch", "v1", "cronjobs", "CronJob"),
    Resource("serving.kserve.io", "v1beta1", "inferenceservices", "InferenceService", custom=True),
    Resource("ray.io", "v1", "rayclusters", "RayCluster", custom=True),
)
BY_KIND = {resource.kind: resource for resource in RESOURCES}


@dataclass(frozen=True, slots=True)
class Stored:
    """One object at one revision; `raw` is its JSON as it stands in a list."""

    key: str
    content: Json
    raw: bytes


class World:
    """`without` names API groups that this cluster does not have."""

    def __init__(self, revision: int = 1, without: tuple[str, ...] = ()) -> None:
        self.revision = revision
        self.resources = tuple(resource for resource in RESOURCES if resource.group not in without)
        self.groups = {"", *(resource.group for resource in self.resources)}
        self._lock = threading.RLock()
        self._objects: dict[Resource, dict[str, Stored]] = {resource: {} for resource in RESOURCES}
        self._snapshots: dict[tuple[Resource, int], tuple[Stored, ...]] = {}

    def load(self, kind: str, items: list[Json]) -> None:
        """Objects as a list response holds them; the revision stays as it is."""
        resource = BY_KIND[kind]
        with self._lock:
            self._snapshots.pop((resource, self.revision), None)
            for item in items:
                stored = store(resource, item)
                self._objects[resource][stored.key] = stored

    def put(self, kind: str, item: Json) -> None:
        """Create or replace one object, as a new revision."""
        with self._lock:
            self.revision += 1
            item["metadata"]["resourceVersion"] = str(self.revision)
            self.load(kind, [item])

    def remove(self, kind: str, namespace: str, name: str) -> None:
        with self._lock:
            self.revision += 1
            del self._objects[BY_KIND[kind]][key_of(BY_KIND[kind], namespace, name)]

    def compact(self) -> None:
        """Forget every past revision: continue tokens that point to one are expired."""
        with self._lock:
            self.revision += 1
            self._snapshots.clear()

    def get(self, resource: Resource, namespace: str, name: str) -> Stored | None:
        return self._objects[resource].get(key_of(resource, namespace, name))

    def snapshot(
        self, resource: Resource, revision: int | None = None
    ) -> tuple[int, tuple[Stored, ...] | None]:
        """All objects in the order of their keys now, or at a past revision (None when it is compacted)."""
        with self._lock:
            if revision is not None and revision != self.revision:
                return revision, self._snapshots.get((resource, revision))
            wanted = (resource, self.revision)
            if wanted not in self._snapshots:
                self._snapshots[wanted] = tuple(
                    sorted(self._objects[resource].values(), key=lambda one: one.key)
                )
            return self.revision, self._snapshots[wanted]


def key_of(resource: Resource, namespace: str, name: str) -> str:
    return f"/{namespace}/{name}" if resource.namespaced else f"/{name}"


def store(resource: Resource, item: Json) -> Stored:
    """Built-in lists leave out kind and version of their items, lists of custom resources repeat them."""
    content = {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}
    if resource.custom:
        content = {"apiVersion": resource.api_version, "kind": resource.kind, **content}
    metadata = content["metadata"]
    key = key_of(resource, metadata.get("namespace", ""), metadata["name"])
    return Stored(key, content, json.dumps(content, separators=(",", ":")).encode())
