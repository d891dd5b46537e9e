"""Verification is not editing: who may vouch, for how long, what ends it, and what happens when a verifier leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.errors import Conflict, Forbidden, NotFound
from apps.core.models import Event
from apps.core.plugs import Card, registered
from apps.core.policies import SYSTEM, can
from apps.people.actions.users import deactivate_user
from apps.people.models import Team
from apps.wiki.actions.editing import save_page
from apps.wiki.actions.verification import unverify_page, verify_page
from apps.wiki.models import Page, Verification
from apps.wiki.queries.truth import verifiable
from tests.wiki.making import a_page, a_space

ALL = ("ada", "ben", "chloe", "dmitri", "esther", "farid", "kim", "root", "ci-risk")


@pytest.fixture
def page(people):
    return a_page(space=a_space(slug="risk", verify_every_days=90), title="Run it")


def verified(page, actor, days_ago=0):
    at = timezone.now() - timedelta(days=days_ago)
    verify_page(actor=actor, page=page, revision=page.revision.number, at=at)
    page.refresh_from_db()
    return page


def test_the_owner_team_verifies_where_nobody_is_named(people, page):
    assert {name for name in ALL if can(people[name], "verify", page)} == {"ada", "ben", "ci-risk"}


def test_a_named_verifier_verifies_alone(people, page):
    Page.objects.filter(pk=page.pk).update(verifier=people.kim)
    assert {name for name in ALL if can(people[name], "verify", page)} == {"kim"}


def test_a_verifier_who_left_leaves_it_to_whoever_may_change_the_page(people, page):
    Page.objects.filter(pk=page.pk).update(verifier=people.kim)
    deactivate_user(actor=SYSTEM, user=people.kim)
    assert {name for name in ALL if can(people[name], "verify", page)} == {"ada", "ben", "ci-risk"}


def test_so_does_a_team_that_has_ended(people, page):
    Page.objects.filter(pk=page.pk).update(verifier_team=people.team("claims-ai"))
    assert {name for name in ALL if can(people[name], "verify", page)} == {"chloe"}
    Team.objects.filter(slug="claims-ai").update(ends=timezone.now())
    assert {name for name in ALL if can(people[name], "verify", page)} == {"ada", "ben", "ci-risk"}


@pytest.mark.parametrize("name", ["chloe", "kim", "esther", "root"])
def test_others_do_not_vouch(people, page, name):
    before = Event.objects.count()
    with pytest.raises(Forbidden):
        verify_page(actor=people[name], page=page, revision=1)
    page.refresh_from_db()
    assert page.verified_until is None and not Verification.objects.exists()
    assert Event.objects.count() == before


def test_nobody_vouches_for_what_they_have_not_read(people, page):
    save_page(actor=people.ben, page=page, text="Other words.", base=1)
    with pytest.raises(Conflict) as refused:
        verify_page(actor=people.ada, page=page, revision=1)
    assert refused.value.extra["current_revision"] == 2
    assert not Verification.objects.exists()


def test_a_page_passes_from_verified_to_due_to_expired(people, page):
    verified(page, people.ada)
    start = page.verified_at
    states = [page.freshness(start + timedelta(days=days)) for days in (0, 75, 76, 89, 90)]
    assert states == ["verified", "verified", "due", "due", "expired"]


def test_an_edit_by_somebody_else_ends_it_and_the_verifiers_own_does_not(people, page):
    Page.objects.filter(pk=page.pk).update(verifier=people.ada)
    page.refresh_from_db()
    verified(page, people.ada)
    save_page(actor=people.ada, page=page, text="By its verifier.", base=1)
    page.refresh_from_db()
    assert page.freshness() == "verified"
    save_page(actor=people.ben, page=page, text="By another.", base=2)
    page.refresh_from_db()
    assert page.freshness() == "unverified"


def test_the_list_has_the_most_urgent_first_and_only_mine(people, page):
    space = page.space
    due = verified(a_page(space=space, title="Due"), people.ada, 80)
    expired = verified(a_page(space=space, title="Expired"), people.ada, 100)
    verified(a_page(space=space, title="Fresh"), people.ada)
    a_page(space=a_space(), title="Nobody asks to verify this")
    rows = list(verifiable(people.ben).order_by("ends", "pk"))
    assert [row.title for row in rows][:3] == ["Expired", "Due", "Fresh"]
    assert {row.fresh for row in rows if row.pk in (due.pk, expired.pk)} == {"due", "expired"}
    assert all(row.fresh == row.freshness() for row in rows)
    assert "Nobody asks to verify this" not in [row.title for row in rows]
    assert not verifiable(people.kim)


def test_the_page_lists_what_wants_verification_and_narrows(
    signed_in, people, page, django_assert_max_num_queries
):
    for number in range(6):
        verified(a_page(space=page.space, title=f"Expired {number}"), people.ada, 100)
    verified(a_page(space=page.space, title="Fresh"), people.ada)
    client = signed_in("ben")
    client.get("/wiki/verification/")
    with django_assert_max_num_queries(12):
        answer = client.get("/wiki/verification/")
    text = answer.content.decode()
    assert "Expired 5" in text and "Run it" in text and ">Fresh<" not in text
    assert ">Fresh<" in client.get("/wiki/verification/?state=verified").content.decode()
    assert "Nothing matches" in client.get("/wiki/verification/?state=nonsense").content.decode()
    assert "Nothing to verify" in signed_in("kim").get("/wiki/verification/").content.decode()
    assert client.get("/wiki/verification/?cursor=broken").status_code == 400


def test_the_block_verifies_and_takes_back(signed_in, page):
    client = signed_in("ben")
    address = f"/wiki/p/{page.uid}/verify/"
    block = client.post(
        address, {"do": "verify", "revision": 1, "note": "Ran it"}, headers={"HX-Request": "true"}
    )
    assert block.status_code == 204 and block["HX-Refresh"] == "true"
    assert "Ran it" in client.get(page.get_absolute_url()).content.decode()
    page.refresh_from_db()
    assert page.freshness() == "verified"
    assert client.post(address, {"do": "unverify"}).status_code == 302
    page.refresh_from_db()
    assert page.freshness() == "unverified"


def test_a_changed_text_is_refused_with_a_way_to_what_changed(signed_in, people, page):
    save_page(actor=people.ada, page=page, text="Other words.", base=1)
    address, sent = f"/wiki/p/{page.uid}/verify/", {"do": "verify", "revision": 1, "note": "Ran it"}
    client = signed_in("ben")
    block = client.post(address, sent, headers={"HX-Request": "true"})
    assert block.status_code == 409
    assert f"/wiki/p/{page.uid}/compare/?old=1&amp;new=2" in block.content.decode()
    assert client.post(address, sent).status_code == 409
    assert not Verification.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"revision": "x"}, {"revision": "-1"}, {"revision": 9**30}])
def test_bad_input_is_a_sentence(signed_in, page, sent):
    answer = signed_in("ben").post(f"/wiki/p/{page.uid}/verify/", sent)
    assert answer.status_code == 400 and "load the page again" in answer.content.decode()


def test_a_hidden_page_is_not_there(signed_in, people):
    secret = a_page(visibility="restricted", title="Secret plan")
    answer = signed_in("kim").post(f"/wiki/p/{secret.uid}/verify/", {"revision": 1})
    assert answer.status_code == 404 and "Secret plan" not in answer.content.decode()
    with pytest.raises(NotFound):
        unverify_page(actor=people.kim, page=secret)
    assert signed_in("chloe").get(f"/wiki/p/{secret.uid}/verify/").status_code == 405


def test_the_page_says_who_vouches(signed_in, people, page):
    verified(page, people.ada, 100)
    text = signed_in("kim").get(page.get_absolute_url()).content.decode()
    assert "Verification expired" in text and 'name="do" value="verify"' not in text
    Page.objects.filter(pk=page.pk).update(verifier=people.kim)
    deactivate_user(actor=SYSTEM, user=people.kim)
    text = signed_in("ben").get(page.get_absolute_url()).content.decode()
    assert "Kim left." in " ".join(text.replace("</span>", "").split()) and 'value="verify"' in text


def test_home_shows_what_ends_to_those_who_answer_for_it(people, page):
    card = next(plug for plug in registered(Card) if plug.name == "wiki.ending")
    verified(page, people.ada, 80)
    assert [item.title for item in card.items(people.ada, 5)[0]] == ["Run it"]
    assert card.items(people.ben, 5) == ([], 0)  # a member; the lead answers
    Page.objects.filter(pk=page.pk).update(verifier=people.kim)
    assert card.items(people.kim, 5)[1] == 1
