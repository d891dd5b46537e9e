"""A zip or a folder as a bundle, all or nothing: every problem is collected, and one is enough to refuse.

Files with a `_space.yaml` are an export of ours and are read as they are, so that the next export is the same bytes.
Others (a plain folder, a project of MkDocs or Zensical) go through `bundle_foreign`.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from apps.wiki.text.bundle import SPACE_FILE, Bundle, BundleError, Problem
from apps.wiki.text.bundle_foreign import ForeignFiles
from apps.wiki.text.bundle_links import MARKDOWN
from apps.wiki.text.bundle_opening import Opened, open_folder, open_zip
from apps.wiki.text.bundle_own import OwnFiles
from apps.wiki.text.bundle_project import PROJECTS


def read_zip(file: IO[bytes], *, seed: str = "", most_pages: int | None = None) -> Bundle:
    """The bundle in a zip that can seek; keep it open while attachments are read. Raises BundleError.

    `seed` (the slug of the space that it goes to) keeps ids that come from paths apart between spaces. With more
    than `most_pages` Markdown files it is refused before any is read.
    """
    return _read(open_zip(file), seed, most_pages)


def read_folder(directory: Path, *, seed: str = "") -> Bundle:
    """The bundle in a folder; as `read_zip`."""
    return _read(open_folder(directory), seed)


def _read(opened: Opened, seed: str, most_pages: int | None = None) -> Bundle:
    _drop_common_folder(opened)
    _refuse_too_many(opened, most_pages)
    if SPACE_FILE in opened.entries:
        return OwnFiles(opened).bundle()
    return ForeignFiles(opened, seed).bundle()


def _refuse_too_many(opened: Opened, most: int | None) -> None:
    count = sum(path.lower().endswith(MARKDOWN) for path in opened.entries)
    if most is not None and count > most:
        sentence = (
            f"The zip holds {count:,} pages; at most {most:,} go in one import in the browser. "
            "Import in parts, or have it done from a terminal."
        )
        raise BundleError([Problem("", sentence)])


def _drop_common_folder(opened: Opened) -> None:
    """Many tools pack a folder and not what is in it; its name then stands before every path."""
    tops = {path.partition("/")[0] for path in opened.entries}
    if len(tops) == 1:
        top = tops.pop() + "/"
        if any(top + name in opened.entries for name in (SPACE_FILE, *PROJECTS)):
            opened.entries = {path.removeprefix(top): pieces for path, pieces in opened.entries.items()}
