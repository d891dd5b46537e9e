"""The demo world's files: where they stand and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "demo"


def read(name: str) -> dict[str, Any]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        content: dict[str, Any] = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return content


def catalog_rows() -> list[dict[str, Any]]:
    """The entities of all catalog files."""
    names = sorted(path.name for path in FOLDER.glob("catalog-*.yaml"))
    return [row for name in names for row in read(name)["entities"]]
