"""A small Kubernetes API server of our own, for tests and the demo: real HTTP, and held to recordings.

It answers reads as a real kube-apiserver v1.36 does (`recorded/`), and fails in the ways in which real
servers, proxies and networks fail. It refuses every write and serves no watch.
"""

from tests.kubernetes_api.faults import Fault
from tests.kubernetes_api.server import KubernetesApi
from tests.kubernetes_api.world import World

__all__ = ["Fault", "KubernetesApi", "World"]
