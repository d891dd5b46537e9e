"""One family of errors for every surface.

Actions and queries raise these; each surface translates them once: `apps.core.rest` into RFC 9457 problem
details, `apps.core.graphql` into `extensions.code`, `apps.core.middleware` into a page with a next step.
Messages are written for the person who reads them and never hold what that person may not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

NO_FIELD = frozenset({"", "__all__", "non_field_errors"})


class PortalError(Exception):
    """Something that the caller can understand and act on.

    `detail` says what happened, `next_step` what to do about it, `extra` carries machine-readable members.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str = "", *, next_step: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.next_step = next_step
        self.extra = extra


def joined(errors: Mapping[str, Sequence[str]]) -> str:
    """All errors as one text in which every sentence names its field; those of no field stand alone."""
    return " ".join(_naming(name, sentence) for name, sentences in errors.items() for sentence in sentences)


def _naming(name: str, sentence: str) -> str:
    words = name.replace("_", " ").strip()
    if name in NO_FIELD or words.lower() in sentence.lower():
        return sentence
    return f"{words[:1].upper()}{words[1:]}: {sentence}"


class Invalid(PortalError):
    """The input's form is wrong; `errors` maps field names to sentences."""

    status = 400
    code = "invalid"
    title = "The input is not valid"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Mapping[str, Sequence[str]] | None = None,
        next_step: str = "",
        **extra: Any,
    ) -> None:
        self.errors = {name: list(sentences) for name, sentences in (errors or {}).items()}
        if not detail and self.errors:
            detail = joined(self.errors)
        super().__init__(detail, next_step=next_step, **extra)


class Unauthenticated(PortalError):
    status = 401
    code = "unauthenticated"
    title = "Sign in first"


class Forbidden(PortalError):
    """The caller sees the object and may not do this to it."""

    status = 403
    code = "forbidden"
    title = "You may not do this"


class NotFound(PortalError):
    """The object does not exist, or the caller may not know that it does: both look the same."""

    status = 404
    code = "not_found"
    title = "Nothing here"


class Conflict(PortalError):
    """The rules or a concurrent change refuse it now; `possible` lists what can be done instead."""

    status = 409
    code = "conflict"
    title = "This cannot be done now"

    def __init__(
        self,
        detail: str = "",
        *,
        possible: Sequence[str] = (),
        errors: Mapping[str, Sequence[str]] | None = None,
        next_step: str = "",
        **extra: Any,
    ) -> None:
        self.possible = list(possible)
        self.errors = {name: list(sentences) for name, sentences in (errors or {}).items()}
        if not detail and self.errors:
            detail = joined(self.errors)
        super().__init__(detail, next_step=next_step, **extra)


class TooLarge(PortalError):
    status = 413
    code = "too_large"
    title = "Too large"


class MethodNotAllowed(PortalError):
    """The address exists and is for another method; `allowed` names those that it takes."""

    status = 405
    code = "method_not_allowed"
    title = "This address does not take this method"


class LengthRequired(PortalError):
    status = 411
    code = "length_required"
    title = "Say how long the body is"


class UnsupportedMediaType(PortalError):
    status = 415
    code = "unsupported_media_type"
    title = "Unsupported media type"


class RateLimited(PortalError):
    """Too much in too short a time; `retry_after` says in how many seconds it is worth another try."""

    status = 429
    code = "rate_limited"
    title = "Too many requests"


class Unavailable(PortalError):
    """A part that this needs does not answer; the same call may succeed later."""

    status = 503
    code = "unavailable"
    title = "Not available now"


def problem(error: PortalError, *, instance: str = "", request_id: str = "") -> dict[str, Any]:
    """The error as RFC 9457 members: type, title, status, detail, instance and our extensions."""
    members: dict[str, Any] = {
        "type": f"about:blank#{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
    }
    optional = {
        "instance": instance,
        "request_id": request_id,
        "next_step": error.next_step,
        "errors": getattr(error, "errors", None),
        "possible": getattr(error, "possible", None),
    }
    return members | {name: value for name, value in optional.items() if value} | error.extra


def answer_headers(error: PortalError) -> dict[str, str]:
    """The headers that HTTP wants beside the status, the same on every surface."""
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, MethodNotAllowed) and "allowed" in error.extra:
        return {"Allow": ", ".join(error.extra["allowed"])}
    if isinstance(error, RateLimited) and "retry_after" in error.extra:
        return {"Retry-After": str(error.extra["retry_after"])}
    return {}
