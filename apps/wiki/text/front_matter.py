"""YAML at the head of a Markdown file, as plain data: text, numbers, lists and mappings.

Values are built from YAML's events, so nothing that a tag names is ever made or run. Aliases are refused: they are
how a small file becomes a large one. Only what JSON can hold and a database gives back unchanged is read as a number;
dates, `yes` and `012` stay the text they are.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from apps.wiki.text.bundle import LARGEST_FRONT_MATTER

DEEPEST = 20
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"-?(?:0|[1-9]\d{0,17})", re.ASCII)
_FLOAT = re.compile(r"-?(?:0|[1-9]\d{0,14})\.\d{1,17}(?:e-\d{1,2})?", re.ASCII)
_UNFIT = re.compile(r"[\x00\ud800-\udfff]")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FrontMatterError(ValueError):
    """A sentence, and the line within the YAML, counted from 1, where it is known."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line


def split(text: str) -> tuple[str | None, str]:
    """The YAML between the first two lines `---` and what follows; None where the text does not begin so."""
    first, newline, rest = text.partition("\n")
    if first.rstrip() != "---" or not newline:
        return None, text
    end = _END.search(rest)
    if not end:
        return None, text
    return rest[: end.start()], rest[end.end() + 1 :]


def mapping(text: str, *, ignore_tags: bool = False) -> dict[str, Any]:
    """The YAML as a mapping; {} for nothing. Raises FrontMatterError."""
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_FRONT_MATTER:
        raise FrontMatterError("The YAML is larger than 64 KB.")
    value = _value(text, ignore_tags)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FrontMatterError("The YAML must be a mapping: lines such as `title: A title`.", 1)
    return value


def dumped(values: dict[str, Any]) -> str:
    """YAML that `mapping` reads back as the same values, with keys in the order given."""
    return "".join(_dumped(name, value) for name, value in values.items())


def _dumped(name: str, value: Any) -> str:
    """One key; the innermost collections stand in one line, as in `tags: [a, b]`."""
    flow = None if isinstance(value, (list, dict)) else False
    style: dict[str, Any] = {"allow_unicode": True, "width": 10**9, "default_flow_style": flow}
    return str(yaml.dump({name: value}, Dumper=_Dumper, sort_keys=False, **style))


class _Dumper(yaml.SafeDumper):
    """PyYAML's own in Python, whose output does not depend on a C library: no aliases, no folded text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def _value(text: str, ignore_tags: bool) -> Any:
    building = _Building(ignore_tags)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            building.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "a character that YAML does not allow"
        raise FrontMatterError(f"This is not valid YAML: {said}.", mark.line + 1 if mark else None) from error
    return building.value


class _Building:
    """Values from events, with a stack of our own: no depth of nesting reaches Python's."""

    def __init__(self, ignore_tags: bool) -> None:
        self.value: Any = None
        self._ignore_tags = ignore_tags
        self._open: list[tuple[Any, list[Any]]] = []  # a list or mapping, and its key that waits for a value
        self._documents = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent):
            raise FrontMatterError("Aliases (`*name`) are not read. Write the value out.", line)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise FrontMatterError("There is a second YAML document; one is expected.", line)
        elif isinstance(event, yaml.ScalarEvent):
            self._put(self._scalar(event, line), line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()

    def _begin(self, event: Any, line: int | None) -> None:
        if event.tag and not self._ignore_tags:
            raise FrontMatterError(f"The tag {event.tag[:60]} is not read. Leave it out.", line)
        if len(self._open) >= DEEPEST:
            raise FrontMatterError(f"More than {DEEPEST} levels stand inside each other.", line)
        collection: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        self._put(collection, line)
        self._open.append((collection, []))

    def _scalar(self, event: Any, line: int | None) -> Any:
        if event.tag and not self._ignore_tags:
            raise FrontMatterError(f"The tag {event.tag[:60]} is not read. Leave it out.", line)
        if _UNFIT.search(event.value):
            raise FrontMatterError(
                "A value holds a character that is no text (NUL or half a character).", line
            )
        if event.tag or event.style:
            return event.value
        return _plain(event.value)

    def _put(self, value: Any, line: int | None) -> None:
        if not self._open:
            self.value = value
            return
        holder, key = self._open[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif key:
            holder[key.pop()] = value
        else:
            key.append(_key(value, holder, line))


def _key(value: Any, holder: dict[str, Any], line: int | None) -> str:
    if isinstance(value, (dict, list)):
        raise FrontMatterError("A list or mapping cannot be the name of a value.", line)
    name = value if isinstance(value, str) else str("" if value is None else value)
    if name in holder:
        raise FrontMatterError(f"`{name[:60]}` stands there twice.", line)
    return name


def _plain(written: str) -> Any:
    if written in _CONSTANTS:
        return _CONSTANTS[written]
    if _INT.fullmatch(written):
        return int(written)
    if _FLOAT.fullmatch(written):
        return float(written) or 0.0  # a database gives -0.0 back as 0.0
    return written
