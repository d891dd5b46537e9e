"""A zip or a folder as a bundle, all or nothing: every problem is collected, and one is enough to refuse.

Files with a `_space.yaml` are an export of ours and are read as they are, so that the next export is the same bytes.
Others (a plain folder, a project of MkDocs or Zensical) go through `bundle_foreign`.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from apps.wiki.text.bundle import (
    SPACE_FILE,
    Bundle,
)
from apps.wiki.text.bundle_foreign import ForeignFiles
from apps.wiki.text.bundle_opening import Opened, open_folder, open_zip
from apps.wiki.text.bundle_own import OwnFiles
from apps.wiki.text.bundle_project import PROJECTS


def read_zip(file: IO[bytes], *, strict: bool = True, seed: str = "") -> Bundle:
    """The bundle in a zip that can seek; keep it open while attachments are read. Raises BundleError.

    `strict` makes a link to a file that is not there a problem, else it is a warning. `seed` (the slug of the
    space that it goes to) keeps ids that come from paths apart between spaces.
    """
    return _read(open_zip(file), strict, seed)


def read_folder(directory: Path, *, strict: bool = True, seed: str = "") -> Bundle:
    """The bundle in a folder; as `read_zip`."""
    return _read(open_folder(directory), strict, seed)


def _read(opened: Opened, strict: bool, seed: str) -> Bundle:
    _drop_common_folder(opened)
    if SPACE_FILE in opened.entries:
        return OwnFiles(opened, strict).bundle()
    return ForeignFiles(opened, strict, seed).bundle()


def _drop_common_folder(opened: Opened) -> None:
    """Many tools pack a folder and not what is in it; its name then stands before every path."""
    tops = {path.partition("/")[0] for path in opened.entries}
    if len(tops) == 1:
        top = tops.pop() + "/"
        if any(top + name in opened.entries for name in (SPACE_FILE, *PROJECTS)):
            opened.entries = {path.removeprefix(top): pieces for path, pieces in opened.entries.items()}
