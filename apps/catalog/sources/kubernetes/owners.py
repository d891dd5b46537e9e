"""Whose a workload is, in which environment it runs, and by which names the catalog may know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from apps.catalog.sources.base import OwnerHint
from apps.catalog.sources.kubernetes.config import EnvironmentRule, KubernetesConfig, OwnerRule

LINKING_LABELS = ("backstage.io/kubernetes-id", "app.kubernetes.io/name", "app.kubernetes.io/part-of")


@dataclass(frozen=True, slots=True)
class Marks:
    """Labels and annotations of one object."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]


NO_MARKS = Marks({}, {})


def owner_of(rules: tuple[OwnerRule, ...], workload: Marks, namespace: Marks) -> OwnerHint | None:
    """The first rule that finds text decides; None means that nobody is named."""
    places = {
        "workload label": workload.labels,
        "workload annotation": workload.annotations,
        "namespace label": namespace.labels,
        "namespace annotation": namespace.annotations,
    }
    for rule in rules:
        team = places[rule.place].get(rule.key, "").strip()
        if team:
            return OwnerHint(team, str(rule))
    return None


def environment_of(config: KubernetesConfig, namespace: str, marks: Marks) -> str:
    for rule in config.environment_rules:
        found = environment_by(rule, namespace, marks)
        if found:
            return found
    return config.environment


def environment_by(rule: EnvironmentRule, namespace: str, marks: Marks) -> str:
    if not fnmatchcase(namespace, rule.namespace):
        return ""
    if not rule.label:
        return rule.environment
    value = marks.labels.get(rule.label, "").strip()
    return (rule.environment or value) if value else ""


def candidates_of(labels: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Names by which an entity may be found, best first, each once."""
    named = [labels.get(label, "").strip() for label in LINKING_LABELS]
    return tuple(dict.fromkeys(found for found in (*named, name) if found))


def needs_namespace(config: KubernetesConfig, workload: Marks) -> tuple[str, ...]:
    """The fields that cannot be told without the namespace's labels and annotations."""
    unknown = []
    for rule in config.owner_rules:
        if rule.place.startswith("namespace"):
            unknown.append("owner")
            break
        if owner_of((rule,), workload, NO_MARKS):
            break
    if any(rule.label for rule in config.environment_rules):
        unknown.append("environment")
    return tuple(unknown)
