"""A bundle as files whose bytes depend on nothing but the bundle: sorted names, one date, no clock.

The zip stores without compressing: what `deflate` makes of a text differs between builds of zlib, and an export is
meant to be compared.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from apps.core.matching import normalised
from apps.wiki.text.bundle import (
    ATTACHMENTS,
    DEEP,
    HOME,
    KNOWN,
    LONGEST_PATH,
    SPACE_FILE,
    Bundle,
    BundleFile,
    BundlePage,
    Problems,
    in_tree_order,
)
from apps.wiki.text.front_matter import dumped

_DATE = (1980, 1, 1, 0, 0, 0)
_LONGEST_STEM = 150  # bytes
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_ODD = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*]")


def write(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    """Paths and bytes, sorted by path. Attachments are read one at a time. Raises BundleError before the first."""
    problems = Problems()
    pages = in_tree_order(bundle.pages, problems)
    keys = _keys(pages, problems)
    problems.stop_if_any()
    stored = _stored_names(bundle.files)
    contents: dict[str, BundlePage | BundleFile | None] = {SPACE_FILE: None}
    parents = {page.parent_id for page in pages}
    for page in pages:
        contents[_path(keys[page.id], has_children=page.id in parents)] = page
    for file in bundle.files:
        contents[f"{ATTACHMENTS}/{_stem_of(keys[file.page_id])}/{stored[file.page_id][file.name]}"] = file
    for path in sorted(contents):
        content = contents[path]
        if isinstance(content, BundleFile):
            yield path, content.read()
        elif isinstance(content, BundlePage):
            yield path, _page(content, keys[content.id], stored.get(content.id, {}))
        else:
            yield path, _space(bundle)


def write_zip(bundle: Bundle, file: IO[bytes]) -> None:
    """Writes to a file that can seek (to one that cannot, zip needs other headers)."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for path, data in write(bundle):
            entry = zipfile.ZipInfo(path, _DATE)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)


def write_folder(bundle: Bundle, directory: Path) -> None:
    """Writes into a directory, which is made where it is missing. Files that are there already stay, so that an
    export into a directory with other content is the caller's decision."""
    for path, data in write(bundle):
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def fit_for_a_file(name: str) -> bool:
    """Every file system in use takes it as it is and gives it back."""
    return (
        0 < len(name.encode("utf-8", "surrogatepass")) <= _LONGEST_STEM
        and unicodedata.normalize("NFC", name) == name
        and not _DEVICE.match(name)
        and not _ODD.search(name)
        and not name.startswith((".", "_", " "))
        and not name.endswith((".", " "))
    )


def _keys(pages: Iterable[BundlePage], problems: Problems) -> dict[str, str]:
    """Where each page stands, without `.md` or `/index.md`: its parent's place and its own name."""
    keys: dict[str, str] = {}
    slugs: dict[str, str] = {}
    home = None
    for page in pages:
        if page.id in keys or slugs.setdefault(page.slug.casefold(), page.id) != page.id:
            problems.add(page.slug, "Two pages have this id or this slug.")
        if page.parent_id is None and home is not None:
            problems.add(page.slug, "There is a home page, so every other page needs a parent.")
        if page.parent_id is None and page.slug == HOME:
            home = page.id
            keys[page.id] = ""
            continue
        above = keys.get(page.parent_id or "", "")
        key = f"{above}/{_stem(page)}" if above else _stem(page)
        keys[page.id] = f"{DEEP}/{_stem(page)}" if len(key.encode()) > LONGEST_PATH else key
    return keys


def _stem(page: BundlePage) -> str:
    return page.slug if page.slug != HOME and fit_for_a_file(page.slug) else f"_{page.id}"


def _stem_of(key: str) -> str:
    return key.rpartition("/")[2] or HOME


def _path(key: str, *, has_children: bool) -> str:
    if not key:
        return f"{HOME}.md"
    return f"{key}/{HOME}.md" if has_children else f"{key}.md"


def _stored_names(files: Iterable[BundleFile]) -> dict[str, dict[str, str]]:
    """Per page, name to name in the bundle. Names that a file system would change or confuse get another."""
    stored: dict[str, dict[str, str]] = {}
    taken: set[tuple[str, str]] = set()
    for file in sorted(files, key=lambda file: (file.page_id, file.name)):
        name = file.name
        if not fit_for_a_file(name) or (file.page_id, name.casefold()) in taken:
            name = "_" + sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:24]
        taken.add((file.page_id, name.casefold()))
        stored.setdefault(file.page_id, {})[file.name] = name
    return stored


def _page(page: BundlePage, key: str, stored: dict[str, str]) -> bytes:
    text = normalised(page.text)
    return f"---\n{dumped(_front(page, key, stored))}---\n{chr(10) + text if text else ''}".encode()


def _front(page: BundlePage, key: str, stored: dict[str, str]) -> dict[str, Any]:
    deep = key.startswith(f"{DEEP}/") and key.count("/") == 1
    values: dict[str, Any] = {
        "id": page.id,
        "title": page.title,
        "slug": page.slug if key and _stem_of(key) != page.slug else None,
        "parent": page.parent_id if deep else None,
        "position": page.position or None,
        "tags": list(page.tags),
        "template": page.template,
        "visibility": page.visibility,
        "documents": list(page.documents),
        "verify_every_days": page.verify_every_days,
        "acknowledged_by": page.acknowledged_by,
        "files": {there: name for name, there in sorted(stored.items()) if name != there},
    }
    ours = {name: value for name, value in values.items() if value}
    return ours | {name: page.extra[name] for name in sorted(page.extra) if name not in KNOWN}


def _space(bundle: Bundle) -> bytes:
    space = bundle.space
    values = {
        "slug": space.slug,
        "title": space.title,
        "description": space.description,
        "visibility": space.visibility,
        "verify_every_days": space.verify_every_days,
    }
    return dumped({name: value for name, value in values.items() if value}).encode()
