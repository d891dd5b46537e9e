"""Turns what strangers wrote into a registry into text, numbers and names that we can store and show.

Characters that PostgreSQL cannot hold or that change how a line reads (controls, bidirectional overrides,
lone surrogates) are dropped, giant texts are cut. NaN and infinite numbers cannot stand in JSON: they are
kept out of `metrics` and named in the version's tag `coe.not_a_number`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from apps.catalog.sources.mlflow.client import Json

TEXT = 20_000
VALUE = 6_000
NAME = 250
ROWS = 2_000
# MLflow's database writes an infinite metric as the largest double.
LARGEST = 1.797e308
STRANGE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
BREAKS = re.compile("[\t\n\r]")
NOT_A_TAG = re.compile("[^a-z0-9:+#]+")
TAG_LENGTH = 63


def text(value: Any, limit: int = TEXT) -> str:
    """Clean text of at most `limit` characters; anything but text is empty."""
    if not isinstance(value, str):
        return ""
    if STRANGE.search(value):
        value = STRANGE.sub("", value)
    return value if len(value) <= limit else value[: limit - 1] + "…"


def is_clean_name(name: str) -> bool:
    return bool(name.strip()) and not STRANGE.search(name) and not BREAKS.search(name)


def pairs(rows: Any, limit: int = VALUE) -> dict[str, str]:
    """MLflow's `[{"key": ..., "value": ...}]`, cleaned, by key; at most 2,000."""
    return {key: text(row.get("value"), limit) for key, row in keyed(rows)}


def keyed(rows: Any) -> Iterator[tuple[str, Json]]:
    for row in rows[:ROWS] if isinstance(rows, list) else ():
        if isinstance(row, dict) and (key := text(row.get("key"), NAME)):
            yield key, row


def number(value: Any) -> float | None:
    """A finite number, else None. Protobuf's JSON writes NaN and infinities as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < LARGEST and not math.isnan(value) else None


def odd_number(value: Any) -> str:
    """How a value that is no finite number is named to people."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "Infinity" if value > 0 else "-Infinity"
    return text(value, 20) or "not a number"


def catalog_tags(tags: dict[str, str]) -> tuple[str, ...]:
    """The registry's tags in the catalog's form: `key:value`, or the key alone where the value says no more.

    Tags of MLflow's and our own bookkeeping are left out, and those that are too long to be tags.
    """
    found = set()
    for key, value in tags.items():
        if not key.startswith(("mlflow.", "coe.")):
            words = key if value.lower() in ("", "true", "yes") else f"{key}:{value}"
            found.add(NOT_A_TAG.sub("-", words.lower()).strip("-"))
    return tuple(sorted(tag for tag in found if 0 < len(tag) <= TAG_LENGTH))


def public_address(uri: Any) -> str:
    """A storage address without what may be secret in it: user, password, query and fragment."""
    address = text(uri, 1000)
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme and parts.netloc:
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    return address
