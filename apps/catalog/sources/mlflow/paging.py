"""Reads a paged listing whole although it may change meanwhile, or says that it could not.

MLflow's page tokens are offsets: when a model before the offset is deleted or renamed, the rows after it move
up and one of them is never shown; it would look as if it were gone. So each page is asked for from one row
earlier, and must hold the row that ended the page before. Where the pages do not fit together (or the token
is of another kind, or rights hide the row at the seam), the listing is read again, and counts when two
readings in a row showed the same keys. What remains unseen: a deletion and an insertion before the same seam,
between the same two pages, move nothing else; the deleted row is shown once too often, the new one late.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from apps.catalog.sources.mlflow.client import Json, ReadError

MOST_PAGES = 10_000
READINGS = 3

ReadPage = Callable[[str], Json]
KeyOf = Callable[[Json], Hashable]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows not shown before in this reading. `reading` grows when the listing begins anew."""

    rows: list[Json]
    reading: int


class UnsteadyError(ReadError):
    """The listing changed under each of our readings; what was read is true, what was not may still exist."""


@dataclass(slots=True)
class _Reading:
    """One walk over all pages: which keys it showed, and whether its pages fitted together."""

    read: ReadPage
    field_name: str
    key_of: KeyOf
    keys: set[Hashable] = field(default_factory=set)
    joined: bool = True

    def pages(self) -> Iterator[list[Json]]:
        token, tokens, last = "", {""}, None
        for _ in range(MOST_PAGES):
            rows, following = list_parts(self.read(token), self.field_name)
            keys = [self.key_of(row) for row in rows]
            if token:
                self.joined &= last is not None and last in keys
            yield [row for row, key in zip(rows, keys, strict=True) if self._is_new(key)]
            if not following:
                return
            token, last = one_row_back(following) or following, keys[-1] if keys else None
            if token in tokens:
                break
            tokens.add(token)
        raise ReadError("The listing does not end: the server repeats itself.")

    def _is_new(self, key: Hashable) -> bool:
        if key in self.keys:
            return False
        self.keys.add(key)
        return True


def steady_pages(read: ReadPage, field_name: str, key_of: KeyOf) -> Iterator[Page]:
    """All pages of one listing, ended by `UnsteadyError` when no reading can be trusted to be whole."""
    former: set[Hashable] | None = None
    for number in range(READINGS):
        reading = _Reading(read, field_name, key_of)
        for rows in reading.pages():
            yield Page(rows, number)
        if reading.joined or reading.keys == former:
            return
        former = reading.keys
    raise UnsteadyError(
        f"The registry changed during each of {READINGS} readings; what was not seen may still exist."
    )


def list_parts(body: Json, field_name: str) -> tuple[list[Json], str]:
    """Rows and next token; MLflow leaves out what is empty. A row that is no object becomes an empty one."""
    rows = body.get(field_name, [])
    following = body.get("next_page_token", "")
    if not isinstance(rows, list) or not isinstance(following, str):
        raise ReadError("The answer is JSON, but not an MLflow listing. Check the address.")
    return [row if isinstance(row, dict) else {} for row in rows], following


def one_row_back(token: str) -> str | None:
    """The token of the page that begins one row earlier; None where it is not an offset as MLflow's own."""
    try:
        offset: Any = orjson.loads(base64.b64decode(token, validate=True))["offset"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None
    if not isinstance(offset, int) or offset < 1:
        return None
    return base64.b64encode(orjson.dumps({"offset": offset - 1})).decode()
