"""The demo world's planning cycles: prepared, voted on, frozen, planned and decided as people do it. The worker's part,
computing the plans, is done at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from apps.people.models import BusinessUnit
from apps.roadmap.actions import cycles, meetings, planning, voting
from apps.roadmap.models import Candidate, Cycle, Request, Share
from apps.roadmap.workflow import Entry
from portal.demo_playback import Playback, Row

STRATEGIC = "strategic"
A_MINUTE = timedelta(minutes=1)


class CycleLoader(Playback):
    """Cycles of requests that are known by their keys."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.units = {unit.slug: unit for unit in BusinessUnit.objects.all()}
        self.requests: dict[str, int] = {}

    def request_of(self, key: str) -> Request:
        return Request.objects.select_related("unit", "owner", "requester").get(pk=self.requests[key])

    def cycle(self, row: Row) -> None:
        slug = row["slug"]
        self.later(self.ago(row["created"]), partial(self._create, row))
        for each in row["candidates"]:
            self.later(self.ago(each["at"]), partial(self._candidate, slug, each))
            if "approved" in each:
                self.later(self.ago(each["approved"]), partial(self._approve, slug, each))
        for name, take in (("delegates", self._delegate), ("advice", self._advise), ("ballots", self._vote)):
            for each in row.get(name) or ():
                self.later(self.ago(each["at"]), partial(take, slug, each))
        self.later(self.ago(row["opened"]), partial(self._open, slug))
        if "frozen" in row:
            self.later(self.ago(row["frozen"]), partial(self._freeze, slug))
            self.later(self.ago(row["meeting"]["at"]), partial(self._meet, slug, row["meeting"]))

    def _create(self, row: Row, at: datetime) -> None:
        office = self.users["esther"]
        cycle = cycles.create_cycle(
            actor=office,
            slug=row["slug"],
            name=row["name"],
            starts=self.ago(row["starts"]).date(),
            ends=self.ago(row["ends"]).date(),
            mandatory_cap=row["mandatory_cap"],
            ballots_until=self.ago(row["until"]).replace(minute=0, second=0, microsecond=0),
            at=at,
        )
        weeks = {role: tuple(given) for role, given in row["capacity"].items()}
        cycles.set_capacity(actor=office, cycle=cycle, weeks=weeks, at=at)
        shares = {
            None if slug == STRATEGIC else self.units[slug]: part for slug, part in row["shares"].items()
        }
        cycles.set_shares(actor=office, cycle=cycle, shares=shares, at=at)

    def _candidate(self, slug: str, row: Row, at: datetime) -> None:
        cycle, request = self._cycle_of(slug), self.request_of(row["request"])
        entry, office = row.get("entry", Entry.OPEN), self.users["esther"]
        if entry == Entry.CARRIED:
            cycles.carry_over(actor=office, cycle=cycle, request=request, at=at)
        else:
            obligation = row.get("obligation", "")
            cycles.add_candidate(
                actor=office, cycle=cycle, request=request, entry=entry, obligation=obligation, at=at
            )

    def _approve(self, slug: str, row: Row, at: datetime) -> None:
        candidate = self._candidate_of(slug, row["request"])
        cycles.approve_mandatory(actor=self.users[row["approved_by"]], candidate=candidate, at=at)

    def _open(self, slug: str, at: datetime) -> None:
        cycles.open_voting(actor=self.users["esther"], cycle=self._cycle_of(slug), at=at)

    def _delegate(self, slug: str, row: Row, at: datetime) -> None:
        actor, user = self.users[row["by"]], self.users[row["user"]]
        voting.name_delegate(actor=actor, share=self._share(slug, row["unit"]), user=user, at=at)

    def _advise(self, slug: str, row: Row, at: datetime) -> None:
        voting.advise(
            actor=self.users[row["by"]],
            share=self._share(slug, row["unit"]),
            candidate=self._candidate_of(slug, row["request"]),
            points=row["points"],
            note=row["note"],
            at=at,
        )

    def _vote(self, slug: str, row: Row, at: datetime) -> None:
        points = {self._candidate_of(slug, key): number for key, number in row["points"].items()}
        share = self._share(slug, row["unit"])
        voting.cast_ballot(actor=self.users[row["by"]], share=share, points=points, at=at)

    def _freeze(self, slug: str, at: datetime) -> None:
        snapshot = planning.freeze(actor=self.users["esther"], cycle=self._cycle_of(slug), at=at)
        planning.carry_out(snapshot.runs.select_related("cycle", "snapshot").get(), at=at + A_MINUTE)

    def _meet(self, slug: str, row: Row, at: datetime) -> None:
        meeting = meetings.call_meeting(actor=self.users["esther"], cycle=self._cycle_of(slug), at=at)
        for name, away in row["there"].items():
            recused = [self._candidate_of(slug, key) for key in away]
            meetings.attend(actor=self.users[name], meeting=meeting, recused_from=recused, at=at)
        for each in row["overrides"]:
            items: dict[str, Any] = {
                name: self._candidate_of(slug, each[name]) for name in ("takes", "displaces") if name in each
            }
            actor = self.users[each["by"]]
            meetings.override(actor=actor, meeting=meeting, reason=each["reason"], at=at, **items)
        meeting.refresh_from_db()
        meetings.decide(
            actor=self.users[row["chair"]],
            meeting=meeting,
            chosen=row["chosen"],
            sha256=meeting.run.result_sha256,
            notes=row["notes"],
            at=at + 45 * A_MINUTE,
        )

    def _cycle_of(self, slug: str) -> Cycle:
        return Cycle.objects.get(slug=slug)

    def _candidate_of(self, slug: str, key: str) -> Candidate:
        rows = Candidate.objects.select_related("request", "cycle")
        return rows.get(cycle__slug=slug, request=self.requests[key])

    def _share(self, slug: str, unit: str) -> Share:
        rows = Share.objects.select_related("cycle", "unit")
        return rows.get(cycle__slug=slug, unit=None if unit == STRATEGIC else self.units[unit])
