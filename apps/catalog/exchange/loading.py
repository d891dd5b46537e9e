"""YAML from outside, made harmless: size, depth, number of documents and what aliases unfold to are
limited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from apps.core.errors import Invalid

LARGEST = 1024 * 1024
MOST_DOCUMENTS = 500
DEEPEST = 30
MOST_NODES = 100_000
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def documents(text: str) -> Iterator[tuple[int, Any]]:
    """Each document with the line where it begins; empty ones are left out. Raises Invalid naming the
    line."""
    _refuse_large(text)
    try:
        _refuse_deep(text)
        yield from _constructed(text)
    except yaml.YAMLError as error:
        raise _invalid(f"This is not valid YAML{_place(error)}.") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise _invalid(
            "A value in this file has a form that YAML does not know; put it in quotes."
        ) from error


def _constructed(text: str) -> Iterator[tuple[int, Any]]:
    loader = _SafeLoader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if _unfolded(node, {}) > MOST_NODES:
                raise _invalid(
                    "The file's aliases unfold to more than the portal reads. Write it without aliases."
                )
            content = loader.construct_document(node)
            if content is not None:
                yield node.start_mark.line + 1, content
    finally:
        loader.dispose()


def _refuse_large(text: str) -> None:
    if len(text) > LARGEST or len(text.encode("utf-8", "surrogatepass")) > LARGEST:
        raise _invalid("The file is larger than 1 MB. Import it in parts.")
    if not text.strip():
        raise _invalid("There is nothing to read. Paste a catalog-info.yaml or choose a file.")


def _refuse_deep(text: str) -> None:
    """Counts events, which are read without recursion, before nodes are built with it."""
    depth = found = 0
    for event in yaml.parse(text, Loader=_SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        found += isinstance(event, yaml.DocumentStartEvent)
        if depth > DEEPEST:
            raise _invalid(f"Line {_line(event)}: more than {DEEPEST} levels inside each other.")
        if found > MOST_DOCUMENTS:
            raise _invalid(f"At most {MOST_DOCUMENTS} entities at once. Import the file in parts.")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _unfolded(node: Any, known: dict[int, int | None]) -> int:
    """How many nodes this one is once every alias is written out; infinite (the limit) where it holds
    itself."""
    if id(node) in known:
        size = known[id(node)]
        return MOST_NODES + 1 if size is None else size
    known[id(node)] = None
    total = 1 + sum(_unfolded(child, known) for child in _children(node))
    known[id(node)] = total
    return total


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from (key, value)
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", None) or "a character that YAML does not allow"
    return f", line {mark.line + 1}: {said}" if mark else f": {said}"


def _invalid(sentence: str) -> Invalid:
    return Invalid(errors={"text": [sentence]})
