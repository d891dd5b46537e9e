"""The whole backlog over REST: the queries of its pages, for each what they may see, in a fixed number of statements."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.actions import create_entity
from apps.catalog.models import Entity
from apps.roadmap.actions import delivery, meetings, outcomes, planning
from apps.roadmap.models import Cycle, PlanRun, Request, Snapshot
from apps.roadmap.queries.horizon import outlook
from apps.roadmap.queries.lessons import lessons
from apps.roadmap.queries.ranking import ordered, ranking
from apps.roadmap.queries.requests import RequestFilter
from tests.personas import ALL, People
from tests.roadmap import making
from tests.roadmap.delivering import begun, came_due, delivered, planned, proposed_cycle, restricted

AT = "/api/v1/roadmap/"


def read(client: Any, path: str) -> Any:
    answer = client.get(f"{AT}{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def statements(client: Any, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        read(client, path)
    return len(captured)


def one_of_each(people: People, number: int) -> None:
    request = begun(people, f"Alerts {number}")
    delivery.block(actor=people.dmitri, request=request, waits_for="Access", owner=people.ben)
    making.ready(people, f"Leads {number}", hours=10 + number)
    delivery.cancel(actor=people.dmitri, request=planned(people, f"Photos {number}"), reason="No data.")
    built = delivered(people, f"Letters {number}")
    came_due(built)
    row = built.outcome_reviews.order_by("days").first()
    assert row is not None
    outcomes.review_outcome(
        actor=people.ben, review=row, verdict="adopted", adoption=70, lesson="Start small."
    )
    found = create_entity(
        actor=people.ada, kind="model", name=f"alerts-{number}", owner=people.team("risk-ml"), tags=["fraud"]
    )
    Entity.objects.filter(pk=found.pk).update(stage="production")


PATHS = {
    "ranking/": 12,
    "ranking/?show=all&sort=rice": 12,
    "horizon/": 14,
    "opportunities/": 9,
    "lessons/": 7,
}


@pytest.fixture
def backlog(people: People) -> People:
    making.policy(people)
    one_of_each(people, 1)
    return people


def test_statements_do_not_grow_with_rows(backlog: People, bearer: Any) -> None:
    client = bearer("ben")
    read(client, "ranking/")  # the token's time of use is written once in five minutes
    few = {path: statements(client, path) for path in PATHS}
    for number in (2, 3):
        one_of_each(backlog, number)
    assert {path: statements(client, path) for path in PATHS} == few
    assert {path: number for path, number in few.items() if number > PATHS[path]} == {}


def test_the_ranking_is_that_of_the_page(backlog: People, bearer: Any) -> None:
    making.ready(backlog, "Rank the leads", hours=30, by="chloe")
    for sort in ("-value", "value", "-wsjf", "scored"):
        found = read(bearer("kim"), f"ranking/?sort={sort}")
        rows = ranking(backlog.kim, timezone.now())
        rows = ordered(rows, sort.removeprefix("-"), descending=sort.startswith("-"))
        assert [row["request"]["id"] for row in found["results"]] == [row.request.pk for row in rows]
        assert [row["place"] for row in found["results"]] == [1, 2]
    first = read(bearer("kim"), "ranking/")["results"][0]
    assert (first["value"], first["effort"], first["unit"]) == ("54000", "4", "insurance")
    assert first["wsjf"] == "3375" and first["url"].endswith(f"/roadmap/requests/{first['request']['id']}/")
    assert found["policy"] == 1 and not found["cut"]


def test_the_horizon_is_that_of_the_page(backlog: People, bearer: Any) -> None:
    today = timezone.localdate()
    found = read(bearer("ben"), "horizon/")
    for name, (items, more) in outlook(backlog.ben, RequestFilter(), today).items():
        assert found[name]["more"] is more
        assert [row["request"]["id"] for row in found[name]["items"]] == [each.request.pk for each in items]
    (now,) = found["now"]["items"]
    assert now["window"]["source"] == "estimate" and now["blocks"][0]["owner"] == "ben"
    assert now["next"]["what"] == "ends the block: Access"
    empty = read(bearer("ben"), "horizon/?unit=insurance&type=use_case")
    assert empty["now"]["items"] == empty["later"]["items"] == []


def test_the_map_and_the_lessons(backlog: People, bearer: Any) -> None:
    found = read(bearer("ben"), "opportunities/")
    assert {line["unit"] for line in found["units"]} >= {"retail-banking", "insurance"}
    (running,) = [cell for line in found["units"] for cell in line["cells"] if cell["state"] == "running"]
    assert [each["ref"] for each in running["entities"]] == ["model:retail-banking/alerts-1"]
    assert running["function"] in {each["function"] for each in found["functions"]}
    rows = read(bearer("ben"), "lessons/")["results"]
    shown, _ = lessons(backlog.ben)
    assert [(row["kind"], row["text"]) for row in rows] == [(each.kind, each.text) for each in shown]
    assert {(row["kind"], row["days"], row["adoption"]) for row in rows} == {
        ("cancelled", None, None),
        ("adopted", 90, 70),
    }
    assert read(bearer("ben"), "lessons/?kind=adopted&q=SMALL&unit=retail-banking")["results"]
    assert read(bearer("ben"), "lessons/?unit=insurance")["results"] == []
    assert read(bearer("ben"), "lessons/?page=2") == {"results": [], "more": False}


@pytest.mark.parametrize("name", ALL)
def test_what_is_restricted_stands_in_nobody_elses_backlog(backlog: People, bearer: Any, name: str) -> None:
    for request in Request.objects.all():
        restricted(request)
    sees = name in {"ada", "ben", "ci-risk", "esther", "root"}
    for path in PATHS:
        text = bearer(name).get(f"{AT}{path}").content.decode()
        assert any(word in text for word in ("Alerts 1", "Leads 1", "Photos 1", "Letters 1")) is sees, path


@pytest.mark.parametrize(
    "path",
    ["ranking/?sort=hours", "ranking/?show=secret", "horizon/?unit=A%20B", "horizon/?state=draft", "lessons/?page=0",
     "lessons/?page=201", "lessons/?q=%00", "lessons/?kind=x", "opportunities/?unit=insurance"],
)  # fmt: skip
def test_a_parameter_that_is_not_known_is_400(people: People, bearer: Any, path: str) -> None:
    assert bearer("kim").get(f"{AT}{path}").status_code == 400


def test_the_files_of_a_cycle_byte_for_byte(people: People, bearer: Any, signed_in: Any) -> None:
    proposed_cycle(people)
    run, client = PlanRun.objects.get(), bearer("esther")
    contents = {
        name: client.get(f"{AT}cycles/q1/{name}") for name in ("inputs.json", "inputs.pb", "plans.json")
    }
    for answer in contents.values():
        assert answer.status_code == 200
        assert answer["X-Content-SHA256"] == hashlib.sha256(answer.content).hexdigest()
    assert contents["inputs.json"].content.decode() == run.snapshot.inputs
    assert contents["plans.json"].content.decode() == run.result
    assert contents["plans.json"]["X-Content-SHA256"] == run.result_sha256
    page = signed_in("esther").get("/roadmap/cycles/q1/inputs.pb")
    assert contents["inputs.pb"].content == page.content
    assert client.get(f"{AT}cycles/q1/plans.json?run={run.pk}").content == contents["plans.json"].content
    assert client.get(f"{AT}cycles/q1/plans.json?run={run.pk + 1}").status_code == 404


def test_files_are_for_those_who_see_every_request(people: People, bearer: Any) -> None:
    requests, _ = proposed_cycle(people)
    restricted(requests[2])
    for name in ALL:
        status = 200 if name in {"chloe", "esther", "root"} else 403
        for file in ("inputs.json", "inputs.pb", "plans.json"):
            answer = bearer(name).get(f"{AT}cycles/q1/{file}")
            assert answer.status_code == status, (name, file)
            assert status == 200 or b"photos" not in answer.content


def test_files_are_sealed_with_a_vote_that_is_opened_again(people: People, bearer: Any) -> None:
    _, row = proposed_cycle(people)
    meetings.call_meeting(actor=people.esther, cycle=row)
    planning.reopen(actor=people.esther, cycle=Cycle.objects.get(), reason="A unit was left out.")
    assert Snapshot.objects.exists()
    for name in ALL:
        for file in ("inputs.json", "inputs.pb", "plans.json", f"plans.json?run={PlanRun.objects.get().pk}"):
            assert bearer(name).get(f"{AT}cycles/q1/{file}").status_code == 404, (name, file)
    planning.freeze(actor=people.esther, cycle=Cycle.objects.get())
    assert bearer("esther").get(f"{AT}cycles/q1/plans.json").status_code == 404  # not computed yet
