"""The demo world's wiki as files: a folder per space with `space.yaml` and one Markdown file per page.

A page's file holds its current text; the front matter says how it came to it. A step of `history` names who saved
when, and how the text of that day differed from today's: sections that were not written yet (`without`) and pieces
that read otherwise (`was`). So every earlier text is whole, and nobody keeps two copies of a page. `{day 40}` in a
text is the date of forty days ago, `{day -5}` of five days ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from portal.demo_files import FOLDER

WIKI = FOLDER / "wiki"
_DAY = re.compile(r"\{day (-?\d{1,3})\}")
_HEADING = re.compile(r"(#{1,6}) +(.+?)\s*$")


@dataclass(frozen=True)
class PageFile:
    space: str
    slug: str
    front: Mapping[str, Any]
    text: str

    def text_of(self, step: Mapping[str, Any]) -> str:
        """What the page said after one step of its history."""
        return earlier(self.text, step.get("without") or (), step.get("was") or {})


def space_files() -> list[dict[str, Any]]:
    """The spaces, each with its slug."""
    return [{"slug": path.parent.name, **_yaml(path.read_text("utf-8"))} for path in _sorted("*/space.yaml")]


def page_files() -> Iterator[PageFile]:
    for path in _sorted("*/*.md"):
        _, front, text = path.read_text("utf-8").split("---\n", 2)
        yield PageFile(path.parent.name, path.stem, _yaml(front), text.lstrip("\n"))


def searches() -> list[dict[str, Any]]:
    """What people looked for and did not find."""
    rows: list[dict[str, Any]] = _yaml((WIKI / "searches.yaml").read_text("utf-8"))["searches"]
    return rows


def dated(text: str, now: datetime) -> str:
    """The text with real dates in place of `{day ...}`."""
    return _DAY.sub(lambda match: f"{now - timedelta(days=int(match[1])):%Y-%m-%d}", text)


def earlier(text: str, without: Any, was: Mapping[str, str]) -> str:
    """Today's text without some sections, and with other words in some places. Both must be found."""
    for title in without:
        text = _without_section(text, title)
    for now, then in was.items():
        if now not in text:
            raise ValueError(f"“{now}” does not stand in the text.")
        text = text.replace(now, then)
    return text


def _without_section(text: str, title: str) -> str:
    lines, kept, level = text.split("\n"), [], 0
    found = code = False
    for line in lines:
        code ^= line.startswith("```")
        heading = None if code else _HEADING.match(line)
        if heading and level and len(heading[1]) <= level:
            level = 0
        if heading and heading[2] == title:
            level, found = len(heading[1]), True
        if not level:
            kept.append(line)
    if not found:
        raise ValueError(f"There is no section “{title}”.")
    return "\n".join(kept).rstrip("\n") + "\n"


def _sorted(pattern: str) -> list[Path]:
    return sorted(WIKI.glob(pattern))


def _yaml(text: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return content
