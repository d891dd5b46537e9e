"""The figures for leads: fair to what is still open, from rows that the reader sees, for leads only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.models import Entity
from apps.core.errors import Forbidden
from apps.core.plugs import Metric, registered
from apps.people.models import Visibility
from apps.tooling.actions import granting, reviewing
from apps.tooling.actions.scanning import scan
from apps.tooling.actions.timekeeping import keep_deadlines
from apps.tooling.models import DecisionCount, Environment, ExceptionRequest
from apps.tooling.queries import clock
from apps.tooling.queries.metrics import FIGURES, figure, figures
from apps.tooling.queries.survival import Waited, quantile
from tests.factories import EntityFactory, RelationFactory
from tests.personas import People
from tests.tooling import making


@pytest.fixture
def wandb(people: People) -> Entity:
    mlflow, wandb = making.tool(people, "mlflow", title="MLflow"), making.tool(people, "wandb", title="W&B")
    making.standard(people, making.capability(people), (mlflow, "recommended"), (wandb, "hold"))
    return wandb


def bars(people: People, name: str, **more: Any) -> dict[str, float | None]:
    drawn = figure(people.esther, name, **more).drawn
    return dict(zip(drawn.labels, drawn.series[0].values, strict=True))


# -- the estimate ----------------------------------------------------------------------------------------------


def test_without_open_ones_it_is_the_plain_quantile() -> None:
    rows = [Waited(days, True) for days in (1, 2, 3, 4)]
    assert (quantile(rows, 0.5), quantile(rows, 0.9), quantile([], 0.5)) == (2, 4, None)


def test_an_open_one_makes_it_slower_and_never_faster() -> None:
    decided = [Waited(1, True), Waited(2, True), Waited(3, True)]
    assert quantile(decided, 0.5) == 2
    assert quantile([*decided, Waited(30, False), Waited(40, False)], 0.5) == 3
    assert quantile([*decided, *[Waited(30, False)] * 4], 0.5) is None  # fewer than half are decided


def test_the_estimate_by_hand() -> None:
    """1, 2+, 3, 4+, 5 (+ is open): survival 4/5, then 4/5 * 2/3, then 0."""
    rows = [Waited(1, True), Waited(2, False), Waited(3, True), Waited(4, False), Waited(5, True)]
    assert [quantile(rows, share) for share in (0.2, 0.4, 0.47, 1.0)] == [1, 3, 5, 5]


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=30), st.integers(0, 60))
def test_another_open_one_never_makes_it_faster(rows: list[tuple[int, bool]], longest: int) -> None:
    known = [Waited(days, ended) for days, ended in rows]
    more = [*known, Waited(max([longest, *(days for days, _ in rows)]), False)]
    for share in (0.5, 0.9):
        before, after = quantile(known, share), quantile(more, share)
        assert after is None or (before is not None and after >= before)


# -- the figures -----------------------------------------------------------------------------------------------


def test_time_to_decision_by_tier_counts_the_open_ones(people: People, wandb: Entity) -> None:
    at_once = making.sent(people, wandb)
    assert at_once.state == "active"
    request = making.in_review(people, making.tool(people, "neptune"))
    later = clock.now() + timedelta(days=6)
    assert bars(people, "time_to_decision", at=later) == {"Low": None, "Medium": None, "High": None}
    for role, name in {"central": "dmitri", "business": "farid"}.items():
        step = making.step(request, role)
        reviewing.give_verdict(actor=people[name], step=step, approves=True, at=later)
    assert bars(people, "time_to_decision", at=later)["Medium"] == 6.0


def test_missed_deadlines_and_provisional_grants(people: People, wandb: Entity) -> None:
    request = making.in_review(people, wandb, "staging")
    assert request.due_at is not None
    assert figure(people.esther, "breaches").value == 0
    assert figure(people.esther, "breaches", at=request.due_at).value == 1  # before any job ran
    keep_deadlines(request.due_at)
    assert figure(people.esther, "provisional_grants", at=request.due_at).value == 1


def test_approval_rate_by_unit(people: People, wandb: Entity) -> None:
    making.sent(people, wandb)
    request = making.in_review(people, making.tool(people, "neptune"))
    making.reject(people, request, wandb)
    assert bars(people, "approval_rate") == {"Retail Banking (2)": 50.0}


def test_what_is_not_followed(people: People, wandb: Entity) -> None:
    mlflow = Entity.objects.get(name="mlflow")
    for tool, stage in ((wandb, "production"), (mlflow, "production"), (mlflow, "idea")):
        RelationFactory(source=EntityFactory(stage=stage), target=tool, type="uses_tool")
    scan()
    assert figure(people.esther, "exception_rate").value == 0.0  # of what is allowed, nothing by exception
    request = making.approve(people, making.in_review(people, wandb))
    assert bars(people, "exception_rate") == {"Development": 0.0, "Production": 50.0}
    assert figure(people.esther, "expired_in_use").value == 0
    granting.revoke(actor=people.esther, request=request, reason="A leak.")
    assert bars(people, "expired_in_use") == {"W&B": 1.0}


def test_denials_by_tool(people: People, wandb: Entity) -> None:
    place = Environment.objects.get(slug="production")
    for number, (reason, day) in enumerate((("hold", 1), ("hold", 2), ("excepted", 1), ("hold", 400))):
        DecisionCount.objects.create(
            day=(clock.now() - timedelta(days=day)).date(), team=people.team("risk-ml"), tool_name=wandb.ref, tool=wandb,
            environment=place, reason=reason, surface=f"s{number}", count=5,
        )  # fmt: skip
    assert bars(people, "denials") == {"W&B": 10.0}


def test_a_request_about_a_hidden_tool_does_not_count_for_who_may_not_see_it(people: People) -> None:
    hidden, owner = making.tool(people, "secret"), people.team("claims-ai")
    request = making.sent(people, hidden, by="chloe", team=owner, support_owner=owner)
    Entity.objects.filter(pk=hidden.pk).update(owner=owner, visibility=Visibility.RESTRICTED)
    assert ExceptionRequest.objects.filter(pk=request.pk).exists()
    assert figure(people.esther, "approval_rate").drawn.labels == ("Insurance (1)",)
    assert figure(people.dmitri, "approval_rate").drawn.labels == ()


# -- who -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ada", "ben", "chloe", "farid", "ivan", "kim", "ci-risk"])
def test_figures_are_for_leads(people: People, signed_in: Callable[[str], Client], name: str) -> None:
    with pytest.raises(Forbidden):
        figure(people[name], "breaches")
    if name != "ci-risk":
        assert signed_in(name).get("/tooling/leads/").status_code == 403


@pytest.mark.parametrize("name", ["dmitri", "esther", "root"])
def test_leads_see_every_figure_with_its_definition(
    people: People, wandb: Entity, signed_in: Callable[[str], Client], name: str
) -> None:
    making.sent(people, wandb)
    page = signed_in(name).get("/tooling/leads/?days=90").content.decode()
    for kind in FIGURES.values():
        assert kind.label in page
    assert "Kaplan-Meier" in page and "data-chart-table" in page
    assert len(figures(people[name])) == 8


def test_the_page_costs_the_same_statements_for_many_requests(
    people: People, wandb: Entity, signed_in: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        making.sent(people, making.tool(people, f"tool-{number}"))
        RelationFactory(source=EntityFactory(), target=wandb, type="uses_tool")
    scan()
    client = signed_in("esther")
    client.get("/tooling/leads/")
    with django_assert_max_num_queries(
        24
    ):  # one or two for each figure, the frame, the session and the book's stamp
        assert client.get("/tooling/leads/").status_code == 200


def test_metrics_are_offered_with_their_definitions(people: People) -> None:
    offered = {plug.name: plug for plug in registered(Metric) if plug.name.startswith("tooling.")}
    assert set(offered) == {f"tooling.{name}" for name in FIGURES}
    assert offered["tooling.breaches"].value(people.esther) == 0
    with pytest.raises(Forbidden):
        offered["tooling.breaches"].value(people.ben)


def test_the_method_stands_at_the_end_of_its_definition() -> None:
    assert FIGURES["time_to_decision"].definition.endswith("technically, the Kaplan-Meier estimate.")
