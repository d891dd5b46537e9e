"""A small world for questions: a standard on three tools that files and images know, and grants made as rows, so that
they may begin and end at any instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from apps.catalog.models import Entity
from apps.core.policies import SYSTEM
from apps.people.models import Team
from apps.tooling.actions.tools import name_package
from apps.tooling.models import Condition, Environment, ExceptionRequest, Grant, Standard, StandardRule
from apps.tooling.queries import clock
from tests.personas import People
from tests.tooling import making

NAMES = {
    "mlflow": [("pypi", "mlflow"), ("image", "ghcr.io/mlflow/mlflow")],
    "wandb": [("pypi", "wandb"), ("image", "wandb/local")],
    "neptune": [("pypi", "neptune"), ("image", "neptune/server")],
}


@dataclass
class World:
    """The tools by name, and who lives here."""

    people: People
    tools: dict[str, Entity] = field(default_factory=dict)

    @classmethod
    def of(cls, people: People, **rings: str) -> World:
        """MLflow is recommended, W&B on hold, Neptune banned, unless other rings are given."""
        world = cls(people, {name: making.tool(people, name) for name in NAMES})
        for name, packages in NAMES.items():
            for ecosystem, package in packages:
                name_package(actor=SYSTEM, tool=world.tools[name], ecosystem=ecosystem, name=package)
        said = {"mlflow": "recommended", "wandb": "hold", "neptune": "banned"} | rings
        where = making.capability(people)
        making.standard(people, where, *((world.tools[name], ring) for name, ring in said.items()))
        return world


def now() -> datetime:
    return clock.now()


def a_request(tool: Entity, team: Team, **fields: Any) -> ExceptionRequest:
    """An active request as a row."""
    said = {
        "state": "active",
        "requester": team.memberships.first().user,  # type: ignore[union-attr]
        "submitted_at": now(),
        "due_at": now(),
        "requested_until": date(2099, 1, 1),
        "level": "medium",
    }
    return ExceptionRequest._base_manager.create(tool=tool, team=team, **{**said, **fields})


def a_grant(tool: Entity, environment: str = "production", team: str = "risk-ml", **said: Any) -> Grant:
    """A grant as a row, of the last hour and the next ten days unless told otherwise."""
    owner = Team.objects.get(slug=team)
    bans: list[StandardRule] = said.pop("bans", [])
    request = a_request(tool, owner)
    request.bans.set(bans)
    fields: dict[str, Any] = {
        "versions": "*",
        "scheme": "pep440",
        "data_class": 3,
        "starts": now() - timedelta(hours=1),
        "expires": now() + timedelta(days=10),
    }
    return Grant._base_manager.create(
        request=request,
        team=owner,
        tool=tool,
        environment=Environment.objects.get(slug=environment),
        **{**fields, **said},
    )


def a_condition(grant: Grant, **fields: Any) -> Condition:
    said = {"text": "Publish the exit plan", "owner": grant.request.requester}
    return Condition._base_manager.create(request=grant.request, **said, **fields)


def a_standard(capability: Any, revision: int, since: datetime, rules: list[dict[str, Any]]) -> Standard:
    """A revision as rows, whenever it begins."""
    row = Standard._base_manager.create(
        capability=capability, revision=revision, rationale="Why.", effective_from=since
    )
    for each in rules:
        StandardRule._base_manager.create(standard=row, **each)
    return row
