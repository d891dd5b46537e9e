"""Reading a tool: where it stands and since when, who uses it and may, who holds exceptions, what to take instead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Count, Max

from apps.catalog.models import Entity
from apps.catalog.queries import entity_by_parts
from apps.catalog.vocabulary import Kind
from apps.core.errors import NotFound
from apps.people.models import Team
from apps.tooling import book
from apps.tooling.decide import Decision
from apps.tooling.models import Environment, Grant, ObservedUse, Package, Standard, StandardRule, ToolProfile
from apps.tooling.queries.book import Snapshot
from apps.tooling.queries.radar import Blip, Radar
from apps.tooling.queries.rings import PLACE, Context, Stand, contexts, stand
from apps.tooling.queries.standards import rule_rows
from apps.tooling.queries.use import JudgedUse, judged
from apps.tooling.versions import LONGEST_VERSION
from apps.tooling.vocabulary import MEANINGS, DataClass

MOST_SHOWN = 50


def tool_by_parts(user: Any, namespace: str, name: str) -> Entity:
    try:
        return entity_by_parts(user, Kind.TOOL, namespace, name)
    except NotFound:
        raise NotFound(
            "There is no such tool, or it is not shown to you.", next_step="Look for it on the radar."
        ) from None


@dataclass(frozen=True, slots=True)
class Line:
    """One environment of the table of rings: the answer for each data class beside its name."""

    environment: Environment
    answers: tuple[tuple[str, Decision], ...]


def table_of_rings(now: Stand, environments: Iterable[Environment]) -> list[Line]:
    answers = dict(now.answers)
    return [
        Line(each, tuple((name.name.capitalize(), answers[Context(each.slug, name)]) for name in DataClass))
        for each in environments
    ]


def asked_version(text: str) -> str | None:
    """A version as an address gives it; none where it is empty or longer than any version."""
    return text.strip() if 0 < len(text.strip()) <= LONGEST_VERSION else None


def stand_of(
    now: Snapshot, tool: Entity, environments: Sequence[Environment], version: str | None
) -> Stand | None:
    return stand(now.book, tool.ref, contexts([each.slug for each in environments]), now.at, version)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A standard in force that speaks of the tool, with its rules for it."""

    standard: Standard
    rules: list[StandardRule]


def standards_of(user: Any, tool: Entity, now: Snapshot) -> list[Spoken]:
    """Two statements for each standard in force that speaks of the tool; it is rarely more than one."""
    found = []
    for each in now.book.standards_holding(tool.ref, now.at)[0]:
        if any(rule.tool == tool.ref for rule in each.rules):
            rows = Standard.objects.visible_to(user).select_related("capability", "author")
            row = rows.filter(capability__slug=each.capability, revision=each.revision).first()
            if row is not None:
                rules = [rule for rule in rule_rows(user, row) if rule.tool_id == tool.pk]
                found.append(Spoken(row, rules))
    return found


@dataclass(frozen=True, slots=True)
class TeamUse:
    """The entities of one team that use the tool in one context; `more` counts those that are not listed."""

    use: JudgedUse
    team: Team | None
    environment: str
    entities: tuple[Entity, ...]
    more: int

    @property
    def meaning(self) -> str:
        return MEANINGS[self.use.decision.reason]

    @property
    def reason(self) -> str:
        """In words, where the standard alone does not allow it."""
        decision = self.use.decision
        plain = decision.allowed and not decision.excepted
        return "" if plain else decision.reason.replace("_", " ")


ENTITIES_NAMED = 3


def uses_of(user: Any, tool: Entity, now: Snapshot, environments: Iterable[Environment]) -> list[TeamUse]:
    """Who was seen using it, judged now, the gravest first; three statements."""
    rows = ObservedUse.objects.visible_to(user).filter(tool=tool)
    found = sorted(judged(rows, now), key=_gravity)[:MOST_SHOWN]
    entities = Entity.objects.visible_to(user).in_bulk({pk for use in found for pk in use.entities})
    teams = Team.objects.visible_to(user).in_bulk({use.context.team for use in found if use.context.team})
    names = {each.slug: str(each) for each in environments}
    return [_team_use(use, entities, teams, names) for use in found]


def _gravity(use: JudgedUse) -> tuple[bool, bool, int, str]:
    decision = use.decision
    return decision.allowed, not decision.excepted, -len(use.entities), use.context.team_slug


def _team_use(
    use: JudgedUse, entities: dict[int, Entity], teams: dict[int, Team], names: dict[str, str]
) -> TeamUse:
    known = sorted((entities[pk] for pk in use.entities if pk in entities), key=str)
    team = teams.get(use.context.team) if use.context.team else None
    place = names.get(use.context.environment, use.context.environment)
    return TeamUse(use, team, place, tuple(known[:ENTITIES_NAMED]), max(0, len(known) - ENTITIES_NAMED))


def versions_seen(user: Any, tool: Entity) -> list[dict[str, Any]]:
    """`version`, `entities` and `last_seen`, the most used one first; an unknown version is empty."""
    rows = ObservedUse.objects.visible_to(user).filter(tool=tool).order_by().values("version")
    counted = rows.annotate(entities=Count("entity", distinct=True), last_seen=Max("last_seen"))
    return list(counted.order_by("-entities", "version")[:MOST_SHOWN])


class Hold(StrEnum):
    """What a grant is at an instant."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    BEGINS = "begins"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Held:
    """A grant, judged now."""

    grant: Grant
    hold: Hold


def exceptions_of(user: Any, tool: Entity, now: Snapshot) -> list[Held]:
    """Grants for the tool, those that hold first, then by their end, the latest first; one statement."""
    rows = Grant.objects.visible_to(user).filter(tool=tool)
    shown = rows.select_related("team", "environment", "request").order_by("-expires", "-id")[:MOST_SHOWN]
    known = {each.id: each for each in now.book.grants if each.tool == tool.ref}
    held = [Held(row, _hold(row, known.get(row.pk), now)) for row in shown]
    return sorted(held, key=lambda each: list(Hold).index(each.hold))


def _hold(row: Grant, known: book.Grant | None, now: Snapshot) -> Hold:
    if now.at < row.starts:
        return Hold.BEGINS
    if now.at >= row.ends:
        return Hold.REVOKED if row.ends < row.expires else Hold.EXPIRED
    overdue = known and any(each.is_overdue(now.at) for each in now.book.conditions_of(known))
    return Hold.SUSPENDED if overdue else Hold.ACTIVE


def alternatives(radar: Radar, now: Stand | None) -> list[Blip]:
    """What `decide()` names instead in any of the contexts shown, from the inside out."""
    named = {ref for _, each in now.answers for ref in each.alternatives} if now else set()
    return sorted((blip for blip in radar.blips if blip.tool.ref in named), key=lambda each: PLACE[each.ring])


def profile_of(user: Any, tool: Entity) -> ToolProfile | None:
    rows = ToolProfile.objects.visible_to(user).filter(tool=tool)
    return rows.select_related("supported_by").first()


def packages_of(user: Any, tool: Entity) -> list[Package]:
    return list(Package.objects.visible_to(user).filter(tool=tool))
