"""Whatever goes wrong below `/api/` leaves as an RFC 9457 problem document with the same members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions
from rest_framework.response import Response

from apps.core.concurrency import waited_in_vain
from apps.core.errors import (
    Conflict,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    PortalError,
    RateLimited,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
    answer_headers,
    problem,
)
from apps.core.middleware import current_request_id
from apps.core.strict_json import dumps

PROBLEM_JSON = "application/problem+json"
NO_CREDENTIALS = "This needs a token (Authorization: Bearer coe_…) or a signed-in browser."
OWN_ADDRESS = "Use the address that the portal's people gave you; its administrators set COE_ALLOWED_HOSTS."
Readers = Mapping[str, Callable[[Any, Any], Any]]  # by field: the row that a caller's name means, or NotFound


class VersionMissing(PortalError):
    """A change without the version that was read could overwrite somebody else's."""

    status = 428
    code = "version_missing"
    title = "Say which version you read"


def problem_response(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's exception handler; None (Django's own way, a logged 500) for what nobody foresaw."""
    error = translated(exception)
    if error is None:
        return None
    if isinstance(exception, exceptions.UnsupportedMediaType):
        error = UnsupportedMediaType(f"The body must be {body_kinds(context['view'])}.")
    _set_rollback()
    request = context["request"]
    members = problem(error, instance=request.path, request_id=current_request_id())
    return Response(members, status=error.status, headers=answer_headers(error), content_type=PROBLEM_JSON)


def body_kinds(view: Any) -> str:
    """What an operation reads, as media types: JSON, or a form where a file is sent."""
    return " or ".join(parser.media_type for parser in view.get_parsers())


def problem_page(request: HttpRequest, error: PortalError) -> HttpResponse:
    """The same document from a plain Django view: unknown addresses, and errors that nobody foresaw."""
    members = problem(error, instance=request.path, request_id=current_request_id())
    return HttpResponse(
        dumps(members), status=error.status, content_type=PROBLEM_JSON, headers=answer_headers(error)
    )


def translated(exception: Exception) -> PortalError | None:
    """The exception in the house's family: ours as it is, REST framework's and Django's by its meaning."""
    if isinstance(exception, PortalError):
        return exception
    if isinstance(exception, exceptions.APIException):
        return _from_framework(exception)
    return _from_django(exception)


@contextmanager
def rules_are_conflicts() -> Iterator[None]:
    """Around an action whose input has the documented form: what it still refuses is a rule, so 409."""
    try:
        yield
    except Invalid as error:
        raise Conflict(error.detail, errors=error.errors, next_step=error.next_step, **error.extra) from error


def rows_named(user: Any, fields: Mapping[str, Any], readers: Readers) -> dict[str, Any]:
    """A body's fields with the rows that they name: a name that means nothing makes its field wrong, not the address."""
    found = dict(fields)
    for name, read in readers.items():
        if found.get(name) is None:
            continue
        try:
            found[name] = read(user, found[name])
        except NotFound as error:
            raise Invalid(errors={name: [error.detail]}, next_step=error.next_step) from error
    return found


def _set_rollback() -> None:
    from rest_framework.views import set_rollback  # which loads the settings that name this module

    set_rollback()


def _from_framework(exception: exceptions.APIException) -> PortalError:
    if isinstance(exception, exceptions.ValidationError):
        return Invalid(errors=flattened(exception.detail))
    if isinstance(exception, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return Unauthenticated(NO_CREDENTIALS, next_step="Create a token on your profile page.")
    if isinstance(exception, exceptions.MethodNotAllowed):
        return MethodNotAllowed(str(exception.detail))
    if isinstance(exception, exceptions.UnsupportedMediaType):
        return UnsupportedMediaType("A body of this kind is not read here.")
    known = {400: Invalid, 403: Forbidden, 404: NotFound, 429: RateLimited}
    return known.get(exception.status_code, Invalid)(str(exception.detail))


def _from_django(exception: Exception) -> PortalError | None:
    if isinstance(exception, Http404):
        return NotFound()
    if isinstance(exception, PermissionDenied):
        return Forbidden()
    if isinstance(exception, RequestDataTooBig):
        return TooLarge("The text that was sent is larger than 5 MB, the most that the portal takes.")
    if isinstance(exception, TooManyFieldsSent | TooManyFilesSent):
        return TooLarge("The form has more than 2,000 fields or 100 files, the most that the portal takes.")
    if isinstance(exception, DisallowedHost):
        return Invalid("The portal does not answer under this host name.", next_step=OWN_ADDRESS)
    if isinstance(exception, SuspiciousOperation | BadRequest | MultiPartParserError):
        return Invalid("The request is malformed.")
    if isinstance(exception, UnreadablePostError):
        return Invalid("The body ended early.")
    return waited_in_vain(exception)


def flattened(detail: Any, name: str = "") -> dict[str, list[str]]:
    """Nested serializer errors as `links.0.url: [sentence]`; what belongs to no field stands under `body`."""
    if isinstance(detail, Mapping):
        parts = {_joined(name, str(key)): value for key, value in detail.items()}
    elif isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        parts = {_joined(name, str(index)): value for index, value in enumerate(detail) if value}
    else:
        sentences = detail if isinstance(detail, list) else [detail]
        return {name or "body": [str(sentence) for sentence in sentences]}
    found: dict[str, list[str]] = {}
    for key, value in parts.items():
        for path, sentences in flattened(value, key).items():
            found.setdefault(path, []).extend(sentences)
    return found


def _joined(name: str, key: str) -> str:
    key = "" if key == "non_field_errors" else key
    return f"{name}.{key}".strip(".")
