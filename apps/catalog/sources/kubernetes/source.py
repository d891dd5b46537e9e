"""One sweep of a cluster: read every kind into small drafts, then tell what they mean together.

Reading comes first and whole, because a deployment's GPUs stand in its pods, and because writing records
between two pages would let the server's continue tokens expire. Raw pages are dropped at once; drafts are
small. A kind that fails takes no other with it: what depended on it is named in a record's `unknown`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import cached_property

from apps.catalog.sources.base import Record, SourceFailed
from apps.catalog.sources.kubernetes.answers import AbsentError, NoAnswerError, ReadError
from apps.catalog.sources.kubernetes.client import ClusterReader
from apps.catalog.sources.kubernetes.config import KubernetesConfig
from apps.catalog.sources.kubernetes.kinds import KINDS, Kind
from apps.catalog.sources.kubernetes.objects import ObjectError, text
from apps.catalog.sources.kubernetes.reading import Reading
from apps.catalog.sources.kubernetes.survey import Survey

MOST_SILENCES = 2
NOT_TRIED = "Not tried, because the cluster had stopped answering before."


class KubernetesSource:
    """The reader of one cluster, after the Protocol `Source`. Make one for each sweep.

    A record's key begins with its scope: "deployments/<namespace>/<name>"; pods under no workload that is
    read are "pods/<namespace>/<name>", or "pods/<namespace>/<kind>/<name>" by a controller of another kind.
    """

    def __init__(
        self,
        config: KubernetesConfig,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._sleep = sleep
        self._clock = clock

    @cached_property
    def _reader(self) -> ClusterReader:
        return ClusterReader(self._config, self._sleep, self._clock)

    def identity(self) -> str:
        """The UID of the namespace kube-system, which lives as long as the cluster."""
        try:
            uid = text(self._reader.namespace("kube-system"), "metadata.uid")
        except (ReadError, ObjectError) as error:
            raise SourceFailed("identity", str(error)) from error
        if not uid:
            raise SourceFailed("identity", "The namespace kube-system has no UID; this is no Kubernetes API.")
        return uid

    def sweep(self) -> Iterator[Record]:
        self.identity()
        yield from Survey(self._config, self._read_all()).records()

    def _read_all(self) -> dict[str, Reading]:
        """Every kind by its scope. When two in a row get no answer, the rest is not waited for."""
        readings: dict[str, Reading] = {}
        silences = 0
        for kind in KINDS:
            reading = (
                Reading(kind, failed=NOT_TRIED, silent=True)
                if silences >= MOST_SILENCES
                else self._read(kind)
            )
            silences = silences + 1 if reading.silent else 0
            readings[kind.scope] = reading
        return readings

    def _read(self, kind: Kind) -> Reading:
        reading = Reading(kind, self._config.version_labels)
        try:
            for page in self._reader.pages(kind):
                if page.attempt != reading.attempt:
                    reading = Reading(kind, self._config.version_labels, page.attempt)
                for item in page.drain():
                    reading.take(item)
        except AbsentError as absent:
            reading.absent = absent.reason
        except ReadError as failure:
            reading.failed = failure.reason
            reading.silent = isinstance(failure, NoAnswerError)
        return reading
