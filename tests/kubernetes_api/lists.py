"""Reads: one object, or a list in pages that all show the revision of the first."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from tests.kubernetes_api.answers import Answer, ApiError, failure
from tests.kubernetes_api.rights import Asked
from tests.kubernetes_api.selectors import bad_request, field_test, label_test
from tests.kubernetes_api.world import Resource, Stored, World

META = "meta.k8s.io/v1"
LATEST = -1
TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new "
    "list without the continue parameter, or use the continue token in this response to retrieve the "
    "remainder of the results. Continuing with the provided token results in an inconsistent list - objects "
    "that were created, modified, or deleted between the time the first chunk was returned and now may show "
    "up in the list."
)
BAD_TOKEN = "invalid continue token: continue key is not valid"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins: at a revision (None: now), behind a key."""

    revision: int | None = None
    behind: str = ""


def read_object(world: World, resource: Resource, asked: Asked) -> Answer:
    stored = world.get(resource, asked.namespace, asked.name)
    if stored is None:
        details = {"name": asked.name, "group": resource.group, "kind": resource.plural}
        subject = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
        named = {key: value for key, value in details.items() if value}
        raise ApiError(failure(404, "NotFound", f'{subject} "{asked.name}" not found', details=named))
    body = {"kind": resource.kind, "apiVersion": resource.api_version, **stored.content}
    return Answer(200, json.dumps(body).encode())


def read_list(world: World, resource: Resource, asked: Asked, query: dict[str, str], accept: str) -> Answer:
    check_version(world, query)
    start = start_of(query)
    revision, found = world.snapshot(resource, start.revision)
    if found is None:
        raise ApiError(
            failure(410, "Expired", TOO_OLD, metadata={"continue": token(LATEST, start.behind[1:])})
        )
    rest = [stored for stored in selected(found, resource, asked, query) if stored.key > start.behind]
    limit = page_limit(query) or len(rest)
    metadata: dict[str, Any] = {"resourceVersion": str(revision)}
    if len(rest) > limit:
        metadata["continue"] = token(revision, rest[limit - 1].key)
        if not {"labelSelector", "fieldSelector"} & query.keys():
            metadata["remainingItemCount"] = len(rest) - limit
    elif resource.custom:
        metadata["continue"] = ""
    return framed(resource, metadata, rest[:limit], "PartialObjectMetadataList" in accept)


def framed(resource: Resource, metadata: dict[str, Any], page: list[Stored], metadata_only: bool) -> Answer:
    """The list around the stored JSON of its items, which is not parsed again."""
    if metadata_only:
        head = {"kind": "PartialObjectMetadataList", "apiVersion": META}
        raws = [json.dumps(partial(stored)).encode() for stored in page]
    else:
        head = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version}
        raws = [stored.raw for stored in page]
    opening = json.dumps({**head, "metadata": metadata}).encode()[:-1]
    return Answer(200, opening + b',"items":[' + b",".join(raws) + b"]}\n")


def partial(stored: Stored) -> dict[str, Any]:
    return {"kind": "PartialObjectMetadata", "apiVersion": META, "metadata": stored.content["metadata"]}


def selected(
    found: tuple[Stored, ...], resource: Resource, asked: Asked, query: dict[str, str]
) -> list[Stored]:
    tests = []
    if query.get("labelSelector"):
        tests.append(label_test(query["labelSelector"]))
    if query.get("fieldSelector"):
        tests.append(field_test(query["fieldSelector"], resource.kind))
    inside = f"/{asked.namespace}/" if asked.namespace else "/"
    return [
        stored
        for stored in found
        if stored.key.startswith(inside) and all(test(stored.content) for test in tests)
    ]


def page_limit(query: dict[str, str]) -> int:
    """0 for no limit; resourceVersion=0 is answered from a cache that knows no pages."""
    if query.get("resourceVersion") == "0":
        return 0
    return int(query.get("limit") or 0)


def check_version(world: World, query: dict[str, str]) -> None:
    wanted = int(query.get("resourceVersion") or 0)
    if wanted > world.revision:
        message = f"Too large resource version: {wanted}, current: {world.revision}"
        causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
        answer = failure(
            504, "Timeout", f"Timeout: {message}", details={"causes": causes, "retryAfterSeconds": 1}
        )
        answer.headers["Retry-After"] = "1"
        raise ApiError(answer)
    if query.get("resourceVersionMatch") == "Exact" and wanted < world.revision:
        raise ApiError(failure(410, "Expired", "The resourceVersion for the provided list is too old."))


def token(revision: int, behind: str) -> str:
    """A continue token as etcd's pager writes it; its start is the first possible key behind the last one."""
    content = json.dumps({"v": META, "rv": revision, "start": f"{behind}\0"}, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def start_of(query: dict[str, str]) -> Start:
    if not query.get("continue"):
        return Start()
    written = query["continue"]
    try:
        raw = base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
    except ValueError as error:
        raise bad_request(f"{BAD_TOKEN}: illegal base64 data") from error
    try:
        content = json.loads(raw)
        revision, behind = content["rv"], "/" + content["start"].removesuffix("\0").lstrip("/")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        shown = chr(raw[0]) if raw and 32 <= raw[0] < 127 else f"\\x{(raw or b' ')[0]:02x}"
        raise bad_request(
            f"{BAD_TOKEN}: invalid character '{shown}' looking for beginning of value"
        ) from error
    return Start(None if revision == LATEST else revision, behind)
