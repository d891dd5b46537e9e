"""Reads lists page by page from a server that may be slow, busy, half broken or not Kubernetes at all.

The library's own retries are off; this module has the one backoff. Whatever goes wrong becomes a
`ReadError` whose reason is a sentence of ours: nothing of a body is repeated, so that no token can be in it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from apps.catalog.sources.kubernetes.access import open_client
from apps.catalog.sources.kubernetes.answers import (
    BrokenAnswerError,
    BusyError,
    ExpiredError,
    NoAnswerError,
    ReadError,
    refusal_of,
    transport_failure,
)
from apps.catalog.sources.kubernetes.config import KubernetesConfig
from apps.catalog.sources.kubernetes.kinds import METADATA_ONLY, NAMESPACES, PODS, Kind
from apps.catalog.sources.kubernetes.objects import Json

CHUNK_BYTES = 1024 * 1024
MOST_PAGES = 10_000
LONGEST_WAIT = 30.0


@dataclass(frozen=True, slots=True)
class Page:
    """Raw items of one page. `attempt` grows when the list had to begin anew: what came before is void."""

    items: list[Any]
    attempt: int

    def drain(self) -> Iterator[Any]:
        """Each item once, let go as soon as the next is asked for, so that no two pages lie in memory."""
        self.items.reverse()
        while self.items:
            yield self.items.pop()


class ClusterReader:
    """Lists of one cluster. `sleep` and `clock` (monotonic seconds) can be replaced by tests."""

    def __init__(
        self,
        config: KubernetesConfig,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        from kubernetes import client

        self._config = config
        self._sleep = sleep
        self._clock = clock
        self._patience = config.retry_seconds
        api = open_client(config)
        self._core = client.CoreV1Api(api)
        self._other = client.CustomObjectsApi(api)

    def namespace(self, name: str) -> Json:
        return self._read(NAMESPACES, partial(self._core.read_namespace, name))

    def pages(self, kind: Kind) -> Iterator[Page]:
        """All pages of one consistent list; after 410 from the beginning again, a bounded number of times."""
        for attempt in range(self._config.restarts + 1):
            try:
                for items in self._one_pass(kind):
                    yield Page(items, attempt)
                return
            except ExpiredError:
                continue
        raise ReadError(
            f"The list expired {self._config.restarts + 1} times before its end (410). The cluster "
            "discards its history too fast for lists of this size; a larger page may help."
        )

    def _one_pass(self, kind: Kind) -> Iterator[list[Any]]:
        token = ""
        for _ in range(MOST_PAGES):
            body = self._read(kind, partial(self._list, kind, token))
            items, following = list_parts(body)
            yield items
            if not following:
                return
            if following == token:
                break
            token = following
        raise BrokenAnswerError("The list does not end: the server repeats itself.")

    def _list(self, kind: Kind, token: str, **options: Any) -> Any:
        """One page; resourceVersion stays unset, because with "0" the server ignores the limit."""
        options["limit"] = self._config.page_size
        if token:
            options["_continue"] = token
        if kind.metadata_only:
            options["_headers"] = {"Accept": METADATA_ONLY}
        if kind is PODS:
            return self._core.list_pod_for_all_namespaces(**options)
        if kind is NAMESPACES:
            return self._core.list_namespace(**options)
        return self._other.list_cluster_custom_object(kind.group, kind.version, kind.scope, **options)

    def _read(self, kind: Kind, call: Callable[..., Any]) -> Json:
        """One request with its repeats: only a busy server is asked again."""
        attempt = 0
        while True:
            try:
                return self._once(kind, call)
            except BusyError as busy:
                self._wait(busy, attempt)
                attempt += 1

    def _wait(self, busy: BusyError, attempt: int) -> None:
        seconds = min(2.0**attempt, LONGEST_WAIT) if busy.retry_after is None else busy.retry_after
        if attempt >= self._config.retries:
            raise ReadError(f"{busy.reason} It was asked {attempt + 1} times.")
        if seconds > LONGEST_WAIT or seconds > self._patience:
            raise ReadError(f"{busy.reason} It asks to wait {seconds:g} s, more than this sweep may wait.")
        self._patience -= seconds
        self._sleep(seconds)

    def _once(self, kind: Kind, call: Callable[..., Any]) -> Json:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        timeout = self._config.timeout
        try:
            response = call(_preload_content=False, _request_timeout=(timeout, timeout))
            content = self._content(response)
        except ApiException as error:
            raise refusal_of(kind, error.status or 0, error.headers or {}) from error
        except HTTPError as error:
            raise transport_failure(error, timeout) from error
        return parse(content, str(response.headers.get("Content-Type", "")))

    def _content(self, response: Any) -> bytes:
        """The body, bounded in size and in time; a server that drips bytes cannot hold the sweep."""
        end = self._clock() + self._config.timeout
        chunks: list[bytes] = []
        size = 0
        while chunk := response.read1(CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._config.page_bytes or self._clock() > end:
                response.close()
                raise self._excess(size)
        response.release_conn()
        return b"".join(chunks)

    def _excess(self, size: int) -> ReadError:
        if size > self._config.page_bytes:
            return BrokenAnswerError(
                f"A page is larger than {self._config.page_bytes} bytes; use smaller pages."
            )
        return NoAnswerError(f"A page was not complete after {self._config.timeout:g} s.")


@contextmanager
def collector_paused() -> Iterator[None]:
    """No garbage is searched while a page is built: it is a tree of some 30,000 objects without a ring, and
    the collector would walk all that the worker holds again and again (two thirds of the parsing time)."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def parse(content: bytes, content_type: str) -> Json:
    if "html" in content_type or content.lstrip()[:1] == b"<":
        raise BrokenAnswerError(
            "The address answered with a web page instead of JSON, as a login page does. Check the URL."
        )
    try:
        with collector_paused():
            body = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise BrokenAnswerError(
            f"The answer of {len(content)} bytes is not whole JSON; it was cut off."
        ) from error
    if not isinstance(body, dict):
        raise BrokenAnswerError("The answer is JSON, but not a Kubernetes object.")
    return body


def list_parts(body: Json) -> tuple[list[Any], str]:
    """The items and the continue token of a list; Go writes an empty list as null."""
    items = body.get("items") if body.get("items") is not None else []
    metadata = body.get("metadata")
    if (
        not str(body.get("kind", "")).endswith("List")
        or not isinstance(items, list)
        or not isinstance(metadata, dict)
    ):
        raise BrokenAnswerError("The answer is JSON, but not a Kubernetes list.")
    following = metadata.get("continue") or ""
    if not isinstance(following, str):
        raise BrokenAnswerError("The list's continue token is not text.")
    return items, following
