"""Sign-in through a real OpenID Connect provider: a process of its own that our code talks to over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.actions import create_user, deactivate_user, end_membership, start_membership
from apps.people.actions.signin import apply_group_claim
from apps.people.models import Membership, Team, User
from tests.chromium import OpenPage
from tests.people.oidc_provider import Provider, free_port, running_provider
from tests.personas import People
from tests.traces import nothing_changes

pytestmark = [pytest.mark.django_db, pytest.mark.processes]
SIGN_IN = "/accounts/oidc/oidc/login/"


@pytest.fixture(scope="module")
def provider_process() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


def settings_of(issuer: str, **environment: str) -> dict[str, Any]:
    """What `portal.settings` makes of the environment, asked in a process of its own."""
    script = "import json, portal.settings as s; print(json.dumps(getattr(s, 'SOCIALACCOUNT_PROVIDERS', {})))"
    variables = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": "s3cret"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | variables | environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def provider(provider_process: Provider, settings: Any) -> Provider:
    settings.SOCIALACCOUNT_PROVIDERS = settings_of(provider_process.url + "/")
    return provider_process


def sign_in(provider: Provider, subject: str, client: Client | None = None, next_: str = "") -> HttpResponse:
    """The whole way: portal, provider, portal; returns the portal's last answer."""
    client = client or Client()
    leaving = client.get(SIGN_IN, {"process": "login", "next": next_} if next_ else {})
    assert leaving.status_code == 302
    back = provider.answer(leaving["Location"], sub=subject)
    response: HttpResponse = client.get(urlsplit(back).path, parse_qs(urlsplit(back).query))
    return response


def signed_in_as(client: Client) -> User | None:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key) if key else None


def teams_of(name: str) -> dict[str, bool]:
    """Slugs of the open memberships, with whether the claim gave them."""
    rows = Membership.objects.filter(user__username=name, ends=None).values_list("team__slug", "from_claim")
    return dict(rows)


def test_the_first_sign_in_creates_the_person_and_takes_their_teams(
    people: People, provider: Provider
) -> None:
    provider.knows(
        "s-1", preferred_username="Mia.Berg@example.com", name="Mia Berg", email="mia@example.com",
        zoneinfo="Europe/Oslo", groups=["risk-ml", "/claims-ai", "everybody", "other/coe-office", 7],
    )  # fmt: skip
    client = Client()
    response = sign_in(provider, "s-1", client)
    assert (response.status_code, response["Location"]) == (302, "/")
    mia = signed_in_as(client)
    assert mia is not None
    assert (mia.username, mia.name, mia.email, mia.time_zone) == (
        "mia.berg",
        "Mia Berg",
        "mia@example.com",
        "Europe/Oslo",
    )
    assert (mia.kind, mia.has_usable_password(), mia.is_staff, mia.is_superuser) == (
        "person",
        False,
        False,
        False,
    )
    assert teams_of("mia.berg") == {"risk-ml": True, "claims-ai": True}
    verbs = Event.objects.filter(actor_name="identity provider").values_list("verb", flat=True)
    assert sorted(verbs) == ["people.membership.started", "people.membership.started", "people.user.created"]


def test_the_provider_is_asked_with_state_and_a_code_challenge(people: People, provider: Provider) -> None:
    asked = parse_qs(urlsplit(Client().get(SIGN_IN)["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) >= 16
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email", "groups"}


def test_the_groups_claim_decides_its_own_memberships_at_each_sign_in(
    people: People, provider: Provider
) -> None:
    provider.knows("s-2", preferred_username="mia", groups=["risk-ml", "claims-ai"])
    sign_in(provider, "s-2")
    mia = User.objects.get(username="mia")
    start_membership(actor=SYSTEM, user=mia, team=people.team("ml-platform"), craft="ml-engineer")
    provider.knows("s-2", preferred_username="mia", groups=["claims-ai", "coe-office"])
    sign_in(provider, "s-2")
    assert teams_of("mia") == {"claims-ai": True, "coe-office": True, "ml-platform": False}
    with nothing_changes_but_sign_in("mia"):
        sign_in(provider, "s-2")
    provider.knows("s-2", preferred_username="mia", groups=[])
    sign_in(provider, "s-2")
    assert teams_of("mia") == {"ml-platform": False}
    assert User.objects.filter(username__startswith="mia").count() == 1


@contextmanager
def nothing_changes_but_sign_in(name: str) -> Iterator[None]:
    """`last_login` moves; it is put back so that the rest can be compared."""
    before = User.objects.get(username=name).last_login
    with nothing_changes():
        yield
        User.objects.filter(username=name).update(last_login=before)


def test_a_membership_that_a_person_entered_is_not_the_claims(people: People, provider: Provider) -> None:
    provider.knows("s-3", preferred_username="mia", groups=["risk-ml"])
    sign_in(provider, "s-3")
    end_membership(actor=SYSTEM, membership=Membership.objects.get(user__username="mia"))
    start_membership(actor=SYSTEM, user=User.objects.get(username="mia"), team=people.team("risk-ml"))
    sign_in(provider, "s-3")
    provider.knows("s-3", preferred_username="mia", groups=[])
    sign_in(provider, "s-3")
    assert teams_of("mia") == {"risk-ml": False}


def test_without_the_claim_nothing_changes(people: People, provider: Provider) -> None:
    provider.knows("s-4", preferred_username="mia", groups=["risk-ml"])
    sign_in(provider, "s-4")
    provider.knows("s-4", preferred_username="mia")
    sign_in(provider, "s-4")
    assert teams_of("mia") == {"risk-ml": True}


def test_another_claim_may_be_configured(people: People, provider: Provider, settings: Any) -> None:
    settings.OIDC_GROUPS_CLAIM = "teams"
    provider.knows("s-5", preferred_username="mia", groups=["risk-ml"], teams="claims-ai")
    sign_in(provider, "s-5")
    assert teams_of("mia") == {"claims-ai": True}


def test_a_deactivated_person_is_refused_and_told_so(people: People, provider: Provider) -> None:
    provider.knows("s-6", preferred_username="mia", groups=["risk-ml"])
    sign_in(provider, "s-6")
    deactivate_user(actor=people.esther, user=User.objects.get(username="mia"))
    client = Client()
    with nothing_changes():
        response = sign_in(provider, "s-6", client)
    assert response.status_code == 403
    assert "Your account is deactivated." in response.text
    assert signed_in_as(client) is None


def test_who_was_deactivated_before_the_first_sign_in_is_not_linked(
    people: People, provider: Provider
) -> None:
    deactivate_user(actor=people.esther, user=people.kim)
    provider.knows("s-7", preferred_username="kim", groups=["risk-ml"])
    assert sign_in(provider, "s-7").status_code == 403
    assert not SocialAccount.objects.exists()


def test_the_name_of_a_local_account_is_refused(people: People, provider: Provider) -> None:
    create_user(actor=SYSTEM, username="local-lu", name="Lu", password="a long enough password")
    provider.knows("s-8", preferred_username="local-lu", groups=["risk-ml"])
    provider.knows("s-9", preferred_username="ci-risk", groups=["risk-ml"])
    for subject in ("s-8", "s-9"):
        client = Client()
        with nothing_changes():
            response = sign_in(provider, subject, client)
        assert response.status_code == 409
        assert "belongs to a local account" in response.text
        assert signed_in_as(client) is None
    assert not SocialAccount.objects.exists()


def test_a_person_entered_beforehand_is_linked_once(people: People, provider: Provider) -> None:
    provider.knows("s-10", preferred_username="kim", groups=["risk-ml"])
    client = Client()
    sign_in(provider, "s-10", client)
    assert signed_in_as(client) == people.kim
    assert teams_of("kim") == {"risk-ml": True}
    assert Event.objects.filter(verb="people.user.linked").count() == 1
    provider.knows("s-11", preferred_username="kim", groups=["claims-ai"])
    other = Client()
    response = sign_in(provider, "s-11", other)
    assert response.status_code == 409
    assert "another person of the identity provider" in response.text
    assert signed_in_as(other) is None
    assert teams_of("kim") == {"risk-ml": True}


def test_the_subject_stays_the_person_when_the_name_changes(people: People, provider: Provider) -> None:
    provider.knows("s-12", preferred_username="mia", name="Mia")
    sign_in(provider, "s-12")
    provider.knows("s-12", preferred_username="ada", name="Ada?")
    client = Client()
    sign_in(provider, "s-12", client)
    found = signed_in_as(client)
    assert found is not None
    assert found.username == "mia"


def test_claims_that_no_database_can_keep_are_refused(people: People, provider: Provider) -> None:
    provider.knows("s-18", preferred_username="mia", groups=["a\x00b"])
    assert sign_in(provider, "s-18").status_code == 401
    assert not User.objects.filter(username="mia").exists()


def test_a_name_that_cannot_be_a_user_name_is_refused(people: People, provider: Provider) -> None:
    provider.knows("s-13", preferred_username="***")
    with nothing_changes():
        response = sign_in(provider, "s-13")
    assert response.status_code == 403
    assert "no usable user name" in response.text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/x", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_host_after_sign_in(
    people: People, provider: Provider, target: str
) -> None:
    provider.knows("s-14", preferred_username="mia")
    assert sign_in(provider, "s-14", next_=target)["Location"] == "/"


def test_one_returns_to_the_page_that_asked_for_sign_in(people: People, provider: Provider) -> None:
    provider.knows("s-15", preferred_username="mia")
    client = Client()
    asked = client.get("/people/teams/risk-ml/")
    page = client.get(asked["Location"]).text
    link = re.search(r'href="(/accounts/oidc/oidc/login/\?[^"]+)"', page)
    assert link
    back = provider.answer(client.get(link.group(1).replace("&amp;", "&"))["Location"], sub="s-15")
    response = client.get(urlsplit(back).path, parse_qs(urlsplit(back).query))
    assert response["Location"] == "/people/teams/risk-ml/"


def test_an_answer_that_nobody_asked_for_is_refused(people: People, provider: Provider) -> None:
    provider.knows("s-16", preferred_username="mia")
    back = provider.answer(Client().get(SIGN_IN)["Location"], sub="s-16")
    response = Client().get(urlsplit(back).path, parse_qs(urlsplit(back).query))
    assert response.status_code == 401
    assert not User.objects.filter(username="mia").exists()
    for query in (
        {},
        {"code": "x"},
        {"code": "x", "state": "y"},
        {"error": "server_error"},
    ):
        assert Client().get(f"{SIGN_IN}callback/", query).status_code == 401
    assert Client().get(f"{SIGN_IN}callback/", {"state": "\x00"}).status_code == 400


def test_a_false_code_and_a_refusal_at_the_provider_end_clearly(people: People, provider: Provider) -> None:
    client = Client()
    state = parse_qs(urlsplit(client.get(SIGN_IN)["Location"]).query)["state"][0]
    assert client.get(f"{SIGN_IN}callback/", {"code": "wrong", "state": state}).status_code == 401
    state = parse_qs(urlsplit(client.get(SIGN_IN)["Location"]).query)["state"][0]
    response = client.get(f"{SIGN_IN}callback/", {"error": "access_denied", "state": state}, follow=True)
    assert "Sign-in stopped" in response.text


def test_a_local_account_cannot_be_connected_by_hand(people: People, provider: Provider) -> None:
    provider.knows("s-17", preferred_username="mia")
    client = Client()
    client.force_login(people.ada, backend="django.contrib.auth.backends.ModelBackend")
    leaving = client.get(SIGN_IN, {"process": "connect"})
    back = provider.answer(leaving["Location"], sub="s-17")
    with nothing_changes():
        response = client.get(urlsplit(back).path, parse_qs(urlsplit(back).query))
    assert response.status_code == 403
    assert not SocialAccount.objects.exists()


def test_a_provider_that_does_not_answer_is_said(people: People, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = settings_of(f"http://127.0.0.1:{free_port()}")
    response = Client().get(SIGN_IN)
    assert response.status_code == 503
    assert "does not answer" in response.text


def test_without_a_provider_there_is_no_such_sign_in(people: People) -> None:
    assert Client().get(SIGN_IN).status_code == 404
    assert Client().get("/accounts/oidc/other/login/").status_code == 404
    assert SIGN_IN not in Client().get("/accounts/login/").text


def test_settings_of_the_provider() -> None:
    app = settings_of("https://login.example/realm/", OIDC_SCOPES="openid, email")["openid_connect"]["APPS"][
        0
    ]
    assert app["settings"] == {"server_url": "https://login.example/realm", "scope": ["openid", "email"]}
    assert settings_of("") == {}


@pytest.mark.parametrize("groups", [None, 7, {"risk-ml": True}, True])
def test_a_claim_of_another_form_says_nothing(people: People, groups: Any) -> None:
    apply_group_claim(people.kim, ["claims-ai"])
    with nothing_changes():
        apply_group_claim(people.kim, groups)


def test_groups_give_running_teams_only_and_keep_memberships_with_an_end(people: People) -> None:
    soon = timezone.now() + timedelta(days=9)
    people.team("risk-ml").memberships.filter(user=people.ben).update(ends=soon)
    Team.objects.filter(slug="claims-ai").update(ends=timezone.now())
    apply_group_claim(people.ben, ["RISK-ML", "claims-ai"])
    assert list(Membership.objects.filter(user=people.ben).values_list("team__slug", "ends")) == [
        ("risk-ml", soon)
    ]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_person_signs_in_with_a_browser(provider: Provider, open_page: OpenPage) -> None:
    """The content security policy lets the browser go to the provider and come back."""
    provider.knows("s-19", preferred_username="mia", name="Mia Berg", groups=["risk-ml"])
    page = open_page("/people/teams/risk-ml/")
    page.get_by_role("link", name="Company sign-in").click()
    page.wait_for_url(f"{provider.url}/**")
    page.locator("input[name=sub]").fill("s-19")
    page.locator("input[name=sub]").press("Enter")
    expect(page.get_by_role("heading", name="Risk ML", level=1)).to_be_visible()
    expect(page.get_by_role("cell", name="Mia Berg")).to_be_visible()
