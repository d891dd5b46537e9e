"""What a source's configuration may say, as data; secrets are references and are resolved in workers only.

`env:NAME` reads an environment variable, `file:/path` a mounted file. Files are read only below the directories
of `COE_SOURCE_SECRET_DIRS`, so that an admin form cannot read the server's disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.catalog.models import Source
from apps.catalog.sources.base import SourceFailed
from apps.core.checking import checked_choice, checked_text, checked_url, refuse

# Field name -> (type, what it says). Unknown fields are refused, so that a secret cannot hide in one.
FIELDS: dict[str, dict[str, type]] = {
    Source.Kind.MLFLOW: {
        "url": str,
        "username": str,
        "verify_tls": bool,
        "secret_over_http": bool,
        "owner_tags": list,
    },
    Source.Kind.KUBERNETES: {
        "cluster": str,
        "url": str,
        "ca_file": str,
        "kubeconfig": str,
        "context": str,
        "in_cluster": bool,
        "environment": str,
        "environment_label": str,
        "page_size": int,
        "owner_rules": list,
        "ignored_namespaces": list,
    },
}
REFERENCE = re.compile(r"env:[A-Z][A-Z0-9_]{0,99}|file:/[^\x00-\x1f]{1,250}")


def checked_config(kind: str, config: Any) -> dict[str, Any]:
    """The configuration with known fields of the right type only; raises Invalid naming the field `config`."""
    known = FIELDS[checked_choice("kind", kind, FIELDS)]
    if not isinstance(config, Mapping):
        raise refuse("config", "Give an object.")
    if unknown := sorted(set(config) - set(known)):
        raise refuse(
            "config", f"Unknown: {', '.join(unknown)}. Known: {', '.join(known)}. Secrets go by reference."
        )
    cleaned = {
        name: _typed(name, known[name], value) for name, value in config.items() if value not in (None, "")
    }
    if kind == Source.Kind.MLFLOW and "url" not in cleaned:
        raise refuse("config", "Give the url of the MLflow server.")
    if kind == Source.Kind.KUBERNETES:
        _require_one_way_in(cleaned)
    return cleaned


def checked_secret_ref(field: str, text: str) -> str:
    """`env:NAME`, `file:/path` or empty; anything else might be the secret itself and is refused unseen."""
    text = text.strip()
    if text and not REFERENCE.fullmatch(text):
        raise refuse(field, "Give env:NAME or file:/path, never the secret itself.")
    return text


def secret(reference: str) -> str:
    """The secret that a reference names; empty for an empty reference. Raises SourceFailed without its content."""
    if not reference:
        return ""
    way, _, where = reference.partition(":")
    if way == "env":
        if where not in os.environ:
            raise SourceFailed("secret", f"The environment variable {where} is not set for the worker.")
        return os.environ[where].strip()
    return _file_below_secret_dirs(where)


def _file_below_secret_dirs(where: str) -> str:
    path = Path(where).resolve()
    if not any(path.is_relative_to(Path(folder).resolve()) for folder in settings.SOURCE_SECRET_DIRS):
        folders = ", ".join(settings.SOURCE_SECRET_DIRS)
        raise SourceFailed("secret", f"Secret files are read only below {folders} (COE_SOURCE_SECRET_DIRS).")
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceFailed("secret", f"The file {where} cannot be read ({type(error).__name__}).") from error


def _typed(name: str, kind: type, value: Any) -> Any:
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5000:
        return value
    if kind is str and isinstance(value, str):
        return (
            checked_url("config", value).rstrip("/") if name == "url" else checked_text("config", value, 500)
        )
    if (
        kind is list
        and isinstance(value, list)
        and len(value) <= 50
        and all(isinstance(item, str) for item in value)
    ):
        return [checked_text("config", item, 200) for item in value]
    raise refuse("config", f"“{name}” has a value of the wrong kind or size.")


def _require_one_way_in(config: Mapping[str, Any]) -> None:
    if "cluster" not in config:
        raise refuse("config", "Give the cluster's name.")
    ways = [name for name in ("url", "kubeconfig", "in_cluster") if config.get(name)]
    if len(ways) != 1:
        raise refuse("config", "Give exactly one of url, kubeconfig (a path on the worker) or in_cluster.")
