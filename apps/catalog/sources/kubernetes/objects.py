"""Careful reading of raw JSON objects: custom resources may hold anything under any name.

Every reader takes an object and the dotted path of a field, gives a value of the promised type or the
default where the field is missing or null, and raises `ObjectError` where something else stands there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

Json = dict[str, Any]
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
BLOCK_MARKS = {"storageUri", "image", "env", "modelFormat"}


class ObjectError(Exception):
    """An object of the cluster that cannot be read; the text names the field."""


class Ref(NamedTuple):
    """A workload within its cluster. Owner references never leave their namespace."""

    kind: str
    namespace: str
    name: str


@cache
def parts_of(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def field(item: Json, path: str) -> Any:
    value: Any = item
    for part in parts_of(path):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise ObjectError(f"{path} stands in something that is not an object")
        value = value.get(part)
    return value


def mapping(item: Json, path: str) -> Json:
    value = field(item, path)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ObjectError(f"{path} is not an object")
    return value


def objects(item: Json, path: str) -> list[Json]:
    value = field(item, path)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ObjectError(f"{path} is not a list of objects")
    return value


def text(item: Json, path: str) -> str:
    value = field(item, path)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ObjectError(f"{path} is not text")
    return value


def number(item: Json, path: str, default: int = 0) -> int:
    value = field(item, path)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise ObjectError(f"{path} is not a whole number")
    return value


def texts(item: Json, path: str) -> dict[str, str]:
    value = mapping(item, path)
    if not all(isinstance(entry, str) for entry in value.values()):
        raise ObjectError(f"{path} holds something other than text")
    return value


def moment(item: Json, path: str) -> datetime | None:
    """An RFC 3339 time as aware UTC, as the API always writes it."""
    value = text(item, path)
    if not value:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError as error:
        raise ObjectError(f"{path} is not a time") from error
    if read.tzinfo is None:
        raise ObjectError(f"{path} is a time without a zone")
    return read


def condition(item: Json, kind: str) -> str:
    """The status ("True", "False", "Unknown") of one of the object's conditions, "" where it has none."""
    for entry in objects(item, "status.conditions"):
        if entry.get("type") == kind:
            return text(entry, "status")
    return ""


def reference(item: Json, kind: str) -> Ref:
    name = text(item, "metadata.name")
    if not name:
        raise ObjectError("metadata.name is missing")
    return Ref(kind, text(item, "metadata.namespace"), name)


def controller(item: Json) -> Ref | None:
    """What controls this object, by its owner reference that is marked as the controller."""
    for owner in objects(item, "metadata.ownerReferences"):
        if owner.get("controller") is True:
            return Ref(text(owner, "kind"), text(item, "metadata.namespace"), text(owner, "name"))
    return None


def pod_specs(item: Json, paths: tuple[str, ...]) -> Iterator[Json]:
    """The pod templates inside an object; "a[].b" means b of every entry of the list a."""
    for path in paths:
        head, inside, rest = path.partition("[].")
        if not inside:
            yield mapping(item, head)
        else:
            yield from (mapping(entry, rest) for entry in objects(item, head))


def containers(spec: Json) -> list[Json]:
    """The containers that run, without those that only prepare; KServe writes its model server as one block
    beside the list ("model", "sklearn", ...), which has an image and an environment like a container."""
    blocks = [value for value in spec.values() if isinstance(value, dict) and BLOCK_MARKS & value.keys()]
    return objects(spec, "containers") + blocks


def slim(item: Json, paths: tuple[str, ...]) -> None:
    """Drop what must never be kept: managed fields, the last applied manifest, containers' environment."""
    metadata = mapping(item, "metadata")
    metadata.pop("managedFields", None)
    mapping(metadata, "annotations").pop(LAST_APPLIED, None)
    for spec in pod_specs(item, paths):
        for container in (*containers(spec), *objects(spec, "initContainers")):
            container.pop("env", None)
            container.pop("envFrom", None)
