"""The OpenAPI document says all that the surface does: problems per operation, cursors, strict bodies."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema
from drf_spectacular.plumbing import ResolvedComponent

from apps.core.rest_fields import Body
from apps.core.rest_problems import PROBLEM_JSON

SENTENCES = {
    400: "The request is malformed; `errors` names the fields.",
    401: "No token, or one that is unknown, expired or revoked.",
    403: "The caller sees this and may not do it.",
    404: "Nothing here, or nothing that the caller may see.",
    409: "A rule or a concurrent change refuses it; `possible` lists what can be done instead.",
    413: "The body is larger than what is taken here.",
    415: "The body is of a kind that is not read here; `detail` says which is.",
    422: "The file cannot be read; `problems` names the lines.",
    428: "A change needs the version that was read.",
    429: "Too many requests; see Retry-After.",
}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "What happened, for people."},
        "next_step": {"type": "string", "description": "What to do about it."},
        "instance": {"type": "string"},
        "request_id": {"type": "string", "description": "Name it when you ask for help."},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "Sentences per field.",
        },
        "possible": {"type": "array", "items": {"type": "string"}},
    },
    "example": {
        "type": "about:blank#conflict",
        "title": "This cannot be done now",
        "status": 409,
        "code": "conflict",
        "detail": "From idea an entity cannot move to production. Possible: experiment, stopped.",
        "possible": ["experiment", "stopped"],
    },
}
BLANK = {"type": "string", "maxLength": 0}


class AutoSchema(SpectacularSchema):
    """Adds to each operation the problems that its method can answer, and the checked query parameters."""

    def get_override_parameters(self) -> list[Any]:
        query = getattr(self.view, "query", None)
        return [query] if query is not None and self._is_list_view() and query().fields else []

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._problem_statuses():
            bodies.setdefault(str(status), self._problem(status))
        return dict(sorted(bodies.items()))

    def _problem_statuses(self) -> list[int]:
        statuses = [400, 401]
        if "{" in self.path:
            statuses.append(404)
        if self.method != "GET":
            statuses += [403, 404, 409]
        if self.method in {"POST", "PATCH"} and self.get_request_serializer():
            statuses += [413, 415]
        if self.method == "PATCH":
            statuses.append(428)
        if getattr(self.view, "throttle_classes", None):
            statuses.append(429)
        return [
            *statuses,
            *getattr(self.view, "extra_problems", {}).get(getattr(self.view, "action", ""), ()),
        ]

    def _problem(self, status: int) -> dict[str, Any]:
        component = ResolvedComponent(
            name="Problem", type=ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem"
        )
        self.registry.register_on_missing(component)
        return {"description": SENTENCES[status], "content": {PROBLEM_JSON: {"schema": component.ref}}}

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, Body) or (isinstance(serializer, type) and issubclass(serializer, Body)):
            schema["additionalProperties"] = False
            schema |= {"required": list(serializer.demanded)} if serializer.demanded else {}
        for name, member in schema.get("properties", {}).items():
            if BLANK in member.get("oneOf", []):  # the text's own pattern allows it to be empty
                schema["properties"][name] = member["oneOf"][0]
        return schema


class SessionScheme(OpenApiAuthenticationExtension):
    """The browser's session, for the documentation page."""

    target_class = "apps.core.rest.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
