"""Rendered HTML as a strict reader sees it: each element with its attributes, nothing guessed from the text."""

from __future__ import annotations

from html.parser import HTMLParser

from apps.wiki.text.sanitising import ATTRIBUTES, CLASSES_OF, TAGS, VALUES

Element = tuple[str, dict[str, str]]
ADDRESS_SCHEMES = ("http://", "https://", "mailto:", "#", "/")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))


def elements(html: str) -> list[Element]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.elements


def complaints(html: str) -> list[str]:
    """What the HTML has that the list does not allow; empty for everything that `render` gives."""
    return [f"{tag} {wrong}" for tag, attributes in elements(html) for wrong in _wrong(tag, attributes)]


def _wrong(tag: str, attributes: dict[str, str]) -> list[str]:
    allowed = (
        ATTRIBUTES.get(tag, set()) | set(VALUES.get(tag, {})) | {"class"} | ({"rel"} if tag == "a" else set())
    )
    wrong = [name for name in attributes if name not in allowed or name.startswith("on") or name == "style"]
    wrong += set(attributes.get("class", "").split()) - CLASSES_OF.get(tag, set())
    href = attributes.get("href", "#")
    honest = href.startswith(ADDRESS_SCHEMES) and not href.startswith(("//", "/\\"))
    return [*([] if tag in TAGS else ["is not allowed"]), *wrong, *([] if honest else [href])]
