"""The demo world's catalog: entities with versions, aliases, deployments, relations, stages and edits, in the order
in which they happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from apps.catalog import actions
from apps.catalog.actions.purposes import check_purposes
from apps.catalog.models import Alias, Deployment, DeploymentRevision, Entity, Finding, ModelVersion
from apps.catalog.vocabulary import MOVES, Stage
from apps.core.events import record
from apps.core.policies import SYSTEM, System
from apps.people.models import Team, User
from portal.demo_files import catalog_rows, read

REGISTRY = System("MLflow (before this portal)")
CLUSTER = System("Kubernetes (before this portal)")
DAYS_TO_HANDLE = 2


class Loader:
    """Collects what happened as (moment, order, action) and plays it back in time."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.users = {user.username: user for user in User.objects.all()}
        self.teams = {team.slug: team for team in Team.objects.select_related("business_unit", "group")}
        self.entities: dict[str, Entity] = {}
        self.versions: dict[tuple[str, str], ModelVersion] = {}
        self.deployments: dict[str, Deployment] = {}
        self.happened: list[tuple[datetime, int, Callable[[datetime], None]]] = []

    def later(self, days_ago: float, action: Callable[[datetime], None]) -> None:
        self.happened.append((self.now - timedelta(days=float(days_ago)), len(self.happened), action))

    def play(self) -> None:
        for moment, _, action in sorted(self.happened, key=lambda item: item[:2]):
            action(moment)

    def entity(self, row: dict[str, Any]) -> None:
        """Everything that a row of a catalog file says about one entity."""
        created = float(row["created_days_ago"])
        self.later(created, lambda at: self._create(row, at))
        for move in row.get("stages") or []:
            self.later(move["days_ago"], partial(self._move, row["ref"], move))
        for version in row.get("versions") or []:
            self.later(version["days_ago"], partial(self._version, row["ref"], version))
        registered = {str(version["version"]): version["days_ago"] for version in row.get("versions") or []}
        for alias in row.get("aliases") or []:
            days = min(alias["from_days_ago"], registered[str(alias["version"])])
            self.later(days, partial(self._alias, row["ref"], alias))
        for deployment in row.get("deployments") or []:
            days = deployment["since_days_ago"]
            self.later(days, partial(self._deployment, row["ref"], deployment))
        for relation in row.get("relations") or []:
            self.relation(row["ref"], relation, created)
        for grant in row.get("grants") or []:
            self.later(grant["days_ago"], partial(self._grant, row["ref"], grant))
        for edit in row.get("edits") or []:
            self.later(edit["days_ago"], partial(self._edit, row["ref"], edit))

    def relation(self, source: str, relation: dict[str, Any], created: float) -> None:
        """An edge is drawn when both ends exist."""
        both = min(created, self.created_days.get(relation["target"], created))
        self.later(max(0.0, both - 0.01), lambda at: self._relate(source, relation, at))

    created_days: dict[str, float]

    def _create(self, row: dict[str, Any], at: datetime) -> None:
        kind, _, rest = row["ref"].partition(":")
        namespace, _, name = rest.partition("/")
        first = (row.get("stages") or [{}])[0].get("stage", row["stage"])
        details = dict(row.get("details") or {})
        typed = details if kind in {"dataset", "model"} else {}
        self.entities[row["ref"]] = actions.create_entity(
            actor=SYSTEM,
            kind=kind,
            namespace=namespace,
            name=name,
            owner=self.teams.get(row.get("owner") or ""),
            details=typed,
            at=at,
            curated={} if typed else details,
            stage=first,
            accountable=self.users.get(row.get("accountable") or ""),
            operated_by=self.teams.get(row.get("operated_by") or ""),
            **{
                key: row[key]
                for key in ("title", "description", "visibility", "tier", "tags", "links", "reusable")
                if key in row
            },
        )

    def _move(self, ref: str, move: dict[str, Any], at: datetime) -> None:
        entity = Entity.objects.get(pk=self.entities[ref].pk)
        if move["stage"] == entity.stage:
            return
        for stage in path(entity.stage, move["stage"]):
            actor = self.users.get(move.get("actor") or "") or SYSTEM
            actions.change_stage(actor=actor, entity=entity, to=stage, note=move.get("note") or "", at=at)

    def _version(self, ref: str, row: dict[str, Any], at: datetime) -> None:
        entity = self.entities[ref]
        number = int(row["version"]) if str(row["version"]).isdecimal() else 0
        version = ModelVersion.objects.create(
            entity=entity, version=str(row["version"]), number=number, created_at=at,
            **{key: row[key] or "" for key in ("description", "author", "run_id", "code_commit") if key in row},
            **{key: row[key] for key in ("datasets", "metrics", "params") if row.get(key)},
        )  # fmt: skip
        self.versions[ref, version.version] = version
        data = {"version": version.version}
        record("catalog.version.registered", actor=REGISTRY, target=version, subject=entity, data=data, at=at)

    def _alias(self, ref: str, row: dict[str, Any], at: datetime) -> None:
        version = self.versions[ref, str(row["version"])]
        until = row.get("to_days_ago")
        ends = None if until is None else self.now - timedelta(days=float(until))
        alias = Alias.objects.create(
            entity=version.entity, alias=row["alias"], version=version, valid_from=at, valid_to=ends
        )
        data = {"alias": alias.alias, "version": version.version}
        record("catalog.alias.moved", actor=REGISTRY, target=alias, subject=version.entity, data=data, at=at)

    def _deployment(self, ref: str | None, row: dict[str, Any], at: datetime) -> None:
        entity = self.entities[ref] if ref else None
        version = self.versions.get((ref or "", str(row.get("version"))))
        deployment = Deployment.objects.create(
            entity=entity,
            model_version=version,
            owner=self.teams.get(row.get("owner") or "") or (entity.owner if entity else None),
            images=[row["image"]] if row.get("image") else [],
            image_digest=row.get("image_digest") or "",
            since=at,
            last_seen=self.now,
            ended_at=None,
            **{
                key: row[key]
                for key in ("environment", "cluster", "namespace", "workload_kind", "workload", "status")
            },
            **{key: row.get(key) or 0 for key in ("replicas", "ready", "gpus")},
        )
        self.deployments[str(deployment)] = deployment
        subject = entity or deployment
        record(
            "catalog.deployment.appeared",
            actor=CLUSTER,
            target=deployment,
            subject=subject,
            data={"status": row["status"], "replicas": row.get("replicas") or 0},
            at=at,
        )
        for step in [*(row.get("history") or []), {**row, "days_ago": None}]:
            self._revision(ref, deployment, step, at)

    def _revision(self, ref: str | None, deployment: Deployment, step: dict[str, Any], at: datetime) -> None:
        days = step.get("days_ago")
        last = deployment.revisions.order_by("-at").first()
        if days is None and last is not None:
            return
        DeploymentRevision.objects.create(
            deployment=deployment,
            at=at if days is None else self.now - timedelta(days=float(days)),
            status=step["status"],
            model_version=self.versions.get((ref or "", str(step.get("version")))),
            image_digest=step.get("image_digest") or "",
            replicas=step.get("replicas") or 0,
            gpus=step.get("gpus") or deployment.gpus,
        )

    def _relate(self, source: str, relation: dict[str, Any], at: datetime) -> None:
        actions.relate(
            actor=SYSTEM, source=self.entities[source], target=self.entities[relation["target"]],
            type=relation["type"], at=at,
        )  # fmt: skip

    def _grant(self, ref: str, grant: dict[str, Any], at: datetime) -> None:
        grantee = self.teams[grant["team"]] if grant.get("team") else self.users[grant["user"]]
        actor = self.users[grant["by"]]
        actions.grant_access(
            actor=actor, entity=self.entities[ref], grantee=grantee, permission=grant["permission"], at=at
        )

    def _edit(self, ref: str, edit: dict[str, Any], at: datetime) -> None:
        """What somebody changed: curated fields, the owner or the visibility."""
        entity = Entity.objects.get(pk=self.entities[ref].pk)
        actor, changes = self.users[edit["actor"]], dict(edit["set"])
        if "owner" in changes:
            actions.transfer_ownership(
                actor=actor, entity=entity, owner=self.teams[changes.pop("owner")], at=at
            )
        if "visibility" in changes:
            actions.set_visibility(actor=actor, entity=entity, visibility=changes.pop("visibility"), at=at)
        if "accountable" in changes:
            changes["accountable"] = self.users.get(changes["accountable"] or "")
        if "operated_by" in changes:
            changes["operated_by"] = self.teams.get(changes["operated_by"] or "")
        if changes:
            actions.update_entity(actor=actor, entity=entity, changes=changes, at=at)

    def finding(self, row: dict[str, Any]) -> None:
        opened: list[Finding] = []
        self.later(row["days_ago"], lambda at: opened.append(self._open(row, at)))
        if row["state"] != "open":
            days = max(0.0, float(row["days_ago"]) - DAYS_TO_HANDLE)
            self.later(days, lambda at: self._handle(row, opened[0], at))

    def _open(self, row: dict[str, Any], at: datetime) -> Finding:
        entity = self.entities.get(row.get("entity") or "")
        deployment = self.deployments.get(row.get("deployment") or "")
        about = f"entity:{entity.pk}" if entity else f"deployment:{deployment.pk}" if deployment else "demo"
        return actions.open_finding(
            actor=SYSTEM, fingerprint=f"{row['kind']}:{about}:{row['title'][:60]}", kind=row["kind"],
            severity=row["severity"], title=row["title"], detail=row["detail"], entity=entity, deployment=deployment,
            owner=entity.owner if entity else None, at=at,
        )  # fmt: skip

    def _handle(self, row: dict[str, Any], finding: Finding, at: datetime) -> None:
        actor = self.users[row["by"]] if row.get("by") else SYSTEM
        actions.handle_finding(
            actor=actor, finding=finding, state=row["state"], note=row.get("note") or "", at=at
        )


def load_catalog(now: datetime) -> None:
    loader = Loader(now)
    rows = catalog_rows()
    loader.created_days = {row["ref"]: float(row["created_days_ago"]) for row in rows}
    for row in rows:
        loader.entity(row)
    for row in read("deployments.yaml")["deployments"]:
        loader.later(row["since_days_ago"], partial(loader._deployment, None, row))
    for row in read("findings.yaml")["findings"]:
        loader.finding(row)
    loader.play()
    check_purposes()


def path(start: str, goal: str) -> list[str]:
    """The shortest way of allowed moves from one stage to another."""
    ways: list[list[str]] = [[start]]
    while ways:
        way = ways.pop(0)
        if way[-1] == goal:
            return way[1:]
        ways += [[*way, str(stage)] for stage in MOVES[Stage(way[-1])] if stage not in way]
    raise ValueError(f"There is no way from {start} to {goal}.")
