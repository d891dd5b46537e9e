"""What people and sources may write in any app: text, addresses, links and tags, as pure functions.

Each `checked_...` returns the cleaned value or raises `Invalid` naming the field; `plain_...` and `tag_or_none` make
fit what comes from elsewhere and never refuse. The form of tags is Backstage's, because an entity with another one
disappears there without a trace.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from apps.core.addresses import is_web_address
from apps.core.characters import has_tricks, without_tricks
from apps.core.errors import Invalid

TAG = re.compile(r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*", re.ASCII)
TAG_LENGTH = 63
MOST_TAGS = 30
MOST_LINKS = 30
LONGEST_DESCRIPTION = 20_000


def refuse(field: str, sentence: str) -> Invalid:
    """The error to raise: one sentence at one field."""
    return Invalid(errors={field: [sentence]})


def checked_text(field: str, text: Any, limit: int, *, lines: bool = False, empty: str = "") -> str:
    """Text in NFC without control, invisible or direction-changing characters (`apps.core.characters`). Where some has to
    be written, `empty` is the sentence that says so."""
    if not isinstance(text, str):
        raise refuse(field, "This must be text.")
    cleaned = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if has_tricks(cleaned, prose=lines) or (not lines and "\n" in cleaned):
        raise refuse(field, "The text has control or invisible characters; remove them.")
    if len(cleaned) > limit:
        raise refuse(field, f"At most {limit:,} characters; this has {len(cleaned):,}.")
    if empty and not cleaned:
        raise refuse(field, empty)
    return cleaned


def checked_choice(field: str, value: Any, choices: Iterable[str]) -> str:
    """One of `choices`, as text."""
    known = list(choices)
    if value not in known:
        raise refuse(field, f"Choose one of {', '.join(known)}.")
    return str(value)


def checked_fields(fields: Mapping[str, Any], checks: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Each field in the form that its check answers with; raises Invalid for any that has none."""
    refuse_unknown(fields, checks)
    return {name: checks[name](value) for name, value in fields.items()}


def refuse_unknown(fields: Iterable[str], known: Iterable[str]) -> None:
    """Raises Invalid that names every field which is not one of the `known`."""
    if unknown := sorted(set(fields) - set(known)):
        raise Invalid(errors={name: ["This field cannot be written here."] for name in unknown})


def checked_url(field: str, url: Any) -> str:
    """An absolute http(s) address without user information; `javascript:` and the like are refused."""
    text = checked_text(field, url, 1000)
    if not is_web_address(text):
        raise refuse(field, "Give a full address that begins with https:// or http://.")
    return text


def checked_links(links: Any) -> list[dict[str, str]]:
    if not isinstance(links, list) or len(links) > MOST_LINKS:
        raise refuse("links", f"Give a list of at most {MOST_LINKS} links, each with url and title.")
    return [_checked_link(link) for link in links]


def _checked_link(link: Any) -> dict[str, str]:
    if not isinstance(link, Mapping) or set(link) - {"url", "title"}:
        raise refuse("links", "Each link has a url and a title.")
    url = checked_url("links", link.get("url"))
    return {"url": url, "title": checked_text("links", link.get("title") or "", 200) or url}


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
