"""What the radar keeps of a tool besides its catalog entry: its profile, and the names that files know it by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind
from apps.core.checking import checked_choice, checked_text, refuse
from apps.core.concurrency import refused_as, swap
from apps.core.errors import Conflict, Forbidden
from apps.core.events import record
from apps.core.policies import System, require
from apps.people.models import Team
from apps.people.standing import standing_of
from apps.tooling.manifests.requirement import Ecosystem, Refused, canonical_name
from apps.tooling.models import Package, StandardRule, ToolProfile
from apps.tooling.models.standards import ECOSYSTEMS, SCHEMES
from apps.tooling.policies import keeps_standards
from apps.tooling.queries.naming import spellings


@transaction.atomic
def set_profile(
    *,
    actor: Any,
    tool: Entity,
    scheme: str | None = None,
    supported_by: Team | None = None,
    support: str = "",
    at: datetime | None = None,
) -> ToolProfile:
    """How the tool's versions compare, and who supports it. A scheme is fixed once a rule or grant speaks in it."""
    _require_tool(actor, tool)
    profile, _ = ToolProfile._base_manager.get_or_create(tool=tool)
    require(actor, "change", profile)
    if scheme is not None:
        checked_choice("scheme", scheme, dict(SCHEMES))
    if scheme not in (None, profile.scheme) and StandardRule._base_manager.filter(tool=tool).exists():
        raise Conflict("Standards speak of this tool's versions already; how they compare stays.")
    text = checked_text("support", support, 5_000, lines=True)
    changes = {"scheme": scheme or profile.scheme, "supported_by": supported_by, "support": text}
    swap(profile, None, changes)
    record("tooling.tool.profiled", actor=actor, target=tool, at=at)
    return profile


@transaction.atomic
def name_package(
    *, actor: Any, tool: Entity, ecosystem: str, name: str, at: datetime | None = None
) -> Package:
    """Says that files and clusters know the tool by this name. Conflict where another tool has the name, Forbidden
    where it would come before a name of another tool in a standard, as a mirror's address before an image's name."""
    _require_tool(actor, tool)
    checked_choice("ecosystem", ecosystem, dict(ECOSYSTEMS))
    try:
        canonical = canonical_name(name, Ecosystem(ecosystem))
    except Refused as error:
        raise refuse("name", str(error)) from error
    with refused_as(package_once="This name stands for a tool already."):
        row = Package._base_manager.create(ecosystem=ecosystem, name=canonical, tool=tool)
    require(actor, "change", row)
    _refuse_taking(actor, row)
    record("tooling.tool.package_named", actor=actor, target=tool, data={"package": str(row)}, at=at)
    return row


@transaction.atomic
def forget_package(*, actor: Any, package: Package, at: datetime | None = None) -> None:
    """The name does not stand for the tool any more. Names of tools in standards are forgotten by CoE leads only."""
    require(actor, "change", package)
    if not _keeps(actor) and StandardRule._base_manager.filter(tool=package.tool_id).exists():
        raise Forbidden(
            "A standard speaks of this tool, and files and clusters are judged by its names.",
            next_step="Ask a CoE lead to take the name away.",
        )
    record(
        "tooling.tool.package_forgotten",
        actor=actor,
        target=package.tool,
        data={"package": str(package)},
        at=at,
    )
    package.delete()


def _keeps(actor: Any) -> bool:
    return isinstance(actor, System) or keeps_standards(standing_of(actor))


def _refuse_taking(actor: Any, row: Package) -> None:
    behind = list(spellings(row.ecosystem, row.name))[1:]
    judged = StandardRule._base_manager.exclude(tool=row.tool_id).values("tool")
    others = Package._base_manager.filter(name__in=[name for _, name in behind], tool__in=judged)
    taken = set(others.values_list("ecosystem", "name")) & set(behind)
    if taken and not _keeps(actor):
        raise Forbidden(
            f"The name {min(taken)[1]} of a tool in a standard would no longer be read in this one.",
            next_step="Ask a CoE lead to add the name.",
        )


def _require_tool(actor: Any, tool: Entity) -> None:
    require(actor, "view", tool)
    if tool.kind != Kind.TOOL:
        raise Conflict("Only tools have a profile and packages.")
