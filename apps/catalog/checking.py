"""What a catalog entry may look like, whoever writes it: names, tags, links and curated fields as pure functions.

Each function returns the cleaned value or raises `Invalid` naming the field. The rules of names are Backstage's,
because an entity that breaks them disappears there without a trace.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from apps.catalog.vocabulary import NAME, NAMESPACE, TAG, TAG_LENGTH, Kind
from apps.core.addresses import is_web_address
from apps.core.characters import has_tricks, without_tricks
from apps.core.errors import Invalid

LONGEST_DESCRIPTION = 20_000
MOST_TAGS = 30
MOST_LINKS = 30
MOST_EXTRA = 40
_KINDS_WITH_URL = {Kind.DASHBOARD, Kind.TOOL, Kind.APPLICATION, Kind.SERVICE, Kind.AGENT}


def refuse(field: str, sentence: str) -> Invalid:
    return Invalid(errors={field: [sentence]})


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


def checked_tags(tags: Iterable[Any]) -> list[str]:
    """Lower-cased, without repetition, in the order given."""
    cleaned = list(dict.fromkeys(str(tag).strip().lower() for tag in tags))
    for tag in cleaned:
        if len(tag) > TAG_LENGTH or not TAG.fullmatch(tag):
            raise refuse(
                "tags", f"“{tag[:70]}” is no tag: use a-z, 0-9, : + # in words joined by single hyphens."
            )
    if len(cleaned) > MOST_TAGS:
        raise refuse("tags", f"At most {MOST_TAGS} tags.")
    return cleaned


def checked_text(field: str, text: Any, limit: int, *, lines: bool = False) -> str:
    """Text in NFC without control, invisible or direction-changing characters (`apps.core.characters`)."""
    if not isinstance(text, str):
        raise refuse(field, "This must be text.")
    cleaned = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if has_tricks(cleaned, prose=lines) or (not lines and "\n" in cleaned):
        raise refuse(field, "The text has control or invisible characters; remove them.")
    if len(cleaned) > limit:
        raise refuse(field, f"At most {limit:,} characters; this has {len(cleaned):,}.")
    return cleaned


def checked_url(field: str, url: Any) -> str:
    """An absolute http(s) address without user information; `javascript:` and the like are refused."""
    text = checked_text(field, url, 1000)
    if not is_web_address(text):
        raise refuse(field, "Give a full address that begins with https:// or http://.")
    return text


def checked_tier(value: Any) -> int | None:
    if value in (None, ""):
        return None
    if isinstance(value, bool) or str(value) not in {"1", "2", "3", "4"}:
        raise refuse("tier", "The tier is 1, 2, 3 or 4.")
    return int(value)


def checked_links(links: Any) -> list[dict[str, str]]:
    if not isinstance(links, list) or len(links) > MOST_LINKS:
        raise refuse("links", f"Give a list of at most {MOST_LINKS} links, each with url and title.")
    return [_checked_link(link) for link in links]


def _checked_link(link: Any) -> dict[str, str]:
    if not isinstance(link, Mapping) or set(link) - {"url", "title"}:
        raise refuse("links", "Each link has a url and a title.")
    url = checked_url("links", link.get("url"))
    return {"url": url, "title": checked_text("links", link.get("title") or "", 200) or url}


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


def plain_text(text: str) -> str:
    """A foreign text made fit for a description: harmless characters, at most its length. Never refuses."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return without_tricks(composed, prose=True).strip()[:LONGEST_DESCRIPTION]


def plain_line(text: str) -> str:
    """A foreign text made fit for a title: one harmless line of at most 200 characters."""
    return " ".join(without_tricks(plain_text(text)).split())[:200]


def tag_or_none(text: str) -> str | None:
    """An imported tag in Backstage's form, or None where nothing of it is left."""
    cleaned = re.sub(r"[^a-z0-9:+#]+", "-", text.lower()).strip("-")[:TAG_LENGTH].rstrip("-")
    return cleaned if cleaned and TAG.fullmatch(cleaned) else None
