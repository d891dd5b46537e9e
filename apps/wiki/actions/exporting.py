"""An export onto a disk: whole or not at all, and never over files that are somebody else's."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from apps.core.errors import Conflict
from apps.wiki.text.bundle import ATTACHMENTS, SPACE_FILE, Bundle
from apps.wiki.text.bundle_writing import write, write_zip


def export_zip(bundle: Bundle, target: Path) -> None:
    """Writes beside the target first, so that a broken export leaves the one of yesterday."""
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as draft:
        try:
            write_zip(bundle, draft)
            draft.flush()
            os.replace(draft.name, target)
        except BaseException:
            os.unlink(draft.name)
            raise


def export_folder(bundle: Bundle, directory: Path) -> None:
    """Into a new or empty folder, or over an earlier export, whose pages and files that are gone now go too.

    Raises Conflict for a folder that holds anything else. Hidden files (a `.git`, say) are nobody's business here.
    """
    there = set(_files(directory))
    if there and SPACE_FILE not in there:
        raise Conflict(
            f"{directory} holds other files.", next_step="Name an empty folder, or an earlier export."
        )
    written = set()
    for path, data in write(bundle):
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        written.add(path)
    for path in there - written:
        if path.endswith(".md") or path.startswith(f"{ATTACHMENTS}/"):
            (directory / path).unlink()


def _files(directory: Path) -> list[str]:
    if not directory.exists():
        return []
    if not directory.is_dir():
        raise Conflict(f"{directory} is a file.", next_step="Name a folder, or a file that ends in .zip.")
    found = (file.relative_to(directory) for file in directory.rglob("*") if file.is_file())
    return [path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts)]
