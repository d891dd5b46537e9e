"""The demo world's tooling: standards, requests and proposals of six months, played back in the order in which they
happened through the actions that people use, while time does what it does to deadlines and exceptions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from apps.core.policies import SYSTEM
from apps.people.models import BusinessUnit
from apps.tooling.actions import proposals, settings, standards, tools
from apps.tooling.actions.reminding import remind
from apps.tooling.actions.rules import RuleDraft
from apps.tooling.actions.scanning import scan
from apps.tooling.actions.timekeeping import keep_deadlines, open_waiting_reviews, settle, tell_reviews_due
from apps.tooling.models import (
    Capability,
    DecisionCount,
    ExceptionRequest,
    Grant,
    Proposal,
)
from apps.tooling.vocabulary import DataClass, Reason, Ring
from apps.tooling.workflow import HOLDING
from portal.demo_files import FOLDER, read
from portal.demo_playback import Row
from portal.demo_requests import RequestLoader

OPENED_DAYS = 182
DAYS_BETWEEN_ROUNDS = 10
DAYS_SCANNED = 27  # since when the catalog is scanned every night


class ToolingLoader(RequestLoader):
    """Requests and what they are judged by."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.proposals: dict[str, int] = {}

    def capability(self, row: Row) -> None:
        first, *rest = row["revisions"]
        self.later(self.ago(first["days_ago"] + 1), partial(self._create_capability, row, first))
        for revision in (first, *rest):
            self.later(self.ago(revision["days_ago"]), partial(self._publish, row["slug"], revision))

    def _create_capability(self, row: Row, first: Row, at: datetime) -> None:
        fields = {name: row[name] for name in ("slug", "name", "quadrant", "description")}
        standards.create_capability(actor=self.users[first["by"]], at=at, **fields)

    def _publish(self, slug: str, row: Row, at: datetime) -> None:
        ahead = row.get("effective_in")
        standards.publish_standard(
            actor=self.users[row["by"]],
            capability=Capability.objects.get(slug=slug),
            rationale=row["rationale"],
            exit_criteria=row["exit_criteria"],
            summary=row.get("summary", ""),
            rules=[self.rule(each) for each in row["rules"]],
            effective_from=None if ahead is None else self.now + timedelta(days=ahead),
            at=at,
        )
        if self._is_excepted(row):
            settle(at)

    def _is_excepted(self, row: Row) -> bool:
        """Some team holds an exception for a tool that the revision speaks of."""
        tools = [self.tools[rule["tool"]] for rule in row["rules"]]
        return ExceptionRequest.objects.filter(tool__in=tools, state__in=HOLDING).exists()

    def rule(self, row: Row) -> RuleDraft:
        where, data = row.get("in"), row.get("data")
        return RuleDraft(
            tool=self.tool(row["tool"]),
            versions=row.get("versions", "*"),
            environment=self.environments[where] if where else None,
            data_class=DataClass[data.upper()] if data else None,
            ring=Ring(row["ring"]),
            note=row.get("note", ""),
        )

    def profile(self, row: Row, at: datetime) -> None:
        """What the radar knows of a tool, and its names in files and clusters."""
        tool, actor = self.tool(row["tool"]), self.users[row["by"]]
        team = self.teams.get(row.get("team", ""))
        scheme = row.get("scheme", "pep440")
        tools.set_profile(
            actor=actor, tool=tool, scheme=scheme, supported_by=team, support=row["support"], at=at
        )
        for ecosystem in ("pypi", "conda", "npm", "image"):
            for name in row.get(ecosystem) or ():
                tools.name_package(actor=SYSTEM, tool=tool, ecosystem=ecosystem, name=name, at=at)

    def closed_day(self, row: Row) -> None:
        """A day of each year, set for this one and the next."""
        unit = BusinessUnit.objects.get(slug=row["unit"]) if "unit" in row else None
        for year in (self.now.year, self.now.year + 1):
            settings.add_closed_day(
                actor=self.users["esther"],
                day=date.fromisoformat(f"{year}-{row['day']}"),
                name=row["name"],
                business_unit=unit,
                at=self.ago(OPENED_DAYS),
            )

    def proposal(self, row: Row) -> None:
        self.later(self.ago(row["days_ago"]), partial(self._propose, row))
        for step in row["steps"]:
            self.later(self.ago(step["at"]), partial(self._proposal_step, row["key"], step))

    def _propose(self, row: Row, at: datetime) -> None:
        text = {name: row[name] for name in ("title", "reason", "rationale", "exit_criteria")}
        capability = Capability.objects.get(slug=row["capability"])
        made = proposals.propose_standard(
            actor=self.users[row["by"]],
            capability=capability,
            rules=[self.rule(each) for each in row["rules"]],
            at=at,
            **text,
        )
        self.proposals[row["key"]] = made.pk

    def _proposal_step(self, key: str, step: Row, at: datetime) -> None:
        proposal, actor = Proposal.objects.get(pk=self.proposals[key]), self.users[step["by"]]
        if step["do"] == "comment":
            proposals.comment_on_proposal(actor=actor, proposal=proposal, text=step["say"], at=at)
        elif step["do"] == "vote":
            proposals.open_vote(actor=actor, proposal=proposal, at=at)
        else:
            approves, said = step["do"] == "approve", step["say"]
            proposals.cast_vote(actor=actor, proposal=proposal, approves=approves, comment=said, at=at)
            settle(at)

    def check(self, row: Row) -> Iterator[DecisionCount]:
        """Answers that were counted, one row a week. Counting has no action that takes a moment: it is always now."""
        tool = self.tools[row["tool"]] if "tool" in row else None
        place = self.environments[row["in"]]
        grants = Grant.objects.filter(request=self.requests.get(row.get("exception", "")), environment=place)
        for days in range(row["first"], row["last"] - 1, -7):
            yield DecisionCount(
                day=self.ago(days).date(),
                team=self.teams[row["team"]],
                tool=tool,
                tool_name=tool.ref if tool else row["name"],
                environment=place,
                reason=Reason(row["reason"]),
                surface=row["surface"],
                grant=grants.first() if "exception" in row else None,
                count=row["weekly"],
            )


def pass_time(at: datetime) -> None:
    """What the worker does every few minutes, done now and then."""
    open_waiting_reviews(at)
    keep_deadlines(at)
    tell_reviews_due(at)
    settle(at)
    remind(at)


def files(part: str) -> list[dict[str, Any]]:
    """The files of one part, such as requests, in the order of their names."""
    return [read(f"tooling/{path.name}") for path in sorted((FOLDER / "tooling").glob(f"{part}*.yaml"))]


def load_tooling(now: datetime) -> None:
    loader = ToolingLoader(now)
    frame = read("tooling/tools.yaml")
    for row in frame["closed_days"]:
        loader.closed_day(row)
    for row in frame["tools"]:
        loader.later(loader.ago(OPENED_DAYS), partial(loader.profile, row))
    for part, collect in (
        ("standards", ("capabilities", loader.capability)),
        ("requests", ("requests", loader.request)),
        ("proposals", ("proposals", loader.proposal)),
    ):
        name, each = collect
        for content in files(part):
            for row in content[name]:
                each(row)
    for days in range(OPENED_DAYS - DAYS_BETWEEN_ROUNDS, 0, -DAYS_BETWEEN_ROUNDS):
        loader.later(loader.ago(days), pass_time)
    loader.later(loader.ago(DAYS_SCANNED), scan)
    loader.play()
    pass_time(now)
    scan(now)
    rows = read("tooling/checks.yaml")["checks"]
    DecisionCount.objects.bulk_create(count for row in rows for count in loader.check(row))
