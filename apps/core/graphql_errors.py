"""What of an error reaches a client of GraphQL: our own sentences; of the rest a reference for the logs."""

from __future__ import annotations

from typing import Any

import structlog
from graphql import GraphQLError
from query_optimizer.errors import OptimizerError

from apps.core.concurrency import waited_in_vain
from apps.core.errors import Invalid, PortalError
from apps.core.middleware import current_request_id

log = structlog.get_logger("graphql")
LONGEST_MESSAGE = 500


class TooComplex(Invalid):
    """The document asks for more than one request may."""

    code = "too_complex"
    title = "The query is too complex"


def formatted(error: GraphQLError) -> dict[str, Any]:
    """One entry of `errors` in the answer."""
    cause = _cause(error)
    if isinstance(cause, OptimizerError):
        cause = TooComplex(
            "The query joins too many relations.", next_step="Ask for them in several queries."
        )
    place: dict[str, Any] = {
        name: value for name, value in error.formatted.items() if name in {"locations", "path"}
    }
    if cause is None:
        return {"message": error.message[:LONGEST_MESSAGE], **place, "extensions": {"code": Invalid.code}}
    known = cause if isinstance(cause, PortalError) else waited_in_vain(cause)
    if known is not None:
        return portal_error(known) | place
    return _masked(cause, place)


def portal_error(error: PortalError) -> dict[str, Any]:
    """Our error: what happened as the message; code, next step and the rest as extensions."""
    optional = {
        "next_step": error.next_step,
        "possible": getattr(error, "possible", None),
        "errors": getattr(error, "errors", None),
        **error.extra,
    }
    extensions = {"code": error.code} | {name: value for name, value in optional.items() if value}
    return {"message": error.detail, "extensions": extensions}


def _cause(error: GraphQLError) -> Exception | None:
    """The exception of a resolver behind an error; None where GraphQL itself refused document or input."""
    found: Exception | None = error.original_error
    while isinstance(found, GraphQLError):
        found = found.original_error
    return found


def _masked(cause: Exception, place: dict[str, Any]) -> dict[str, Any]:
    log.error("graphql.failed", path=place.get("path"), exc_info=cause)
    request_id = current_request_id()
    message = f"Something went wrong here, not with your request. Its reference in our logs is {request_id}."
    return {"message": message, **place, "extensions": {"code": "internal", "request_id": request_id}}
