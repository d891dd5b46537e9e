"""Words as full-text search compares them: diacritics folded in Python on both sides, because contrib extensions
are not used (DESIGN.md, section 3)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from django.contrib.postgres.search import SearchQuery

LONGEST_QUERY = 200
MOST_WORDS = 12
# English words that stand in nearly every text: asking for them finds nothing better, and costs.
COMMON = frozenset(
    re.findall(
        r"\w+",
        """a an and are as at be by do does for from has have how i in is it of on or that the this to was what when
        where which who why with""",
    )
)
_WORD = re.compile(r"[^\W_]+")
# A quoted phrase or a piece without spaces, either with a minus before it.
_PIECE = re.compile(r'(?<!\S)(?P<minus>-?)"(?P<phrase>[^"]+)"|(?P<piece>\S+)')


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed, in folded words. `beginning` is the last word, which may not be finished yet."""

    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    beginning: str = ""
    without: tuple[tuple[str, ...], ...] = ()

    @property
    def wanted(self) -> list[str]:
        """Every word that a match must have, in no order of meaning."""
        found = [*self.words, *(word for phrase in self.phrases for word in phrase), self.beginning]
        return [word for word in dict.fromkeys(found) if word]


@lru_cache(maxsize=4096)
def folded_character(char: str) -> str:
    """One character in lower case without diacritics: none, one or several characters."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(part for part in plain if not unicodedata.combining(part))


def folded(text: str) -> str:
    """Lower case without diacritics; `-`, `_`, `.` and `/` separate words."""
    plain = text.lower() if text.isascii() else "".join(map(folded_character, text))
    return re.sub(r"[-_./]+", " ", plain)


def spelled(text: str) -> str:
    """The words of a text and nothing else, so that PostgreSQL sees no address, number or tag among them."""
    return " ".join(_WORD.findall(folded(text)))


def words(text: str) -> list[str]:
    """At most `MOST_WORDS` words of the first `LONGEST_QUERY` characters, folded; signs are no words."""
    return _WORD.findall(folded(text[:LONGEST_QUERY]))[:MOST_WORDS]


def asked(text: str) -> Asked:
    """Reads `words "a phrase" -without`; whatever else was typed is words. A text that only excludes has words."""
    reading = _Reading()
    for match in _PIECE.finditer(text[:LONGEST_QUERY]):
        reading.take(match)
    return reading.result(open_end=not text[:LONGEST_QUERY].endswith('"'))


@dataclass(slots=True)
class _Reading:
    words: list[str] = field(default_factory=list)
    phrases: list[tuple[str, ...]] = field(default_factory=list)
    without: list[tuple[str, ...]] = field(default_factory=list)
    left: int = MOST_WORDS
    ends_with_word: bool = False

    def take(self, match: re.Match[str]) -> None:
        phrase, piece = match["phrase"], match["piece"]
        excludes = match["minus"] == "-" if phrase else len(piece) > 1 and piece.startswith("-")
        found = tuple(_WORD.findall(folded(phrase or piece))[: self.left])
        self.left -= len(found)
        if not found:
            return
        self.ends_with_word = not phrase and not excludes
        if excludes:
            self.without.append(found)
        elif phrase:
            self.phrases.append(found)
        else:
            self.words.extend(found)

    def result(self, *, open_end: bool) -> Asked:
        if not self.words and not self.phrases:
            self.words, self.without = [word for some in self.without for word in some], []
            self.ends_with_word = bool(self.words)
        beginning = self.words.pop() if self.words and self.ends_with_word and open_end else ""
        return Asked(tuple(self.words), tuple(self.phrases), beginning, tuple(self.without))


def either(word: str) -> SearchQuery:
    """A word as it is written, or in another of its English forms."""
    return SearchQuery(word, config="simple", search_type="plain") | SearchQuery(
        word, config="english", search_type="plain"
    )


def beginning(word: str) -> SearchQuery:
    """Every word that begins so, and its English forms; `word` is one of `words()`: no sign of the query language."""
    return SearchQuery(f"'{word}':*", config="simple", search_type="raw") | SearchQuery(
        word, config="english", search_type="plain"
    )


def phrase(found: tuple[str, ...]) -> SearchQuery:
    """These words as they are written, one after the other."""
    return SearchQuery(" ".join(found), config="simple", search_type="phrase")


def text_query(text: str) -> SearchQuery | None:
    """Every telling word and phrase of `text`, the last word as a beginning, nothing that it excludes; None without a
    word."""
    reading = asked(text)
    telling = [word for word in reading.words if word not in COMMON]
    parts = [either(word) for word in telling] + [phrase(found) for found in reading.phrases]
    parts += [beginning(reading.beginning)] if reading.beginning else []
    parts = parts or [either(word) for word in reading.words]
    if not parts:
        return None
    query = parts[0]
    for part in [*parts[1:], *(~phrase(found) for found in reading.without)]:
        query = query & part
    return query
