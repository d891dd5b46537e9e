"""What MLflow's rows mean in the catalog: a registered model or prompt, and one of its versions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from apps.catalog.sources.base import EntityRecord, OwnerHint, Refusal, VersionRecord
from apps.catalog.sources.mlflow.client import Json
from apps.catalog.sources.mlflow.flavours import flavours_of
from apps.catalog.sources.mlflow.runs import RUN_FIELDS, RunFacts
from apps.catalog.sources.mlflow.values import (
    NAME,
    VALUE,
    catalog_tags,
    is_clean_name,
    keyed,
    pairs,
    public_address,
    text,
)

ENTITY_ID_TAG = "coe.entity_id"
PROMPT_TAG = "mlflow.prompt.is_prompt"
NOT_A_NUMBER_TAG = "coe.not_a_number"
LOGGED_MODEL = re.compile(r"models:/(m-[A-Za-z0-9]{1,60})(?:/.*)?", re.DOTALL)
ENTITY_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
LARGEST_ID = 2**63 - 1
VERSION = re.compile(r"[0-9]{1,18}", re.ASCII)


class UnreadableError(Exception):
    """A row that cannot be read into a record; `refusal` says which and why."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(key=key, reason=reason)


def name_of(row: Json) -> str:
    """The row's name as the source writes it, for comparison; empty where it has none."""
    name = row.get("name")
    return name if isinstance(name, str) else ""


def model_record(row: Json, address: str, owner_tags: Sequence[str]) -> tuple[EntityRecord, Refusal | None]:
    """A registered model or prompt; beside it a refusal where only its tag `coe.entity_id` is unreadable."""
    name = checked_name(row)
    tags = pairs(row.get("tags"))
    prompt = tags.get(PROMPT_TAG, "").lower() == "true"
    adopted_id, refusal = adoption(name, tags.pop(ENTITY_ID_TAG, ""))
    record = EntityRecord(
        key=name,
        kind="prompt" if prompt else "model",
        name=name,
        description=text(row.get("description")),
        tags=catalog_tags(tags),
        owner=owner_hint(tags, owner_tags),
        adopted_id=adopted_id,
        aliases=aliases(row.get("aliases")),
        facts=model_facts(row, tags),
        url=f"{address}/#/{'prompts' if prompt else 'models'}/{quote(name, safe='')}",
    )
    return record, refusal


def model_facts(row: Json, tags: dict[str, str]) -> dict[str, Any]:
    """Its own time of change is left out: MLflow does not move it when aliases or tags change."""
    facts: dict[str, Any] = {"tags": tags}
    if created := moment(row.get("creation_timestamp")):
        facts["created_at"] = created.isoformat()
    return facts


def checked_name(row: Json) -> str:
    name = name_of(row)
    if not is_clean_name(name):
        raise UnreadableError(
            text(name, NAME).strip() or "(no name)",
            "Its name is empty or holds control characters. Rename it in MLflow.",
        )
    if len(name) > NAME:
        raise UnreadableError(
            text(name, NAME), f"Its name is longer than {NAME} characters. Rename it in MLflow."
        )
    return name


def adoption(name: str, value: str) -> tuple[int | None, Refusal | None]:
    if not value:
        return None, None
    if ENTITY_ID.fullmatch(value) and int(value) <= LARGEST_ID:
        return int(value), None
    reason = f"Its tag {ENTITY_ID_TAG} is no id of the catalog; the tag was ignored. Remove it in MLflow."
    return None, Refusal(key=name, reason=reason)


def owner_hint(tags: dict[str, str], owner_tags: Sequence[str]) -> OwnerHint | None:
    for tag in owner_tags:
        if team := text(tags.get(tag), NAME).strip():
            return OwnerHint(team=team, rule=f"model tag {tag}")
    return None


def aliases(rows: Any) -> dict[str, str]:
    found = {}
    for row in rows if isinstance(rows, list) else ():
        if (
            isinstance(row, dict)
            and (alias := text(row.get("alias"), NAME))
            and VERSION.fullmatch(str(row.get("version")))
        ):
            found[alias] = str(row["version"])
    return found


def version_key(row: Json) -> tuple[str, str]:
    return name_of(row), str(row.get("version", ""))


def run_id_of(row: Json) -> str:
    return text(row.get("run_id"), 63)


def model_id_of(row: Json) -> str:
    """The logged model behind the version; search does not name it, but its address does."""
    match = LOGGED_MODEL.fullmatch(row["source"]) if isinstance(row.get("source"), str) else None
    return match[1] if match else ""


def version_record(row: Json, run: RunFacts | None) -> VersionRecord:
    """One version; without its run's facts (`None`) the fields that come from a run are `unknown`."""
    name, version = version_key(row)
    key = f"{text(name, NAME)} version {text(version, 20) or '?'}"
    created = moment(row.get("creation_timestamp"))
    if not VERSION.fullmatch(version):
        raise UnreadableError(key, "Its version is not a number.")
    if created is None:
        raise UnreadableError(key, "Its time of creation is missing or absurd.")
    facts = run or RunFacts()
    return VersionRecord(
        entity_key=name,
        version=version,
        created_at=created,
        description=text(row.get("description")),
        status=text(row.get("status"), 63),
        run_id=run_id_of(row),
        model_id=model_id_of(row),
        artifact_uri=public_address(row.get("source")),
        code_commit=facts.code_commit,
        author=text(row.get("user_id"), 150) or facts.author,
        metrics=facts.metrics,
        params=facts.params,
        datasets=facts.datasets,
        flavours=flavours_of(facts.flavours, model_id_of(row), row.get("source")),
        tags=version_tags(row, facts),
        unknown=() if run else RUN_FIELDS,
    )


def version_tags(row: Json, run: RunFacts) -> dict[str, str]:
    tags = {key: text(tag.get("value"), VALUE) for key, tag in keyed(row.get("tags"))}
    if run.not_numbers:
        tags[NOT_A_NUMBER_TAG] = text(
            ", ".join(f"{name}={value}" for name, value in sorted(run.not_numbers.items())), VALUE
        )
    return tags


def moment(milliseconds: Any) -> datetime | None:
    """An aware time between 1971 and 2200 from milliseconds since 1970, as a number or as text."""
    try:
        number = int(milliseconds)
    except (TypeError, ValueError, OverflowError):
        return None
    if not 31_536_000_000 <= number < 7_258_118_400_000:
        return None
    return datetime.fromtimestamp(number / 1000, UTC)
