"""The demo world's tooling: standards, requests and proposals of six months, played back in the order in which they
happened through the actions that people use, while time does what it does to deadlines and exceptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from apps.catalog.models import Entity
from apps.catalog.vocabulary import REFERENCE
from apps.people.models import BusinessUnit, Team, User
from apps.people.working_days import WorkCalendar
from apps.tooling.actions import (
    conditions,
    drafts,
    granting,
    proposals,
    reviewing,
    settings,
    standards,
    submitting,
)
from apps.tooling.actions.reminding import remind
from apps.tooling.actions.timekeeping import keep_deadlines, open_waiting_reviews, settle, tell_reviews_due
from apps.tooling.models import Capability, Environment, ExceptionRequest, Proposal, ReviewStep
from apps.tooling.queries.tiers import calendar_of
from apps.tooling.vocabulary import DataClass
from portal.demo_files import FOLDER, read

Row = Mapping[str, Any]
Step = Callable[["ToolingLoader", ExceptionRequest, Row, datetime], Any]
OPENED_DAYS = 182
DAYS_BETWEEN_ROUNDS = 4
AT_WORK = timedelta(hours=9, minutes=30)
A_LITTLE = timedelta(minutes=20)
DRAFT = {
    "versions": "versions",
    "objective": "objective",
    "kpi": "kpi",
    "alternatives": "alternatives",
    "trade_offs": "trade_offs",
    "cost": "cost_of_refusal",
    "exit": "exit_plan",
    "controls": "controls",
    "emergency": "emergency",
    "tied": "tied_to",
    "tool_name": "tool_name",
    "ecosystem": "ecosystem",
}


class ToolingLoader:
    """Collects what happened as (moment, order, action), as the catalog's loader does, and plays it back."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.users = {user.username: user for user in User.objects.all()}
        self.teams = {team.slug: team for team in Team.objects.select_related("business_unit", "group")}
        self.environments = {row.slug: row for row in Environment.objects.all()}
        self.requests: dict[str, int] = {}
        self.proposals: dict[str, int] = {}
        self.happened: list[tuple[datetime, int, Callable[[datetime], Any]]] = []

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=float(days))

    def later(self, moment: datetime, action: Callable[[datetime], Any]) -> None:
        self.happened.append((moment, len(self.happened), action))

    def play(self) -> None:
        for moment, _, action in sorted(self.happened, key=lambda item: item[:2]):
            action(moment)

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
            rules=rules(row["rules"]),
            effective_from=None if ahead is None else self.now + timedelta(days=ahead),
            at=at,
        )
        settle(at)

    def profile(self, row: Row, at: datetime) -> None:
        """What the radar knows of a tool, and its names in files and clusters."""
        tool, actor = self.tool(row["tool"]), self.users[row["by"]]
        team = self.teams.get(row.get("team", ""))
        scheme = row.get("scheme", "pep440")
        standards.set_profile(
            actor=actor, tool=tool, scheme=scheme, supported_by=team, support=row["support"], at=at
        )
        for ecosystem in ("pypi", "conda", "npm", "image"):
            for name in row.get(ecosystem) or ():
                standards.name_package(actor=actor, tool=tool, ecosystem=ecosystem, name=name, at=at)

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

    def request(self, row: Row) -> None:
        """A request with all its steps; it was begun before the first of them."""
        team = row.get("team")
        calendar = calendar_of(self.teams[team]) if team else WorkCalendar()
        steps = [
            (self._moment(step, place, calendar), step) for place, step in enumerate(row.get("steps") or ())
        ]
        begun = min([self.ago(row["begun"]), *(moment - A_LITTLE for moment, _ in steps)])
        self.later(begun, partial(self._begin, row))
        for moment, step in steps:
            self.later(moment, partial(self._step, row["key"], step))

    def _moment(self, step: Row, place: int, calendar: WorkCalendar) -> datetime:
        """`at` days ago; or in the morning `wd` working days before today, or before the next day on which people work."""
        if "at" in step:
            return self.ago(step["at"])
        day = self.now.date()
        while not calendar.is_working_day(day):
            day += timedelta(days=1)
        for _ in range(step["wd"]):
            day -= timedelta(days=1)
            while not calendar.is_working_day(day):
                day -= timedelta(days=1)
        return calendar.end_of(day - timedelta(days=1)) + AT_WORK + place * A_LITTLE

    def _begin(self, row: Row, at: datetime) -> None:
        actor = self.users[row["by"]]
        if "renews" in row:
            request = drafts.begin_renewal(actor=actor, request=self.request_of(row["renews"]), at=at)
            changes = {"requested_until": self._until(row), "objective": row["objective"]}
            drafts.save_draft(actor=actor, request=request, changes=changes)
        else:
            request = drafts.begin_request(
                actor=actor, team=self.teams[row["team"]], at=at, **self._fields(row)
            )
        self.requests[row["key"]] = request.pk

    def _fields(self, row: Row) -> dict[str, Any]:
        fields = {field: row[name] for name, field in DRAFT.items() if name in row}
        return fields | {
            "tool": self.tool(row["tool"]) if "tool" in row else None,
            "capability": Capability.objects.get(slug=row["capability"]),
            "environments": [self.environments[slug] for slug in row["environments"]],
            "data_class": DataClass[row["data"].upper()].value,
            "support_owner": self.teams.get(row.get("support", "")),
            "requested_until": self._until(row),
        }

    def _until(self, row: Row) -> date | None:
        return (self.now + timedelta(days=row["until"])).date() if "until" in row else None

    def _step(self, key: str, step: Row, at: datetime) -> None:
        STEPS[step["do"]](self, self.request_of(key), step, at)

    def proposal(self, row: Row) -> None:
        self.later(self.ago(row["days_ago"]), partial(self._propose, row))
        for step in row["steps"]:
            self.later(self.ago(step["at"]), partial(self._proposal_step, row["key"], step))

    def _propose(self, row: Row, at: datetime) -> None:
        text = {name: row[name] for name in ("title", "reason", "rationale", "exit_criteria")}
        capability = Capability.objects.get(slug=row["capability"])
        made = proposals.propose_standard(
            actor=self.users[row["by"]], capability=capability, rules=rules(row["rules"]), at=at, **text
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

    def request_of(self, key: str) -> ExceptionRequest:
        return ExceptionRequest.objects.get(pk=self.requests[key])

    def tool(self, name: str) -> Entity:
        return Entity.objects.get(**REFERENCE.fullmatch(reference(name)).groupdict())  # type: ignore[union-attr]

    def verdict(self, request: ExceptionRequest, row: Row, at: datetime) -> None:
        step = ReviewStep.objects.get(request=request, round=request.round, role=row["role"])
        instead = self.tool(row["instead"]) if "instead" in row else None
        reviewing.give_verdict(
            actor=self.users[row["by"]],
            step=step,
            approves=instead is None,
            comment=row["say"],
            alternative=instead,
            at=at,
        )

    def condition(self, request: ExceptionRequest, row: Row, at: datetime) -> None:
        due = self.now + timedelta(days=row["due"])
        owner = self.users[row["owner"]]
        conditions.attach_condition(
            actor=self.users[row["by"]], request=request, text=row["text"], owner=owner, due=due, at=at
        )

    def on_condition(
        self, action: Callable[..., Any], said: str, request: ExceptionRequest, row: Row, at: datetime
    ) -> None:
        """`row["condition"]` counts the request's conditions from 1 on, in the order in which they were attached."""
        which = request.conditions.order_by("pk")[row["condition"] - 1]
        told = {said: row["say"]} if said else {}
        action(actor=self.users[row["by"]], condition=which, at=at, **told)


def _plain(action: Callable[..., Any], said: str = "") -> Step:
    """A step that takes the request and, under the name `said`, what the person said."""

    def take(loader: ToolingLoader, request: ExceptionRequest, row: Row, at: datetime) -> None:
        told = {said: row["say"]} if said else {}
        actor = loader.users[row["by"]] if "by" in row else request.requester
        action(actor=actor, request=request, at=at, **told)

    return take


def _on_condition(action: Callable[..., Any], said: str = "") -> Step:
    return lambda loader, request, row, at: loader.on_condition(action, said, request, row, at)


def _revoke(loader: ToolingLoader, request: ExceptionRequest, row: Row, at: datetime) -> None:
    actor = loader.users[row["by"]]
    granting.revoke(actor=actor, request=request, reason=row["say"], notice_days=row.get("notice", 0), at=at)


STEPS: dict[str, Step] = {
    "submit": _plain(submitting.submit_request),
    "triage": _plain(reviewing.take_triage),
    "review": _plain(reviewing.start_review),
    "ask": _plain(reviewing.ask_info, "question"),
    "answer": _plain(reviewing.answer_info, "answer"),
    "recuse": _plain(reviewing.recuse, "reason"),
    "appeal": _plain(reviewing.appeal, "reason"),
    "withdraw": _plain(reviewing.withdraw),
    "comment": _plain(reviewing.comment, "text"),
    "close": _plain(granting.close, "reason"),
    "revoke": _revoke,
    "verdict": ToolingLoader.verdict,
    "condition": ToolingLoader.condition,
    "prove": _on_condition(conditions.prove_condition, "evidence"),
    "confirm": _on_condition(conditions.confirm_condition),
    "return": _on_condition(conditions.return_condition, "reason"),
}


def reference(name: str) -> str:
    return name if ":" in name else f"tool:coe/{name}"


def rules(rows: list[Row]) -> list[dict[str, Any]]:
    """The rules of a revision, as the action takes them."""
    return [
        {
            "tool": reference(row["tool"]),
            "versions": row.get("versions", "*"),
            "environment": row.get("in"),
            "data_class": row.get("data"),
            "ring": row["ring"],
            "note": row.get("note", ""),
        }
        for row in rows
    ]


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
    loader.play()
    pass_time(now)
