"""What an entity's own page shows: its tools that are not simply allowed, or of a tool its rings and exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind
from apps.people.models import Team
from apps.people.standing import standing_of
from apps.tooling.models import Environment, Grant, ObservedUse, Standard, StandardRule
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.deciding import Place, request_path
from apps.tooling.queries.in_force import in_force
from apps.tooling.queries.requests import register, with_now
from apps.tooling.queries.use import JudgedUse, Standing, judged
from apps.tooling.vocabulary import MEANINGS
from apps.tooling.workflow import HOLDING

PANEL_ROWS = 8


@dataclass(frozen=True, slots=True)
class UseRow:
    """A use as a page shows it, with the rows behind its ids."""

    use: JudgedUse
    tool: Entity
    environment: Environment
    grant: Grant | None
    request_url: str

    @property
    def meaning(self) -> str:
        return MEANINGS[self.use.decision.reason]


def use_rows(user: Any, uses: list[JudgedUse]) -> list[UseRow]:
    """Four statements, however many uses. Members of its team get the way to ask for an exception."""
    tools = Entity.objects.visible_to(user).in_bulk({use.context.tool for use in uses})
    places = {row.slug: row for row in Environment._base_manager.all()}
    wanted = {use.decision.grant.id for use in uses if use.decision.grant is not None}
    grants = Grant.objects.visible_to(user).select_related("request__tool", "request__team").in_bulk(wanted)
    own = Team.objects.visible_to(user).in_bulk(standing_of(user).teams & {use.context.team for use in uses})
    return [
        UseRow(
            use,
            tools[use.context.tool],
            place := places[use.context.environment],
            _grant(use, grants),
            _request_url(user, use, own.get(use.context.team or 0), place),
        )
        for use in uses
        if use.context.tool in tools
    ]


def _request_url(user: Any, use: JudgedUse, team: Team | None, place: Environment) -> str:
    if team is None or use.decision.allowed:
        return ""
    asked = Place(user, team, place, use.context.data_class)
    return request_path(asked, use.context.tool_ref, use.context.version)


def _grant(use: JudgedUse, grants: dict[int, Grant]) -> Grant | None:
    grant = use.decision.grant
    return grants.get(grant.id) if grant is not None else None


def uses_of(user: Any, entity: Entity) -> dict[str, Any] | None:
    """For the panel of anything but a tool: violations and exceptions first, then how many uses are simply allowed."""
    if entity.kind == Kind.TOOL:
        return None
    uses = judged(ObservedUse.objects.visible_to(user).filter(entity=entity))
    told = sorted((use for use in uses if use.standing is not Standing.ALLOWED), key=_gravity)
    if not uses:
        return None
    allowed = {use.context.tool for use in uses} - {use.context.tool for use in told}
    return {
        "rows": use_rows(user, told[:PANEL_ROWS]),
        "more": max(len(told) - PANEL_ROWS, 0),
        "allowed": len(allowed),
        "seen": max(use.last_seen for use in uses),
    }


def _gravity(use: JudgedUse) -> tuple[int, str]:
    return list(Standing).index(use.standing), use.context.tool_ref


def tool_standing(user: Any, entity: Entity) -> dict[str, Any] | None:
    """For the panel of a tool: what the standards in force say of it, and who holds an exception now."""
    if entity.kind != Kind.TOOL:
        return None
    now = snapshot()
    standards = in_force(Standard.objects.visible_to(user), now.at)
    rules = StandardRule.objects.visible_to(user).filter(tool=entity, standard__in=standards)
    held: Any = with_now(register(user).filter(tool=entity, state__in=HOLDING), now.at)
    rows = list(held.filter(shown_state__in=HOLDING).order_by("ends", "id")[: PANEL_ROWS + 1])
    return {
        "rules": rules.select_related("standard__capability", "environment").order_by("standard", "id"),
        "exceptions": rows[:PANEL_ROWS],
        "more": len(rows) > PANEL_ROWS,
        "tool": entity,
    }
