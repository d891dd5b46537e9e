"""One family of errors for every surface.

Actions and queries raise these; each surface translates them once: `apps.core.rest` into RFC 9457 problem
details, `apps.core.graphql` into `extensions.code`, `apps.core.middleware` into a page with a next step.
Messages are written for the person who reads them and never hold what that person may not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


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
            detail = " ".join(sentence for sentences in self.errors.values() for sentence in sentences)
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
            detail = " ".join(sentence for sentences in self.errors.values() for sentence in sentences)
        super().__init__(detail, next_step=next_step, **extra)


class TooLarge(PortalError):
    status = 413
    code = "too_large"
    title = "Too large"


class RateLimited(PortalError):
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
