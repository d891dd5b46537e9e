"""Files that a page's text names and that are not beside it: a remark for whoever exports or imports, no refusal."""

from __future__ import annotations

from collections.abc import Container

from apps.wiki.text.bundle import Problem
from apps.wiki.text.bundle_links import Link, links


def missing_files(text: str, there: Container[str]) -> list[Link]:
    """Links to attachments that are not `there`, in the order of the text. The renderer has the last word on what
    an attachment is; it is asked only where the light scan found something."""
    gone = [link for link in links(text) if link.path not in there] if "](" in text or "]:" in text else []
    meant = _attachments_of(text) if gone else set()
    return [link for link in gone if link.path in meant]


def remark(path: str, link: Link, line: int) -> Problem:
    """What only looks like a page's file is a broken link, which a wiki may have."""
    name = link.path[:150]
    if link.names_a_file:
        return Problem(path, f"The file “{name}” is missing; the link to it is kept and leads nowhere.", line)
    return Problem(path, f"The link to “{name}” leads nowhere.", line)


def _attachments_of(text: str) -> set[str]:
    from apps.wiki.text.rendering import render

    return set(render(text).attachments)
