"""Puts the drafts of all kinds together: which pods stand under which workload, and what stays unknown."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from apps.catalog.sources.base import DeploymentRecord, Record, ScopeDone, ScopeFailed
from apps.catalog.sources.kubernetes.config import KubernetesConfig
from apps.catalog.sources.kubernetes.kinds import BY_NAME, KINDS, NAMESPACES, PODS, Kind
from apps.catalog.sources.kubernetes.objects import Ref
from apps.catalog.sources.kubernetes.owners import (
    NO_MARKS,
    Marks,
    candidates_of,
    environment_of,
    needs_namespace,
    owner_of,
)
from apps.catalog.sources.kubernetes.pods import PodTally, add_tally
from apps.catalog.sources.kubernetes.reading import Reading
from apps.catalog.sources.kubernetes.workloads import Workload

MOST_LEVELS = 8
FROM_PODS = ("gpus", "image_digest")
STATIC_POD_OWNER = "Node"


class Survey:
    """All readings of one sweep, by scope."""

    def __init__(self, config: KubernetesConfig, readings: dict[str, Reading]) -> None:
        self._config = config
        self._readings = readings
        self._held = self._pods_by_top()

    def records(self) -> Iterator[Record]:
        for kind in KINDS:
            yield from self._scope(kind)

    def _scope(self, kind: Kind) -> Iterator[Record]:
        reading = self._readings[kind.scope]
        yield from reading.refusals
        if reading.failed:
            yield ScopeFailed(kind.scope, reading.failed)
            return
        yield from self._unmanaged() if kind is PODS else self._workloads(kind, reading)
        yield ScopeDone(kind.scope, reading.rows, reading.absent)

    def _workloads(self, kind: Kind, reading: Reading) -> Iterator[DeploymentRecord]:
        """One record for each workload that no other read workload stands above."""
        for ref, workload in reading.workloads.items():
            if not self._ignored(ref.namespace) and self._above(ref) is None:
                yield self._workload_record(kind, workload)

    def _unmanaged(self) -> Iterator[DeploymentRecord]:
        """Unfinished pods that nothing controls (a notebook), or that a kind controls which is not read."""
        for ref, held in self._held.items():
            if (
                held.pods
                and ref.kind != STATIC_POD_OWNER
                and not self._ignored(ref.namespace)
                and self._loose(ref)
            ):
                yield self._pod_record(ref, held)

    def _loose(self, ref: Ref) -> bool:
        kind = BY_NAME.get(ref.kind)
        if kind is None or kind is PODS:
            return True
        reading = self._readings[kind.scope]
        return not reading.failed and ref not in reading.workloads

    def _workload_record(self, kind: Kind, workload: Workload) -> DeploymentRecord:
        held = self._held.get(workload.ref, PodTally())
        counted = self._counted(kind)
        by_pods = workload.fare.by_pods and counted
        unknown = self._unknown(workload.marks, held, counted)
        if workload.fare.by_pods and not counted:
            unknown += ("replicas", "ready")
        return self._record(
            workload.ref,
            f"{kind.scope}/{workload.ref.namespace}/{workload.ref.name}",
            workload.marks,
            unknown,
            status=workload.fare.status,
            replicas=held.pods if by_pods else workload.fare.replicas,
            ready=held.ready if by_pods else workload.fare.ready,
            gpus=held.gpus or 0,
            images=workload.images or held.images,
            image_digest=held.digest,
            since=workload.since,
            model_version=workload.version,
        )

    def _pod_record(self, ref: Ref, held: PodTally) -> DeploymentRecord:
        kind = "" if ref.kind == PODS.name else f"{ref.kind}/"
        return self._record(
            ref,
            f"{PODS.scope}/{ref.namespace}/{kind}{ref.name}",
            held.marks,
            self._unknown(held.marks, held, counted=True),
            status="running" if held.ready == held.pods else "degraded",
            replicas=held.pods,
            ready=held.ready,
            gpus=held.gpus or 0,
            images=held.images,
            image_digest=held.digest,
            since=held.since,
        )

    def _record(
        self, ref: Ref, key: str, marks: Marks, unknown: tuple[str, ...], **facts: object
    ) -> DeploymentRecord:
        around = self._readings[NAMESPACES.scope].namespaces.get(ref.namespace, NO_MARKS)
        return DeploymentRecord(
            key=key,
            workload_kind=ref.kind,
            namespace=ref.namespace,
            name=ref.name,
            environment=environment_of(self._config, ref.namespace, around),
            owner=owner_of(self._config.owner_rules, marks, around),
            candidates=candidates_of(marks.labels, ref.name),
            labels=dict(marks.labels),
            unknown=unknown,
            **facts,  # type: ignore[arg-type]  # the two callers above name fields of the record
        )

    def _counted(self, kind: Kind) -> bool:
        """Whether every scope on the way from a pod to this kind was read."""
        return not any(self._readings[scope].failed for scope in kind.through)

    def _unknown(self, marks: Marks, held: PodTally, counted: bool) -> tuple[str, ...]:
        unknown: tuple[str, ...] = FROM_PODS if not counted else ("gpus",) if held.gpus is None else ()
        if self._readings[NAMESPACES.scope].failed:
            unknown += needs_namespace(self._config, marks)
        return unknown

    def _ignored(self, namespace: str) -> bool:
        return any(fnmatchcase(namespace, pattern) for pattern in self._config.ignored_namespaces)

    def _pods_by_top(self) -> dict[Ref, PodTally]:
        held: dict[Ref, PodTally] = {}
        for ref, tally in self._readings[PODS.scope].tallies.items():
            add_tally(held.setdefault(self._top(ref), PodTally()), tally)
        return held

    def _top(self, ref: Ref) -> Ref:
        """The workload at the head of a chain of owners; references that form a ring end somewhere in it."""
        for _ in range(MOST_LEVELS):
            above = self._above(ref)
            if above is None:
                break
            ref = above
        return ref

    def _above(self, ref: Ref) -> Ref | None:
        """The next owner up, where it is of a kind that is read and stands there. One of a kind whose list
        failed is taken to stand: its old records are kept, so nothing may take its place."""
        kind = BY_NAME.get(ref.kind)
        parent = self._readings[kind.scope].parents.get(ref) if kind else None
        if parent is None or parent.kind not in BY_NAME or parent == ref:
            return None
        above = self._readings[BY_NAME[parent.kind].scope]
        return parent if above.failed or parent in above.parents else None
