"""Intake by page: looking changes nothing, every save keeps what can be kept, each act has its right and its words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.errors import Invalid
from apps.roadmap.actions import intake, triage
from apps.roadmap.models import Follow, Request, RequestComment, RequestKpi, Support
from apps.roadmap.workflow import State
from tests.forms import form_of
from tests.personas import People
from tests.roadmap.making import cycle, draft, policy, ready, scored, submitted

SignedIn = Callable[[str], Client]
NEW = "/roadmap/requests/new/"
LIST = "/roadmap/requests/"


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def at(request: Request, end: str = "") -> str:
    return f"{LIST}{request.pk}/{end}"


def typed(client: Client, request: Request, **changes: Any) -> dict[str, Any]:
    """What a browser would send back, with `changes`."""
    data: dict[str, Any] = dict(form_of(client, at(request, "edit/"), "edit/"))
    data.pop("do", None)
    return {**data, **{name.replace("__", "-"): value for name, value in changes.items()}}


def test_looking_begins_nothing_and_the_press_does(people: People, signed_in: SignedIn) -> None:
    ben = signed_in("ben")
    query = "?title=Sort+the+alerts&signal=Searches:+alerts"
    assert "Sort the alerts" in page(ben, NEW + query)
    assert not Request.objects.exists()
    answer = ben.post(NEW, form_of(ben, NEW + query, ""))
    row = Request.objects.get()
    assert answer["Location"] == at(row, "edit/")
    assert (row.title, row.signal, row.requester) == ("Sort the alerts", "Searches: alerts", people.ben)
    assert row.unit == people.unit("retail-banking")


def test_who_has_no_team_cannot_begin(people: People, signed_in: SignedIn) -> None:
    kim = signed_in("kim")
    assert "You are in no team" in page(kim, NEW)
    answer = kim.post(NEW, {"team": "risk-ml", "title": "Mine", "type": "use_case"})
    assert answer.status_code == 400
    assert not Request.objects.exists()


def test_a_central_team_is_asked_for_the_unit(people: People, signed_in: SignedIn) -> None:
    dmitri = signed_in("dmitri")
    sent = {"team": "ml-platform", "title": "A feature store", "type": "platform"}
    assert "Choose the business unit" in dmitri.post(NEW, sent).content.decode()
    assert dmitri.post(NEW, sent | {"unit": "insurance"}).status_code == 302
    assert Request.objects.get().unit == people.unit("insurance")


def test_the_form_shows_what_is_kept_and_saving_it_untouched_changes_nothing(
    people: People, signed_in: SignedIn
) -> None:
    request, ben = draft(people), signed_in("ben")
    kpi = request.kpis.get()
    assert ben.post(at(request, "edit/"), typed(ben, request) | {"do": "save"}).status_code == 302
    request.refresh_from_db()
    kept = request.kpis.get()
    assert (kept.pk, kept.p10, kept.p90, kept.owner) == (kpi.pk, 10, 60, people.ben)
    assert (request.problem, request.reach) == ("Analysts read every alert by hand.", 400)


def test_figures_are_added_changed_and_taken_away_without_scripts(
    people: People, signed_in: SignedIn
) -> None:
    request, ben = draft(people), signed_in("ben")
    body = ben.post(at(request, "edit/"), typed(ben, request) | {"do": "more"}).content.decode()
    assert 'name="kpis-1-name"' in body and 'name="kpis-2-name"' not in body
    second = {"kpis-1-name": "Losses", "kpis-1-measure": "EUR a year", "kpis-1-p50": "90000.5"}
    parts = {"kpis-1-category": "risk", "kpis-1-direction": "down"}
    assert ben.post(at(request, "edit/"), typed(ben, request) | second | parts).status_code == 302
    first, added = request.kpis.order_by("id")
    assert (added.name, str(added.p90).rstrip("0"), added.direction) == ("Losses", "90000.5", "down")
    ben.post(at(request, "edit/"), typed(ben, request) | {"do": "drop-0"})
    assert list(request.kpis.all()) == [added]
    assert first.name == "Hours spent on alerts"


def test_a_figure_that_cannot_be_kept_is_told_and_loses_nothing_else(
    people: People, signed_in: SignedIn
) -> None:
    request, ben = draft(people), signed_in("ben")
    changes = {"kpis-0-p50": "many", "problem": "Another problem."}
    answer = ben.post(at(request, "edit/"), typed(ben, request) | changes)
    body = answer.content.decode()
    assert answer.status_code == 400
    assert "Figure 1: “many” is no number." in body and 'value="many"' in body
    request.refresh_from_db()
    assert request.problem == "Another problem."
    assert request.kpis.get().p50 == 40


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kpis-0-p10": "99"}, "P10 is at most P50"),
        ({"kpis-0-owner": "nobody"}, "nobody has the short name"),
        ({"kpis-0-p50": "-4"}, "not negative"),
        ({"kpis-0-p50": "9e99"}, "not too large"),
        ({"kpis-0-p50": "9" * 19}, "not too large"),
        (
            {"kpis-0-p50": ""},
            "Figure 1: add P50; a figure is kept once it has a name, a unit of measure and at least P50.",
        ),
        ({"kpis-0-review_at": "soon"}, "2026-12-31"),
        ({"kpis-0-category": "fame"}, "Choose one of"),
        ({"links": "model:nowhere/none"}, "There is no model:nowhere/none"),
        ({"reach": "many"}, "whole number"),
        ({"type": "wish"}, "valid choice"),
        ({"title": "a" * 201}, "At most 200"),
        ({"problem": "hidden\u200e"}, "invisible"),
        ({"version": "x"}, "load the page again"),
    ],
)
def test_bad_input_is_refused_at_its_place(
    people: People, signed_in: SignedIn, changes: dict[str, str], told: str
) -> None:
    request, ben = draft(people), signed_in("ben")
    answer = ben.post(at(request, "edit/"), typed(ben, request) | changes)
    assert answer.status_code == 400
    assert told in answer.content.decode()
    assert request.kpis.get().p50 == 40


def test_autosave_answers_with_what_is_missing_and_gives_new_figures_their_ids(
    people: People, signed_in: SignedIn
) -> None:
    request, ben = draft(people, kpis=[], why_now=""), signed_in("ben")
    row = {
        "kpis-0-name": "Hours",
        "kpis-0-measure": "hours a week",
        "kpis-0-p50": "4",
        "kpis-0-category": "cost",
    }
    answer = ben.post(at(request, "save/"), typed(ben, request) | row)
    kpi = request.kpis.get()
    body = answer.content.decode()
    assert f'id="id_kpis-0-id" value="{kpi.pk}"' in body
    assert "Still missing" in body and "Why now" in body
    request.refresh_from_db()
    again = (
        typed(ben, request) | row | {"kpis-0-id": str(kpi.pk), "kpis-0-p50": "5", "version": request.version}
    )
    ben.post(at(request, "save/"), again)
    assert request.kpis.get().pk == kpi.pk


def test_the_slower_of_two_tabs_is_told_and_keeps_its_words(people: People, signed_in: SignedIn) -> None:
    request, ben = draft(people), signed_in("ben")
    data = typed(ben, request)
    intake.save_request(actor=people.ada, request=request, changes={"problem": "Ada's words."})
    answer = ben.post(at(request, "save/"), data | {"problem": "Ben's words."})
    assert answer.status_code == 409
    assert "Ada&#x27;s words." in answer.content.decode()
    request.refresh_from_db()
    assert request.problem == "Ada's words."
    over = data | {"problem": "Ben's words.", "over": request.version}
    assert ben.post(at(request, "edit/"), over).status_code == 302
    request.refresh_from_db()
    assert request.problem == "Ben's words."


def test_what_was_sent_meanwhile_gives_the_words_back(people: People, signed_in: SignedIn) -> None:
    request, ben = draft(people), signed_in("ben")
    data = typed(ben, request, problem="Too late.")
    intake.submit_request(actor=people.ada, request=request)
    answer = ben.post(at(request, "edit/"), data)
    assert answer.status_code == 403
    assert "Too late." in answer.content.decode()


def test_sending_tells_all_that_is_missing_and_then_goes(people: People, signed_in: SignedIn) -> None:
    request, ben = draft(people, why_now="", approach=""), signed_in("ben")
    answer = ben.post(at(request, "edit/"), typed(ben, request) | {"do": "submit"})
    assert answer.status_code == 400
    assert "Say why now" in answer.content.decode()
    request.refresh_from_db()
    assert request.state == State.DRAFT
    whole = typed(ben, request) | {"do": "submit", "why_now": "A law.", "approach": "build"}
    assert ben.post(at(request, "edit/"), whole)["Location"] == at(request)
    request.refresh_from_db()
    assert request.state == State.SUBMITTED


@pytest.mark.parametrize("name", ["chloe", "dmitri", "esther", "farid", "kim", "root"])
def test_a_foreign_draft_is_nowhere(people: People, signed_in: SignedIn, name: str) -> None:
    request, other = draft(people, "Sort the secret alerts"), signed_in(name)
    for end in ("", "edit/"):
        assert other.get(at(request, end)).status_code == 404
    for end in ("edit/", "save/", "act/"):
        assert other.post(at(request, end), {"do": "withdraw", "version": 1, "title": "x"}).status_code == 404
    for path in (LIST, f"{LIST}mine/", f"{LIST}similar/?title=sort+the+secret+alerts", f"{LIST}export.csv"):
        answer = other.get(path)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"secret" not in body, path
    assert "secret" not in other.get("/roadmap/choices/requests/?q=secret").content.decode()
    request.refresh_from_db()
    assert (request.title, request.state) == ("Sort the secret alerts", State.DRAFT)


def test_similar_requests_stand_beside_what_is_typed(people: People, signed_in: SignedIn) -> None:
    submitted(people, "Sort the fraud alerts")
    chloe = signed_in("chloe")
    assert "Sort the fraud alerts" in page(chloe, f"{LIST}similar/?title=fraud+alerts+by+risk")
    assert "Nobody has asked" in page(chloe, f"{LIST}similar/?title=weather&problem=rain")
    assert chloe.get(f"{LIST}similar/?title={'a' * 3000}&without={'9' * 40}").status_code == 200


STATES = ("answer", "submit", "sponsor", "support", "strategic", "follow", "withdraw", "comment")
MAY = {
    "ada": {"follow", "withdraw", "comment"},
    "chloe": {"follow", "comment", "support"},
    "dmitri": {"follow", "comment", "strategic"},
    "esther": {"follow", "comment", "strategic"},
    "farid": {"follow", "comment", "sponsor"},
    "jo": {"follow", "comment", "support"},
    "kim": {"follow", "comment"},
}


@pytest.mark.parametrize("name", MAY)
def test_the_page_offers_what_each_person_may_do(people: People, signed_in: SignedIn, name: str) -> None:
    request = submitted(people)
    if name == "chloe":
        body = page(signed_in("chloe"), at(request))
        leads = bool(intake.speaks_for(people.chloe).exists())
        assert ('value="support"' in body) == leads
        return
    body = page(signed_in(name), at(request))
    offered = {do for do in STATES if f'name="do" value="{do}"' in body}
    assert offered == MAY[name], name


def test_what_is_not_offered_is_refused_and_changes_nothing(people: People, signed_in: SignedIn) -> None:
    request, kim = submitted(people), signed_in("kim")
    before = Request.objects.filter(pk=request.pk).values().get()
    sent = {"answer": "Yes.", "reason": "No.", "unit": "insurance", "note": ""}
    for do in ("answer", "submit", "sponsor", "support", "strategic", "ordinary", "withdraw"):
        assert kim.post(at(request, "act/"), sent | {"do": do}).status_code in (400, 403), do
    assert kim.post(at(request, "act/"), {"do": "explode"}).status_code == 400
    assert Request.objects.filter(pk=request.pk).values().get() == before
    assert not Support.objects.exists() and not RequestComment.objects.exists()


def test_support_sponsorship_following_and_talk(people: People, signed_in: SignedIn) -> None:
    request = submitted(people)
    act = at(request, "act/")
    signed_in("jo").post(act, {"do": "support", "unit": "insurance", "note": "Claims too."})
    assert request.supports.get().unit == people.unit("insurance")
    assert 'value="support"' not in page(signed_in("jo"), at(request))
    signed_in("farid").post(act, {"do": "sponsor"})
    signed_in("kim").post(act, {"do": "follow"})
    signed_in("kim").post(act, {"do": "comment", "text": "Good."})
    body = page(signed_in("kim"), at(request))
    for said in ("answers for the business value", "Claims too.", "Good.", "Do not follow"):
        assert said in body
    signed_in("kim").post(act, {"do": "unfollow"})
    assert not Follow.objects.filter(user=people.kim).exists()
    assert signed_in("kim").post(act, {"do": "comment", "text": " "}).status_code == 400


def test_a_unit_that_one_does_not_speak_for_is_refused(people: People, signed_in: SignedIn) -> None:
    request = submitted(people)
    answer = signed_in("jo").post(at(request, "act/"), {"do": "support", "unit": "group"})
    assert answer.status_code == 400
    assert "Choose a unit that you speak for." in answer.content.decode()
    assert not Support.objects.exists()


def test_every_no_shows_its_reason(people: People, signed_in: SignedIn) -> None:
    request, ben = submitted(people), signed_in("ben")
    triage.ask_info(actor=people.dmitri, request=request, question="How many alerts?")
    body = page(ben, at(request))
    assert "How many alerts?" in body and 'id="answer"' in body
    ben.post(at(request, "act/"), {"do": "answer", "answer": "Four hundred."})
    assert "Four hundred." in page(ben, at(request))
    triage.defer(actor=people.dmitri, request=request, reason="After the audit.")
    assert "After the audit." in page(ben, at(request))
    assert "After the audit." in page(ben, f"{LIST}mine/")
    triage.take_triage(actor=people.dmitri, request=request)
    triage.decline(actor=people.dmitri, request=request, reason="Bought elsewhere.")
    assert "Bought elsewhere." in page(ben, at(request))


def test_a_merge_names_the_other_request_only_to_those_who_see_it(
    people: People, signed_in: SignedIn
) -> None:
    into = submitted(people, "Hidden plan")
    request = submitted(people, "Sort the alerts", by="chloe")
    triage.merge(actor=people.esther, request=request, into=into)
    Request.objects.filter(pk=into.pk).update(visibility="restricted")
    assert "Hidden plan" in page(signed_in("esther"), at(request))
    body = page(signed_in("chloe"), at(request))
    assert "Hidden plan" not in body and "not shown to you" in body


def test_the_value_opens_into_its_parts_only_when_it_is_revealed(people: People, signed_in: SignedIn) -> None:
    from tests.roadmap.making import give_score

    policy(people)
    request = triage.accept(actor=people.dmitri, request=submitted(people))
    give_score(people, request, "dmitri", 41)
    for name in ("ben", "esther", "dmitri", "root"):
        body = page(signed_in(name), at(request))
        assert "41" not in body.split("What it is worth")[1].split("What it takes")[0], name
    done = scored(people, "Read the letters", hours=40)
    body = page(signed_in("kim"), at(done))
    assert "72,000" in body  # 40 hours a week x 2,000 points x 0.9
    assert "How the number comes about" in body and "2,000" in body


def test_the_register_narrows_by_address_and_exports_the_same(people: People, signed_in: SignedIn) -> None:
    submitted(people, "Sort the alerts")
    submitted(people, "=A feature store", by="chloe", type="platform")
    kim = signed_in("kim")
    body = page(kim, f"{LIST}?type=platform&sort=title")
    assert "feature store" in body and "Sort the alerts" not in body and "Remove filter Type" in body
    assert "Nothing matches" in page(kim, f"{LIST}?q=weather")
    csv = b"".join(kim.get(f"{LIST}export.csv?type=platform").streaming_content).decode()
    assert "feature store" in csv and "Sort the alerts" not in csv and "\n=A" not in csv
    for query in ("?sort=nonsense", "?state=nonsense", "?unit=" + "x" * 999, "?waiting=1&mine=1"):
        assert kim.get(LIST + query).status_code == 200, query
    assert kim.get(f"{LIST}?cursor=forged").status_code == 400


def test_mine_says_what_happens_next_and_when(people: People, signed_in: SignedIn) -> None:
    draft(people, "Not sent yet")
    cycle(people, ready(people, "Sort the alerts"))
    body = page(signed_in("ada"), f"{LIST}mine/")
    assert "Not sent yet" in body and "opens the vote of First quarter" in body
    assert "You are in no team" in page(signed_in("kim"), f"{LIST}mine/")


def test_nobody_signs_out_of_the_rules(people: People) -> None:
    request = submitted(people)
    for path in (
        LIST,
        f"{LIST}mine/",
        NEW,
        at(request),
        at(request, "edit/"),
        f"{LIST}export.csv",
        "/roadmap/triage/",
    ):
        assert Client().get(path).status_code == 302, path


def test_pages_cost_the_same_for_more_rows(people: People, signed_in: SignedIn) -> None:
    def statements(path: str) -> int:
        client = signed_in("ada")
        client.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    request = ready(people)
    submitted(people, "Alerts 0")
    draft(people, "Alerts too")
    paths = (LIST, f"{LIST}mine/", at(request))
    first = [statements(path) for path in paths]
    for number in range(4):
        scored(people, f"Alerts {number}")
        draft(people, f"Draft {number}")
        intake.comment(actor=people.ada, request=request, text=f"Comment {number}")
        RequestKpi.objects.create(
            request=request, category="cost", name=f"F{number}", measure="h", direction="up", p10=1, p50=2, p90=3,
            owner=people.ada,
        )  # fmt: skip
    again = [statements(path) for path in paths]
    assert again == first


def test_every_surface_keeps_a_figure_from_its_p50_on(people: People, bearer: SignedIn) -> None:
    """The form says it beside the fields, REST and GraphQL by their required fields, the action by a sentence."""
    request = draft(people)
    before = list(request.kpis.values())
    rows = [{"category": "cost", "name": "Hours", "measure": "hours a week", "p10": "5", "p90": "9"}]
    address = f"/api/v1/roadmap/requests/{request.pk}/"
    answer = bearer("ben").patch(address, {"kpis": rows, "version": request.version}, "application/json")
    assert answer.status_code == 400 and "p50" in str(answer.json()["errors"])
    with pytest.raises(Invalid, match="Figure 1: add P50; a figure is kept once"):
        intake.save_request(actor=people.ben, request=request, changes={"kpis": rows})
    with pytest.raises(Invalid, match="add a name, a unit of measure and P50;"):
        intake.save_request(actor=people.ben, request=request, changes={"kpis": [{"category": "cost"}]})
    assert list(request.kpis.values()) == before
    rows[0] = {**rows[0], "p50": "7", "p10": "", "p90": ""}
    intake.save_request(actor=people.ben, request=request, changes={"kpis": rows})
    kept = request.kpis.get()
    assert kept.p10 == kept.p50 == kept.p90 == 7
