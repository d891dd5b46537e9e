"""Numbers and lists as people say them."""

from __future__ import annotations


def counted(number: float, word: str) -> str:
    """“1 page”, “2 pages”, “1,000 pages”; for words whose plural ends with an s."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
