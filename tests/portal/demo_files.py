"""The demo world's files, read for tests, with the words and rights that they must keep, by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "demo"
KINDS = {
    "model", "dataset", "feature_view", "pipeline", "service", "application",
    "api", "tool", "agent", "prompt", "dashboard", "use_case",
}  # fmt: skip
MOVES: dict[str, set[str]] = {
    "idea": {"experiment", "stopped"},
    "experiment": {"idea", "pilot", "stopped"},
    "pilot": {"experiment", "production", "suspended", "stopped"},
    "production": {"pilot", "deprecated", "suspended"},
    "suspended": {"pilot", "production", "deprecated", "stopped"},
    "deprecated": {"production", "retired"},
    "retired": set(),
    "stopped": set(),
}
LEADS_DECIDE = {"retired", "stopped"}
AGAINST_THE_EDGE = {
    "depends_on", "trained_on", "evaluated_on", "uses_feature", "derived_from", "consumes", "serves",
}  # fmt: skip
ALONG_THE_EDGE = {"produces", "deployed_as"}
RELATIONS = AGAINST_THE_EDGE | ALONG_THE_EDGE | {"part_of", "uses_tool", "documented_by", "supersedes"}
PERSONAS = {"ada", "ben", "chloe", "dmitri", "esther", "farid", "grace", "hana", "ivan", "jo", "kim", "root"}
WITHOUT_TEAM = {"farid", "grace", "hana", "ivan", "jo", "kim", "root"}
CRAFTS = {
    "data-scientist", "data-engineer", "ml-engineer", "platform-engineer",
    "business-analyst", "project-manager", "product-owner", "steward",
}  # fmt: skip
DATASET_WORDS = {
    "classification": {"public", "internal", "confidential", "restricted"},
    "personal_data": {"none", "pseudonymised", "personal", "sensitive"},
    "origin": {"collected", "purchased", "derived", "synthetic"},
    "quality_status": {"unknown", "passing", "failing"},
}
RISK_CLASSES = {"minimal", "limited", "high", "unacceptable", "unclassified"}
TYPED = {
    "dataset": {*DATASET_WORDS, "location", "format", "retention_days", "allowed_purposes", "certified"},
    "model": {"risk_class", "regimes", "purpose", "retraining_max_age_days"},
}
STATUSES = {"running", "degraded", "stopped", "failed", "finished"}
WORKLOADS = {"Deployment", "StatefulSet", "InferenceService", "CronJob", "RayCluster"}
NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]")
TAG = re.compile(r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*")
FILLER = re.compile(r"lorem|ipsum|\bfoo\b|\bbar\b|asdf|to be written", re.IGNORECASE)


@cache
def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return content


@cache
def entities() -> dict[str, dict[str, Any]]:
    rows = [row for path in sorted(FOLDER.glob("catalog-*.yaml")) for row in read(path.name)["entities"]]
    assert len({row["ref"].lower() for row in rows}) == len(rows)
    return {row["ref"]: row for row in rows}


def every(part: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each row of one list (`stages`, `edits`, ...) with the entity that it stands under."""
    for entity in entities().values():
        for row in entity.get(part) or []:
            yield entity, row


def edges() -> list[tuple[str, str, str]]:
    return [(entity["ref"], row["type"], row["target"]) for entity, row in every("relations")]


def flow() -> list[tuple[str, str]]:
    """The edges of lineage, turned the way that data flows."""
    with_it = [(source, target) for source, kind, target in edges() if kind in ALONG_THE_EDGE]
    return with_it + [(target, source) for source, kind, target in edges() if kind in AGAINST_THE_EDGE]


def reached(start: str, pairs: list[tuple[str, str]], hops: int = 100) -> set[str]:
    found: set[str] = set()
    frontier = {start}
    for _ in range(hops):
        frontier = {target for source, target in pairs if source in frontier} - found
        found |= frontier
    return found


def deployments() -> list[dict[str, Any]]:
    return [row for _, row in every("deployments")] + read("deployments.yaml")["deployments"]


def place(row: dict[str, Any]) -> str:
    return f"{row['cluster']}/{row['namespace']}/{row['workload']}"


def usernames() -> set[str]:
    return {row["username"] for row in read("people.yaml")["users"]}


@cache
def members() -> dict[str, dict[str, dict[str, Any]]]:
    """Per team: who is in it, with the membership."""
    teams: dict[str, dict[str, dict[str, Any]]] = {row["slug"]: {} for row in read("people.yaml")["teams"]}
    for row in read("people.yaml")["memberships"]:
        teams[row["team"]][row["user"]] = row
    return teams


def owner_at(entity: dict[str, Any], days_ago: float) -> str:
    owner = entity["owner"]
    for edit in entity.get("edits") or []:
        if "owner" in edit["set"] and edit["days_ago"] > days_ago:
            owner = edit["set"]["owner"]
    return owner or ""


def may_change(entity: dict[str, Any], user: str, days_ago: float) -> bool:
    """The owner team of that day, and whoever had been granted it."""
    rows = [row for row in entity.get("grants") or [] if row["permission"] == "change"]
    earlier = [row for row in rows if row["days_ago"] > days_ago]
    granted = {row.get("user") for row in earlier} | {
        member for row in earlier for member in members().get(row.get("team", ""), {})
    }
    return user in members().get(owner_at(entity, days_ago), {}) or user in granted


def may_administer(entity: dict[str, Any], user: str, days_ago: float) -> bool:
    """The owner team's lead of that day, and the CoE office."""
    own = members().get(owner_at(entity, days_ago), {})
    return own.get(user, {}).get("role") == "lead" or user in members()["coe-office"]


def sees(team: str, entity: dict[str, Any]) -> bool:
    """Whether a team sees an entity; `unit` means the center, the unit itself and what is below it."""
    if entity["visibility"] == "company" or entity["owner"] == team:
        return True
    if any(row.get("team") == team for row in entity.get("grants") or []):
        return True
    units = {row["slug"]: row["business_unit"] for row in read("people.yaml")["teams"]}
    parents = {row["slug"]: row["parent"] for row in read("people.yaml")["business_units"]}
    mine = units[team]
    near = mine is None or units.get(entity["owner"]) in {mine, parents[mine]} - {None}
    return bool(entity["visibility"] == "unit" and near)
