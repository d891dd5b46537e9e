"""The pages of delivery and outcome: who may do what, what is refused changes nothing, and what counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.actions import create_entity
from apps.catalog.models import Entity
from apps.core.models import Event
from apps.roadmap.actions import delivery, outcomes
from apps.roadmap.models import Actual, Block, Handover, Milestone, Outcome, OutcomeReview, Request
from apps.roadmap.queries.outcomes import calibrations, measured
from tests.personas import People
from tests.roadmap import making
from tests.roadmap.delivering import begun, came_due, delivered, planned, restricted

SignedIn = Callable[[str], Client]
OTHERS = ("ada", "ben", "chloe", "farid", "hana", "kim")


def path(request: Request, part: str = "delivery") -> str:
    return f"/roadmap/requests/{request.pk}/{part}/"


def post(client: Client, request: Request, do: str, part: str = "delivery", **fields: Any) -> Any:
    return client.post(path(request, part), {"do": do, **fields})


def body(client: Client, request: Request, part: str = "delivery") -> str:
    answer = client.get(path(request, part))
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def everything() -> tuple[Any, ...]:
    """What a refused act must leave alone."""
    states = tuple(Request.objects.order_by("pk").values_list("state", "version"))
    rows = (Milestone, Block, Actual, Handover, Outcome, OutcomeReview)
    return (
        states,
        *(tuple(each._base_manager.order_by("pk").values_list()) for each in rows),
        Event.objects.count(),
    )


def test_the_center_delivers_step_by_step_by_form(people: People, signed_in: SignedIn) -> None:
    request, today = planned(people), timezone.localdate()
    client = signed_in("dmitri")
    entity = create_entity(actor=people.ada, kind="model", name="alerts", owner=people.team("risk-ml"))
    acts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("start", {}),
        ("milestone", {"title": "Drift", "p50": today, "p90": today + timedelta(days=9)}),
        ("actual", {"role": "ml-engineer", "month": f"{today:%Y-%m}", "weeks": "2.5"}),
        ("block", {"waits_for": "Access", "owner": "ben"}),
        ("handover", {"entity": entity.ref, "team": "risk-ml", "note": "Runbook"}),
    )
    for do, fields in acts:
        assert post(client, request, do, **fields).status_code == 302, do
    assert post(client, request, "finish", row=Milestone.objects.get().pk).status_code == 302
    assert post(signed_in("ben"), request, "unblock", row=Block.objects.get().pk).status_code == 302
    assert post(signed_in("ada"), request, "accept", row=Handover.objects.get().pk).status_code == 302
    said = body(signed_in("kim"), request)
    assert "Drift" in said and "Ended after 0 days" in said and "2.5" in said and "alerts" in said
    assert post(client, request, "deliver").status_code == 302
    assert Request.objects.get(pk=request.pk).state == "delivered"


def test_nobody_else_delivers_and_nothing_changes(people: People, signed_in: SignedIn) -> None:
    request, today = begun(people), timezone.localdate()
    delivery.add_milestone(actor=people.dmitri, request=request, title="Drift", p50=today, p90=today)
    delivery.block(actor=people.dmitri, request=request, waits_for="Access", owner=people.dmitri)
    entity = create_entity(actor=people.ada, kind="model", name="alerts", owner=people.team("risk-ml"))
    delivery.hand_over(actor=people.dmitri, request=request, entity=entity, team=people.team("claims-ai"))
    acts: tuple[tuple[str, dict[str, Any]], ...] = (
        ("start", {}),
        ("deliver", {}),
        ("cancel", {"reason": "No."}),
        ("milestone", {"title": "Mine", "p50": today, "p90": today}),
        ("actual", {"role": "ml-engineer", "month": f"{today:%Y-%m}", "weeks": "1"}),
        ("block", {"waits_for": "Me", "owner": "ben"}),
        ("handover", {"entity": entity.ref, "team": "risk-ml"}),
        ("finish", {"row": Milestone.objects.get().pk}),
        ("unblock", {"row": Block.objects.get().pk}),
        ("accept", {"row": Handover.objects.get().pk}),
    )
    before = everything()
    for name in OTHERS:
        client = signed_in(name)
        assert "act-form" not in body(client, request)
        for do, fields in acts:
            assert post(client, request, do, **fields).status_code in (403, 404), (name, do)
    assert everything() == before


def test_a_restricted_request_is_not_found_by_others(people: People, signed_in: SignedIn) -> None:
    request = restricted(delivered(people))
    before = everything()
    for part in ("delivery", "outcomes"):
        assert signed_in("chloe").get(path(request, part)).status_code == 404
        assert post(signed_in("chloe"), request, "confirm", part, row=1).status_code == 404
        assert signed_in("ben").get(path(request, part)).status_code == 200
        assert signed_in("ben").get(f"/roadmap/requests/999999999999999999999/{part}/").status_code == 404
    assert everything() == before


def test_bad_input_comes_back_with_what_was_typed(people: People, signed_in: SignedIn) -> None:
    request, today = begun(people), timezone.localdate()
    client, before = signed_in("dmitri"), everything()
    wrong: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("milestone", {"title": "Backwards", "p50": today, "p90": today - timedelta(days=1)}, "Backwards"),
        ("milestone", {"title": "No days", "p50": "soon", "p90": ""}, "No days"),
        ("actual", {"role": "ml-engineer", "month": "never", "weeks": "NaN"}, "Record effort"),
        ("actual", {"role": "poet", "month": "2026-05", "weeks": "-1"}, "Record effort"),
        ("block", {"waits_for": "Something", "owner": "nobody"}, "Something"),
        ("handover", {"entity": "model:default/none", "team": "risk-ml", "note": "Kept"}, "Kept"),
        ("cancel", {"reason": " "}, "Say why"),
        ("finish", {"row": "x"}, "whole number"),
    )
    for do, fields, kept in wrong:
        answer = post(client, request, do, **fields)
        assert answer.status_code == 400 and kept in answer.content.decode(), do
    assert post(client, request, "finish", row=10**30).status_code == 400
    assert post(client, request, "finish", row=4_000_000).status_code == 404
    assert post(client, request, "fly").status_code == 400
    assert post(client, request, "start").status_code == 409
    assert everything() == before


def test_open_blocks_keep_it_from_delivery(people: People, signed_in: SignedIn) -> None:
    request = begun(people)
    delivery.block(actor=people.dmitri, request=request, waits_for="Access", owner=people.ben)
    answer = post(signed_in("dmitri"), request, "deliver")
    assert answer.status_code == 409 and "end them first" in answer.content.decode()
    assert Request.objects.get(pk=request.pk).state == "in_progress"


def test_what_is_handed_over_keeps_its_name_to_those_who_see_it(people: People, signed_in: SignedIn) -> None:
    request = begun(people)
    entity = create_entity(actor=people.ada, kind="model", name="hushed", owner=people.team("risk-ml"))
    delivery.hand_over(actor=people.dmitri, request=request, entity=entity, team=people.team("risk-ml"))
    Entity.objects.filter(pk=entity.pk).update(visibility="restricted")
    assert "hushed" in body(signed_in("ben"), request)
    assert "hushed" not in body(signed_in("chloe"), request)


# -- outcomes --------------------------------------------------------------------------------------------------


def outcome(people: People, request: Request, value: str, by: str = "ada", **fields: Any) -> Outcome:
    today = timezone.localdate()
    kpi = fields.pop("kpi", None) or request.kpis.first()
    given = {
        "period_start": today - timedelta(days=30),
        "period_end": today,
        "source": "Time sheets",
        **fields,
    }
    return outcomes.record_outcome(actor=people[by], kpi=kpi, value=value, **given)


def test_an_outcome_counts_when_somebody_else_confirmed_it(people: People, signed_in: SignedIn) -> None:
    request = delivered(people)
    fields = {"kpi": request.kpis.get().pk, "period_start": "2026-01-01", "period_end": "2026-01-31"}
    answer = post(
        signed_in("ada"), request, "record", "outcomes",
        value="-30", attribution="80", source="Time sheets", **fields,
    )  # fmt: skip
    assert answer.status_code == 302
    row = Outcome.objects.get()
    assert (row.attribution, f"{row.period_end}") == (Decimal("0.8"), "2026-02-01")
    (group,) = measured(people.kim, request)
    assert (group.predicted, group.confirmed, group.unconfirmed) == (40, None, 24)
    before = everything()
    for name in ("ada", "ben", "chloe", "dmitri", "esther", "jo", "kim"):
        assert post(signed_in(name), request, "confirm", "outcomes", row=row.pk).status_code in (403, 404)
    assert everything() == before
    assert post(signed_in("hana"), request, "confirm", "outcomes", row=row.pk).status_code == 302
    (group,) = measured(people.kim, request)
    assert (group.confirmed, group.unconfirmed) == (24, None)
    assert post(signed_in("farid"), request, "confirm", "outcomes", row=row.pk).status_code == 403


def test_units_of_measure_are_never_added_up(people: People, signed_in: SignedIn) -> None:
    money = making.kpi(people.ben, name="Losses", measure="EUR a year", direction="up", p50="50", p90="90")
    other = making.kpi(people.ben, name="Costs", measure="USD a year", direction="down", p50="5", p10="1")
    request = delivered(people, kpis=[making.kpi(people.ben), money, other])
    outcome(people, request, "80", kpi=request.kpis.get(name="Losses"))
    outcome(people, request, "-4", kpi=request.kpis.get(name="Costs"))
    found = {each.measure: (each.predicted, each.unconfirmed) for each in measured(people.kim, request)}
    assert found == {"hours a week": (40, None), "EUR a year": (50, 80), "USD a year": (5, 4)}
    said = body(signed_in("kim"), request, "outcomes")
    assert "Hours spent on alerts" in said and "Losses" not in said
    answer = signed_in("kim").get(path(request, "outcomes") + "?measure=EUR%20a%20year")
    assert "Losses" in answer.content.decode() and "Costs" not in answer.content.decode()


def test_wrong_figures_are_refused_and_kept(people: People, signed_in: SignedIn) -> None:
    request, other = delivered(people), delivered(people, "Another")
    client, before = signed_in("ada"), everything()
    good = {
        "kpi": request.kpis.get().pk, "period_start": "2026-01-01", "period_end": "2026-01-31",
        "value": "1", "attribution": "100", "source": "Time sheets",
    }  # fmt: skip
    for change in (
        {"value": "1e400"}, {"value": "NaN"}, {"value": "many"}, {"attribution": "101"}, {"source": ""},
        {"period_end": "2025-12-30"}, {"period_end": "9999-12-31"}, {"kpi": other.kpis.get().pk}, {"kpi": "x"},
    ):  # fmt: skip
        answer = post(client, request, "record", "outcomes", **{**good, **change})
        assert answer.status_code == 400, change
        assert change.get("source", "Time sheets") in answer.content.decode()
    assert everything() == before


def test_built_and_not_adopted_is_said(people: People, signed_in: SignedIn) -> None:
    request = delivered(people)
    review = request.outcome_reviews.get(days=90)
    came_due(request)
    fields = {"row": review.pk, "verdict": "adopted", "adoption": 12, "target_adoption": 60}
    before = everything()
    for name in ("chloe", "farid", "hana", "kim"):
        answer = post(signed_in(name), request, "review", "outcomes", lesson="Mine.", **fields)
        assert answer.status_code == 403, name
    assert post(signed_in("ada"), request, "review", "outcomes", lesson=" ", **fields).status_code == 400
    assert everything() == before
    assert (
        post(signed_in("ada"), request, "review", "outcomes", lesson="One desk.", **fields).status_code == 302
    )
    said = body(signed_in("kim"), request, "outcomes")
    assert "Built, not adopted" in said and "12 of 60" in said and "One desk." in said


def test_calibration_is_hidden_under_five_figures(people: People, signed_in: SignedIn) -> None:
    rows = [delivered(people, f"Alerts {number}") for number in range(5)]
    for number, request in enumerate(rows):
        assert calibrations(people.kim, request)[0].ratio is None
        row = outcome(people, request, str(-10 * number))
        outcomes.confirm_outcome(actor=people.hana, outcome=row)
    unit, kind, *scorers = calibrations(people.kim, rows[0])
    assert (unit.of, unit.number, unit.ratio) == ("Retail Banking", 5, Decimal("0.5"))
    assert kind.ratio == Decimal("0.5")
    assert [(each.of, each.number, each.ratio) for each in scorers] == [
        ("Scored by Dmitri", 5, Decimal("0.5")), ("Scored by Esther", 5, Decimal("0.5")),
    ]  # fmt: skip
    restricted(rows[1])
    assert calibrations(people.chloe, rows[0])[0].ratio is None


def test_statements_do_not_grow_with_rows(people: People, signed_in: SignedIn) -> None:
    request = delivered(people)
    client = signed_in("hana")

    def counted(part: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            body(client, request, part)
        return len(seen)

    _grow(people, request, 1)
    body(client, request)
    first = counted("delivery"), counted("outcomes")
    _grow(people, request, 2)
    _grow(people, request, 3)
    assert (counted("delivery"), counted("outcomes")) == first
    assert max(first) <= 26


def _grow(people: People, request: Request, number: int) -> None:
    outcome(people, request, str(-number))
    delivery.record_actual(
        actor=people.dmitri,
        request=request,
        role="ml-engineer",
        month=timezone.localdate().replace(day=1) - timedelta(days=31 * number),
        weeks=number,
    )
    entity = create_entity(actor=people.ada, kind="model", name=f"a{number}", owner=people.team("risk-ml"))
    delivery.hand_over(actor=people.dmitri, request=request, entity=entity, team=people.team("risk-ml"))
