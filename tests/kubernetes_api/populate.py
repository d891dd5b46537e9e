"""Makes large clusters: deployments with their replica sets and pods, each as heavy as a recorded one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.kubernetes_api.recordings import items_of, renamed
from tests.kubernetes_api.world import World

PODS_EACH = 6
HEAVY = 3  # the recorded pod with GPUs, volumes and tolerations


def add_pods(world: World, count: int) -> None:
    """`count` pods, six to a deployment, in twenty namespaces that name their team."""
    deployment, replica_set = items_of("list_deployments")[0], items_of("list_replicasets")[0]
    pod, namespace = items_of("list_pods")[HEAVY], items_of("list_namespaces")[-1]
    world.load("Namespace", [renamed(namespace, f"load-{number:02d}") for number in range(20)])
    for number in range(0, count, PODS_EACH):
        name, place = f"service-{number // PODS_EACH:05d}", f"load-{number // PODS_EACH % 20:02d}"
        above, middle = (
            placed(deployment, name, place),
            placed(replica_set, f"{name}-7b4dd8cbdb", place, name),
        )
        world.load("Deployment", [above])
        world.load("ReplicaSet", [middle])
        pods = min(PODS_EACH, count - number)
        world.load("Pod", list(placed_pods(pod, middle["metadata"]["name"], place, pods)))


def placed_pods(pod: dict[str, Any], above: str, place: str, count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield placed(pod, f"{above}-{number:05x}", place, above)


def placed(item: dict[str, Any], name: str, place: str, above: str = "") -> dict[str, Any]:
    """A copy in another namespace, owned by another object of the same kind as before."""
    copy = renamed(item, name)
    copy["metadata"]["namespace"] = place
    if above:
        owner = {**item["metadata"]["ownerReferences"][0], "name": above}
        copy["metadata"]["ownerReferences"] = [owner]
    return copy
