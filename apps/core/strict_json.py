"""JSON in and out: strict where it comes in, exact where it goes out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson
from django.utils.functional import Promise
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from apps.core.errors import Invalid, TooLarge

LARGEST_BODY = 1024 * 1024
DEEPEST = 32


class OrjsonRenderer(BaseRenderer):
    """Decimals leave as strings, so that no client rounds money; times are already ISO 8601 text."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else dumps(data)


class StrictJSONParser(BaseParser):
    """Refuses what JSON or PostgreSQL cannot hold before a serializer sees it: Invalid or TooLarge.

    A view that takes long texts says with `largest_body` how many bytes it reads.
    """

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        most = getattr((parser_context or {}).get("view"), "largest_body", LARGEST_BODY)
        body = stream.read(most + 1)
        if len(body) > most:
            raise TooLarge(f"The body is larger than {most // 2**20} MB.", next_step="Send less at once.")
        return loads(body)


def dumps(data: Any) -> bytes:
    """The document's bytes; numbers beyond 64 bits (from a source's JSON) take the slower way."""
    try:
        return orjson.dumps(data, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        return json.dumps(data, default=_plain, ensure_ascii=False).encode("utf-8", "replace")


def loads(body: bytes) -> Any:
    """The parsed document; Invalid for NaN, Infinity, non-UTF-8, NUL, lone surrogates, 33 levels, doubled keys."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"The body is not valid JSON in UTF-8: {error}.") from error
    _refuse_unstorable(document, 0)
    json.loads(body, object_pairs_hook=_without_doubles, parse_int=str, parse_float=str)
    return document


def _refuse_unstorable(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise Invalid(f"The body is nested deeper than {DEEPEST} levels.")
    if isinstance(value, str):
        if "\x00" in value:
            raise Invalid("The body has a NUL character; remove it.")
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_unstorable(key, depth)
            _refuse_unstorable(item, depth + 1)


def _without_doubles(pairs: list[tuple[str, Any]]) -> None:
    """Readers of JSON differ in which of two equal keys they believe, so neither is believed."""
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise Invalid(f"The body says {key[:100]!r} twice in one object; say it once.")
        seen.add(key)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | Promise):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON.")
