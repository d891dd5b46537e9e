"""What an administrator says about one MLflow server: where it is, who we are there, how long we wait."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from apps.catalog.sources.base import SourceFailed

DEFAULT_RETRIES = 2
DEFAULT_TIMEOUT = 10.0
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowConfig:
    """One server. Secrets are resolved already: a bearer token, or a user name with a password, or nothing.

    `timeout` in seconds bounds the connection and each wait for bytes, `retries` the repeats of one request;
    unset, they are MLFLOW_HTTP_REQUEST_TIMEOUT and MLFLOW_HTTP_REQUEST_MAX_RETRIES of the environment, else
    10 and 2 (the client's own defaults would hold a sweep for minutes). `page_seconds` and `page_bytes` bound
    one whole answer. The owner is the first of the tags `owner_tags` that a model carries. Models come 1,000
    a page, the most that MLflow allows. A batch of 250 runs stays below the timeout even where each run holds
    hundreds of metrics; larger batches are no quicker. `secret_over_http` says that the network is safe
    enough to send a secret without TLS.
    """

    tracking_uri: str
    token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    verify_tls: bool = True
    secret_over_http: bool = False

    owner_tags: tuple[str, ...] = ("team", "owner")

    timeout: float | None = None
    retries: int | None = None
    model_page: int = 1000
    version_page: int = 10_000
    run_batch: int = 250
    page_bytes: int = 512 * 1024 * 1024
    page_seconds: float = 120.0

    def __post_init__(self) -> None:
        require_safe_address(self.tracking_uri, secret=self.has_secret and not self.secret_over_http)
        require_sendable(self.token, self.username, self.password)
        if min(self.model_page, self.version_page, self.run_batch) < 2 or self.wait <= 0 or self.repeats < 0:
            raise SourceFailed("configuration", "Pages hold at least 2 rows, and the timeout is above 0.")

    @property
    def has_secret(self) -> bool:
        return bool(self.token or self.password)

    @property
    def address(self) -> str:
        return self.tracking_uri.rstrip("/")

    @property
    def wait(self) -> float:
        return (
            self.timeout
            if self.timeout is not None
            else number("MLFLOW_HTTP_REQUEST_TIMEOUT", DEFAULT_TIMEOUT)
        )

    @property
    def repeats(self) -> int:
        if self.retries is not None:
            return self.retries
        return int(number("MLFLOW_HTTP_REQUEST_MAX_RETRIES", DEFAULT_RETRIES))


def number(variable: str, default: float) -> float:
    try:
        return float(os.environ.get(variable) or default)
    except ValueError as error:
        raise SourceFailed(
            "configuration", f"The environment variable {variable} is not a number."
        ) from error


def require_safe_address(url: str, *, secret: bool) -> None:
    """Refuse an address that carries a secret itself, or over which a secret would travel in the clear."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SourceFailed("configuration", "The MLflow address cannot be read.") from error
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise SourceFailed("configuration", "The MLflow address must begin with https:// and name a host.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SourceFailed(
            "configuration", "The MLflow address must hold no user, password, query or fragment."
        )
    if secret and parts.scheme == "http" and host not in LOOPBACK_HOSTS:
        raise SourceFailed(
            "configuration",
            "Over plain http the secret could be read by others; use https, or say that the network is safe.",
        )


def require_sendable(token: str, username: str, password: str) -> None:
    if token and (username or password):
        raise SourceFailed("configuration", "Give a token, or a user name with a password, not both.")
    if bool(username) != bool(password):
        raise SourceFailed("configuration", "A user name and a password belong together.")
    if ":" in username:
        raise SourceFailed("configuration", "The user name must not hold a colon.")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SourceFailed("configuration", "The token holds characters that no header can carry.")
