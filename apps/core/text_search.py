"""Words as full-text search compares them: diacritics folded in Python on both sides, because contrib extensions
are not used (DESIGN.md, section 3)."""

from __future__ import annotations

import re
import unicodedata

from django.contrib.postgres.search import SearchQuery

LONGEST_QUERY = 200
MOST_WORDS = 12


def folded(text: str) -> str:
    """Lower case without diacritics; `-`, `_`, `.` and `/` separate words."""
    plain = unicodedata.normalize("NFKD", text).lower()
    return re.sub(r"[-_./]+", " ", "".join(char for char in plain if not unicodedata.combining(char)))


def words(text: str) -> list[str]:
    """At most `MOST_WORDS` words of the first `LONGEST_QUERY` characters, folded; signs are no words."""
    return re.findall(r"[^\W_]+", folded(text[:LONGEST_QUERY]))[:MOST_WORDS]


def either(word: str) -> SearchQuery:
    """A word as it is written, or in another of its English forms."""
    return SearchQuery(word, config="simple", search_type="plain") | SearchQuery(
        word, config="english", search_type="plain"
    )


def beginning(word: str) -> SearchQuery:
    """Every word that begins so; `word` is one of `words()` and so has no sign of the query language."""
    return SearchQuery(f"'{word}':*", config="simple", search_type="raw")


def text_query(text: str) -> SearchQuery | None:
    """Every word of `text`, the last one as a beginning; None where there is no word."""
    found = words(text)
    if not found:
        return None
    *whole, last = found
    query = beginning(last)
    for word in whole:
        query = query & either(word)
    return query
