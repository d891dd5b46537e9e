"""The people pages: what they show to whom, and that they only translate."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog import team_panel
from apps.catalog.models import Entity
from apps.core.plugs import Panel, registered
from apps.core.policies import SYSTEM
from apps.people import actions
from apps.people.models import ApiToken, Liaison, Membership, ServiceAccount, Team, User
from apps.people.queries.organisation import organisation
from tests.chromium import OpenPage, faults_of, grave
from tests.personas import ALL, People
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]
PAGES = (
    "/people/", "/people/committees/", "/people/teams/risk-ml/", "/people/teams/coe-office/",
    "/people/units/retail-banking/", "/people/p/ada/", "/people/p/ci-risk/", "/people/me/",
)  # fmt: skip


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return re.sub(r"\s+", " ", response.text)


@pytest.mark.parametrize("address", PAGES)
def test_pages_are_for_everybody_who_is_signed_in(people: People, signed_in: SignedIn, address: str) -> None:
    assert Client().get(address)["Location"] == f"/accounts/login/?next={address}"
    for name in ALL:
        assert (name, signed_in(name).get(address).status_code) == (name, 200)


@pytest.mark.parametrize(
    "address",
    [
        "/people/teams/nothing/",
        "/people/teams/RISK-ML/",
        "/people/units/nothing/",
        "/people/p/nobody/",
        "/people/p/nobody/tokens/new/",
        "/people/p/ADA/",
        "/people/p/%F0%9F%98%80/",
        "/people/p/" + "x" * 3000 + "/",
    ],
)
def test_what_does_not_exist_is_404(signed_in: SignedIn, address: str) -> None:
    assert signed_in("ada").get(address).status_code == 404


def test_a_unit_without_liaison_says_what_to_do(people: People, signed_in: SignedIn) -> None:
    assert text(signed_in("kim"), "/people/").count("What to do") == 3
    assert text(signed_in("esther"), "/people/").count("Send one") == 3
    assert "Ask for one:" in text(signed_in("kim"), "/people/units/insurance/")
    actions.send_liaison(actor=SYSTEM, user=people.dmitri, business_unit=people.unit("insurance"))
    assert text(signed_in("kim"), "/people/").count("What to do") == 2
    page = text(signed_in("kim"), "/people/units/insurance/")
    assert "Dmitri" in page
    assert "No liaison" not in page
    assert "Liaison for" in text(signed_in("kim"), "/people/p/dmitri/")


def test_units_stand_as_a_tree_with_their_teams(people: People) -> None:
    found = organisation(people.kim)
    assert [team.slug for team in found.central] == ["coe-office", "ml-platform"]
    (group,) = found.units
    assert [(node.unit.slug, [team.slug for team in node.teams]) for node in group.children] == [
        ("insurance", ["claims-ai"]),
        ("retail-banking", ["risk-ml"]),
    ]
    assert {team.slug: team.member_count for team in group.children[1].teams} == {"risk-ml": 2}  # type: ignore[attr-defined]


def test_units_in_a_circle_are_still_shown(people: People) -> None:
    """Two updates at once may make a circle that each alone would have refused."""
    type(people.unit("group")).objects.filter(slug="group").update(parent=people.unit("insurance"))
    shown = {node.unit.slug for node in organisation(people.kim).units}
    assert {"group", "insurance"} <= shown


def test_teams_that_end_are_flagged_and_ended_ones_stand_apart(people: People, signed_in: SignedIn) -> None:
    Team.objects.filter(slug="claims-ai").update(ends=timezone.now() + timedelta(days=30))
    client = signed_in("kim")
    assert "hands each thing over" in text(client, "/people/teams/claims-ai/")
    assert "Ended teams" not in text(client, "/people/")
    Team.objects.filter(slug="claims-ai").update(ends=timezone.now())
    assert "Ended teams" in text(client, "/people/")
    assert "This team has ended." in text(client, "/people/teams/claims-ai/")


def test_mail_addresses_are_seen_by_oneself_and_coe_leads(signed_in: SignedIn) -> None:
    seen = {name for name in ALL if "ben@example.com" in text(signed_in(name), "/people/p/ben/")}
    assert seen == {"ben", "esther", "root"}


def test_a_person_who_left_is_marked(people: People, signed_in: SignedIn) -> None:
    actions.deactivate_user(actor=people.esther, user=people.ben)
    page = text(signed_in("kim"), "/people/p/ben/")
    assert "Deactivated" in page
    assert "Earlier teams" in page


def test_committees_say_whether_they_can_decide(signed_in: SignedIn) -> None:
    page = text(signed_in("kim"), "/people/committees/")
    assert "Decides with 3 of 2 seats present" in page
    assert page.count("Too few seats to decide") == 3


@pytest.mark.parametrize(
    "address", ["/people/", "/people/committees/", "/people/teams/risk-ml/", "/people/units/retail-banking/"]
)
def test_statements_do_not_grow_with_rows(people: People, signed_in: SignedIn, address: str) -> None:
    client = signed_in("ada")
    text(client, address)
    before = statements(client, address)
    unit, risk = people.unit("retail-banking"), people.team("risk-ml")
    for index in range(6):
        user = actions.create_user(actor=SYSTEM, username=f"u{index}", name=f"U {index}")
        child = actions.create_unit(
            actor=SYSTEM, slug=f"unit-{index}", name="Unit", parent=unit, sponsor=user
        )
        actions.create_team(
            actor=SYSTEM,
            slug=f"t{index}",
            name="T",
            kind="embedded",
            business_unit=unit if index % 2 else child,
            lead=user,
        )
        actions.start_membership(actor=SYSTEM, user=user, team=risk)
        actions.send_liaison(actor=SYSTEM, user=user, business_unit=unit)
        actions.create_service_account(actor=SYSTEM, username=f"ci-{index}", name="CI", team=risk)
        actions.create_committee(actor=SYSTEM, slug=f"c{index}", name="C", purpose="ethics", chair=user)
    assert statements(client, address) <= before + SLACK.get(address, 0)


# A history that for the first time names service accounts and memberships asks for each type once.
SLACK = {"/people/teams/risk-ml/": 2, "/people/units/retail-banking/": 3}


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as found:
        text(client, address)
    return len(found)


def test_the_page_of_teams_takes_seven_statements(people: People, signed_in: SignedIn) -> None:
    """Session, user, standing; teams with counts, units, liaisons; the rail's own teams."""
    client = signed_in("ada")
    assert statements(client, "/people/") == 7


# By hand: who gets which form. All others are refused with 403.
FORMS: dict[str, set[str]] = {
    "/people/teams/risk-ml/members/new/": {"ada", "esther", "root"},
    "/people/teams/risk-ml/accounts/new/": {"ada", "esther", "root"},
    "/people/teams/claims-ai/members/new/": {"esther", "root"},
    "/people/units/insurance/liaisons/new/": {"esther", "root"},
    "/people/p/ci-risk/tokens/new/": {"ada", "ci-risk", "esther", "root"},
    "/people/p/ben/tokens/new/": {"ben"},
}


@pytest.mark.parametrize("address", FORMS)
def test_forms_open_for_those_whose_action_would_succeed(
    people: People, signed_in: SignedIn, address: str
) -> None:
    answers = {name: signed_in(name).get(address).status_code for name in ALL}
    assert answers == {name: 200 if name in FORMS[address] else 403 for name in ALL}


def posts(people: People) -> dict[str, tuple[str, dict[str, Any], set[str]]]:
    """Each write with the personas that may do it, by hand."""
    liaison = Liaison.objects.create(user=people.dmitri, business_unit=people.unit("insurance"))
    ben = Membership.objects.get(user=people.ben)
    token, _ = actions.create_token(actor=SYSTEM, user=people["ci-risk"], name="t", scopes=["read"])
    keepers = {"ada", "esther", "root"}
    return {
        "add": ("/people/teams/risk-ml/members/new/", {"user": people.kim.pk, "role": "member"}, keepers),
        "end": (f"/people/teams/risk-ml/members/{ben.pk}/end/", {}, keepers),
        "account": ("/people/teams/risk-ml/accounts/new/", {"username": "ci-x", "name": "X"}, keepers),
        "liaison": ("/people/units/insurance/liaisons/new/", {"user": people.esther.pk}, keepers - {"ada"}),
        "liaison end": (f"/people/units/insurance/liaisons/{liaison.pk}/end/", {}, keepers - {"ada"}),
        "revoke": (f"/people/tokens/{token.pk}/revoke/", {}, keepers | {"ci-risk"}),
    }


@pytest.mark.parametrize("write", ["add", "end", "account", "liaison", "liaison end", "revoke"])
def test_a_denied_write_changes_nothing_and_a_permitted_one_does(
    people: People, signed_in: SignedIn, write: str
) -> None:
    address, form, allowed = posts(people)[write]
    for name in set(ALL) - allowed:
        client = signed_in(name)
        with nothing_changes():
            assert (name, client.post(address, form).status_code in {403, 404}) == (name, True)
    before = {
        model: list(model.objects.values()) for model in (Membership, ServiceAccount, Liaison, ApiToken)
    }
    assert signed_in("ada" if "ada" in allowed else "esther").post(address, form).status_code == 302
    assert {model: list(model.objects.values()) for model in before} != before


def test_writes_need_a_post_and_a_csrf_token(people: People, signed_in: SignedIn) -> None:
    address, form, _ = posts(people)["end"]
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.ada, backend="django.contrib.auth.backends.ModelBackend")
    client = signed_in("ada")
    with nothing_changes():
        assert client.get(address).status_code == 405
        assert strict.post(address, form).status_code == 403


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"user": "\x00", "name": "\x00"},
        {"user": "9" * 40, "role": "member"},
        {"user": "x", "role": "king"},
    ],
)
def test_bad_input_comes_back_with_errors(people: People, signed_in: SignedIn, form: dict[str, str]) -> None:
    client = signed_in("ada")
    for address in (
        "/people/teams/risk-ml/members/new/",
        "/people/p/ada/tokens/new/",
        "/people/teams/risk-ml/accounts/new/",
    ):
        with nothing_changes():
            response = client.post(address, form)
        assert response.status_code == 200
        assert response.context["form"].errors


def test_what_the_action_refuses_stands_in_the_form(people: People, signed_in: SignedIn) -> None:
    client = signed_in("ada")
    response = client.post("/people/teams/risk-ml/accounts/new/", {"username": "ben", "name": "CI"})
    assert "already exists" in response.text.lower() or "exists" in response.text
    assert 'value="ben"' in response.text
    response = client.post("/people/teams/risk-ml/accounts/new/", {"username": "CI!", "name": "CI"})
    assert response.context["form"].errors["username"]
    response = client.post(
        "/people/me/", {"name": " ", "email": "not an address", "time_zone": "Mars/Olympus"}
    )
    assert set(response.context["form"].errors) == {"name", "email", "time_zone"}


def test_one_changes_ones_own_profile(people: People, signed_in: SignedIn) -> None:
    form = {
        "name": "Ben O.",
        "email": "ben.o@example.com",
        "time_zone": "Asia/Tokyo",
        "username": "root2",
        "is_superuser": "1",
    }
    assert signed_in("ben").post("/people/me/", form)["Location"] == "/people/me/"
    ben = people.ben
    assert (ben.name, ben.email, ben.time_zone) == ("Ben O.", "ben.o@example.com", "Asia/Tokyo")
    assert (ben.username, ben.is_superuser) == ("ben", False)


def test_a_secret_is_shown_exactly_once(people: People, signed_in: SignedIn) -> None:
    client = signed_in("ada")
    form = {"name": "laptop", "scopes": ["read", "write"], "days": "30"}
    response = client.post("/people/p/ada/tokens/new/", form)
    secrets = set(re.findall(r"coe_[\w-]{43}", response.text))
    assert len(secrets) == 1
    assert "no-store" in response["Cache-Control"]
    (secret,) = secrets
    assert f"curl -H &#x27;Authorization: Bearer {secret}&#x27; http://testserver/api/v1/me/" in response.text
    for address in ("/people/me/", "/people/p/ada/", "/", "/people/p/ada/tokens/new/"):
        assert secret not in client.get(address).text
    token = ApiToken.objects.get()
    assert token.prefix in client.get("/people/me/").text
    assert timedelta(days=29) < token.expires - timezone.now() <= timedelta(days=30)
    assert token.scopes == ["read", "write"]
    assert (
        Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/me/").json()["username"] == "ada"
    )
    client.post(f"/people/tokens/{token.pk}/revoke/")
    assert Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/me/").status_code == 401
    assert "Revoked" in client.get("/people/me/").text


def test_tokens_do_not_open_pages(bearer: Callable[..., Client]) -> None:
    assert bearer("ada").get("/people/me/").status_code == 302


def test_what_a_team_owns_and_what_was_left_behind(people: People, signed_in: SignedIn) -> None:
    from apps.catalog.actions import create_entity

    hidden = {"kind": "model", "owner": people.team("risk-ml"), "actor": people.ada}
    create_entity(name="fraud", title="Fraud score", accountable=people.ben, **hidden)
    create_entity(name="secret", title="Secret score", visibility="restricted", **hidden)
    risk = people.team("risk-ml")
    assert [row.name for row in team_panel.owned_by(people.ada, risk)["rows"]] == ["fraud", "secret"]
    assert [row.name for row in team_panel.owned_by(people.kim, risk)["rows"]] == ["fraud"]
    assert team_panel.owned_by(people.kim, risk)["kinds"] == [
        ("Model", 1, "/catalog/?team=risk-ml&kind=model")
    ]
    assert team_panel.accountable_for(people.kim, people.ada) is None
    assert [row.name for row in (team_panel.accountable_for(people.kim, people.ben) or {})["rows"]] == [
        "fraud"
    ]
    assert team_panel.left_behind(people.ada, 5) == ([], 0)
    actions.deactivate_user(actor=people.esther, user=people.ben)
    for name, count in {"ada": 1, "esther": 1, "chloe": 0, "kim": 0}.items():
        items, found = team_panel.left_behind(people[name], 5)
        assert (name, found, [item.remark for item in items]) == (name, count, ["Ben has left"] * count)
    Entity.objects.update(owner=people.team("claims-ai"))
    assert team_panel.left_behind(people.ada, 5)[1] == 1  # ben left ada's team


def test_panels_of_other_apps_stand_on_the_pages(people: People, signed_in: SignedIn) -> None:
    team_panel.register()
    assert {plug.model for plug in registered(Panel)} >= {Team, User}
    assert "What it owns" in text(signed_in("kim"), "/people/teams/risk-ml/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_pages_are_accessible_and_never_scroll_sideways(people: People, open_page: OpenPage) -> None:
    actions.create_token(actor=SYSTEM, user=people.ada, name="laptop", scopes=["read", "write"])
    page = open_page("/", as_="ada")
    forms = ("/people/p/ada/tokens/new/", "/people/teams/risk-ml/members/new/")
    assert faults_of(page, [*PAGES, *forms]) == {}


@pytest.mark.browser
def test_forms_offer_people_and_teams_by_typing(signed_in: SignedIn, people: People) -> None:
    def names(person: str, what: str, words: str) -> set[str]:
        return {row["value"] for row in signed_in(person).get(f"/people/options/{what}?q={words}").json()}

    assert names("kim", "grantees", "risk") == {"team:risk-ml"}
    assert names("kim", "teams", "RISK") == {"risk-ml"}
    assert "ada" in names("kim", "people", "ada")
    assert "ci-risk" not in names("kim", "people", "ci")
    assert signed_in("kim").get("/people/options/teams?q=%00").status_code == 400
    assert signed_in("kim").get("/people/options/passwords").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_lead_adds_somebody_and_makes_a_token_by_hand(people: People, open_page: OpenPage) -> None:
    page = open_page("/people/teams/risk-ml/", as_="ada")
    page.get_by_role("link", name="Add a member").click()
    box = page.get_by_role("combobox", name="Person")
    box.click()
    box.press_sequentially("kim")
    box.press("Enter")
    page.get_by_role("button", name="Add to the team").click()
    page.get_by_role("cell", name="Kim", exact=True).wait_for()
    page.goto("/people/p/ci-risk/")
    page.get_by_role("link", name="New token").first.click()
    page.get_by_role("textbox", name="Name").fill("nightly build")
    page.get_by_role("button", name="Create token").click()
    page.get_by_role("heading", name="Token created").wait_for()
    assert grave(page) == []
    page.get_by_role("link", name="I have copied it").click()
    page.locator("summary", has_text="Revoke").click()
    page.get_by_role("button", name="Revoke token").click()
    page.get_by_text("Revoked", exact=True).wait_for()
