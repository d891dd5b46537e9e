"""The demo world's exception requests: begun, asked about, decided and ended, each step at its own moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from apps.catalog.models import Entity
from apps.catalog.vocabulary import Kind
from apps.people.working_days import WorkCalendar
from apps.tooling.actions import conditions, drafts, granting, reviewing, submitting
from apps.tooling.models import Capability, Environment, ExceptionRequest, ReviewStep
from apps.tooling.queries.tiers import calendar_of
from apps.tooling.vocabulary import DataClass
from portal.demo_playback import Playback, Row

Step = Callable[["RequestLoader", ExceptionRequest, Row, datetime], Any]
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


class RequestLoader(Playback):
    """Collects requests with their steps, as the catalog's loader does with entities."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.environments = {row.slug: row for row in Environment.objects.all()}
        self.tools = {tool.name: tool for tool in Entity.objects.filter(kind=Kind.TOOL, namespace="coe")}
        self.requests: dict[str, int] = {}

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
        """`at` days ago; or in the morning `wd` working days before today, or before the next day that is one."""
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

    def request_of(self, key: str) -> ExceptionRequest:
        return ExceptionRequest.objects.get(pk=self.requests[key])

    def tool(self, name: str) -> Entity:
        return self.tools[name]

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

    def take(loader: RequestLoader, request: ExceptionRequest, row: Row, at: datetime) -> None:
        told = {said: row["say"]} if said else {}
        actor = loader.users[row["by"]] if "by" in row else request.requester
        action(actor=actor, request=request, at=at, **told)

    return take


def _on_condition(action: Callable[..., Any], said: str = "") -> Step:
    return lambda loader, request, row, at: loader.on_condition(action, said, request, row, at)


def _revoke(loader: RequestLoader, request: ExceptionRequest, row: Row, at: datetime) -> None:
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
    "verdict": RequestLoader.verdict,
    "condition": RequestLoader.condition,
    "prove": _on_condition(conditions.prove_condition, "evidence"),
    "confirm": _on_condition(conditions.confirm_condition),
    "return": _on_condition(conditions.return_condition, "reason"),
}
