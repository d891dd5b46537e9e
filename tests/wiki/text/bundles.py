"""Bundles and zips for tests."""

from __future__ import annotations

import io
import zipfile
from hashlib import sha256

from apps.wiki.text.bundle import Bundle, BundleError, BundleFile
from apps.wiki.text.bundle_reading import read_zip
from apps.wiki.text.bundle_writing import write_zip

SPACE = "slug: risk\ntitle: Risk\n"
PAGE = "---\nid: aaaaaaaaaaaaaaaa\ntitle: Risk\n---\n\nWords.\n"


def zipped(
    files: dict[str, str | bytes], *, space: str | None = SPACE, home: str | None = PAGE
) -> io.BytesIO:
    """A zip as anybody could send it; with a space and a home page unless told otherwise."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in ({"_space.yaml": space} | {"index.md": home} | files).items():
            if content is not None:
                archive.writestr(path, content)
    target.seek(0)
    return target


def page(number: int, title: str = "Title", body: str = "Words.\n", **more: str) -> str:
    """A page's file; its id is made of a number."""
    lines = "".join(f"{key}: {value}\n" for key, value in more.items())
    return f"---\nid: page-{number:04}\ntitle: {title}\n{lines}---\n\n{body}"


def attached(page_id: str, name: str, data: bytes) -> BundleFile:
    return BundleFile(page_id, name, sha256(data).hexdigest(), len(data), lambda: data)


def as_zip(bundle: Bundle) -> bytes:
    target = io.BytesIO()
    write_zip(bundle, target)
    return target.getvalue()


def refusal(file: io.BytesIO, **options: bool) -> list[str]:
    """Why a zip is refused, sentence by sentence."""
    try:
        read_zip(file, **options)
    except BundleError as error:
        return [str(problem) for problem in error.problems]
    return []
