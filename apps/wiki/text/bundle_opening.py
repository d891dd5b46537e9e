"""Files that strangers send, behind one door: a zip or a folder, with every path and size checked on the way.

No header of a zip is believed. Bytes are read in pieces and counted; a limit ends the reading, whatever was announced.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, NoReturn

from apps.wiki.text.bundle import (
    LARGEST_FILE,
    LARGEST_TEXTS,
    LARGEST_TOTAL,
    MOST_ENTRIES,
    BundleError,
    Problem,
    Problems,
)

_PIECE = 64 * 1024
_LONGEST_PART = 255  # bytes, as file systems have it
_LONGEST_PATH = 1_000
_LARGEST_DIRECTORY = 8 * 1024 * 1024  # bytes of a zip's list of entries
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)

Pieces = Callable[[], Iterator[bytes]]


class _Refused(Exception):
    """Why one entry is not read any further, as a sentence."""


@dataclass(slots=True)
class Opened:
    """The entries by path, and what was wrong with those that are not here."""

    problems: Problems = field(default_factory=Problems)
    entries: dict[str, Pieces] = field(default_factory=dict)
    read_so_far: int = 0
    kept_so_far: int = 0

    def read(self, path: str, limit: int = LARGEST_FILE) -> bytes | None:
        """All bytes of an entry; None where that is a problem, which is noted."""
        content = bytearray()
        if not self._took(path, limit, content.extend):
            return None
        self.kept_so_far += len(content)
        if self.kept_so_far > LARGEST_TEXTS:
            self._too_much(path, f"All texts together are larger than {_size(LARGEST_TEXTS)}.")
        return bytes(content)

    def weighed(self, path: str, limit: int = LARGEST_FILE) -> tuple[str, int] | None:
        """The SHA-256 and size of an entry, read without keeping it."""
        digest = sha256()
        sizes: list[int] = []

        def take(piece: bytes) -> None:
            digest.update(piece)
            sizes.append(len(piece))

        return (digest.hexdigest(), sum(sizes)) if self._took(path, limit, take) else None

    def again(self, path: str, expected: str) -> bytes:
        """The bytes of an entry that was weighed. Raises BundleError if it changed since."""
        fresh = Opened(entries={path: self.entries[path]})
        content = fresh.read(path)
        if content is None or sha256(content).hexdigest() != expected:
            raise BundleError(
                fresh.problems.found or [Problem(path, "The file changed while it was read. Import again.")]
            )
        return content

    def _took(self, path: str, limit: int, take: Callable[[bytes], object]) -> bool:
        size = 0
        try:
            for piece in self.entries[path]():
                size += len(piece)
                self._count(path, len(piece))
                if size > limit:
                    raise _Refused(f"The file is larger than {_size(limit)}.")
                take(piece)
        except _Refused as refusal:
            self.problems.add(path, str(refusal))
            return False
        except _BROKEN as error:
            self.problems.add(path, f"The file cannot be read; it is damaged ({type(error).__name__}).")
            return False
        return True

    def _count(self, path: str, size: int) -> None:
        self.read_so_far += size
        if self.read_so_far > LARGEST_TOTAL:
            self._too_much(path, f"All files together are larger than {_size(LARGEST_TOTAL)}.")

    def _too_much(self, path: str, sentence: str) -> NoReturn:
        raise BundleError([*self.problems.found, Problem(path, f"{sentence} Import in parts.")])

    def keep(self, path: str, pieces: Pieces) -> None:
        """Takes an entry in, unless its path is unfit or there already."""
        sentence = _unfit(path)
        path = unicodedata.normalize("NFC", path)
        if sentence:
            self.problems.add(_shown(path), sentence)
        elif path in self.entries:
            self.problems.add(path, "The path stands there twice.")
        elif not _ignored(path):
            self.entries[path] = pieces
        if len(self.entries) > MOST_ENTRIES:
            raise BundleError([Problem("", f"There are more than {MOST_ENTRIES:,} files. Import in parts.")])


def open_folder(directory: Path) -> Opened:
    """Regular files below a directory. Symbolic links and devices are problems, hidden files are left out."""
    opened = Opened()
    if not directory.is_dir():
        raise BundleError([Problem(directory.name, "There is no such folder.")])
    for parent, folders, names in os.walk(directory):
        folders.sort()
        for name in sorted(folders + names):
            _keep_file(opened, directory, Path(parent) / name)
        folders[:] = [name for name in folders if not _ignored(name)]
    return opened


def _keep_file(opened: Opened, directory: Path, file: Path) -> None:
    path = file.relative_to(directory).as_posix()
    mode = file.lstat().st_mode
    if _ignored(path) or stat.S_ISDIR(mode):
        return
    if stat.S_ISLNK(mode):
        opened.problems.add(_shown(path), "This is a symbolic link. Put the file itself there.")
    elif not stat.S_ISREG(mode):
        opened.problems.add(_shown(path), "This is not a file that can be read.")
    else:
        opened.keep(path, lambda: _of_file(file))


def _of_file(file: Path) -> Iterator[bytes]:
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


def open_zip(file: IO[bytes]) -> Opened:
    """The entries of a zip; `file` can seek and stays open as long as the entries are read."""
    _refuse_odd_directory(file)
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
    except _BROKEN as error:
        raise BundleError([Problem("", "This is not a zip file, or it is damaged.")]) from error
    if len(entries) > MOST_ENTRIES:
        raise BundleError([Problem("", f"There are more than {MOST_ENTRIES:,} entries. Import in parts.")])
    opened = Opened()
    for entry in entries:
        _keep_entry(opened, archive, entry)
    return opened


def _keep_entry(opened: Opened, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    path = _name(entry)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if path is None:
        opened.problems.add(
            _shown(entry.orig_filename), "The name is not UTF-8. Pack the files again with UTF-8 names."
        )
    elif kind == stat.S_IFLNK:
        opened.problems.add(_shown(path), "This is a symbolic link. Put the file itself there.")
    elif kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        opened.problems.add(_shown(path), "This is not a file that can be read.")
    elif entry.flag_bits & 0x1:
        opened.problems.add(_shown(path), "The file is encrypted. Pack the files without a password.")
    elif entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        opened.problems.add(
            _shown(path), "The file is packed in a way other than deflate. Pack the files again."
        )
    elif path.endswith("/"):
        sentence = _unfit(path.rstrip("/"))
        if sentence:
            opened.problems.add(_shown(path), sentence)
    else:
        opened.keep(path, lambda: _of_entry(archive, entry))


def _of_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(entry) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _name(entry: zipfile.ZipInfo) -> str | None:
    """The name as written (Python cuts at NUL). Without the flag for UTF-8 it may be UTF-8 all the same."""
    name = entry.orig_filename
    if entry.flag_bits & 0x800 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return None


def _refuse_odd_directory(file: IO[bytes]) -> None:
    """The list of entries is read whole by `zipfile`, so its length is looked at first. Zip64 is for files that
    are refused anyway."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 65_557))
    tail = file.read()
    for at in {tail.rfind(b"PK\x05\x06"), len(tail) - 22} - {-1}:
        size = int.from_bytes(tail[at + 12 : at + 16], "little") if tail[at : at + 4] == b"PK\x05\x06" else 0
        if size > _LARGEST_DIRECTORY or tail[max(at - 20, 0) : at].startswith(b"PK\x06\x07"):
            raise BundleError([Problem("", f"The zip lists too many entries (at most {MOST_ENTRIES:,}).")])
    file.seek(0)


def _unfit(path: str) -> str:
    """Why a path is refused, or ""."""
    if "\\" in path:
        return "The path has a backslash. Separate folders with /."
    if path.startswith("/") or _DRIVE.match(path):
        return "The path is absolute. Paths begin in the bundle's own folder."
    if any(part in {"", ".", ".."} for part in path.split("/")):
        return "The path leads out of the bundle or has an empty part."
    if _CONTROL.search(path):
        return "The path has a control character."
    try:
        raw = [part.encode() for part in path.split("/")]
    except UnicodeEncodeError:
        return "The path is not UTF-8."
    if max(map(len, raw)) > _LONGEST_PART or len(path.encode()) > _LONGEST_PATH:
        return f"The name is longer than {_LONGEST_PART} bytes, or the path longer than {_LONGEST_PATH}."
    return ""


def _ignored(path: str) -> bool:
    """What operating systems and version control leave in folders."""
    return any(part.startswith(".") or part in {"__MACOSX", "Thumbs.db"} for part in path.split("/"))


def _shown(path: str) -> str:
    return _CONTROL.sub("?", path.encode("utf-8", "replace").decode())[:200]


def _size(count: int) -> str:
    return f"{count // (1024 * 1024)} MB" if count >= 1024 * 1024 else f"{count // 1024} KB"
