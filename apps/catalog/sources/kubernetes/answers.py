"""Turns every way in which a request can fail into one sentence that a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from apps.catalog.sources.kubernetes.kinds import Kind


class ReadError(Exception):
    """A list or object could not be read; `reason` is our own sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BrokenAnswerError(ReadError):
    """Something answered, but not with what a Kubernetes API answers."""


class NoAnswerError(ReadError):
    """Nothing answered, or not to the end."""


class AbsentError(ReadError):
    """A custom kind that this cluster does not have, or does not show to this account."""


class ExpiredError(ReadError):
    """The continue token is too old (410)."""


class BusyError(ReadError):
    """The server asks to come back later; `retry_after` in seconds where it says when."""

    def __init__(self, reason: str, retry_after: float | None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


UNTRUSTED = "No safe connection: the server speaks no TLS, or the given CA file does not vouch for it."


def refusal_of(kind: Kind, status: int, headers: Mapping[str, Any]) -> ReadError:
    """What an HTTP status other than 2xx means; its body, often plain text, adds nothing that is needed."""
    if status == 0:
        return NoAnswerError(UNTRUSTED)
    if status == 410:
        return ExpiredError("The list expired before its end (410).")
    wait = retry_after(headers)
    if status in (429, 503) or (status >= 500 and wait is not None):
        return BusyError(f"The cluster is too busy to answer ({status}).", wait)
    if status in (403, 404):
        return refused_kind(kind, status)
    return ReadError(OTHERS.get(status, f"The cluster answered with the unexpected status {status}."))


OTHERS = {
    401: "The cluster refused the token (401). Renew the token that this source refers to.",
    302: "The address redirects elsewhere (302), as a login page does. Check the URL.",
    400: "The cluster did not understand the request (400); its version may be too old or too new.",
}


def refused_kind(kind: Kind, status: int) -> ReadError:
    if kind.custom and status == 404:
        return AbsentError(f"The kind {kind.resource} is not installed in this cluster (404).")
    if kind.custom:
        return AbsentError(
            f"The kind {kind.resource} is not installed here, or the account may not list it (403)."
        )
    if status == 404:
        return ReadError(
            f"The address knows no {kind.resource} (404); it may not be a Kubernetes API. Check the URL."
        )
    return ReadError(
        f'The account may not read {kind.resource} (403). Grant it the verbs get and list on "{kind.scope}" '
        f'in API group "{kind.group}" by a ClusterRole.'
    )


def retry_after(headers: Mapping[str, Any]) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date (RFC 9110, 10.2.3)."""
    value = str(headers.get("Retry-After", "")).strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def transport_failure(error: Exception, timeout: float) -> ReadError:
    """The order matters: a refused connection counts as a timeout to the library."""
    from urllib3 import exceptions as failures

    if isinstance(error, failures.NameResolutionError):
        return NoAnswerError("The cluster's host name is not known here. Check the URL.")
    if isinstance(error, failures.NewConnectionError | failures.ProxyError):
        return NoAnswerError(
            "No connection to the cluster: nothing answers at its address, or a proxy is in the way."
        )
    if isinstance(error, failures.ConnectTimeoutError | failures.ReadTimeoutError):
        return NoAnswerError(f"The cluster did not answer within {timeout:g} s.")
    if isinstance(error, failures.SSLError):
        return NoAnswerError(UNTRUSTED)
    if isinstance(error, failures.ProtocolError | failures.IncompleteRead | failures.DecodeError):
        return NoAnswerError("The connection was cut while an answer was read.")
    return NoAnswerError(f"The request failed on its way ({type(error).__name__}).")
