"""Front matter as a page's fields: what each key may be, and the sentence for what it may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from apps.wiki.text.bundle import KNOWN, LONGEST_NAME, SLUG
from apps.wiki.text.naming import LONGEST_SLUG, LONGEST_TITLE, UID

Note = Callable[[str], None]
VISIBILITIES = ("company", "unit", "restricted")
MOST_WORDS = 200
_WORD = re.compile(r"[a-z][a-z0-9-]{0,31}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def page_fields(values: dict[str, Any], note: Note) -> dict[str, Any]:
    """What a BundlePage is made of, besides its place and text; the title is "" where there is none."""
    return {
        "title": line(values, "title", LONGEST_TITLE, note),
        "position": number(values, "position", 0, 1_000_000, note) or 0,
        "tags": _words(values, "tags", 63, note),
        "template": _word(values, "template", note),
        "visibility": visibility(values, note),
        "documents": _words(values, "documents", 400, note),
        "verify_every_days": number(values, "verify_every_days", 1, 3650, note),
        "acknowledged_by": _word(values, "acknowledged_by", note),
        "extra": {key: value for key, value in values.items() if key not in KNOWN},
    }


def line(values: dict[str, Any], key: str, longest: int, note: Note) -> str:
    """One line of text, with its spaces as they are; a number counts as its digits."""
    value = _as_text(values.get(key, ""))
    if value is None or _CONTROL.search(value) or len(value) > longest or (value and not value.strip()):
        note(f"`{key}` must be one line of at most {longest} characters.")
        return ""
    return value


def number(values: dict[str, Any], key: str, least: int, most: int, note: Note) -> int | None:
    value = values.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        note(f"`{key}` must be a whole number from {least} to {most}.")
        return None
    return value


def visibility(values: dict[str, Any], note: Note) -> str:
    value = values.get("visibility") or ""
    if value and value not in VISIBILITIES:
        note(f"`visibility` must be one of {', '.join(VISIBILITIES)}.")
        return ""
    return str(value)


def identity(values: dict[str, Any], key: str, note: Note) -> str:
    value = _as_text(values.get(key, ""))
    if value == "" or (value is not None and UID.fullmatch(value)):
        return value
    note(f"`{key}` must be 6 to 40 lower-case letters, digits and hyphens.")
    return ""


def slug_problem(slug: str) -> str:
    if len(slug) <= LONGEST_SLUG and SLUG.fullmatch(slug) and slug == slug.casefold():
        return ""
    return (
        f"“{slug[:60]}” is no slug: lower-case letters and digits joined by hyphens, at most {LONGEST_SLUG}."
    )


def stored_names(values: dict[str, Any], note: Note) -> dict[str, str]:
    """`files`: the name that an attachment has on the page, by its name in the bundle."""
    value = values.get("files") or {}
    if isinstance(value, dict) and all(
        isinstance(name, str) and not name_problem(name) for name in value.values()
    ):
        return value
    note("`files` must give each stored name its real one.")
    return {}


def name_problem(name: str) -> str:
    if (
        0 < len(name) <= LONGEST_NAME
        and not re.search(r"[/\\\x00-\x1f\x7f]", name)
        and name not in {".", ".."}
    ):
        return ""
    return f"An attachment's name has at most {LONGEST_NAME} characters and no slashes."


def _word(values: dict[str, Any], key: str, note: Note) -> str:
    value = values.get(key) or ""
    if value and not (isinstance(value, str) and _WORD.fullmatch(value)):
        note(f"`{key}` must be a word in lower case.")
        return ""
    return str(value)


def _words(values: dict[str, Any], key: str, longest: int, note: Note) -> tuple[str, ...]:
    value = values.get(key)
    words = [] if value is None else value if isinstance(value, list) else [value]
    found = [_as_text(word) for word in words]
    if len(found) > MOST_WORDS or any(
        not word or not word.strip() or len(word) > longest or _CONTROL.search(word) for word in found
    ):
        note(f"`{key}` must be a list of at most {MOST_WORDS} words of at most {longest} characters.")
        return ()
    return tuple(dict.fromkeys(word for word in found if word))


def _as_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else None
