"""What a catalog entry may look like, whoever writes it: kinds, names, tiers and curated fields as pure functions.

Each function returns the cleaned value or raises `Invalid` naming the field. The rules of names are Backstage's,
because an entity that breaks them disappears there without a trace.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from apps.catalog.vocabulary import NAME, NAMESPACE, Kind
from apps.core.checking import checked_text, checked_url, plain_line, refuse

MOST_EXTRA = 40
_KINDS_WITH_URL = {Kind.DASHBOARD, Kind.TOOL, Kind.APPLICATION, Kind.SERVICE, Kind.AGENT}


def checked_kind(kind: str) -> str:
    if kind not in Kind.values:
        raise refuse(
            "kind", f"“{str(kind)[:50]}” is no kind of the catalog; choose one of {', '.join(Kind.values)}."
        )
    return str(kind)


def checked_name(name: str) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise refuse(
            "name",
            "Use letters, digits and inner - _ . (1 to 63 characters, first and last a letter or digit).",
        )
    return name


def checked_namespace(namespace: str) -> str:
    if not isinstance(namespace, str) or not NAMESPACE.fullmatch(namespace):
        raise refuse("namespace", "Use a-z, 0-9 and inner hyphens, at most 63 characters.")
    return namespace


def checked_tier(value: Any) -> int | None:
    if value in (None, ""):
        return None
    if isinstance(value, bool) or str(value) not in {"1", "2", "3", "4"}:
        raise refuse("tier", "The tier is 1, 2, 3 or 4.")
    return int(value)


def checked_curated(kind: str, curated: Any) -> dict[str, Any]:
    """The kind's free fields: a flat object of short names to texts, numbers, booleans or lists of texts."""
    if not isinstance(curated, Mapping) or len(curated) > MOST_EXTRA:
        raise refuse("curated", f"Give an object of at most {MOST_EXTRA} fields.")
    cleaned = {
        checked_text("curated", key, 63): _checked_extra(str(key), value) for key, value in curated.items()
    }
    for name in ("url", "homepage"):
        if cleaned.get(name) and kind in _KINDS_WITH_URL:
            cleaned[name] = checked_url("curated", cleaned[name])
    return cleaned


def _checked_extra(key: str, value: Any) -> Any:
    limit = 200_000 if key == "definition" else 5_000
    if isinstance(value, str):
        return checked_text("curated", value, limit, lines=True)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float) and abs(value) < 2**53:
        return value
    if isinstance(value, list) and len(value) <= 100 and all(isinstance(item, str) for item in value):
        return [checked_text("curated", item, 500) for item in value]
    raise refuse("curated", f"“{key[:63]}” must be text, a number, yes or no, or a list of texts.")


def slug_for(name: str) -> tuple[str, str]:
    """A catalog name for an imported one, and the title that keeps the original (empty where nothing was lost).

    The slug is stable and collision-free: where characters had to go, eight hexadecimal digits of the original's
    SHA-256 are appended.
    """
    if NAME.fullmatch(name):
        return name, ""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", plain).strip("-_.")[:54].rstrip("-_.")
    return f"{stem}-{digest}" if stem else f"unnamed-{digest}", plain_line(name)
