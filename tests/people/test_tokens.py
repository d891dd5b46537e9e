"""API tokens: what is kept of them, what they open, and what ends them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.utils import timezone

from apps.core.errors import Forbidden, Invalid, NotFound, PortalError, Unauthenticated
from apps.core.models import Event
from apps.core.policies import SYSTEM, can
from apps.people.actions import create_token, deactivate_user, revoke_token
from apps.people.authentication import bearer_user
from apps.people.models import ApiToken, Scope, User
from tests.personas import People
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


def made(user: User, *scopes: str, **options: Any) -> tuple[ApiToken, str]:
    return create_token(actor=SYSTEM, user=user, name="test", scopes=scopes or ("read",), **options)


def asked(secret: str, **headers: str) -> int:
    header = headers or {"Authorization": f"Bearer {secret}"}
    return Client(headers=header).get(ME).status_code


def caller(header: str | bytes) -> tuple[User, ApiToken] | None:
    return bearer_user(RequestFactory().get(ME, headers={"Authorization": header}))


def test_only_the_hash_of_a_secret_is_kept(people: People) -> None:
    token, secret = made(people.ada)
    assert secret.startswith("coe_")
    assert len(secret) == 4 + 43
    assert bytes(ApiToken.objects.get().sha256) == hashlib.sha256(secret.encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT to_jsonb(t)::text FROM people_apitoken t UNION SELECT to_jsonb(e)::text FROM core_event e"
        )
        kept = " ".join(row[0] for row in cursor.fetchall())
    assert token.prefix in kept
    assert secret not in kept
    assert secret[12:] not in kept


def test_a_token_is_its_user_within_its_scopes(people: People) -> None:
    """A right needs the policy and the scope."""
    _, secret = made(people.ada, "read")
    found = caller(f"Bearer {secret}")
    assert found is not None
    user, _ = found
    team = people.team("risk-ml")
    assert (can(user, "view", team), can(user, "change_members", team)) == (True, False)
    _, secret = made(people.ada, "write")
    user, _ = caller(f"Bearer {secret}") or (None, None)
    assert (can(user, "view", team), can(user, "change_members", team)) == (False, True)
    _, secret = made(people.ben, "read", "write")
    user, _ = caller(f"Bearer {secret}") or (None, None)
    assert (can(user, "view", team), can(user, "change_members", team)) == (True, False)


def test_other_scopes_open_neither_reading_nor_writing(people: People) -> None:
    for scope in set(Scope.values) - {"read", "write"}:
        _, secret = made(people.esther, scope)
        user, _ = caller(f"Bearer {secret}") or (None, None)
        assert not can(user, "view", people.team("risk-ml"))
        assert not can(user, "change", people.team("risk-ml"))


def test_ended_tokens_open_nothing(people: People) -> None:
    expired, expired_secret = made(people.ada)
    ApiToken.objects.filter(pk=expired.pk).update(expires=timezone.now())
    revoked, revoked_secret = made(people.ada)
    revoke_token(actor=people.ada, token=revoked)
    _, kept = made(people.ada)
    _, left = made(people.ben)
    deactivate_user(actor=people.esther, user=people.ben)
    _, inactive = made(people.kim)
    User.objects.filter(username="kim").update(is_active=False)
    assert asked(kept) == 200
    for secret in (
        expired_secret,
        revoked_secret,
        left,
        inactive,
        kept[:-1],
        kept + "x",
        "coe_",
        "coe_" + "x" * 5000,
    ):
        assert asked(secret) == 401
        with pytest.raises(Unauthenticated, match="unknown, expired or revoked"):
            caller(f"Bearer {secret}")


def test_tokens_of_a_deactivated_person_stay_revoked_when_the_person_comes_back(people: People) -> None:
    from apps.people.actions import activate_user

    _, secret = made(people.ben)
    deactivate_user(actor=people.esther, user=people.ben)
    activate_user(actor=people.esther, user=people.ben)
    assert asked(secret) == 401


def test_the_last_use_is_written_at_most_every_five_minutes(people: People) -> None:
    token, secret = made(people.ada)
    assert asked(secret) == 200
    first = ApiToken.objects.get(pk=token.pk).last_used_at
    assert first is not None
    assert asked(secret) == 200
    assert ApiToken.objects.get(pk=token.pk).last_used_at == first
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(minutes=4, seconds=50))
    assert asked(secret) == 200
    assert ApiToken.objects.get(pk=token.pk).last_used_at == first - timedelta(minutes=4, seconds=50)
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(minutes=5, seconds=1))
    assert asked(secret) == 200
    later = ApiToken.objects.get(pk=token.pk).last_used_at
    assert later is not None
    assert later > first


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Basic YTpi", "Bearer other-token", "Bearer coe", "Bearer coe_a b", "coe_x"]
)
def test_headers_of_another_shape_are_left_to_others(people: People, header: str) -> None:
    assert caller(header) is None
    assert asked("", Authorization=header) == 401


@pytest.mark.parametrize(
    "header", ["Bearer coe_é", "Bearer coe_\xff\xfe", "Bearer coe_\u2603", "Bearer coe_\x00"]
)
def test_a_header_that_is_not_ascii_is_refused_without_a_fault(people: People, header: str) -> None:
    raw = header.encode().decode("latin-1")
    response = Client(HTTP_AUTHORIZATION=raw).get(ME)
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_the_word_bearer_may_be_written_in_capitals(people: People) -> None:
    _, secret = made(people.ada)
    assert asked("", Authorization=f"BEARER {secret}") == 200


def test_a_token_cannot_make_tokens(people: People) -> None:
    _, secret = made(people.ada, "read", "write")
    user, _ = caller(f"Bearer {secret}") or (None, None)
    with nothing_changes(), pytest.raises(Forbidden, match="cannot make tokens"):
        create_token(actor=user, user=people.ada, name="more", scopes=["read"])
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "scopes", "lifetime"),
    [
        ("t", [], timedelta(days=1)),
        ("t", ["admin"], timedelta(days=1)),
        ("t", ["read"], timedelta(0)),
        ("t", ["read"], timedelta(days=366)),
        ("  ", ["read"], timedelta(days=1)),
        ("x" * 101, ["read"], timedelta(days=1)),
    ],
)
def test_what_a_token_needs(people: People, name: str, scopes: list[str], lifetime: timedelta) -> None:
    with nothing_changes(), pytest.raises(Invalid):
        create_token(actor=people.ada, user=people.ada, name=name, scopes=scopes, lifetime=lifetime)
    assert not ApiToken.objects.exists()


# By hand: for whom each persona may make and revoke tokens, besides themselves.
KEEPERS = {"ada": {"ci-risk"}, "esther": {"ci-risk"}, "root": {"ci-risk"}}


@pytest.mark.parametrize("name", ["ada", "ben", "chloe", "dmitri", "esther", "farid", "kim", "root"])
def test_tokens_are_made_for_oneself_and_for_services_that_one_keeps(people: People, name: str) -> None:
    for other in ("ada", "ben", "ci-risk"):
        if other == name or other in KEEPERS.get(name, set()):
            token, _ = create_token(actor=people[name], user=people[other], name="mine", scopes=["read"])
            assert token.created_by == people[name]
            continue
        with nothing_changes(), pytest.raises(PortalError) as refusal:
            create_token(actor=people[name], user=people[other], name="theirs", scopes=["read"])
        assert isinstance(refusal.value, Forbidden)
        assert not ApiToken.objects.filter(name="theirs").exists()


def test_who_sees_and_revokes_which_tokens(people: People) -> None:
    for name in ("ada", "ben", "ci-risk"):
        made(people[name])
    expected = {"ada": {"ada", "ci-risk"}, "ben": {"ben"}, "chloe": set(), "dmitri": set(), "kim": set(),
                "esther": {"ada", "ben", "ci-risk"}, "root": {"ada", "ben", "ci-risk"}}  # fmt: skip
    for name, owners in expected.items():
        for action in ("view", "revoke"):
            rows = ApiToken.objects.allowed(people[name], action)
            assert {row.user.username for row in rows} == owners, (name, action)
    token = ApiToken.objects.get(user__username="ben")
    with nothing_changes(), pytest.raises(NotFound):
        revoke_token(actor=people.ada, token=token)


def test_revoking_twice_is_one_event(people: People) -> None:
    token, _ = made(people.ada)
    first = revoke_token(actor=people.ada, token=token).revoked_at
    assert revoke_token(actor=people.esther, token=token).revoked_at == first
    assert Event.objects.filter(verb="people.token.revoked").count() == 1


def test_a_service_account_acts_as_a_member_of_its_team(
    people: People, bearer: Callable[..., Client]
) -> None:
    me = bearer("ci-risk").get(ME).json()
    assert (me["kind"], [team["slug"] for team in me["teams"]], me["leads"]) == ("service", ["risk-ml"], [])
