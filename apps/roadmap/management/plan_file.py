"""Plans computed from a file of exported inputs, by somebody who has neither the database nor a key of the portal."""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from apps.roadmap.planning.canonical import canonical_json, instance_json, read_instance
from apps.roadmap.planning.errors import PlanningError
from apps.roadmap.planning.plans import Plans, make_plans

LARGEST_FILE = 64 * 2**20
PIPE = "-"
HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Computed:
    """`inputs` as they are exported, whatever the file's own spacing; `written` are its bytes as they came."""

    written: bytes
    inputs: bytes
    plans: Plans
    content: bytes


def is_file(source: str) -> bool:
    """The short name of a cycle has neither a dot nor a slash."""
    return source == PIPE or "." in source or "/" in source


def computed(source: str) -> Computed:
    """Raises OSError where the file cannot be read, PlanningError with all that is wrong in it."""
    written = _read(source)
    if len(written) > LARGEST_FILE:
        raise PlanningError(f"The file is larger than {LARGEST_FILE >> 20} MiB.")
    instance = read_instance(written)
    plans = make_plans(instance)
    return Computed(written, instance_json(instance), plans, canonical_json(plans))


def _read(source: str) -> bytes:
    """Not more than what tells that it is too much."""
    if source == PIPE:
        return sys.stdin.buffer.read(LARGEST_FILE + 1)
    with Path(source).open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def is_hash(text: str) -> bool:
    return HASH.fullmatch(text) is not None


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def about(found: Computed) -> list[str]:
    """What is said of the file beside the bytes."""
    lines = [f"inputs      {sha256(found.inputs)}"]
    if found.written != found.inputs:
        lines.append(f"the file    {sha256(found.written)}: the same inputs, written otherwise than exported")
    lines.append(f"recomputed  {sha256(found.content)}")
    if not found.plans.reproducible:
        lines.append("Not proven optimal: another computation may give other plans.")
    return lines
