"""With which libraries a logged model can be loaded: MLflow's flavours and the versions of their libraries.

A run keeps them in the tag `mlflow.log-model.history`, one entry for each model that it logged. `python_function` stands
beside every other flavour and names no library, so it is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

HISTORY_TAG = "mlflow.log-model.history"
GENERIC = "python_function"
LONGEST_HISTORY = 100_000
MOST_MODELS = 100
MOST_FLAVOURS = 20
NAME = re.compile(r"[A-Za-z0-9_.-]{1,63}", re.ASCII)
VERSION = re.compile(r"[A-Za-z0-9_.+!-]{1,63}", re.ASCII)

Flavours = dict[str, str]  # name to the version of its library, empty where MLflow does not say it


def logged_flavours(history: Any) -> dict[str, Flavours]:
    """Flavours by logged-model id and by artifact path, from the tag's JSON; what cannot be read is left out."""
    return {key: flavours for keys, flavours in _models(history) for key in keys}


def flavours_of(logged: Mapping[str, Flavours], model_id: str, source: Any) -> Flavours:
    """Those of the model behind one version: by its id, by where it lies, or the run's only one."""
    if model_id in logged:
        return logged[model_id]
    address = source.rstrip("/") if isinstance(source, str) else ""
    for key, flavours in logged.items():
        if key and address.endswith(f"/{key}"):
            return flavours
    distinct = list({id(flavours): flavours for flavours in logged.values()}.values())
    return distinct[0] if len(distinct) == 1 else {}


def _models(history: Any) -> Iterator[tuple[list[str], Flavours]]:
    if not isinstance(history, str) or len(history) > LONGEST_HISTORY:
        return
    try:
        rows = json.loads(history)
    except (ValueError, RecursionError):
        return
    for row in rows[:MOST_MODELS] if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("flavors"), dict):
            keys = [row.get("model_uuid"), row.get("artifact_path")]
            yield [key for key in keys if isinstance(key, str) and key], dict(_flavours(row["flavors"]))


def _flavours(rows: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, settings in sorted(rows.items())[:MOST_FLAVOURS]:
        if NAME.fullmatch(name) and name != GENERIC:
            yield name, _version(name, settings if isinstance(settings, dict) else {})


def _version(name: str, settings: dict[str, Any]) -> str:
    """Each flavour names it in its own way: sklearn_version, xgb_version, pytorch_version."""
    named = [key for key in settings if key.endswith("_version")]
    key = f"{name}_version" if f"{name}_version" in named else named[0] if len(named) == 1 else ""
    value = settings.get(key)
    return value if isinstance(value, str) and VERSION.fullmatch(value) else ""
