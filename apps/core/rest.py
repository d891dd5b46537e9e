"""What REST framework's settings name, and the request's paging, parameters and version.

Apart from `apps.core.viewsets`, because the framework loads these while it is itself still loading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import authentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.pagination import BasePagination
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from apps.core.errors import Invalid
from apps.core.pagination import Page, page
from apps.core.rest_fields import QueryParameters
from apps.core.rest_problems import VersionMissing, problem_response
from apps.core.strict_json import OrjsonRenderer, StrictJSONParser

__all__ = [
    "CursorPagination",
    "JSONOnly",
    "OrjsonRenderer",
    "SessionAuthentication",
    "StrictJSONParser",
    "problem_response",
]

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 100
ETAG = re.compile(r'(?:W/)?"?([0-9]{1,10})"?', re.ASCII)


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's sign-in, for the documentation page; writes need the CSRF token."""


class JSONOnly(DefaultContentNegotiation):
    """There is one representation, so that a browser that asks for HTML gets it too instead of a 406."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = next(iter(renderers))
        return only, str(only.media_type)


class CursorPagination(BasePagination):
    """`?limit=` (1 to 100, else 400; default 50) and `?cursor=`; answers `{results, next, previous}`.

    The links are full addresses, null where there is no such page. Empty parameters count as absent.
    """

    names = ("limit", "cursor")
    found: Page[Any]

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        cursor = _once(request, "cursor") or None
        self.request = request
        self.found = page(queryset, order=view.sorting(), cursor=cursor, limit=limit_of(request))
        return self.found.rows

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self._link(self.found.next), "previous": self._link(self.found.previous)}
        return Response({"results": data, **links})

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [LIMIT_PARAMETER, CURSOR_PARAMETER]

    def _link(self, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        return replace_query_param(
            remove_query_param(self.request.build_absolute_uri(), "cursor"), "cursor", cursor
        )


LIMIT_PARAMETER: dict[str, Any] = {
    "name": "limit",
    "in": "query",
    "required": False,
    "allowEmptyValue": True,
    "description": "How many rows a page has.",
    "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT, "default": DEFAULT_LIMIT},
}
CURSOR_PARAMETER: dict[str, Any] = {
    "name": "cursor",
    "in": "query",
    "required": False,
    "allowEmptyValue": True,
    "description": "Where the page begins, as `next` and `previous` of another page give it; opaque.",
    "schema": {"type": "string", "format": "cursor"},
}


def limit_of(request: Request, default: int = DEFAULT_LIMIT) -> int:
    """The page size asked for; Invalid unless it is 1 to 100."""
    text = _once(request, "limit")
    if not text:
        return default
    whole = re.fullmatch(r"([0-9]{1,3})(\.0)?", text, re.ASCII)  # JSON Schema: 2.0 is an integer
    if whole and 1 <= int(whole[1]) <= LARGEST_LIMIT:
        return int(whole[1])
    raise Invalid(errors={"limit": [f"Give a whole number from 1 to {LARGEST_LIMIT}."]})


def query_of(request: Request, form: type[QueryParameters], *, paged: bool = False) -> dict[str, Any]:
    """The query parameters in the form's types; Invalid for unknown, repeated or malformed ones."""
    given = request.query_params.copy()
    for name in CursorPagination.names if paged else ():
        given.pop(name, None)
    checked = form(data=given)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def expected_version(request: Request, fields: dict[str, Any]) -> int:
    """Takes the version that was read from the body's `version` or `If-Match: "3"`; one must be there."""
    in_body = fields.pop("version", None)
    header = request.headers.get("If-Match", "").strip()
    match = ETAG.fullmatch(header)
    if header and match is None:
        raise Invalid(errors={"If-Match": ['Give the version that you read, as in If-Match: "3".']})
    in_header = int(match[1]) if match else None
    if in_body is not None and in_header is not None and in_body != in_header:
        raise Invalid(errors={"version": ["If-Match and the body name different versions."]})
    version = in_header if in_body is None else in_body
    if version is None:
        raise VersionMissing(
            "A change needs the version that you read.",
            next_step='Send `version`, or the header If-Match: "3".',
        )
    return int(version)


def _once(request: Request, name: str) -> str:
    values: list[str] = request.query_params.getlist(name)
    if len(values) > 1:
        raise Invalid(errors={name: ["Give this parameter once."]})
    return values[0] if values else ""
