"""The recorded exchanges, and the three moments of the recorded cluster as worlds.

`calm_world` is the cluster after it was filled (revision 444), `expiry_world` shortly before its history was
compacted (620), `late_world` after 3,000 more pods and one run of a cron job (4044). What was not recorded of
the later moments is filled up with copies of their neighbours, so that counts agree.
"""

from __future__ import annotations

import copy
import json
import uuid
from functools import cache
from pathlib import Path
from typing import Any

from tests.kubernetes_api.world import World

FOLDER = Path(__file__).parent / "recorded"
CALM = {
    "Namespace": "list_namespaces",
    "Node": "list_nodes",
    "Pod": "list_pods",
    "Deployment": "list_deployments",
    "StatefulSet": "list_statefulsets",
    "DaemonSet": "list_daemonsets_empty",
    "ReplicaSet": "list_replicasets",
    "Job": "list_jobs",
    "CronJob": "list_cronjobs",
    "InferenceService": "list_inferenceservices",
    "RayCluster": "list_rayclusters",
}
LATER = {
    "Job": "list_jobs_with_cronjob_owner",
    "CronJob": "list_cronjobs_after_run",
    "Pod": "list_pods_owned_by_cronjob_job",
}


@cache
def recording(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return content


def items_of(name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = copy.deepcopy(recording(name)["body"]["items"])
    return items


def reader_rules() -> list[dict[str, Any]]:
    """The role rules of the account that made the recordings, as the server itself reported them."""
    rules: list[dict[str, Any]] = recording("self_subject_rules_review_reader")["body"]["status"][
        "resourceRules"
    ]
    return rules


def calm_world(revision: int = 444, without: tuple[str, ...] = ()) -> World:
    world = World(revision, without)
    for kind, name in CALM.items():
        world.load(kind, items_of(name))
    return world


def expiry_world() -> World:
    world = calm_world(620)
    known = items_of("page_before_expiry") + items_of("page_after_410_inconsistent_continue")
    world.load("Deployment", known + [renamed(known[-1], f"d{number:02d}") for number in range(4, 23)])
    return world


def late_world() -> World:
    world = calm_world(4044)
    for kind, name in LATER.items():
        world.load(kind, items_of(name))
    last = items_of("list_pods")[-1]
    world.load("Pod", [renamed(last, f"zz-{number:04d}") for number in range(3018 - 18)])
    return world


def renamed(item: dict[str, Any], name: str) -> dict[str, Any]:
    """A copy under another name, with a uid of its own that is the same in every run."""
    metadata = {**item["metadata"], "name": name, "uid": str(uuid.uuid5(uuid.NAMESPACE_DNS, name))}
    return {**item, "metadata": metadata}
