"""The file itself: checked, resolved, in a fixed order, and made again only when something changed."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from apps.catalog.backstage.documents import REFERENCE, Document, documents, reference
from apps.catalog.backstage.rules import MANY, ONE, is_reference, problems
from apps.catalog.backstage.world import public_world
from apps.catalog.exchange import backstage_document
from apps.catalog.exchange.writing import UNOWNED
from apps.catalog.models import Entity, Relation, Source
from apps.people.models import BusinessUnit, Membership, Team, User

log = structlog.get_logger(__name__)

HEAD = """\
# Everything in the catalog that the whole company may see, in Backstage's model.
# Its location must allow these kinds, or Backstage refuses all of it:
# API, Component, Domain, Group, Resource, System, User.
"""
_REQUIRED = {"children", "memberOf"}
_TABLES = (Entity, Relation, Team, BusinessUnit, User, Membership, Source)
Fingerprint = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class PublicFile:
    """`digest` identifies the bytes; they are kept packed (a tenth of their size) and are the same for the
    same catalog in every process."""

    digest: str
    packed: bytes
    served: int
    left_out: int

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.packed)


_latest: tuple[Fingerprint, PublicFile] | None = None


def public_file() -> PublicFile:
    """The file of this moment: one statement when nothing changed since the last one, seven otherwise."""
    global _latest  # noqa: PLW0603  (one file per process, replaced as a whole)
    fingerprint = _fingerprint()
    known = _latest
    if known is None or known[0] != fingerprint:
        known = _latest = (fingerprint, _made())
    return known[1]


def _fingerprint() -> Fingerprint:
    """Changes with every version of every row that the file is made of, whoever wrote it, and when a
    membership or team begins or ends. Read before the rows, so that a change in between shows next time.

    A row version is named by its place and its transaction (`ctid`, `xmin`); sums do not depend on the order.
    """
    parts = [*map(_versions_of, _TABLES), *map(_begun_and_ended, (Membership, Team))]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {"now": timezone.now()})
        counted = sorted(tuple(row) for row in cursor.fetchall())
    return connection.settings_dict["NAME"], settings.BASE_URL, *counted


def _versions_of(model: type[Model]) -> str:
    table = model._meta.db_table
    return f"SELECT '{table}', count(*), sum(hashtextextended(ctid::text || xmin::text, 0)) FROM {table}"  # noqa: S608


def _begun_and_ended(model: type[Model]) -> str:
    table = model._meta.db_table
    begun, ended = (f"count(*) FILTER (WHERE {column} <= %(now)s)" for column in ("starts", "ends"))
    return f"SELECT '{table} now', {begun}, {ended} FROM {table}"  # noqa: S608


def _made() -> PublicFile:
    found = list(documents(public_world(), settings.BASE_URL))
    valid = _valid(found)
    left_out = len(found) - len(valid)
    tail = f"# Documents: {len(valid)}. Left out because Backstage would drop them: {left_out}.\n"
    content = (HEAD + backstage_document(valid[name] for name in sorted(valid)) + tail).encode()
    digest = hashlib.sha256(content).hexdigest()[:40]
    return PublicFile(digest, gzip.compress(content, 6, mtime=0), len(valid), left_out)


def _valid(found: Iterable[Document]) -> dict[str, Document]:
    """The documents that Backstage takes, by reference. One that goes takes nothing with it but references to
    it, so the rest is resolved and checked again until nothing more goes."""
    left = {reference(document): document for document in found}
    known = {name for name in left if is_reference(name)}
    while True:
        resolved = {name: _resolved(document, known) for name, document in left.items()}
        wrong = {name: reasons for name, document in resolved.items() if (reasons := problems(document))}
        if not wrong:
            return resolved
        for name, reasons in wrong.items():
            log.warning("left out of the Backstage file", reference=_label(left.pop(name)), reasons=reasons)
        known = set(left)


def _resolved(document: Document, known: Container[str]) -> Document:
    """References to what is not in this file are left out; an owner that is not falls back to `unowned`."""
    known_only = {field: _known_only(field, value, known) for field, value in document["spec"].items()}
    spec = {field: value for field, value in known_only.items() if value or field in _REQUIRED}
    return document | {"spec": spec}


def _known_only(field: str, value: Any, known: Container[str]) -> Any:
    if field in MANY:
        return [one for one in value if one in known]
    if field in ONE and value not in known:
        return UNOWNED if field == "owner" else None
    return value


def _label(document: Document) -> str:
    metadata = document["metadata"]
    return str(metadata.get("annotations", {}).get(REFERENCE) or f"{document['kind']} {metadata.get('name')}")
