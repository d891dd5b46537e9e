"""Which texts are addresses on the web: what a form takes as one and what a page makes a link of."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

_UNFIT = re.compile(r"[\s<>\"\\]")
# `//host` leads to another host and does not look like it; other odd slashes the parser of Markdown escapes.
_ELSEWHERE = re.compile(r"\s*[/\\]{2}")


def is_web_address(text: Any) -> bool:
    """An absolute http(s) address with a host, without user information; `javascript:` and `//host` are none."""
    if not isinstance(text, str) or _UNFIT.search(text):
        return False
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    absolute = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return absolute and port_is_fine and "@" not in parts.netloc


def leads_elsewhere(url: str) -> bool:
    """Whether an address without a scheme names another host."""
    return bool(_ELSEWHERE.match(url))
