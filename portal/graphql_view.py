"""`/graphql`: tokens only, JSON only, one operation a request, measured before it runs.

A browser's cookie is never looked at, so there is nothing that a foreign page could abuse, and no CSRF token
is wanted. There is no GraphiQL: its bundle would have to come from elsewhere (the SDL is published instead).
"""

from __future__ import annotations

import hashlib
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    StringValueNode,
    Visitor,
    execute,
    get_operation_ast,
    parse,
    print_schema,
    specified_rules,
    validate,
    visit,
)
from graphql.validation.specified_rules import recommended_rules
from graphql.validation.validate import ValidationAbortedError

from apps.core import strict_json
from apps.core.errors import (
    Invalid,
    PortalError,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
    answer_headers,
)
from apps.core.graphql_errors import TooComplex, formatted, portal_error
from apps.core.graphql_limits import Scale, check_weight
from apps.core.throttling import spend
from apps.people.authentication import bearer_user
from portal.schema import schema

RULES = (*specified_rules, *recommended_rules)
MOST_ERRORS = 20
TOO_DEEP = TooComplex("The document is nested too deeply.", next_step="Ask in several smaller queries.")


class Refused(Exception):
    """GraphQL's own errors about a document that does not run."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


@method_decorator(csrf_exempt, name="dispatch")
class GraphQLView(View):
    """Answers POST with `{"query", "variables", "operationName"}`."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            _authenticate(request)
            result = _answer(request)
        except PortalError as error:
            return _refusal(error)
        except Refused as refusal:
            return _json({"errors": [formatted(error) for error in refusal.errors]}, 400)
        return _json(_body(result), 200)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        body = {
            "message": "GraphQL is asked by POST with a JSON body.",
            "extensions": {"code": "method_not_allowed"},
        }
        response = _json({"errors": [body]}, 405)
        response["Allow"] = "POST"
        return response

    options = http_method_not_allowed


@require_safe
def sdl(request: HttpRequest) -> HttpResponse:
    """The schema in GraphQL's own language, for code generators; it names no row, so anybody may read it."""
    text = print_schema(schema.graphql_schema) + "\n"
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    if etag in request.headers.get("If-None-Match", ""):
        return HttpResponseNotModified(headers={"ETag": etag})
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers={"ETag": etag})


def _authenticate(request: HttpRequest) -> None:
    """The caller is who the token says; raises Unauthenticated or RateLimited."""
    found = bearer_user(request)
    if found is None:
        raise Unauthenticated(
            "GraphQL wants a token: Authorization: Bearer coe_…",
            next_step="Create a token on your profile page and send it with each request.",
        )
    request.user, request.auth = found  # type: ignore[attr-defined]
    spend(f"graphql:token:{found[1].pk}", settings.GRAPHQL_LIMITS["requests_per_minute"])


def _answer(request: HttpRequest) -> ExecutionResult:
    body = _read(request)
    query, variables, name = body.get("query"), body.get("variables") or {}, body.get("operationName")
    if not isinstance(query, str) or not isinstance(variables, dict) or not isinstance(name, str | None):
        raise Invalid("Send query as text, variables as an object and operationName as text.")
    try:
        document = _checked(query, variables, name)
    except RecursionError:
        raise TOO_DEEP from None
    result = cast(ExecutionResult, execute(schema.graphql_schema, document, None, request, variables, name))
    if result.data is None and result.errors and not any(error.path for error in result.errors):
        raise Refused(result.errors)
    return result


def _read(request: HttpRequest) -> dict[str, Any]:
    """The body as an object; strict JSON in UTF-8."""
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != "application/json" or charset not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(
            "Send the query as JSON in UTF-8.", next_step="Set Content-Type: application/json."
        )
    limit = settings.GRAPHQL_LIMITS["body_bytes"]
    try:
        raw = b"" if int(request.META.get("CONTENT_LENGTH") or 0) > limit else request.body
    except RequestDataTooBig:
        raw = b""
    if not raw and request.META.get("CONTENT_LENGTH") not in {None, "", "0"}:
        raise TooLarge(f"A request has at most {limit:,} bytes.")
    if len(raw) > limit:
        raise TooLarge(f"A request has at most {limit:,} bytes.")
    return _object(raw)


def _object(raw: bytes) -> dict[str, Any]:
    body = strict_json.loads(raw)
    if isinstance(body, list):
        raise Invalid("One operation a request; lists of operations are not taken.")
    if not isinstance(body, dict):
        raise Invalid('The body must be an object: {"query": "…"}.')
    return body


def _checked(query: str, variables: dict[str, Any], name: str | None) -> DocumentNode:
    """The document, if it is GraphQL, fits the schema and is not too much."""
    limits = settings.GRAPHQL_LIMITS
    try:
        document = parse(query, max_tokens=limits["tokens"])
    except GraphQLError as error:
        raise Refused([error]) from error
    visit(document, _NoNul())
    errors = validate(schema.graphql_schema, document, RULES, max_errors=MOST_ERRORS)
    if errors and all(isinstance(error, ValidationAbortedError) for error in errors):
        raise TooComplex("The document repeats too many fields.", next_step="Ask for each field once.")
    if errors:
        raise Refused(errors)
    scale = Scale(schema.graphql_schema, document, variables)
    chosen = get_operation_ast(document, name)
    for node in [chosen] if chosen else document.definitions:
        if isinstance(node, OperationDefinitionNode):
            check_weight(scale.operation(node), limits)
    return document


class _NoNul(Visitor):
    """Refuses texts in the document that the database could not keep."""

    def enter_string_value(self, node: StringValueNode, *_: Any) -> None:
        if "\0" in node.value:
            raise Invalid("The query holds a NUL character; remove it.")


def _body(result: ExecutionResult) -> dict[str, Any]:
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [formatted(error) for error in result.errors]
    return body


def _refusal(error: PortalError) -> HttpResponse:
    response = _json({"errors": [portal_error(error)]}, error.status)
    for name, value in answer_headers(error).items():
        response[name] = value
    return response


def _json(body: dict[str, Any], status: int) -> HttpResponse:
    response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "private, no-store"
    return response
