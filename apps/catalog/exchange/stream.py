"""Documents as one YAML stream that YAML 1.1 and 1.2 read alike.

PyYAML quotes by the rules of 1.1; Backstage reads 1.2, where the text `1e3` without quotes is a number, and a
number as annotation makes an entity disappear. Here every text that is not a plain word is a JSON string,
which is YAML in both; only longer texts stand as blocks of lines. It is also several times faster, which
counts where the file holds the whole catalog.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z][-A-Za-z0-9_./:]*[-A-Za-z0-9_./]", re.ASCII)
# Several lines of printable text that neither begin with a blank nor end in one.
_READABLE = re.compile(r"[!-~\u00a1-\u1fff][ -~\n\u00a1-\u1fff]*\n[ -~\n\u00a1-\u1fff]*[!-~\u00a1-\u1fff]")
# Words with a meaning of their own in one of the two versions.
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off"}
# Allowed in JSON as they are; line breaks, unprintable or a byte-order mark to one YAML or the other.
_SPECIAL = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def stream(documents: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Texts, mappings and lists of either, each document behind its own `---`."""
    for document in documents:
        yield "---\n" + "\n".join(_mapping(document, "")) + "\n"


def _mapping(content: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in content.items():
        name = f"{indent}{_scalar(key)}:"
        if isinstance(value, str):
            yield f"{name} {_block(value, indent) if _READABLE.fullmatch(value) else _scalar(value)}"
        elif not value:
            yield f"{name} {'[]' if isinstance(value, list) else '{}'}"
        else:
            yield name
            yield from _list(value, indent) if isinstance(value, list) else _mapping(value, indent + "  ")


def _list(values: list[Any], indent: str) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield f"{indent}- {_scalar(value)}"
        else:
            first, *rest = _mapping(value, indent + "  ")
            yield f"{indent}- {first.lstrip()}"
            yield from rest


def _block(text: str, indent: str) -> str:
    """Several lines as they are, with nothing to escape."""
    return "|-\n" + "\n".join(f"{indent}  {line}" if line else "" for line in text.split("\n"))


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _RESERVED:
        return text
    return _SPECIAL.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))
