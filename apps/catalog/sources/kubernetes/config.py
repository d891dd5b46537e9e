"""What an administrator says about one cluster: how to reach it and by which rules to read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from apps.catalog.sources.base import SourceFailed

Place = Literal["workload label", "workload annotation", "namespace label", "namespace annotation"]
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class OwnerRule:
    """The team stands under `key` at `place`. Rules are asked in order; the first that finds text wins."""

    place: Place
    key: str

    @classmethod
    def parse(cls, text: str) -> OwnerRule:
        """Read what `str()` writes, such as "namespace label team"; ValueError says what is wrong."""
        words = text.split()
        for place in get_args(Place):
            if len(words) == 3 and words[:2] == place.split():
                return cls(place, words[2])
        raise ValueError(f"An owner rule is one of {', '.join(get_args(Place))}, then a key; not {text!r}.")

    def __str__(self) -> str:
        return f"{self.place} {self.key}"


@dataclass(frozen=True, slots=True)
class EnvironmentRule:
    """Workloads of namespaces that match `namespace` (a shell-style pattern) run in `environment`.

    With `label`, the namespace must carry that label, and its value is the environment unless one is given.
    """

    namespace: str = "*"
    label: str = ""
    environment: str = ""


DEFAULT_OWNER_RULES = tuple(OwnerRule(place, key) for place in get_args(Place) for key in ("team", "owner"))
DEFAULT_ENVIRONMENT_RULES = (EnvironmentRule(label="environment"), EnvironmentRule(label="env"))


@dataclass(frozen=True, slots=True, kw_only=True)
class KubernetesConfig:
    """One cluster, reached in exactly one of three ways: a kubeconfig file (and its context), from inside the
    cluster, or by URL with a CA file and a token from a file or an environment variable.

    Seconds for every time. `timeout` bounds the connection, each wait for bytes, and a whole page.
    `retries` bounds the repeats of one request, `retry_seconds` the waiting of a whole sweep.
    """

    kubeconfig: str = ""
    context: str = ""
    in_cluster: bool = False
    url: str = ""
    ca_file: str = ""
    token_file: str = ""
    token_variable: str = ""

    environment: str = ""
    environment_rules: tuple[EnvironmentRule, ...] = DEFAULT_ENVIRONMENT_RULES
    owner_rules: tuple[OwnerRule, ...] = DEFAULT_OWNER_RULES
    version_labels: tuple[str, ...] = ("coe.model-version", "app.kubernetes.io/version")
    ignored_namespaces: tuple[str, ...] = ("kube-*",)

    page_size: int = 500
    page_bytes: int = 128 * 1024 * 1024
    timeout: float = 30.0
    retries: int = 4
    retry_seconds: float = 60.0
    restarts: int = 3

    def __post_init__(self) -> None:
        ways = [bool(self.kubeconfig), self.in_cluster, bool(self.url)]
        if sum(ways) != 1:
            raise SourceFailed(
                "configuration", "Give exactly one of: a kubeconfig file, in-cluster access, or a URL."
            )
        if self.url:
            require_safe_url(self.url)
        if (
            self.page_size < 1
            or self.timeout <= 0
            or min(self.retries, self.retry_seconds, self.restarts) < 0
        ):
            raise SourceFailed(
                "configuration", "Page size and timeout must be positive, retries not negative."
            )


def require_safe_url(url: str) -> None:
    """Refuse an address that would send the token in the clear, or that carries credentials itself."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise SourceFailed("configuration", "The cluster's URL cannot be read.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise SourceFailed("configuration", "The cluster's URL must begin with https:// and name a host.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SourceFailed(
            "configuration", "The cluster's URL must hold no user, password, query or fragment."
        )
    if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
        raise SourceFailed("configuration", "Over plain http the token could be read by others; use https.")
