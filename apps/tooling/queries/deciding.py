"""The one way from a question to an answer, for every surface: who asks, for whom and where, what decide() says.

A surface brings words. Here they become rows that the asker sees, the book is read at the instant of the database's
clock, and what the asker does not see is left out of the answer. Which tool of the book a name means does not hang on
who asks: hiding a tool is no way around its standard. Who does not see it reads the text that they sent in its place.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from apps.core.errors import Forbidden, NotFound, TooLarge
from apps.core.policies import SYSTEM, System
from apps.people.models import Team
from apps.people.queries import acting_team, chosen_team
from apps.people.standing import standing_of
from apps.tooling.decide import Decision, decide
from apps.tooling.manifests import Requirement, read_manifest
from apps.tooling.manifests.requirement import shown
from apps.tooling.models import Environment
from apps.tooling.queries.book import Snapshot
from apps.tooling.queries.kept import Name, Names, names_beside
from apps.tooling.queries.naming import (
    PackageNames,
    Tool,
    data_class_named,
    environment_named,
    seen_tools,
    tool_named,
)
from apps.tooling.reports import Finding, Report, check, decision_json
from apps.tooling.vocabulary import DataClass

SCOPE = "tooling:decide"
LONGEST_KEPT = timedelta(minutes=5)  # a change of the book reaches every keeper of an answer within this time
LARGEST_FILE = 5 * 1024 * 1024
NOBODY = ""  # stands in no book: what is asked about an unknown tool


@dataclass(frozen=True, slots=True)
class Place:
    """For whom and where is asked; `reader` is whose eyes narrow the answer."""

    reader: Any
    team: Team
    environment: Environment
    data_class: DataClass


@dataclass(frozen=True, slots=True)
class Asked:
    """One use with its decision. `name` is the tool's reference, or the text that means none which the asker sees."""

    place: Place
    name: str
    tool: Tool | None
    version: str | None
    decision: Decision
    at: datetime
    said: str = ""

    @property
    def request_path(self) -> str:
        """Where an exception is asked for, with this use filled in; empty where none is needed."""
        return "" if self.decision.allowed else request_path(self.place, self.name, self.version or self.said)

    @property
    def request_url(self) -> str:
        return f"{settings.BASE_URL}{self.request_path}" if self.request_path else ""

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "team": self.place.team.slug,
            "tool": self.name,
            "version": self.version,
            "environment": self.place.environment.slug,
            "data_class": self.place.data_class.name.lower(),
            **decision_json(self.decision),
            "request_url": self.request_url or None,
        }


def request_path(place: Place, tool: str, version: str | None) -> str:
    """The form of a request, pre-filled."""
    asked = {
        "tool": tool,
        "version": version or "",
        "environment": place.environment.slug,
        "data_class": place.data_class.name.lower(),
        "team": place.team.slug,
    }
    pairs = {name: text for name, text in asked.items() if text}
    return f"{reverse('tooling:request-new')}?{urlencode(pairs)}"


def reader_with(user: Any, scope: str) -> Any:
    """The asker as reader of what an answer names. Raises Forbidden for a token without the scope, and names it.

    Such a token need not be one that reads the portal: the answer shows of what its owner sees only what was asked.
    """
    scopes = getattr(user, "token_scopes", None)
    if scopes is None:
        return user
    if scope not in scopes:
        raise Forbidden(
            f"This token has no scope “{scope}”, which this needs.",
            next_step=f"Use a token with the scope “{scope}”.",
        )
    reader = copy.copy(user)
    reader.token_scopes = frozenset({"read"})
    return reader


def place_of(
    user: Any, now: Snapshot, *, environment: str, data_class: str = "internal", team: str | None = None
) -> Place:
    """The team is that of the asker's identity, `team` only chooses among several. Raises Forbidden or Invalid."""
    reader, kept = reader_with(user, SCOPE), names_beside(now.book)
    found = _team_named(team) if isinstance(reader, System) else _own_team(reader, team, kept)
    return Place(reader, found, environment_named(environment, kept), data_class_named(data_class))


def _own_team(reader: Any, slug: str | None, kept: Names) -> Team:
    """As `acting_team`, without a statement where the process knows the asker's teams."""
    own = standing_of(reader).teams
    if any(pk not in kept.teams for pk in own):
        return acting_team(reader, slug)
    return chosen_team(sorted((kept.teams[pk] for pk in own), key=lambda team: team.name), slug)


def _team_named(slug: str | None) -> Team:
    team = Team._base_manager.filter(slug=slug).first()
    if team is None:
        raise NotFound(f"There is no team {shown(slug or '')}.", next_step="Give the slug of a team.")
    return team


def asked(place: Place, now: Snapshot, tool: str, version: str | None = None) -> Asked:
    """What decide() answers to this use at the instant of the snapshot."""
    kept = names_beside(now.book)
    meant = tool_named(SYSTEM, tool, kept)
    seen = meant is not None and meant.ref in seen_tools(place.reader, [meant.ref], kept)
    if meant and not seen and now.book.speaks_of(meant.ref, place.team.slug):
        return answers(place, now, [Use(shown(tool), meant, version or None, hidden=True)])[0]
    found = meant if seen else tool_named(place.reader, tool, kept)
    return answers(place, now, [Use(found.ref if found else shown(tool), found, version or None)])[0]


@dataclass(frozen=True, slots=True)
class Use:
    """What is asked about, with the tool behind its name. `said` is a tag that tells no exact version; a `hidden` tool
    is judged, and not named."""

    name: str
    tool: Tool | None
    version: str | None
    said: str = ""
    hidden: bool = False

    @property
    def told(self) -> Tool | None:
        return None if self.hidden else self.tool


def answers(place: Place, now: Snapshot, uses: Sequence[Use]) -> list[Asked]:
    """All at the instant of the snapshot, in their order."""
    found = [_decided(place, now, each) for each in uses]
    decisions = narrowed(place.reader, found, now)
    pairs = zip(uses, decisions, strict=True)
    return [Asked(place, use.name, use.told, use.version, each, now.at, use.said) for use, each in pairs]


def _decided(place: Place, now: Snapshot, use: Use) -> Decision:
    ref = use.tool.ref if use.tool else NOBODY
    where = (place.environment.slug, place.data_class)
    decision = decide(now.book, place.team.slug, ref, use.version, *where, now.at)
    return _unnamed(decision, use.name) if use.hidden else decision


def _unnamed(decision: Decision, said: str) -> Decision:
    """The decision about a tool that the asker does not see, with their own text for its name."""
    rule = replace(decision.rule, tool=said) if decision.rule else None
    return replace(decision, rule=rule)


def narrowed(reader: Any, decisions: Iterable[Decision], now: Snapshot) -> list[Decision]:
    """The decisions without alternatives that the reader does not see, to be kept for some minutes at most."""
    found = list(decisions)
    refs = {ref for each in found for ref in each.alternatives}
    seen = seen_tools(reader, refs, names_beside(now.book))
    latest = now.at + LONGEST_KEPT
    return [
        replace(
            each,
            alternatives=tuple(ref for ref in each.alternatives if ref in seen),
            cache_until=min(each.cache_until or latest, latest),
        )
        for each in found
    ]


@dataclass(frozen=True, slots=True)
class Checked:
    """A file's report, and the tools behind its findings where they have one."""

    place: Place
    report: Report
    tools: dict[str, Tool]


def checked_file(
    place: Place, now: Snapshot, content: bytes, name: str = "", *, strict: bool = False
) -> Checked:
    """Every line of the file at one instant. `strict` asks about packages that are no tool of the catalog too, and
    they are unknown. Raises ManifestError or TooLarge."""
    if len(content) > LARGEST_FILE:
        raise TooLarge(f"The file is larger than {LARGEST_FILE // 2**20} MB.", next_step="Send less at once.")
    manifest = read_manifest(content, name)
    wanted = {(each.ecosystem.value, each.name) for each in manifest.requirements}
    names = _FileNames(place, now, wanted)
    tools: dict[str, Tool] = {}

    def tool_of(requirement: Requirement) -> str | None:
        found = names.tool_of(requirement.ecosystem.value, requirement.name)
        if found is None:
            return _text_of(requirement) if strict else None
        if found.ref not in names.hidden:
            tools[found.ref] = found
        return found.ref

    report = check(
        now.book,
        manifest,
        file=name,
        team=place.team.slug,
        environment=place.environment.slug,
        data_class=place.data_class,
        at=now.at,
        tool_of=tool_of,
    )
    findings = tuple(_told(each) if each.tool in names.hidden else each for each in report.findings)
    return Checked(place, _with_links(place, now, replace(report, findings=findings)), tools)


class _FileNames:
    """The tools behind a file's names. `hidden` are those of the book that the asker does not see: they are judged."""

    def __init__(self, place: Place, now: Snapshot, wanted: set[Name]) -> None:
        kept = names_beside(now.book)
        self._shown = PackageNames(place.reader, wanted, kept)
        self._all = PackageNames(SYSTEM, wanted, kept)
        refs = {tool.ref for name in wanted if (tool := self._all.tool_of(*name))}
        self._seen = seen_tools(place.reader, refs, kept)
        unseen = refs - self._seen
        self.hidden = {ref for ref in unseen if now.book.speaks_of(ref, place.team.slug)}

    def tool_of(self, ecosystem: str, name: str) -> Tool | None:
        found = self._all.tool_of(ecosystem, name)
        known = found is not None and (found.ref in self._seen or found.ref in self.hidden)
        return found if known else self._shown.tool_of(ecosystem, name)


def _text_of(requirement: Requirement) -> str:
    return f"{requirement.ecosystem}:{requirement.name}"


def _told(finding: Finding) -> Finding:
    said = _text_of(finding.requirement)
    return replace(finding, tool=said, decision=_unnamed(finding.decision, said))


def _with_links(place: Place, now: Snapshot, report: Report) -> Report:
    """What the asker may see of each finding, and where to ask for an exception."""
    decisions = narrowed(place.reader, (each.decision for each in report.findings), now)
    pairs = zip(report.findings, decisions, strict=True)
    return replace(report, findings=tuple(_with_link(place, each, decision) for each, decision in pairs))


def _with_link(place: Place, finding: Finding, decision: Decision) -> Finding:
    if decision.allowed:
        return replace(finding, decision=decision)
    path = request_path(place, finding.tool, finding.requirement.version or finding.requirement.said)
    return replace(finding, decision=decision, request_url=f"{settings.BASE_URL}{path}")
