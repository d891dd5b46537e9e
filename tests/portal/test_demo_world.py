"""The demo world, loaded once as `manage.py demo` loads it: every room has what its pages are to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.core.models import Event
from apps.people.models import User
from apps.roadmap.models import (
    Ballot,
    Block,
    Candidate,
    Cycle,
    Handover,
    Outcome,
    OutcomeReview,
    PlanRun,
    Request,
    Score,
)
from apps.roadmap.queries.plans import result_of
from apps.roadmap.workflow import State as RoadmapState
from apps.tooling.models import Condition, ExceptionRequest, Proposal, Recusal, Standard, Verdict
from apps.tooling.queries import clock
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.requests import with_now
from apps.tooling.queries.revisiting import to_revisit
from apps.tooling.queries.use import unused_grants, wanting
from apps.tooling.vocabulary import Ring
from apps.tooling.workflow import State
from apps.wiki.models import Draft, FruitlessSearch, Link, Mention, Page, Revision
from portal import demo_world
from portal.demo_roadmap import request_rows
from portal.demo_tooling import files
from portal.demo_wiki_files import page_files

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo-world"), pytest.mark.usefixtures("world")]


MADE_BY_THE_PRODUCT = {"handbook", "records"}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        assert demo_world.load()
        yield
        transaction.set_rollback(True)


def test_its_wiki() -> None:
    pages = Page.objects.select_related("space").exclude(space__slug__in=MADE_BY_THE_PRODUCT)
    written = {f"{page.space}/{page.slug}" for page in page_files()}
    assert {f"{page.space.slug}/{page.slug}" for page in pages} == written
    assert {page.freshness() for page in pages} == {"verified", "due", "expired", "unverified"}
    revisions = Revision.objects.filter(page__in=pages)
    assert revisions.filter(merged=True).count() >= 2
    assert revisions.exclude(restored=None).exists()
    assert [row.text for row in revisions.exclude(redacted_at=None)] == [""]
    broken = Link.objects.filter(source__in=pages, kind="page", target=None)
    assert 4 <= broken.exclude(wanted_space__in=MADE_BY_THE_PRODUCT).count() <= 12
    assert not Link.objects.filter(source__in=pages, entity=None).exclude(kind="page").exists()
    assert Draft.objects.filter(user__username="ada").count() == 2
    assert Mention.objects.exists()
    assert FruitlessSearch.objects.exists()
    ages = Event.objects.filter(verb__startswith="wiki.").order_by("at").values_list("at", flat=True)
    assert (ages[len(ages) - 1] - ages[0]).days > 150
    seen = {name: _spaces_of(User.objects.get(username=name)) for name in ("ada", "chloe", "kim")}
    assert "credit-limit-review" in seen["ada"] - seen["chloe"] - seen["kim"]
    assert "claims" in seen["chloe"] - seen["kim"]


def _spaces_of(user: Any) -> set[str]:

    return set(Page.objects.visible_to(user).values_list("space__slug", flat=True))


def test_its_tooling() -> None:
    now, esther = clock.now(), User.objects.get(username="esther")
    rows = list(with_now(ExceptionRequest.objects.all(), now))
    states = Counter(row.shown_state for row in rows)
    assert set(states) == set(State.values)
    assert len(rows) == sum(len(content["requests"]) for content in files("requests"))
    assert any(row.overdue for row in rows) and any(row.emergency for row in rows)
    left = sorted((row.ends - now).days for row in rows if row.shown_state in ("active", "renewal_pending"))
    assert all(any(day - 1 <= days <= day + 1 for days in left) for day in (1, 7, 14, 30))
    assert Condition.objects.filter(met_at=None, due__lt=now, evidence_at__isnull=False).count() == 1
    assert Recusal.objects.count() == 1
    assert (
        Verdict.objects.filter(approves=False, request__state__in=("active", "renewal_pending")).count() == 2
    )
    assert set(Proposal.objects.values_list("state", flat=True)) == {"open", "voting", "accepted"}
    assert Standard.objects.filter(effective_from__gt=now).count() == 1
    assert _blips() >= 40
    assert [demand.tool.name for demand in to_revisit(esther, now)] == ["qdrant"]
    standings = Counter(use.standing.value for use in wanting(esther))
    assert standings["ended"] == 1 and standings["excepted"] == 2 and 5 <= standings["denied"] <= 12
    assert unused_grants(esther, now).exists()
    ages = Event.objects.filter(verb__startswith="tooling.").order_by("at").values_list("at", flat=True)
    assert ages[len(ages) - 1] - ages[0] > timedelta(days=150)


def _blips() -> int:
    """The tools that a holding standard speaks of, in all rings."""

    seen = snapshot()
    holding = {
        (rule.tool, rule.ring)
        for row in files("tools")[0]["tools"]
        for standard in seen.book.standards_holding(f"tool:coe/{row['tool']}", seen.at)[0]
        for rule in standard.rules
    }
    assert {ring for _, ring in holding} == set(Ring)
    return len({tool for tool, _ in holding})


def test_its_roadmap() -> None:
    _states_are_all_shown()
    _the_first_cycle_is_decided()
    _the_second_is_sealed()
    _what_came_of_it()


def _states_are_all_shown() -> None:
    states = Counter(Request.objects.values_list("state", flat=True))
    assert set(states) == set(RoadmapState.values) and sum(states.values()) == len(request_rows())
    assert Score.objects.filter(revealed_at=None).count() == 1
    assert Score.objects.filter(request__title__startswith="Early warning", round=2).count() == 2


def _the_first_cycle_is_decided() -> None:
    cycle = Cycle.objects.get(slug="first-cycle")
    run = PlanRun.objects.get()
    meeting = cycle.meetings.get()
    assert cycle.state == "decided" and run.reproducible and meeting.run == run
    result = result_of(run)
    assert result["course"]["rounds"] and result["filled"] and result["price_of_fairness"] != "0"
    assert result["default"]["requests"] != result["ranking"]["requests"]
    assert meeting.overrides.get().displaces.planned is False and meeting.overrides.get().takes.planned
    assert Candidate.objects.filter(cycle=cycle, planned=False).count() >= 3
    assert Candidate.objects.get(cycle=cycle, entry="mandatory").approved_by.username == "hana"


def _the_second_is_sealed() -> None:
    cycle = Cycle.objects.get(slug="second-cycle")
    assert cycle.state == "voting" and not cycle.snapshots.exists()
    assert Ballot.objects.filter(cycle=cycle).count() == 2
    seen = {
        name: Ballot.objects.visible_to(User.objects.get(username=name)).filter(cycle=cycle).count()
        for name in ("jo", "lena", "sofia", "farid", "esther", "root", "kim")
    }
    assert seen == {"jo": 1, "lena": 1, "sofia": 1, "farid": 0, "esther": 0, "root": 0, "kim": 0}


def _what_came_of_it() -> None:
    assert Outcome.objects.exclude(confirmed_at=None).count() == 1
    assert Outcome.objects.filter(confirmed_at=None).count() == 2
    verdicts = set(OutcomeReview.objects.exclude(done_at=None).values_list("verdict", flat=True))
    assert verdicts == {"not_adopted", "stopped_learned"}
    assert Block.objects.filter(ended_at=None).count() == 1
    assert Handover.objects.exclude(accepted_at=None).count() == 2
    key = Request.objects.get(title__startswith="Vector search").key
    tied = ExceptionRequest.objects.exclude(tied_to="")
    assert tied.count() == 4 and {row.tied_to for row in tied} == {key}  # three, and a renewal of one
