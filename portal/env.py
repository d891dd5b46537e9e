"""Typed reading of the environment: a bad value stops the start with a sentence, never a surprise later."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """The variable's value; without a default a missing one stops the start."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name}; see README, section “Run it for real”.")
    return value


def flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, str(default)).strip().lower()
    if value not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} must be one of true, false; it is {value!r}.")
    return value in _TRUE


def number(name: str, default: int, *, least: int = 0) -> int:
    value = os.environ.get(name, str(default))
    try:
        result = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number; it is {value!r}.") from None
    if result < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}; it is {result}.")
    return result


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty items."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def secret(name: str, default: str | None = None) -> str:
    """`NAME`, or the content of the file that `NAME_FILE` points to (as container secrets are mounted)."""
    path = os.environ.get(f"{name}_FILE")
    if path is None:
        return text(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from error


# Reading by index costs as on a disk without a head; PostgreSQL's default made pages of relations read the
# whole table. `?options=` of the address may say otherwise.
INDEX_COST = "-c random_page_cost=1.1"
# Who waits for a lock longer than this is told so instead (`apps.core.concurrency.waited_in_vain`).
ALWAYS = "-c jit=off -c timezone=UTC -c lock_timeout=15s"


def database(url: str) -> dict[str, Any]:
    """Django's settings for a `postgresql://user:password@host:port/name?option=value` address.

    A host that begins with a slash is a socket directory; it may also stand in `?host=`.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgresql://; other engines are not supported."
        )
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    port = options.pop("port", "") or str(parts.port or "")
    options["options"] = " ".join(filter(None, [INDEX_COST, options.get("options", ""), ALWAYS]))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or "") or options.pop("user", ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "OPTIONS": options,
    }
