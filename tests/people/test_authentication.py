"""Local sign-in: who comes in, who does not, and which of allauth's pages exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import allauth.urls
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver

from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.actions import create_user, deactivate_user
from apps.people.models import User
from tests.personas import People
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough password"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def fresh_limits() -> Iterator[None]:
    """allauth counts attempts in the cache, which outlives a test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def lu(db: None) -> User:
    return create_user(actor=SYSTEM, username="lu", name="Lu", password=PASSWORD)


def enter(name: str, password: str = PASSWORD, next_: str = "", client: Client | None = None) -> Any:
    return (client or Client()).post(LOGIN, {"login": name, "password": password, "next": next_})


def test_a_local_account_signs_in_with_a_new_session(lu: User) -> None:
    client = Client()
    client.get("/people/")
    client.session["x"] = 1
    before = client.session.session_key
    response = enter("lu", client=client)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(lu.pk)
    assert client.session.session_key != before


@pytest.mark.parametrize(
    ("next_", "target"),
    [
        ("/people/?x=1", "/people/?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_sign_in_one_stays_here(lu: User, next_: str, target: str) -> None:
    assert enter("lu", next_=next_)["Location"] == target


def test_a_wrong_password_and_an_unknown_name_read_the_same(lu: User) -> None:
    wrong, unknown = enter("lu", "not the password"), enter("nobody")
    assert (wrong.status_code, unknown.status_code) == (200, 200)
    errors = [response.context["form"].errors.get_json_data() for response in (wrong, unknown)]
    assert errors[0] == errors[1] != {}


@pytest.mark.parametrize("name", ["\x00", "lu\x00", "é" * 500, "' OR 1=1 --"])
def test_hostile_names_are_wrong_names(lu: User, name: str) -> None:
    assert enter(name).status_code == 200


def test_a_service_account_does_not_sign_in_even_with_a_password(people: People) -> None:
    service = people["ci-risk"]
    service.set_password(PASSWORD)
    service.save()
    client = Client()
    assert enter("ci-risk", client=client).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_person_of_the_identity_provider_has_no_password_to_sign_in_with(people: People) -> None:
    for password in ("", "!", people.ada.password):
        assert enter("ada", password).status_code == 200


def test_a_deactivated_person_is_refused_with_a_page_and_loses_the_session(people: People, lu: User) -> None:
    client = Client()
    enter("lu", client=client)
    assert client.get("/people/").status_code == 200
    deactivate_user(actor=people.esther, user=lu)
    assert client.get("/people/")["Location"].startswith(LOGIN)
    refused = Client().post(LOGIN, {"login": "lu", "password": PASSWORD}, follow=True)
    assert "This account is not active" in refused.text


def test_attempts_are_limited(lu: User) -> None:
    for _ in range(5):
        enter("lu", "wrong")
    response = enter("lu")
    assert (response.status_code, response["Retry-After"]) == (429, "300")
    assert "Too many sign-ins failed" in response.text and "Wait five minutes" in response.text


def test_too_many_requests_have_a_page(lu: User) -> None:
    answers = [enter(f"somebody-{number}", "x" * 9) for number in range(31)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all("Too many" in answer.text and int(answer["Retry-After"]) >= 60 for answer in refused)


def test_sign_out_needs_a_post(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("ada")
    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_local_password_is_changed_and_recorded(lu: User) -> None:
    client = Client()
    enter("lu", client=client)
    form = {
        "oldpassword": PASSWORD,
        "password1": "another long passphrase",
        "password2": "another long passphrase",
    }
    with nothing_changes():
        weak = client.post("/accounts/password/change/", form | {"password1": "short", "password2": "short"})
        false = client.post("/accounts/password/change/", form | {"oldpassword": "guess"})
    assert (weak.status_code, false.status_code) == (200, 200)
    assert client.post("/accounts/password/change/", form)["Location"] == "/people/me/"
    assert client.get("/people/me/").status_code == 200
    assert User.objects.get(pk=lu.pk).check_password("another long passphrase")
    event = Event.objects.get(verb="people.password.changed")
    assert (event.actor, event.data) == (lu, {})


def test_people_of_the_identity_provider_have_no_password_here(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("ada")
    assert client.get("/accounts/password/change/").status_code == 404
    assert "Change password" not in client.get("/people/me/").text


# By hand: what somebody gets who is not signed in, and ada, who has no local password. All others: 404.
OPEN = {
    "login/": (200, 302),
    "logout/": (302, 200),
    "inactive/": (200, 200),
    "password/change/": (302, 404),
    "3rdparty/login/cancelled/": (200, 200),
    "3rdparty/login/error/": (401, 401),
}


def test_every_other_page_of_allauth_is_closed(signed_in: Callable[[str], Client]) -> None:
    """Walks all addresses that the package offers, so that a new version cannot open one unnoticed."""
    addresses = sorted(_addresses(allauth.urls.urlpatterns))
    assert len(addresses) > 20
    assert set(OPEN) < set(addresses)
    anonymous, ada = Client(), signed_in("ada")
    found = {
        address: (
            anonymous.get(f"/accounts/{address}").status_code,
            ada.get(f"/accounts/{address}").status_code,
        )
        for address in ["", *addresses]
    }
    assert found == dict.fromkeys(["", *addresses], (404, 404)) | OPEN


def _addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    samples = {
        "<provider_id>": "oidc",
        "(?P<provider_id>[/]+)": "oidc",
        "(?P<key>[-:\\w]+)": "k",
        "(?P<key>.+)": "k",
    }
    for pattern in patterns:
        text = before + str(pattern.pattern).replace("^", "").replace("$", "").replace(
            "(?P<uidb36>[0-9A-Za-z]+)", "1"
        )
        for sample, value in samples.items():
            text = text.replace(sample, value)
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, text)
        else:
            yield text
