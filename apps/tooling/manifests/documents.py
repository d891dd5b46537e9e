"""Bytes made harmless: text in a known encoding, JSON, TOML and YAML within bounds, each with lines to point at.

Numbers are not converted (one of a million digits costs nothing), YAML has neither aliases nor tags nor types, and
nesting is bounded before anything recurses.
"""

from __future__ import annotations

import codecs
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

import yaml

from apps.tooling.manifests.requirement import shown, unreadable

LARGEST = 10 * 1024 * 1024
LARGEST_YAML = 1024 * 1024
DEEPEST = 64
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # events only; nothing is constructed
# Also what ends a line for pip or YAML and not for every editor: a package could hide behind it in a comment.
_HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TOKEN = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|([{}\[\]])|\n', re.DOTALL)


def decoded(content: bytes) -> str:
    """The text with plain line ends. UTF-8, or UTF-16 where a byte order mark says so (a shell of Windows writes it)."""
    if len(content) > LARGEST:
        raise unreadable(1, f"The file is larger than {LARGEST // 1024 // 1024} MB.")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if content.startswith(mark)), "utf-8")
    try:
        text = _LINE_END.sub("\n", content.decode(encoding))
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise unreadable(line, "The text is not UTF-8. Save the file in UTF-8.") from error
    if hidden := _HIDDEN.search(text):
        line = text.count("\n", 0, hidden.start()) + 1
        raise unreadable(
            line, f"The text has the control character or hidden line end U+{ord(hidden[0]):04X}. Remove it."
        )
    return text


def json_object(text: str) -> dict[str, Any]:
    """The document's object; numbers are None. ManifestError for anything that is not one, or says a key twice."""
    try:
        document = json.loads(
            text,
            object_pairs_hook=_without_doubles,
            parse_int=_unread,
            parse_float=_unread,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError as error:
        raise unreadable(error.lineno, f"The file is not valid JSON: {error.msg}.") from error
    except ValueError as error:
        raise unreadable(1, f"The file is not JSON that can be read: {error}") from error
    except RecursionError as error:
        raise unreadable(1, "The JSON is nested too deep.") from error
    if not isinstance(document, dict):
        raise unreadable(1, "The file's JSON is not an object.")
    return document


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Readers differ in which of two equal keys they believe, so neither is believed."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"one object says {shown(name)!r} twice.")
        found[name] = value
    return found


def _unread(number: str) -> None:
    """No format says anything of interest in a number, so none is converted."""


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number.")


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of every key of valid JSON, by its path; keys inside of lists are left out."""
    lines: dict[tuple[str, ...], int] = {}
    path: list[str | None] = []
    key, line = "", 1
    for match in _TOKEN.finditer(text):
        string, colon, bracket = match.groups()
        if bracket is None:
            if colon is not None:
                key = json.loads(f'"{string}"') if "\\" in string else string
                if None not in path:
                    lines[(*path[1:], key)] = line  # type: ignore[arg-type]
            line += match[0].count("\n")
        elif bracket in "{[":
            path.append(key if bracket == "{" else None)
        else:
            path.pop()
    return lines


def toml_table(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=_unread)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line ([0-9]+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise unreadable(line, "The file is not valid TOML here.") from error
    except (ValueError, RecursionError) as error:
        raise unreadable(
            1, "The file is TOML that cannot be read: too deep, or a number too long."
        ) from error


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text of a YAML file, whatever type it would have."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Collection:
    """A YAML list or mapping; a mapping's children are key, value, key, value."""

    is_mapping: bool
    line: int
    children: list[Node] = field(default_factory=list)

    def pairs(self) -> Iterator[tuple[str, Node]]:
        if self.is_mapping:
            keys, values = self.children[::2], self.children[1::2]
            for key, value in zip(keys, values, strict=True):
                yield (key.text if isinstance(key, Scalar) else ""), value


Node: TypeAlias = Scalar | Collection


def yaml_tree(text: str) -> Node:
    """The first document as text, lists and mappings. ManifestError for aliases, tags, depth and bad syntax."""
    if len(text) > LARGEST_YAML:
        raise unreadable(1, f"The file is larger than {LARGEST_YAML // 1024 // 1024} MB.")
    try:
        return _tree(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise unreadable(mark.line + 1 if mark else 1, "The file is not valid YAML here.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise unreadable(1, "The file is not valid YAML.") from error


def _tree(events: Iterator[yaml.Event]) -> Node:
    root = Collection(False, 1)
    open_nodes = [root]
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 1
        _refuse_cleverness(event, line, len(open_nodes))
        if isinstance(event, yaml.ScalarEvent):
            open_nodes[-1].children.append(Scalar(event.value, line))
        elif isinstance(event, yaml.CollectionStartEvent):
            opened = Collection(isinstance(event, yaml.MappingStartEvent), line)
            open_nodes[-1].children.append(opened)
            open_nodes.append(opened)
        elif isinstance(event, yaml.CollectionEndEvent):
            open_nodes.pop()
        elif isinstance(event, yaml.DocumentEndEvent):
            break
    if not root.children:
        raise unreadable(1, "The file is empty.")
    return root.children[0]


def _refuse_cleverness(event: yaml.Event, line: int, depth: int) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise unreadable(line, "The YAML uses an anchor or an alias. Write it out.")
    if getattr(event, "tag", None) not in (None, "!"):
        raise unreadable(line, "The YAML uses a tag. Write plain text.")
    if depth > DEEPEST:
        raise unreadable(line, "The YAML is nested too deep.")
