"""Policies ask people to say that they have read them, again at each new revision; their keepers see who has not."""

import csv
import io
from itertools import product

import pytest

from apps.core.errors import Conflict, Forbidden, NotFound
from apps.core.feed import feed
from apps.core.models import Event
from apps.core.plugs import Card, registered
from apps.core.policies import SYSTEM, require
from apps.people.actions.users import deactivate_user
from apps.wiki.actions.acknowledgements import acknowledge_page
from apps.wiki.actions.editing import save_page
from apps.wiki.models import Acknowledgement, Page
from apps.wiki.queries.people import audience
from apps.wiki.queries.truth import answers, policies_asking, policies_kept, readers
from tests.wiki.making import a_page, a_space

ALL = ("ada", "ben", "chloe", "dmitri", "esther", "farid", "jo", "kim", "root", "ci-risk")


def a_policy(acknowledged_by="company", **fields):
    page = a_page(title=fields.pop("title", "Use of data"), **fields)
    Page.objects.filter(pk=page.pk).update(acknowledged_by=acknowledged_by)
    page.refresh_from_db()
    return page


@pytest.mark.parametrize(
    ("level", "visibility"), list(product(["team", "unit", "company"], ["company", "unit", "restricted"]))
)
def test_both_sides_agree_on_whom_a_page_asks(people, level, visibility):
    """The audience of a page, and the pages that ask a person, are one rule read from two sides."""
    for owner in ("risk-ml", "ml-platform"):
        space = a_space(owner=people.team(owner))
        page = a_policy(level, visibility=visibility, space=space)
        asked = {user.username for user in audience(page)}
        listed = {name for name in ALL if policies_asking(people[name]).filter(pk=page.pk).exists()}
        assert listed == asked & set(ALL)
        assert answers([page])[page.pk].asked == len(asked)
        assert readers(page).count() == len(asked)


def test_a_policy_asks_again_at_each_revision(people):
    page = a_policy()
    acknowledge_page(actor=people.kim, page=page, revision=1)
    acknowledge_page(actor=people.kim, page=page, revision=1)
    assert Acknowledgement.objects.count() == 1
    assert policies_asking(people.kim).get().answered
    save_page(actor=people.ada, page=page, text="Stricter words.", base=1)
    again = policies_asking(people.kim).get()
    assert again.answered is None and again.answered_before
    assert answers([again])[page.pk].given == 0
    with pytest.raises(Conflict):
        acknowledge_page(actor=people.kim, page=page, revision=1)


def test_open_ones_come_first(people):
    done = a_policy(title="A done one")
    a_policy(title="Z open one")
    acknowledge_page(actor=people.kim, page=done, revision=1)
    assert [page.title for page in policies_asking(people.kim)] == ["Z open one", "A done one"]


def test_whom_a_page_does_not_ask_cannot_acknowledge_it(people):
    page = a_policy("team")
    with pytest.raises(Conflict):
        acknowledge_page(actor=people.kim, page=page, revision=1)
    secret = a_policy(visibility="restricted")
    with pytest.raises(NotFound):
        acknowledge_page(actor=people.kim, page=secret, revision=1)
    assert not Acknowledgement.objects.exists()
    assert Event.objects.filter(verb="wiki.page.acknowledged").count() == 0


def test_who_has_read_it_is_known_to_its_keepers_only(people):
    page = a_policy()
    acknowledge_page(actor=people.kim, page=page, revision=1)
    line = f"{people.kim} acknowledged Use of data"
    heard = {name for name in ALL if line in [entry.sentence for entry in feed(people[name])]}
    assert heard == {"ada", "ben", "esther", "kim", "root", "ci-risk"}
    for name in ("ada", "esther", "root"):
        require(people[name], "audit", page)
    for name in ("kim", "chloe", "dmitri"):
        with pytest.raises(Forbidden):
            require(people[name], "audit", page)


def test_counts_leave_out_who_has_left_and_do_not_grow_with_pages(people, django_assert_num_queries):
    pages = [a_policy(level, title=f"{level} {n}") for level in ("team", "unit", "company") for n in range(3)]
    for page in pages:
        acknowledge_page(actor=people.ben, page=page, revision=1)
    whole = answers(pages)
    deactivate_user(actor=SYSTEM, user=people.ben)
    listed = list(policies_kept(people.ada))
    with django_assert_num_queries(4):  # answers and people of wide pages; answers and members of narrow ones
        counts = answers(listed)
    assert {count.given for count in whole.values()} == {1} and {c.given for c in counts.values()} == {0}
    assert {counts[page.pk].asked for page in pages[:6]} == {1}


def test_the_button_acknowledges_what_was_read(signed_in, people):
    page, client = a_policy(), signed_in("kim")
    assert "I have read revision 1" in client.get(page.get_absolute_url()).content.decode()
    address = f"/wiki/p/{page.uid}/acknowledge/"
    block = client.post(address, {"revision": 1}, headers={"HX-Request": "true"})
    assert "You acknowledged revision 1" in block.content.decode()
    assert "Who has" not in block.content.decode()
    save_page(actor=people.ada, page=page, text="Stricter words.", base=1)
    stale = client.post(address, {"revision": 1}, headers={"HX-Request": "true"})
    assert stale.status_code == 409 and "Load the page again" in stale.content.decode()
    assert client.post(address, {"revision": 1}).status_code == 409
    assert client.post(address, {"revision": "x"}).status_code == 400
    assert (
        "This policy has changed since you acknowledged revision 1"
        in client.get(page.get_absolute_url()).content.decode()
    )
    assert client.post(address, {"revision": 2}).status_code == 302
    assert Acknowledgement.objects.filter(user=people.kim).count() == 2


def test_keepers_see_who_has_not(signed_in, people):
    page = a_policy()
    acknowledge_page(actor=people.kim, page=page, revision=1)
    address = f"/wiki/p/{page.uid}/acknowledgements/"
    text = signed_in("ada").get(address).content.decode()
    assert "1 of 12 acknowledged revision 1; 11 have not." in text
    assert signed_in("chloe").get(address).status_code == 403
    assert "Who has" not in signed_in("chloe").get(page.get_absolute_url()).content.decode()
    kept = signed_in("ada").get("/wiki/policies/?view=kept").content.decode()
    assert "1 of 12" in kept
    assert "I keep them" not in signed_in("chloe").get("/wiki/policies/").content.decode()


def test_the_csv_has_everybody(signed_in, people):
    page = a_policy("team")
    type(people.ben).objects.filter(pk=people.ben.pk).update(name="=cmd()")
    acknowledge_page(actor=people.ada, page=page, revision=1)
    answer = signed_in("ada").get(f"/wiki/p/{page.uid}/acknowledgements/?format=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["user"], row["newest_revision_acknowledged"]) for row in rows] == [("ben", ""), ("ada", "1")]
    assert rows[0]["name"] == "'=cmd()" and rows[1]["acknowledged_at"]


def test_the_list_and_the_card(signed_in, people, django_assert_max_num_queries):
    for number in range(6):
        a_policy(title=f"Policy {number}")
    a_policy(visibility="restricted", title="Secret policy")
    client = signed_in("kim")
    client.get("/wiki/policies/")
    with django_assert_max_num_queries(12):
        text = client.get("/wiki/policies/").content.decode()
    assert "Policy 5" in text and "Secret policy" not in text
    card = next(plug for plug in registered(Card) if plug.name == "wiki.policies")
    assert card.items(people.kim, 3)[1] == 6 and len(card.items(people.kim, 3)[0]) == 3
    assert signed_in("kim").get("/wiki/policies/?page=99999999999999999999").status_code == 200
