"""What is shown of a page that was found: the places of its text that have the words, with the words marked.

Only the pages that are shown are read. Folding changes the length of a text, so that every place is found in the
folded text and cut out of the written one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.db.models.functions import Left
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.catalog.vocabulary import Kind
from apps.core.text_search import Asked, asked, folded_character
from apps.wiki.models import Page, Rendering

MOST_READ = 100_000  # characters of a page
MOST_MARKS = 80  # places looked at in one page
MOST_IN_ONE = 12  # of them in one fragment
BEFORE, AFTER = 60, 150  # characters around the first word of a fragment
FRAGMENTS = 2
LEAD = 200
# Endings that English words lose when they are compared; for marking only, the database has found the page.
_ENDING = re.compile(r"(?<=[^\W_]{3})(?:ations?|ings?|ions?|ies|ed|es|ly|s|e|y)$")

# Kind and namespace of an entity that a text names; in a fragment its name is enough.
_REFERENCE = re.compile(rf"(?<!\S)(?:{'|'.join(Kind.values)}):[a-z0-9-]+/(?=[A-Za-z0-9])")

Place = tuple[int, int, str]  # from, to, the word that was asked for


def snippets(found: Iterable[Page], text: str) -> dict[int, list[SafeString]]:
    """For each page up to two fragments of safe HTML; its lead where no word stands in the text. One statement."""
    wanted, pages = asked(text), list(found)
    plain = _plain(pages)
    return {
        page.pk: fragments(plain.get(page.revision_id, ""), wanted) or [format_html("{}", _lead(page))]
        for page in pages
    }


def excerpts(found: Iterable[Page], text: str) -> dict[int, str]:
    """For each page the first fragment as plain text, for what is no HTML. One statement."""
    wanted, pages = asked(text), list(found)
    plain = _plain(pages)
    return {page.pk: _excerpt(plain.get(page.revision_id, ""), wanted) or _lead(page) for page in pages}


def _lead(page: Page) -> str:
    return _REFERENCE.sub("", page.lead)[:LEAD]


def _plain(pages: Iterable[Page]) -> dict[int | None, str]:
    """By revision; a page whose rendering was thrown away has none until it is read again."""
    rows = Rendering._base_manager.filter(revision__in=[page.revision_id for page in pages])
    starts = rows.annotate(start=Left("plain", MOST_READ)).values_list("revision", "start")
    return {revision: _REFERENCE.sub("", start) for revision, start in starts}


def _excerpt(text: str, wanted: Asked) -> str:
    for start, end in _windows(text, list(_places(text, wanted))):
        return f"{'… ' if start else ''}{' '.join(text[start:end].split())}{' …' if end < len(text) else ''}"
    return ""


def marked(text: str, wanted: Asked) -> SafeString:
    """A short text, whole, with the words marked."""
    return _drawn(text, list(_places(text, wanted)), 0, len(text))


def fragments(text: str, wanted: Asked) -> list[SafeString]:
    """At most `FRAGMENTS` pieces of `text` around the words, in the text's order."""
    places = list(_places(text, wanted))
    return [_drawn(text, places, start, end) for start, end in _windows(text, places)]


def _windows(text: str, places: list[Place]) -> list[tuple[int, int]]:
    chosen: list[tuple[int, int]] = []
    seen: set[str] = set()
    for _ in range(FRAGMENTS):
        best = _best(text, places, chosen, seen)
        if best is None:
            break
        chosen.append(best)
        seen |= {word for start, end, word in places if best[0] <= start and end <= best[1]}
    return sorted(chosen)


def _best(
    text: str, places: list[Place], chosen: list[tuple[int, int]], seen: set[str]
) -> tuple[int, int] | None:
    """The window with most words, those that are not shown yet before others; the first of equals."""
    best, most = None, 0
    for number, (start, _, _) in enumerate(places):
        window = max(0, start - BEFORE), min(len(text), start + AFTER)
        if any(window[0] < end and begin < window[1] for begin, end in chosen):
            continue
        near = places[number : number + MOST_IN_ONE]
        inside = {word for _, stop, word in near if stop <= window[1]}
        if (count := len(inside) + MOST_IN_ONE * len(inside - seen)) > most:
            best, most = window, count
    return _between_words(text, *best) if best else None


def _between_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The window without the halves of words at its ends."""
    if start > 0 and (gap := re.search(r"\s", text[start : start + BEFORE // 2])):
        start += gap.end()
    if end < len(text) and (gap := re.search(r"\s\S*$", text[end - BEFORE // 2 : end])):
        end -= BEFORE // 2 - gap.start()
    return start, end


def _drawn(text: str, places: list[Place], start: int, end: int) -> SafeString:
    inner = format_html_join("", "{}", ((piece,) for piece in _pieces(text, places, start, end)))
    return format_html("{}{}{}", "… " if start else "", inner, " …" if end < len(text) else "")


def _pieces(text: str, places: list[Place], start: int, end: int) -> Iterator[str | SafeString]:
    at = start
    for begin, stop, _ in places:
        if at <= begin and stop <= end:
            yield text[at:begin]
            yield format_html("<mark>{}</mark>", text[begin:stop])
            at = stop
    yield text[at:end]


def _places(text: str, wanted: Asked) -> Iterator[Place]:
    """Where the words stand in the written text, in its order; at most `MOST_MARKS`."""
    pattern = _pattern(wanted)
    if pattern is None:
        return
    plain, origin = _folded(text)
    count = 0
    for match in pattern.finditer(plain):
        word = _meant(match.group(), wanted)
        if word and (count := count + 1) <= MOST_MARKS:
            yield origin[match.start()] if origin else match.start(), _end(match.end(), origin, text), word


def _end(at: int, origin: list[int], text: str) -> int:
    return at if not origin else origin[at] if at < len(origin) else len(text)


def _folded(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters the one that it came from (nothing where they are the same)."""
    if text.isascii():
        return text.lower(), []
    parts = list(map(folded_character, text))
    lengths = [len(part) for part in parts]
    if all(length == 1 for length in lengths):
        return "".join(parts), []
    return "".join(parts), [index for index, length in enumerate(lengths) for _ in range(length)]


def _pattern(wanted: Asked) -> re.Pattern[str] | None:
    stems = sorted({_stem(word) for word in wanted.wanted}, key=len, reverse=True)
    if not stems:
        return None
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, stems))})[^\W_]*")


def _meant(token: str, wanted: Asked) -> str:
    """The asked word that `token` is a form of, or ""."""
    if wanted.beginning and token.startswith(wanted.beginning):
        return wanted.beginning
    stem = _stem(token)
    return next((word for word in wanted.wanted if token == word or stem == _stem(word)), "")


def _stem(word: str) -> str:
    return _ENDING.sub("", word)
