"""What reading our own exports and reading foreign files share: text, front matter, ids, and what is noted."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from apps.core.matching import normalised
from apps.wiki.text import front_matter
from apps.wiki.text.bundle import (
    LARGEST_FRONT_MATTER,
    LARGEST_PAGE,
    BundlePage,
    Problems,
)
from apps.wiki.text.bundle_opening import Opened

_LARGEST_TEXT = LARGEST_PAGE + LARGEST_FRONT_MATTER + 1024


def text_of(opened: Opened, path: str) -> str | None:
    """An entry as text; None where that is a problem, which is noted."""
    data = opened.read(path, _LARGEST_TEXT)
    if data is None:
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        opened.problems.add(path, "Byte 0: the text is UTF-16. Save the file as UTF-8.")
        return None
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        place = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
        sentence = f"Byte {place} is not UTF-8 (the text may be Latin-1). Save the file as UTF-8."
        opened.problems.add(path, sentence, data.count(b"\n", 0, place) + 1)
        return None
    if "\0" in text:
        opened.problems.add(path, f"Byte {data.index(0)} is NUL: this is no text in UTF-8.")
        return None
    return normalised(text)


def derived_id(seed: str, path: str) -> str:
    """The same id for the same path, so that a second import finds the page of the first."""
    return b32encode(sha256(f"{seed}\n{path}".encode()).digest()).decode()[:16].lower()


def values_of(
    matter: str | None, note: Callable[[str, int | None], None], *, first_line: int = 2
) -> dict[str, Any]:
    """Front matter as a mapping; {} where it is none, after saying so."""
    try:
        return front_matter.mapping(matter or "")
    except front_matter.FrontMatterError as error:
        note(error.sentence, error.line + first_line - 1 if error.line else None)
        return {}


def note_size(path: str, text: str, problems: Problems) -> None:
    if len(text.encode()) > LARGEST_PAGE:
        problems.add(path, "The page is larger than 512 KB. Divide it.")


def note_duplicates(pages: Iterable[BundlePage], problems: Problems) -> None:
    """One id and one slug (in whatever case) per page."""
    ids: dict[str, str] = {}
    slugs: dict[str, str] = {}
    for page in pages:
        for taken, key, what in ((ids, page.id, "id"), (slugs, page.slug.casefold(), "slug")):
            if taken.setdefault(key, page.source) != page.source:
                problems.add(
                    page.source, f"The {what} “{key}” is that of {taken[key]} too. Change one of them."
                )
