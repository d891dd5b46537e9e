"""What is left of one kind after its pages are gone: small drafts, and the rows that could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apps.catalog.sources.base import Refusal
from apps.catalog.sources.kubernetes.kinds import NAMESPACES, PODS, REPLICA_SETS, Kind
from apps.catalog.sources.kubernetes.objects import Json, ObjectError, Ref, reference, slim, text, texts
from apps.catalog.sources.kubernetes.owners import Marks
from apps.catalog.sources.kubernetes.pods import PodTally, add_pod, owner_ref
from apps.catalog.sources.kubernetes.workloads import Workload, parent_of, read_workload


@dataclass(slots=True)
class Reading:
    """Drafts of one kind. `failed` and `absent` hold the sentence that says why there are none; `silent`
    says that it failed because nothing answered."""

    kind: Kind
    version_labels: tuple[str, ...] = ()
    attempt: int = 0
    rows: int = 0
    failed: str = ""
    absent: str = ""
    silent: bool = False
    refusals: list[Refusal] = field(default_factory=list)
    namespaces: dict[str, Marks] = field(default_factory=dict)
    tallies: dict[Ref, PodTally] = field(default_factory=dict)
    parents: dict[Ref, Ref | None] = field(default_factory=dict)
    workloads: dict[Ref, Workload] = field(default_factory=dict)

    def take(self, item: Any) -> None:
        """Read one raw object; one that cannot be read is refused and stops nothing."""
        self.rows += 1
        try:
            if not isinstance(item, dict):
                raise ObjectError("an entry of the list is not an object")
            slim(item, self.kind.templates)
            self._keep(item)
        except ObjectError as bad:
            self.refusals.append(Refusal(self._key_of(item), f"{bad}."))

    def _keep(self, item: Json) -> None:
        if self.kind is PODS:
            self._keep_pod(item)
        elif self.kind is NAMESPACES:
            marks = Marks(texts(item, "metadata.labels"), texts(item, "metadata.annotations"))
            self.namespaces[reference(item, "Namespace").name] = marks
        elif self.kind is REPLICA_SETS:
            self.parents[reference(item, self.kind.name)] = parent_of(item)
        else:
            workload = read_workload(self.kind, item, self.version_labels)
            self.workloads[workload.ref] = workload
            self.parents[workload.ref] = workload.parent

    def _keep_pod(self, item: Json) -> None:
        tally = self.tallies.setdefault(owner_ref(item), PodTally())
        try:
            add_pod(tally, item)
        except ObjectError:
            tally.gpus = None
            raise

    def _key_of(self, item: Any) -> str:
        """The key that the row would have had, or its number where it has not even a name."""
        try:
            return f"{self.kind.scope}/{text(item, 'metadata.namespace')}/{reference(item, '').name}"
        except (ObjectError, AttributeError):
            return f"{self.kind.scope}/#{self.rows}"
