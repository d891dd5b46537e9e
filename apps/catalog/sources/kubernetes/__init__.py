"""Reads what runs in one Kubernetes cluster, who owns it and how many GPUs it holds.

The package is split by question: how the cluster is reached (`access`), how a list is read from an
unreliable server (`client`), which kinds are read (`kinds`), what a pod holds (`pods`), how a workload fares
(`workloads`), whose it is (`owners`). `source` puts the answers together. The client library `kubernetes` is
imported inside functions only, because it is slow and large and no web process needs it.
"""

from apps.catalog.sources.kubernetes.config import EnvironmentRule, KubernetesConfig, OwnerRule
from apps.catalog.sources.kubernetes.source import KubernetesSource

__all__ = ["EnvironmentRule", "KubernetesConfig", "KubernetesSource", "OwnerRule"]
