"""What the roadmap offers to the other rooms: sentences, cards, panels, search, minutes, reminders and figures."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.core.errors import Forbidden
from apps.core.feed import feed
from apps.core.models import Event
from apps.core.plugs import Card, Export, FeedVerb, Metric, NavItem, Panel, Searchable, registered
from apps.people.models import Committee, User
from apps.roadmap.actions import (
    closing,
    cycles,
    delivery,
    intake,
    meetings,
    outcomes,
    planning,
    scoring,
    triage,
)
from apps.roadmap.actions.minutes import keep_minutes
from apps.roadmap.actions.reminding import remind_of_reviews, tell_review_due
from apps.roadmap.models import Candidate, Cycle, Meeting, OutcomeReview, PlanRun, Request
from apps.roadmap.queries.metrics import FIGURES, figure, figures
from tests.factories import EntityFactory
from tests.personas import People
from tests.roadmap import making

SignedIn = Callable[[str], Client]
ACTIONS = Path(__file__).parents[2] / "apps/roadmap/actions"
MOVERS = {"move": (4, "request"), "move_cycle": (4, "cycle"), "_answer": (3, "request")}
CHOSEN = {"roadmap.request.planned", "roadmap.request.not_planned"}


def card(name: str, user: Any) -> list[str]:
    [plug] = [each for each in registered(Card) if each.name == f"roadmap.{name}"]
    items, count = plug.items(user, 5)
    assert count >= len(items)
    return [item.title for item in items]


# -- sentences -------------------------------------------------------------------------------------------------


def recorded() -> set[str]:
    """Every verb that an action records: whole ones, and those that `move` completes."""
    found = set(CHOSEN)
    for path in ACTIONS.glob("*.py"):
        tree = ast.parse(path.read_text())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", "")
            if name == "record" and isinstance(call.args[0], ast.Constant):
                found.add(call.args[0].value)
            elif name in MOVERS and len(call.args) > MOVERS[name][0]:
                place, kind = MOVERS[name]
                if isinstance(verb := call.args[place], ast.Constant):
                    found.add(f"roadmap.{kind}.{verb.value}")
    return found


def test_every_verb_that_an_action_records_reads_as_a_sentence() -> None:
    told = {plug.verb for plug in registered(FeedVerb)}
    known = recorded()
    assert {"roadmap.request.submitted", "roadmap.cycle.frozen", "roadmap.request.accepted"} <= known
    assert {verb for verb in known if verb.startswith("roadmap.")} - told == set()


@pytest.mark.parametrize("data", [{}, {"changes": ["title"], "role": "ml-engineer", "p50": "3", "days": 90}])
def test_remarks_never_fail(data: dict[str, Any]) -> None:
    for plug in registered(FeedVerb):
        if plug.verb.startswith("roadmap."):
            assert isinstance(plug.describe(data), str)


def test_the_feed_says_that_a_blind_score_is_in_and_not_whose(people: People) -> None:
    making.policy(people)
    row = triage.accept(actor=people.dmitri, request=making.submitted(people))
    making.give_score(people, row, "dmitri", 73)
    lines = [line for line in feed(people.ada) if "blind" in line.sentence]
    assert [line.sentence for line in lines] == ["A blind score of Sort the alerts is in"]
    assert not any(line.actor or "73" in line.remark for line in lines)
    assert "Ben asked for Sort the alerts" in [line.sentence for line in feed(people.kim)]


# -- cards -----------------------------------------------------------------------------------------------------


def test_cards_tell_the_center_what_to_triage_and_to_score(people: People) -> None:
    making.policy(people)
    row = making.submitted(people)
    assert card("triage", people.dmitri) == [str(row)] and card("triage", people.ben) == []
    triage.accept(actor=people.dmitri, request=row)
    assert card("triage", people.dmitri) == []
    assert card("score", people.dmitri) == card("score", people.esther) == [str(row)]
    making.give_score(people, row, "dmitri", 40)
    assert card("score", people.dmitri) == [] and card("score", people.esther) == [str(row)]
    assert card("score", people.ada) == []
    making.give_score(people, row, "esther", 40)
    scoring.reveal_scores(actor=people.esther, request=row)
    assert card("score", people.esther) == []
    assert card("sponsor", people.farid) == [str(row)] and card("sponsor", people.jo) == []


def test_cards_tell_of_questions_and_of_blocks(people: People) -> None:
    making.policy(people)
    row = making.submitted(people)
    triage.ask_info(actor=people.dmitri, request=row, question="Whose alerts?")
    assert card("answer", people.ada) == [str(row)] and card("answer", people.chloe) == []
    built = decided(people)
    delivery.start_work(actor=people.dmitri, request=built)
    row_ = delivery.block(actor=people.dmitri, request=built, waits_for="The feed", owner=people.jo)
    assert card("blocked", people.jo) == [str(built)] and card("blocked", people.farid) == []
    delivery.unblock(actor=people.jo, row=row_)
    assert card("blocked", people.jo) == []


def test_cards_tell_who_votes_and_who_decides(people: People) -> None:
    making.policy(people)
    row = making.voting_cycle(people, making.ready(people))
    assert card("vote", people.farid) == ["First quarter: Retail Banking"]
    assert card("vote", people.jo) == ["First quarter: Insurance"]
    assert card("vote", people.esther) == card("vote", people.ada) == []
    making.vote(people, row, "insurance")
    assert card("vote", people.jo) == []
    planning.freeze(actor=people.esther, cycle=row)
    planning.carry_out(PlanRun.objects.get())
    assert card("decide", people.farid) == card("decide", people.hana) == ["First quarter"]
    assert card("decide", people.jo) == []


def test_a_card_tells_which_cycle_is_over_and_waits_for_being_closed(
    people: People, signed_in: SignedIn
) -> None:
    making.policy(people)
    decided(people)
    today = timezone.now().date()
    assert card("close", people.esther) == []  # it runs
    Cycle.objects.update(starts=today - timedelta(days=90), ends=today)
    assert card("close", people.esther) == ["First quarter"]
    for name in ("ada", "dmitri", "farid", "hana", "kim", "root", "ci-risk"):
        assert card("close", people[name]) == [], name
    assert "Cycles to close" in signed_in("esther").get("/").content.decode()
    closing.close_cycle(actor=people.esther, cycle=Cycle.objects.get())
    assert card("close", people.esther) == []
    Cycle.objects.update(state="proposed")
    assert card("close", people.esther) == []


def test_a_mandatory_item_waits_for_somebody_else_of_the_committee(people: People) -> None:
    making.policy(people)
    row, request = making.cycle(people), making.ready(people)
    cycles.add_candidate(
        actor=people.esther, cycle=row, request=request, entry="mandatory", obligation="Law 12"
    )
    assert card("decide", people.hana) == [str(request)] and card("decide", people.esther) == []


def decided(people: People, title: str = "Read the claims", **fields: Any) -> Request:
    """Planned by the committee."""
    Committee.objects.filter(purpose="steering").update(quorum=2)
    request = making.ready(people, title, **fields)
    row = making.voting_cycle(people, request)
    making.vote(people, row, "retail-banking", **{f"r{request.pk}": 100})
    planning.freeze(actor=people.esther, cycle=row)
    run = planning.carry_out(PlanRun.objects.get(cycle=row))
    meeting = meetings.call_meeting(actor=people.esther, cycle=Cycle.objects.get(pk=row.pk))
    for name in ("farid", "hana"):
        meetings.attend(actor=people[name], meeting=meeting)
    sent = {"chosen": "equal_shares", "sha256": run.result_sha256, "notes": "All *agreed*."}
    meetings.decide(actor=people.farid, meeting=meeting, **sent)
    return Request.objects.get(pk=request.pk)


def delivered(people: People, **fields: Any) -> Request:
    request = decided(people, **fields)
    delivery.start_work(actor=people.dmitri, request=request)
    return delivery.deliver(actor=people.dmitri, request=request)


def test_cards_tell_whose_outcomes_are_due_and_who_confirms(people: People) -> None:
    making.policy(people)
    request = delivered(people)
    today = timezone.now().date()
    assert card("review", people.ben) == []
    OutcomeReview.objects.filter(request=request, days=90).update(due=today)
    assert card("review", people.ben) == card("review", people.ada) == [str(request)]
    assert card("review", people.chloe) == []
    outcomes.record_outcome(
        actor=people.ada,
        kpi=request.kpis.get(),
        period_start=today - timedelta(days=30),
        period_end=today,
        value=-20,
        source="Time sheets",
    )
    assert card("confirm", people.farid) == card("confirm", people.hana) == [str(request)]
    assert card("confirm", people.ada) == card("confirm", people.jo) == []


# -- panel, search, export -------------------------------------------------------------------------------------


def panel(user: Any, entity: Any) -> Any:
    [plug] = [each for each in registered(Panel) if each.name == "roadmap.requests"]
    return plug.context(user, entity)


def test_an_entity_shows_what_is_asked_about_it_promised_and_realised(
    signed_in: SignedIn, people: People
) -> None:
    making.policy(people)
    model = EntityFactory(owner=people.team("risk-ml"))
    assert panel(people.kim, model) is None
    request = delivered(people, links=[model])
    today = timezone.now().date()
    when = {"period_start": today - timedelta(days=30), "period_end": today}
    found = outcomes.record_outcome(
        actor=people.ada, kpi=request.kpis.get(), value=-20, attribution="0.5", source="Sheets", **when
    )
    [row] = panel(people.kim, model)["rows"]
    assert row["lines"] == [{"measure": "hours a week", "promised": "40", "realised": None, "waiting": 1}]
    outcomes.confirm_outcome(actor=people.farid, outcome=found)
    [row] = panel(people.kim, model)["rows"]
    assert row["lines"][0]["realised"] == "10" and row["value"] == "72,000"
    text = signed_in("kim").get(model.get_absolute_url()).content.decode()
    assert "Read the claims" in text and "realised 10" in text


def test_panel_and_search_show_nothing_that_is_hidden(people: People) -> None:
    model = EntityFactory(owner=people.team("risk-ml"))
    making.submitted(people, "Merge with a rival", visibility="restricted", links=[model])
    making.draft(people, "A draft about a rival", links=[model])
    [plug] = [each for each in registered(Searchable) if each.name == "roadmap"]

    def hits(user: User) -> list[str]:
        return [hit.title for hit in plug.search(Request.objects.visible_to(user), "rival", 5)]

    assert panel(people.kim, model) is None and hits(people.kim) == []
    assert len(panel(people.ada, model)["rows"]) == 1 and hits(people.ada) == ["Merge with a rival"]


def test_the_export_has_a_cell_for_each_column(people: People) -> None:
    [plug] = [each for each in registered(Export) if each.name == "roadmap.requests"]
    assert len(plug.cells(making.submitted(people))) == len(plug.columns)


def test_the_rail_has_the_roadmap_before_tooling() -> None:
    names = [item.label for item in registered(NavItem)]
    assert names.index("Catalog") < names.index("Roadmap") < names.index("Tooling")


# -- minutes and reminders -------------------------------------------------------------------------------------


def test_a_decision_leaves_minutes_that_everybody_may_read(signed_in: SignedIn, people: People) -> None:
    making.policy(people)
    request = decided(people)
    Candidate.objects.exclude(request=request).delete()
    meeting = Meeting.objects.get()
    url = keep_minutes(meeting=meeting.pk)
    assert url and keep_minutes(meeting=meeting.pk) == url
    meeting.refresh_from_db()
    assert meeting.minutes_url == url
    text = signed_in("kim").get(url, follow=True).content.decode()
    assert "Read the claims" in text and "All *agreed*." in text and "Finance" in text
    assert "Farid" not in text.partition("<article")[2].partition("</article")[0]


def test_minutes_name_no_request_that_is_not_shown_to_everybody(people: People) -> None:
    making.policy(people)
    request = decided(people)
    Request.objects.filter(pk=request.pk).update(visibility="restricted")
    from apps.roadmap.actions.minutes import minutes_of

    text = minutes_of(Meeting.objects.get())
    assert "claims" not in text and f"request {request.pk}, which is not shown to everybody" in text


def test_a_look_back_that_is_due_is_told_once(people: People) -> None:
    making.policy(people)
    request = delivered(people)
    review = OutcomeReview.objects.get(request=request, days=90)
    at = timezone.now() + timedelta(days=90)
    assert remind_of_reviews(at - timedelta(days=1)) == 0
    assert remind_of_reviews(at) == 1 and remind_of_reviews(at) == 0
    assert Event.objects.filter(verb="roadmap.request.review_due").count() == 1
    assert tell_review_due(user=people.ben.pk, review=review.pk)
    assert "after 90 days" in mail.outbox[0].subject
    assert f"/roadmap/requests/{request.pk}/outcomes/" in mail.outbox[0].body
    Request.objects.filter(pk=request.pk).update(visibility="restricted")
    assert not tell_review_due(user=people.chloe.pk, review=review.pk)


# -- figures ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ada", "ben", "chloe", "farid", "kim", "ci-risk"])
def test_figures_are_for_the_center(signed_in: SignedIn, people: People, name: str) -> None:
    assert signed_in(name).get("/roadmap/leads/").status_code in (302, 403)
    with pytest.raises(Forbidden):
        figure(people[name], "acceptance")


def test_every_figure_can_be_read_of_nothing_and_as_a_metric(signed_in: SignedIn, people: People) -> None:
    assert {each.value for each in figures(people.esther)} == {None}
    assert signed_in("dmitri").get("/roadmap/leads/").status_code == 200
    plugs = {plug.name for plug in registered(Metric)}
    assert {f"roadmap.{name}" for name in FIGURES} <= plugs


def test_figures_of_a_cycle_and_of_effort(signed_in: SignedIn, people: People) -> None:
    making.policy(people)
    request = delivered(people)
    declined = making.submitted(people, "Read minds", by="chloe")
    triage.decline(actor=people.dmitri, request=declined, reason="Nobody can.")
    intake.comment(actor=people.chloe, request=declined, text="A pity.")
    delivery.record_actual(
        actor=people.dmitri, request=request, role="ml-engineer", month=timezone.now().date(), weeks=5
    )
    found = {each.name: each.value for each in figures(people.esther)}
    assert found["acceptance"] == 50.0
    assert found["price_of_fairness"] == 0.0 and found["overrides"] == 0.0
    assert found["received"] == 100.0 and found["mandatory"] == 0.0 and found["carry_over"] == 0.0
    assert found["estimate_bias"] == 125.0 and found["p90_coverage"] == 0.0
    assert found["calibration"] is None  # one figure tells nothing
    assert found["time_to_decision"] is not None
    text = signed_in("esther").get("/roadmap/leads/").content.decode()
    assert "125" in text and "Retail Banking (1)" in text
