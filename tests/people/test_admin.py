"""The organisation in the admin: what CoE leads change there, and what nobody can."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.core.models import Event
from apps.people.authentication import digest
from apps.people.models import ApiToken, BusinessUnit, Liaison, Membership, ServiceAccount, Team, User
from tests.personas import People

SignedIn = Callable[[str], Client]
DECEPTIVE = (
    "<script>alert(1)</script>",
    "\x00",
    "\u202e",
    "'; DROP TABLE x; --",
    "a" * 5_000,
    "{{ 7 }}",
    "é" * 300,
)


def do(client: Client, row: Any, operation: str, **data: Any) -> HttpResponse:
    url = reverse(f"admin:people_{row._meta.model_name}_operation", args=[row.pk, operation])
    return client.post(url, data)


def form_of(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send for the unchanged form."""
    form = client.get(url).context["adminform"].form
    data: dict[str, Any] = {}
    for field in form:
        value = field.value()
        if field.name in {"starts", "ends"}:
            data |= {f"{field.name}_0": value.strftime("%Y-%m-%d") if value else "",
                     f"{field.name}_1": value.strftime("%H:%M:%S") if value else ""}  # fmt: skip
        else:
            data[field.name] = "" if value in (None, False) else value
    return data


def verbs() -> list[str]:
    return list(Event.objects.order_by("id").values_list("verb", flat=True))


def new_team(**changes: Any) -> dict[str, Any]:
    starts = {"starts_0": "2026-01-01", "starts_1": "00:00:00", "ends_0": "", "ends_1": ""}
    return {"name": "Churn", "slug": "churn", "kind": "central", **starts, **changes}


def test_a_lead_creates_a_team_and_its_event(people: People, signed_in: SignedIn) -> None:
    response = signed_in("esther").post(reverse("admin:people_team_add"), new_team(lead=people.kim.pk))
    team = Team.objects.get(slug="churn")
    assert response.status_code == 302
    assert team.group.name == "team:churn"
    assert Membership.objects.get(team=team).user == people.kim
    event = Event.objects.get(verb="people.team.created", target_id=team.pk)
    assert (event.actor, bool(event.request_id)) == (people.esther, True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"slug": "risk-ml"}, "already exists"),
        ({"slug": "Not a slug"}, "Use a-z, 0-9 and inner hyphens"),
        ({"kind": "embedded"}, "An embedded team belongs to a business unit"),
        ({"kind": "nonsense"}, "Select a valid choice"),
        ({"ends_0": "2025-01-01", "ends_1": "00:00"}, "end must lie after its start"),
        ({"lead": "999999"}, "Select a valid choice"),
        ({"starts_0": "never"}, "Enter a valid date"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_bad_teams_are_said_on_the_form(
    change: dict[str, str], sentence: str, people: People, signed_in: SignedIn
) -> None:
    events, teams = Event.objects.count(), Team.objects.count()
    response = signed_in("esther").post(reverse("admin:people_team_add"), new_team(**change))
    assert response.status_code < 500
    assert sentence in str(response.context["adminform"].form.errors)
    assert (Event.objects.count(), Team.objects.count()) == (events, teams)


@pytest.mark.parametrize("text", DECEPTIVE)
def test_hostile_text_never_breaks_a_form(text: str, people: People, signed_in: SignedIn) -> None:
    client = signed_in("esther")
    forms = {
        "team": new_team(name=text, slug=text, description=text),
        "user": {"username": text, "name": text, "email": text, "time_zone": text, "password": text},
        "businessunit": {
            "name": text,
            "slug": text,
            "function": text,
            "time_zone": text,
            "holiday_calendar": text,
        },
        "committee": {"name": text, "slug": text, "purpose": text, "quorum": text},
        "serviceaccount": {"username": text, "name": text, "team": text, "description": text},
        "membership": {"user": text, "team": text, "role": text, "craft": text},
        "liaison": {"user": text, "business_unit": text},
    }
    for page, data in forms.items():
        response = client.post(reverse(f"admin:people_{page}_add"), data)
        assert response.status_code == 200, page
        assert response.context["adminform"].form.errors, page
        assert b"<script>alert" not in response.content


def test_the_second_of_two_editors_is_told(people: People, signed_in: SignedIn) -> None:
    team = people.team("risk-ml")
    client, url = signed_in("esther"), reverse("admin:people_team_change", args=[team.pk])
    first, second = form_of(client, url), form_of(client, url)
    assert client.post(url, {**first, "name": "Risk and fraud ML"}).status_code == 302
    response = client.post(url, {**second, "description": "Mine"})
    assert response.status_code == 409
    assert "Somebody changed this team while you were editing." in response.content.decode()
    team.refresh_from_db()
    assert (team.name, team.description) == ("Risk and fraud ML", "")
    assert "Mine" in response.content.decode()  # the draft survives


def test_a_form_without_its_version_is_refused(people: People, signed_in: SignedIn) -> None:
    url = reverse("admin:people_team_change", args=[people.team("risk-ml").pk])
    client = signed_in("esther")
    response = client.post(url, {**form_of(client, url), "name": "Other", "seen_version": ""})
    assert "load the page again" in response.content.decode()
    assert people.team("risk-ml").name == "Risk ML"


def test_a_circle_of_units_is_refused(people: People, signed_in: SignedIn) -> None:
    group, retail = people.unit("group"), people.unit("retail-banking")
    url = reverse("admin:people_businessunit_change", args=[group.pk])
    client = signed_in("esther")
    response = client.post(url, {**form_of(client, url), "parent": retail.pk})
    assert response.status_code == 409 and "circle" in response.content.decode()
    assert BusinessUnit.objects.get(pk=group.pk).parent is None


def test_members_join_change_and_leave(people: People, signed_in: SignedIn) -> None:
    client, team = signed_in("esther"), people.team("claims-ai")
    assert do(client, team, "join", user=people.kim.pk, role="member").status_code == 302
    membership = Membership.objects.get(user=people.kim, team=team)
    assert do(client, membership, "role", role="lead", craft="data-scientist").status_code == 302
    membership.refresh_from_db()
    assert (membership.role, membership.craft) == ("lead", "data-scientist")
    assert do(client, membership, "end").status_code == 302
    membership.refresh_from_db()
    assert membership.ends is not None
    assert verbs()[-3:] == [
        "people.membership.started",
        "people.membership.changed",
        "people.membership.ended",
    ]


def test_several_memberships_end_at_once(people: People, signed_in: SignedIn) -> None:
    rows = list(Membership.objects.filter(team__slug="risk-ml").values_list("pk", flat=True))
    url, data = reverse("admin:people_membership_changelist"), {"action": "end", "_selected_action": rows}
    client = signed_in("esther")
    asked = client.post(url, data)
    assert (
        asked.status_code == 200 and not Membership.objects.filter(pk__in=rows, ends__isnull=False).exists()
    )
    assert client.post(url, {**data, "confirmed": "yes"}).status_code == 302
    assert not Membership.objects.filter(pk__in=rows, ends=None).exists()


def test_a_deactivated_person_cannot_join(people: People, signed_in: SignedIn) -> None:
    User.objects.filter(username="kim").update(is_active=False)
    response = do(signed_in("esther"), people.team("risk-ml"), "join", user=people.kim.pk, role="member")
    assert response.status_code == 409 and "is deactivated" in response.content.decode()


def test_liaisons_and_seats_begin_and_end(people: People, signed_in: SignedIn) -> None:
    client, unit = signed_in("esther"), people.unit("insurance")
    assert do(client, unit, "liaison", user=people.dmitri.pk).status_code == 302
    liaison = Liaison.objects.get(business_unit=unit)
    again = do(client, unit, "liaison", user=people.dmitri.pk)
    assert again.status_code == 409 and "already the unit" in again.content.decode()
    assert do(client, liaison, "end").status_code == 302
    liaison.refresh_from_db()
    assert liaison.ends is not None


def test_people_are_entered_deactivated_and_activated(people: People, signed_in: SignedIn) -> None:
    client = signed_in("esther")
    data = {
        "username": "lena",
        "name": "Lena",
        "email": "lena@example.com",
        "time_zone": "UTC",
        "password": "",
    }
    assert client.post(reverse("admin:people_user_add"), data).status_code == 302
    lena = User.objects.get(username="lena")
    assert (lena.has_usable_password(), lena.is_staff, lena.is_superuser) == (False, False, False)
    assert do(client, lena, "deactivate").status_code == 302
    assert not User.objects.get(pk=lena.pk).is_active
    assert do(client, lena, "activate").status_code == 302
    assert User.objects.get(pk=lena.pk).is_active
    assert verbs()[-3:] == ["people.user.created", "people.user.deactivated", "people.user.activated"]


def test_nobody_makes_a_superuser_here(people: People, signed_in: SignedIn) -> None:
    data = {
        "username": "lena",
        "name": "Lena",
        "time_zone": "UTC",
        "is_superuser": "on",
        "is_staff": "on",
        "kind": "service",
    }
    signed_in("esther").post(reverse("admin:people_user_add"), data)
    lena = User.objects.get(username="lena")
    assert (lena.is_superuser, lena.is_staff, lena.kind) == (False, False, "person")


def test_deactivating_oneself_is_refused(people: People, signed_in: SignedIn) -> None:
    response = do(signed_in("esther"), people.esther, "deactivate")
    assert response.status_code == 400 and "yourself" in response.content.decode()
    assert people.esther.is_active


def test_no_page_shows_a_password_or_its_hash(people: People, signed_in: SignedIn) -> None:
    kim = people.kim
    kim.set_password("correct horse battery")
    kim.save()
    client = signed_in("root")
    for url in (reverse("admin:people_user_change", args=[kim.pk]), reverse("admin:people_user_changelist")):
        assert kim.password not in client.get(url).content.decode()
    weak = client.post(
        reverse("admin:people_user_add"),
        {"username": "lena", "name": "L", "time_zone": "UTC", "password": "hunter2"},
    )
    assert "too short" in weak.content.decode() and "hunter2" not in weak.content.decode()


def test_one_changes_ones_own_profile_only(people: People, signed_in: SignedIn) -> None:
    client = signed_in("esther")
    own = reverse("admin:people_user_change", args=[people.esther.pk])
    assert client.post(own, {**form_of(client, own), "name": "Esther E."}).status_code == 302
    assert people.esther.name == "Esther E."
    other = reverse("admin:people_user_change", args=[people.kim.pk])
    assert client.post(other, {"name": "Nobody", "seen_version": "x"}).status_code == 403
    assert people.kim.name == "Kim"


def test_an_account_is_made_with_its_user(people: People, signed_in: SignedIn) -> None:
    data = {
        "username": "ci-claims",
        "name": "CI of claims",
        "team": people.team("claims-ai").pk,
        "description": "",
    }
    assert signed_in("esther").post(reverse("admin:people_serviceaccount_add"), data).status_code == 302
    account = ServiceAccount.objects.get(user__username="ci-claims")
    assert (account.user.kind, account.team.slug) == ("service", "claims-ai")


def test_a_secret_is_shown_once_and_revoked(people: People, signed_in: SignedIn) -> None:
    client, account = signed_in("esther"), ServiceAccount.objects.get(user__username="ci-risk")
    response = do(client, account, "token", name="nightly", scopes=["read", "evidence"], days="30")
    assert "no-store" in response.headers["Cache-Control"]
    secret = response.context["secret"]
    token = ApiToken.objects.get(name="nightly")
    assert secret in response.content.decode() and bytes(token.sha256) == digest(secret)
    for name in ("change", "changelist"):
        url = reverse(f"admin:people_apitoken_{name}", args=[token.pk] if name == "change" else [])
        page = client.get(url).content.decode()
        assert secret not in page and bytes(token.sha256).hex() not in page
    assert do(client, token, "revoke").status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": ["everything"]},
        {"scopes": []},
        {"days": "0"},
        {"days": "400"},
        {"days": "x"},
        {"name": ""},
        {"name": "a" * 200},
    ],
)
def test_bad_tokens_are_not_made(change: dict[str, Any], people: People, signed_in: SignedIn) -> None:
    account = ServiceAccount.objects.get(user__username="ci-risk")
    data = {"name": "nightly", "scopes": ["read"], "days": "30", **change}
    response = do(signed_in("esther"), account, "token", **data)
    assert response.status_code == 400 and response.context["form"].errors
    assert not ApiToken.objects.filter(user=account.user).exists()


@pytest.mark.parametrize("name", ["dmitri", "ada", "kim"])
def test_denied_writes_change_nothing(name: str, people: People, signed_in: SignedIn) -> None:
    """dmitri opens the admin and leads no team; ada and kim do not even open it."""
    client, before = signed_in(name), (Event.objects.count(), Membership.objects.filter(ends=None).count())
    rows = {
        "join": people.team("claims-ai"),
        "liaison": people.unit("insurance"),
        "deactivate": people.ben,
        "end": Membership.objects.get(user=people.ben),
        "role": Membership.objects.get(user=people.ben),
        "token": ServiceAccount.objects.get(user__username="ci-risk"),
    }
    data = {"user": people.kim.pk, "role": "lead", "name": "x", "scopes": ["read"], "days": "3"}
    assert {do(client, row, operation, **data).status_code for operation, row in rows.items()} == {403}
    assert client.post(reverse("admin:people_team_add"), new_team()).status_code == 403
    chosen = {"action": "end", "confirmed": "yes", "_selected_action": [rows["end"].pk]}
    client.post(reverse("admin:people_membership_changelist"), chosen)
    assert (Event.objects.count(), Membership.objects.filter(ends=None).count()) == before
    assert people.ben.is_active and not ApiToken.objects.exists()


def test_platform_engineers_do_not_see_tokens_of_others(people: People, signed_in: SignedIn) -> None:
    do(signed_in("esther"), ServiceAccount.objects.get(), "token", name="nightly", scopes=["read"], days="30")
    page = signed_in("dmitri").get(reverse("admin:people_apitoken_changelist"))
    assert "nightly" not in page.content.decode()
    assert do(signed_in("dmitri"), ApiToken.objects.get(), "revoke").status_code == 404
