"""What every source of the catalog speaks: plain records, so that the sync knows no client library.

A source reads the outside world and yields records; it never touches the database. The sync
(`apps.catalog.actions.sync`) decides what they mean. Records are frozen and comparable; `content_hash`
tells whether a record changed since the last sweep, because no source gives a reliable change time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Protocol


class SourceFailed(Exception):
    """The source could not be read; nothing may be concluded from what was missing.

    `scope` names what failed ("registered models", "pods"), `reason` says why in a sentence a person
    can act on. Neither ever holds a credential.
    """

    def __init__(self, scope: str, reason: str) -> None:
        super().__init__(f"{scope}: {reason}")
        self.scope = scope
        self.reason = reason


@dataclass(frozen=True, slots=True)
class OwnerHint:
    """A team slug that the source claims, and the rule that found it (e.g. "workload label team")."""

    team: str
    rule: str


@dataclass(frozen=True, slots=True)
class EntityRecord:
    """One thing that should stand in the catalog. `key` is the source's own key, stable until a rename.

    `adopted_id` is our entity's id where the source carries it back to us (MLflow tag `coe.entity_id`), so
    that a rename is followed. `aliases` maps alias to version. `facts` is the synced JSON shown read-only.
    """

    key: str
    kind: str
    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    owner: OwnerHint | None = None
    adopted_id: int | None = None
    aliases: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """One version of the entity whose record has the key `entity_key`. Times are aware UTC.

    `unknown` names the fields that this sweep could not learn because another scope failed (metrics, params, ...):
    what was known of them before stays.
    """

    entity_key: str
    version: str
    created_at: datetime
    description: str = ""
    status: str = ""
    run_id: str = ""
    model_id: str = ""
    artifact_uri: str = ""
    code_commit: str = ""
    author: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    datasets: tuple[dict[str, str], ...] = ()  # each {"name": ..., "digest": ...}
    flavours: dict[str, str] = field(default_factory=dict)  # of MLflow: {"sklearn": "1.5.0"}
    tags: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """One running workload. `candidates` are names by which it may be linked to an entity, best first.

    `gpus` counts whole devices requested by unfinished pods (MIG slices count one each). `since` is when
    the workload was created. `images` are references as the workload names them, `image_digest` is the
    first container's digest where the cluster reports one. `unknown` names the fields that this sweep could not
    learn because another scope failed (gpus, image_digest, owner, ...): what was known of them before stays.
    """

    key: str
    workload_kind: str
    namespace: str
    name: str
    status: str  # running | degraded | stopped | failed | finished
    replicas: int = 0
    ready: int = 0
    gpus: int = 0
    images: tuple[str, ...] = ()
    image_digest: str = ""
    since: datetime | None = None
    environment: str = ""
    owner: OwnerHint | None = None
    candidates: tuple[str, ...] = ()
    model_version: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that the source holds and that cannot be read into a record; listed, never silently lost."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class ScopeDone:
    """A whole scope ("models", "versions", "deployments", ...) was read to its end: rows of `record_type`
    that were not seen may be marked missing. `absent` says that the kind does not exist here (403 or 404 on a
    custom resource), which is not a failure and removes nothing but is shown."""

    scope: str
    rows: int
    absent: str = ""


@dataclass(frozen=True, slots=True)
class ScopeFailed:
    """One scope of a sweep failed while others go on; nothing of that scope may be marked missing."""

    scope: str
    reason: str


Record = EntityRecord | VersionRecord | DeploymentRecord | Refusal | ScopeDone | ScopeFailed


class Source(Protocol):
    """A reader of one configured place. `sweep` reads everything once, in pages, holding no page longer than
    needed. It raises `SourceFailed` when the place cannot be read at all."""

    def identity(self) -> str:
        """What the place says it is (cluster UID, server version); stored, and compared on later sweeps."""

    def sweep(self) -> Iterator[Record]: ...


def content_hash(record: EntityRecord | VersionRecord | DeploymentRecord) -> str:
    """SHA-256 over the record's canonical JSON, hexadecimal."""
    text = json.dumps(asdict(record), sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
