"""Asking by form: looking changes nothing, every save keeps what can be kept, sending says all that is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Entity
from apps.tooling.actions.submitting import submit_request
from apps.tooling.models import ExceptionRequest, Package
from tests.forms import form_of
from tests.personas import People
from tests.tooling.making import approve, capability, draft, in_review, sent, standard, tool, until

SignedIn = Callable[[str], Client]
NEW = "/tooling/requests/new/"


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return str(answer.content.decode())


def edit_of(request: ExceptionRequest) -> str:
    return f"/tooling/requests/{request.pk}/edit/"


def typed(client: Client, request: ExceptionRequest, **changes: Any) -> dict[str, Any]:
    """What a browser would send back, with `changes`."""
    data = form_of(client, edit_of(request), "edit/")
    data.pop("do", None)
    return {**data, **changes}


def test_looking_begins_nothing_and_the_press_does(people: People, signed_in: SignedIn) -> None:
    comet, mlflow = tool(people, "comet"), tool(people, "mlflow", title="MLflow")
    standard(people, capability(people), (mlflow, "mandatory"), (comet, "assess"))
    ben = signed_in("ben")
    query = f"?tool={comet.ref}&version=3.1&environment=prod&data_class=confidential&team=risk-ml"
    body = page(ben, NEW + query)
    assert "Not allowed" in body and "~=3.1" in body
    assert not ExceptionRequest.objects.exists()
    answer = ben.post(NEW, form_of(ben, NEW + query, ""))
    row = ExceptionRequest.objects.get()
    assert answer["Location"] == edit_of(row)
    assert (row.tool, row.versions, row.data_class, row.requester) == (comet, "~=3.1", 2, people.ben)
    assert [each.slug for each in row.environments.all()] == ["production"]
    assert row.alternatives == [{"tool": "MLflow", "standard": True, "why_not": ""}]
    assert "You have" not in page(ben, NEW + query) and "draft for this already" in page(ben, NEW + query)


def test_a_package_leads_to_its_tool_and_an_unknown_one_to_its_name(
    people: People, signed_in: SignedIn
) -> None:
    comet = tool(people, "comet")
    Package.objects.create(ecosystem="pypi", name="comet-ml", tool=comet)
    ben = signed_in("ben")
    assert form_of(ben, f"{NEW}?package=Comet-ML&ecosystem=pypi")["tool"] == [comet.ref]
    unknown = form_of(ben, f"{NEW}?package=left-pad&ecosystem=npm&environment=dev")
    assert unknown["tool_name"] == ["left-pad"] and unknown["ecosystem"] == ["npm"]
    assert "to be assessed" in page(ben, f"{NEW}?package=left-pad&ecosystem=npm&environment=dev")
    assert ben.post(NEW, unknown).status_code == 302
    assert ExceptionRequest.objects.get().tool_name == "left-pad"


@pytest.mark.parametrize(
    "query",
    [
        "?tool=%F0%9F%A6%92",
        "?data_class=9&environment=moon&team=claims-ai",
        "?version=" + "9" * 500,
        "?tool=:/",
    ],
)
def test_absurd_addresses_are_left_out(people: People, signed_in: SignedIn, query: str) -> None:
    assert 'value="risk-ml"' in page(signed_in("ben"), NEW + query)
    assert "You are in no team" in page(signed_in("kim"), NEW + query)


def test_nobody_begins_for_another_team(people: People, signed_in: SignedIn) -> None:
    comet = tool(people, "comet")
    for name, team in (("ben", "claims-ai"), ("kim", "risk-ml"), ("root", "risk-ml")):
        answer = signed_in(name).post(NEW, {"team": team, "tool": comet.ref, "data_class": "1"})
        assert answer.status_code == 400 and "Choose a team that you belong to." in answer.content.decode()
    assert not ExceptionRequest.objects.exists()


def test_a_save_keeps_what_can_be_kept(people: People, signed_in: SignedIn) -> None:
    row = draft(people, tool(people, "comet"))
    ben = signed_in("ben")
    data = typed(
        ben,
        row,
        objective="New words",
        kpi="x" * 301,
        requested_until="9999-12-31",
        data_class="77",
        environments=["moon"],
        **{"trade_offs-value-score": "9", "alternatives-0-tool": "Flyte"},
    )
    answer = ben.post(f"/tooling/requests/{row.pk}/save/", data)
    body = answer.content.decode()
    assert answer.status_code == 200 and "Kept, except" in body and "At most 300 characters" in body
    row.refresh_from_db()
    assert row.objective == "New words" and row.alternatives[0]["tool"] == "Flyte"
    assert row.kpi.startswith("Hours") and row.data_class == 1 and row.requested_until == until(20)
    assert [each.slug for each in row.environments.all()] == ["development"]
    answer = ben.post(edit_of(row), {**data, "version": row.version, "do": "save"})
    body = answer.content.decode()
    assert answer.status_code == 400 and "x" * 301 in body
    assert f'name="version" id="id_version" value="{row.version}"' in body


def test_the_second_tab_is_told_and_may_write_over_it(people: People, signed_in: SignedIn) -> None:
    row = draft(people, tool(people, "comet"))
    ben, ada = signed_in("ben"), signed_in("ada")
    mine, theirs = typed(ben, row, objective="Mine"), typed(ada, row, objective="Theirs")
    assert ada.post(f"/tooling/requests/{row.pk}/save/", theirs).status_code == 200
    answer = ben.post(f"/tooling/requests/{row.pk}/save/", mine)
    assert answer.status_code == 409 and "Theirs" in answer.content.decode()
    answer = ben.post(edit_of(row), mine | {"do": "save"})
    body = answer.content.decode()
    assert answer.status_code == 409 and "Mine" in body and "Theirs" in body
    row.refresh_from_db()
    assert row.objective == "Theirs"
    assert ben.post(edit_of(row), mine | {"over": row.version}).status_code == 302
    row.refresh_from_db()
    assert row.objective == "Mine"


def test_words_come_back_when_a_colleague_sent_it_meanwhile(people: People, signed_in: SignedIn) -> None:
    row = draft(people, tool(people, "comet"), "staging")
    ben = signed_in("ben")
    data = typed(ben, row, objective="Not yet sent words")
    submit_request(actor=people.ada, request=row)
    answer = ben.post(edit_of(row), data)
    body = answer.content.decode()
    assert answer.status_code == 403 and "Not yet sent words" in body and row.get_absolute_url() in body
    assert ben.post(f"/tooling/requests/{row.pk}/save/", data).status_code == 403
    stranger = signed_in("chloe").post("/tooling/requests/999/edit/", data)
    assert stranger.status_code == 404 and "/tooling/requests/999/" not in stranger.content.decode()
    row.refresh_from_db()
    assert row.objective.startswith("Compare")


def test_a_form_without_its_version_is_refused(people: People, signed_in: SignedIn) -> None:
    row = draft(people, tool(people, "comet"))
    ben = signed_in("ben")
    for version in ("", "x", "-1", "9" * 30):
        answer = ben.post(edit_of(row), typed(ben, row, version=version, objective="Lost?"))
        assert answer.status_code == 400 and "Lost?" in answer.content.decode()
    row.refresh_from_db()
    assert row.objective.startswith("Compare")


def test_sending_says_all_that_is_missing_and_keeps_the_rest(people: People, signed_in: SignedIn) -> None:
    row = draft(people, tool(people, "comet"), kpi="", exit_plan="", trade_offs={}, alternatives=[])
    ben = signed_in("ben")
    answer = ben.post(edit_of(row), typed(ben, row, do="submit", objective="Still here"))
    body = answer.content.decode()
    assert answer.status_code == 400
    for sentence in (
        "Name the figure that will show it.",
        "Say how you leave the tool again.",
        "Weigh at least two alternatives",
        "Score each from 1",
        "Still here",
    ):
        assert sentence in body
    row.refresh_from_db()
    assert row.state == "draft" and row.objective == "Still here"


def test_a_low_risk_is_granted_at_once_and_the_form_says_so(people: People, signed_in: SignedIn) -> None:
    row = draft(people, tool(people, "comet"))
    ben = signed_in("ben")
    body = page(ben, edit_of(row))
    assert "Granted at once" in body and "Ready to send." in body
    answer = ben.post(edit_of(row), typed(ben, row, do="submit"))
    assert answer["Location"] == row.get_absolute_url()
    row.refresh_from_db()
    assert row.state == "active"


def test_what_rules_refuse_is_said_and_the_draft_stays(people: People, signed_in: SignedIn) -> None:
    comet = tool(people, "comet")
    sent(people, comet, "staging")
    row = draft(people, comet, "staging")
    ben = signed_in("ben")
    answer = ben.post(edit_of(row), typed(ben, row, do="submit"))
    assert answer.status_code == 409 and "asked for this already" in answer.content.decode()
    row = draft(people, tool(people, "aim"), "staging", days=900)
    answer = ben.post(edit_of(row), typed(ben, row, do="submit"))
    assert answer.status_code == 400 and "180 days at once" in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "draft"


def test_precedents_never_say_a_word_of_a_draft(people: People, signed_in: SignedIn) -> None:
    comet = tool(people, "comet")
    draft(people, comet, objective="Scoring for a secret merger")
    path = f"/tooling/requests/precedents/?objective=scoring+secret+merger&tool={comet.ref}"
    for name in ("ben", "chloe", "esther"):
        assert "secret merger" not in page(signed_in(name), path)
    approve(people, in_review(people, tool(people, "aim"), objective="Scoring for an open merger"))
    assert "aim" in page(signed_in("chloe"), path)
    assert page(signed_in("chloe"), "/tooling/requests/precedents/?objective=" + "x" * 5000)


def test_a_hidden_tool_is_no_choice(people: People, signed_in: SignedIn) -> None:
    comet = tool(people, "comet")
    Entity._base_manager.filter(pk=comet.pk).update(owner=people.team("claims-ai"), visibility="restricted")
    ben = signed_in("ben")
    answer = ben.post(NEW, {"team": "risk-ml", "tool": comet.ref, "data_class": "1"})
    assert answer.status_code == 400 and "not shown to you" in answer.content.decode()
    assert not ExceptionRequest.objects.exists()


# The person, the draft with what hangs on it, the book's stamp, tiers, calendars, caps of each environment, choices.
def test_the_form_costs_the_same_however_much_is_asked_elsewhere(people: People, signed_in: SignedIn) -> None:
    row = draft(people, tool(people, "comet"), "staging", "production")
    ben = signed_in("ben")

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            page(ben, edit_of(row))
        return len(seen)

    cost()
    few = cost()
    for name in ("a", "b", "c"):
        approve(people, in_review(people, tool(people, name)))
    cost()
    assert cost() == few <= 40
