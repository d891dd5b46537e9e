"""Which files may be attached, told by their bytes; the name must agree, what the sender says counts nothing.

Our own table instead of a library: an allow list of a dozen signatures is shorter than the configuration of one,
and a library that knows thousands of types guesses where we must know. SVG and HTML are not in it: both run scripts
where somebody opens the saved file.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

_SIGNATURES: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("image/png", lambda data: data.startswith(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", lambda data: data.startswith(b"\xff\xd8\xff")),
    ("image/gif", lambda data: data.startswith((b"GIF87a", b"GIF89a"))),
    ("image/webp", lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP"),
    ("application/pdf", lambda data: data.startswith(b"%PDF-")),
    ("application/vnd.apache.parquet", lambda data: data[:4] == data[-4:] == b"PAR1" and len(data) > 12),
)
_OFFICE = "application/vnd.openxmlformats-officedocument"
_PACKED = {
    "xl/": f"{_OFFICE}.spreadsheetml.sheet",
    "word/": f"{_OFFICE}.wordprocessingml.document",
    "ppt/": f"{_OFFICE}.presentationml.presentation",
}
_ENDINGS = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
    "application/vnd.apache.parquet": ("parquet",),
    "application/zip": ("zip",),
    _PACKED["xl/"]: ("xlsx",),
    _PACKED["word/"]: ("docx",),
    _PACKED["ppt/"]: ("pptx",),
}
_TEXTS = {
    "csv": "text/csv",
    "txt": "text/plain",
    "md": "text/markdown",
    "json": "application/json",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "ipynb": "application/x-ipynb+json",
}
SHOWN_INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
ENDINGS = tuple(sorted({ending for endings in _ENDINGS.values() for ending in endings} | set(_TEXTS)))
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
TAKEN = "png, jpeg, gif, webp, pdf, csv, txt, md, json, yaml, ipynb, parquet, zip, xlsx, docx and pptx"


def type_of(name: str, data: bytes) -> str:
    """The content type of a file. Raises ValueError with a sentence for what is not taken."""
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if ending in {"svg", "svgz", "htm", "html", "xhtml", "xml"}:
        raise ValueError(
            f"A .{ending} file can hold scripts and is not taken. Attach a PNG, a PDF or a zip of it."
        )
    if ending not in ENDINGS:
        raise ValueError(f"Files of this kind are not taken. Attach {TAKEN}.")
    found = _by_signature(data) or (_TEXTS.get(ending) if _is_text(data) else None)
    if found is None:
        raise ValueError(f"The file is called .{ending}, and its content is something else (or damaged).")
    if found in _ENDINGS and ending not in _ENDINGS[found]:
        raise ValueError(
            f"The file is called .{ending}, and its content is {_ENDINGS[found][0]}. Name it so."
        )
    return found


def _by_signature(data: bytes) -> str | None:
    for content_type, fits in _SIGNATURES:
        if fits(data):
            return content_type
    return _packed(data) if data.startswith((b"PK\x03\x04", b"PK\x05\x06")) else None


def _packed(data: bytes) -> str | None:
    """Only the table of contents is read; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if "[Content_Types].xml" in names:
        for folder, content_type in _PACKED.items():
            if any(name.startswith(folder) for name in names):
                return content_type
    return "application/zip"


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not _NOT_TEXT.search(text)
