"""The demo world's roadmap: what was asked of the center in six months, how it was answered, scored, planned and
delivered, played back through the actions that people use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from apps.catalog.models import Entity
from apps.people.models import BusinessUnit
from apps.roadmap.actions import delivery, intake, outcomes, scoring, triage
from apps.roadmap.models import Outcome, OutcomeReview, Request
from apps.tooling.models import ExceptionRequest
from portal.demo_cycles import CycleLoader
from portal.demo_files import FOLDER, read
from portal.demo_playback import Row

Step = Callable[["RoadmapLoader", Request, Row, datetime], Any]
A_LITTLE = timedelta(minutes=20)
TEXTS = {
    "title": "title",
    "type": "type",
    "problem": "problem",
    "decision": "decision_changed",
    "nothing": "if_nothing",
    "why_now": "why_now",
    "approach": "approach",
    "because": "approach_reason",
    "reach": "reach",
    "visibility": "visibility",
    "signal": "signal",
}


class RoadmapLoader(CycleLoader):
    """Requests with their steps; `days` in files count back from now, `in` counts ahead."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.begun: dict[str, Request] = {}

    def policy(self, row: Row, at: datetime) -> None:
        rates = [
            {"category": category, "measure": measure, "value": str(value)}
            for category, measures in row["rates"].items()
            for measure, value in measures.items()
        ]
        scoring.publish_policy(actor=self.users[row["by"]], rates=rates, rationale=row["rationale"], at=at)

    def request(self, row: Row) -> None:
        self.later(self.ago(row["begun"]), partial(self._begin, row))
        for step in row.get("steps") or ():
            self.later(self.ago(step["at"]), partial(self._step, row["key"], {"by": row["by"], **step}))

    def _begin(self, row: Row, at: datetime) -> None:
        fields = {field: row[name] for name, field in TEXTS.items() if name in row}
        made = intake.begin_request(
            actor=self.users[row["by"]],
            owner=self.teams[row["team"]],
            unit=self.units.get(row.get("unit", "")),
            kpis=[self._kpi(each) for each in row.get("kpis") or ()],
            links=[self.entity(ref) for ref in row.get("links") or ()],
            at=at,
            **fields,
        )
        self.requests[row["key"]], self.begun[row["key"]] = made.pk, made

    def _kpi(self, row: Row) -> dict[str, Any]:
        low, middle, high = row["range"].split()
        return {
            **{name: row[name] for name in ("category", "name", "measure", "direction")},
            "baseline": row.get("baseline"),
            "p10": low,
            "p50": middle,
            "p90": high,
            "measured_how": row["how"],
            "review_at": (self.now + timedelta(days=row["review_in"])).date(),
            "owner": self.users[row["owner"]],
        }

    def _step(self, key: str, step: Row, at: datetime) -> None:
        """Actions read the row again under their lock, so that the request as it was begun is enough."""
        STEPS[step["do"]](self, self.begun[key], step, at)

    def entity(self, ref: str) -> Entity:
        kind, _, rest = ref.partition(":")
        namespace, _, name = rest.partition("/")
        return Entity.objects.get(kind=kind, namespace=namespace, name=name)

    def score(self, request: Request, row: Row, at: datetime) -> None:
        """`give` holds for each scorer, figure by figure, what they expect and how well it is known."""
        kpis = list(request.kpis.order_by("pk"))
        for place, (name, given) in enumerate(row["give"].items()):
            views = [each.split() for each in given.split(",")] if given else []
            lines = [
                {"kpi": kpi.pk, "expected": expected, "evidence": evidence}
                for kpi, (expected, evidence) in zip(kpis, views, strict=True)
            ]
            scoring.give_score(
                actor=self.users[name],
                request=request,
                impact=row.get("impact", 1),
                urgency=row.get("urgency", "steady"),
                lines=lines,
                comment=(row.get("say") or {}).get(name, ""),
                at=at + place * A_LITTLE,
            )

    def estimate(self, request: Request, row: Row, at: datetime) -> None:
        for role, given in row["weeks"].items():
            low, middle, high = given.split()
            scoring.estimate(
                actor=self.users[row["by"]],
                request=request,
                role=role,
                p10=low,
                p50=middle,
                p90=high,
                note=row.get("say", ""),
                at=at,
            )

    def milestone(self, request: Request, row: Row, at: datetime) -> None:
        p50, p90 = ((self.now + timedelta(days=days)).date() for days in row["in"])
        actor = self.users[row["by"]]
        delivery.add_milestone(actor=actor, request=request, title=row["say"], p50=p50, p90=p90, at=at)

    def outcome(self, request: Request, row: Row, at: datetime) -> None:
        kpi = request.kpis.order_by("pk")[row["kpi"] - 1]
        outcomes.record_outcome(
            actor=self.users[row["by"]],
            kpi=kpi,
            period_start=self.ago(row["from"]).date(),
            period_end=self.ago(row["to"]).date(),
            value=row["value"],
            attribution=row["attribution"],
            source=row["say"],
            at=at,
        )

    def review(self, request: Request, row: Row, at: datetime) -> None:
        outcomes.review_outcome(
            actor=self.users[row["by"]],
            review=OutcomeReview.objects.get(request=request, days=row["days"]),
            verdict=row["verdict"],
            lesson=row["say"],
            adoption=row.get("adoption"),
            target_adoption=row.get("target"),
            at=at,
        )


def _plain(action: Callable[..., Any], said: str = "") -> Step:
    """A step that takes the request and, under the name `said`, what the person said."""

    def take(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
        told = {said: row["say"]} if said else {}
        action(actor=loader.users[row["by"]], request=request, at=at, **told)

    return take


def _support(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    actor, unit = loader.users[row["by"]], BusinessUnit.objects.get(slug=row["unit"])
    intake.support(actor=actor, request=request, unit=unit, note=row["say"], at=at)


def _strategic(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    triage.set_strategic(actor=loader.users[row["by"]], request=request, strategic=True, at=at)


def _merge(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    into = loader.request_of(row["into"])
    triage.merge(actor=loader.users[row["by"]], request=request, into=into, at=at)


def _join(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    other = loader.request_of(row["other"])
    scoring.add_dependency(
        actor=loader.users[row["by"]], request=request, other=other, kind=row["kind"], at=at
    )


def _finish(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    milestone = request.milestones.get(title=row["say"])
    delivery.finish_milestone(actor=loader.users[row["by"]], milestone=milestone, at=at)


def _block(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    owner = loader.users[row["owner"]]
    delivery.block(actor=loader.users[row["by"]], request=request, waits_for=row["say"], owner=owner, at=at)


def _unblock(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    delivery.unblock(
        actor=loader.users[row["by"]], row=request.blocks.get(ended_at=None), outcome=row["say"], at=at
    )


def _actual(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    """Of the month in which it is recorded."""
    actor, month = loader.users[row["by"]], at.date()
    for role, weeks in row["weeks"].items():
        delivery.record_actual(actor=actor, request=request, role=role, month=month, weeks=weeks, at=at)


def _hand_over(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    actor, entity, team = loader.users[row["by"]], loader.entity(row["entity"]), loader.teams[row["team"]]
    delivery.hand_over(actor=actor, request=request, entity=entity, team=team, note=row["say"], at=at)


def _accept_handover(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    delivery.accept_handover(actor=loader.users[row["by"]], handover=request.handovers.get(), at=at)


def _confirm(loader: RoadmapLoader, request: Request, row: Row, at: datetime) -> None:
    outcome = Outcome.objects.filter(request=request, confirmed_at=None).earliest("pk")
    outcomes.confirm_outcome(actor=loader.users[row["by"]], outcome=outcome, at=at)


STEPS: Mapping[str, Step] = {
    "submit": _plain(intake.submit_request),
    "answer": _plain(intake.answer_info, "answer"),
    "withdraw": _plain(intake.withdraw, "reason"),
    "sponsor": _plain(intake.confirm_sponsorship),
    "comment": _plain(intake.comment, "text"),
    "support": _support,
    "triage": _plain(triage.take_triage),
    "ask": _plain(triage.ask_info, "question"),
    "accept": _plain(triage.accept),
    "decline": _plain(triage.decline, "reason"),
    "defer": _plain(triage.defer, "reason"),
    "strategic": _strategic,
    "merge": _merge,
    "score": RoadmapLoader.score,
    "reveal": _plain(scoring.reveal_scores),
    "ready": _plain(scoring.declare_ready),
    "again": _plain(scoring.score_again, "reason"),
    "estimate": RoadmapLoader.estimate,
    "join": _join,
    "start": _plain(delivery.start_work),
    "cancel": _plain(delivery.cancel, "reason"),
    "milestone": RoadmapLoader.milestone,
    "finish": _finish,
    "block": _block,
    "unblock": _unblock,
    "actual": _actual,
    "hand over": _hand_over,
    "accept hand-over": _accept_handover,
    "deliver": _plain(delivery.deliver),
    "outcome": RoadmapLoader.outcome,
    "confirm": _confirm,
    "review": RoadmapLoader.review,
}


def request_rows() -> list[dict[str, Any]]:
    """The requests of all files, in the order of the files' names."""
    names = sorted(path.name for path in (FOLDER / "roadmap").glob("requests-*.yaml"))
    return [row for name in names for row in read(f"roadmap/{name}")["requests"]]


def load_roadmap(now: datetime) -> None:
    loader = RoadmapLoader(now)
    for row in read("roadmap/policies.yaml")["policies"]:
        loader.later(loader.ago(row["at"]), partial(loader.policy, row))
    for row in request_rows():
        loader.request(row)
    for row in read("roadmap/cycles.yaml")["cycles"]:
        loader.cycle(row)
    loader.play()
    _tie_exceptions(loader.requests)


def _tie_exceptions(requests: Mapping[str, int]) -> None:
    """Exceptions of the demo name the request that they wait for by its key in the files; now it has a number."""
    waiting = ExceptionRequest.objects.filter(tied_to__startswith="roadmap:").values_list(
        "tied_to", flat=True
    )
    for reference in set(waiting):
        pk = requests[reference.removeprefix("roadmap:")]
        ExceptionRequest.objects.filter(tied_to=reference).update(tied_to=f"request:{pk}")
