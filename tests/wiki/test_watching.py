"""Watching a page, a subtree, a space; and how every event of the wiki reads."""

import re
from pathlib import Path

import pytest

from apps.core.errors import Forbidden, NotFound
from apps.core.feed import feed
from apps.core.plugs import FeedVerb, registered
from apps.wiki.actions.placing import grant_page, narrow_page
from apps.wiki.actions.watching import unwatch, watch
from apps.wiki.models import Page, Watch
from apps.wiki.queries.watching import watches, watching_page
from tests.wiki.making import a_page, a_space

ACTIONS = Path(__file__).parents[2] / "apps" / "wiki" / "actions"


@pytest.fixture
def page(people):
    return a_page(title="Run it")


def test_watching_twice_is_once_and_the_way_may_change(people, page):
    watch(actor=people.kim, page=page)
    watch(actor=people.kim, page=page, subtree=True)
    assert Watch.objects.get().subtree
    unwatch(actor=people.kim, page=page)
    unwatch(actor=people.kim, page=page)
    assert not Watch.objects.exists()


def test_only_what_one_sees_is_watched_and_listed(people, page):
    with pytest.raises(NotFound):
        watch(actor=people.kim, page=a_page(visibility="restricted"))
    assert not Watch.objects.exists()
    watch(actor=people.kim, page=page)
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    assert not watches(people.kim) and not watches(people.ada)
    unwatch(actor=people.kim, page=page)
    assert not Watch.objects.exists()


def test_a_page_says_through_what_it_is_watched(people, page):
    child = a_page(space=page.space, parent=page, title="Child")
    page.refresh_from_db()
    assert watching_page(people.kim, child).through is None
    watch(actor=people.kim, page=page, subtree=True)
    assert watching_page(people.kim, child).through == page
    assert watching_page(people.kim, page).way == "subtree"
    unwatch(actor=people.kim, page=page)
    watch(actor=people.kim, space=page.space)
    assert watching_page(people.kim, child).through == page.space


def test_the_buttons(signed_in, people, page):
    client, address = signed_in("kim"), f"/wiki/p/{page.uid}/watch/"
    part = client.post(address, {"watch": "subtree"}, headers={"HX-Request": "true"})
    assert "Stop watching" in part.content.decode()
    assert client.post(f"/wiki/{page.space.slug}/-/watch/", {"watch": "on"}).status_code == 302
    listed = client.get("/wiki/watching/").content.decode()
    assert "Run it" in listed and page.space.title in listed and "With all pages below" in listed
    back = client.post(address, {"watch": "off", "back": "/wiki/watching/"})
    assert back["Location"] == "/wiki/watching/"
    away = client.post(address, {"watch": "off", "back": "https://elsewhere.example/wiki/"})
    assert away["Location"] == page.get_absolute_url()
    assert [row.space for row in watches(people.kim)] == [page.space]
    assert client.post(address, {"watch": "always"}).status_code == 400
    assert client.post(f"/wiki/{page.space.slug}/-/watch/", {"watch": "subtree"}).status_code == 400
    assert client.get(address).status_code == 405


def test_a_list_costs_the_same_however_long(signed_in, people, django_assert_max_num_queries):
    for _ in range(6):
        watch(actor=people.kim, page=a_page())
        watch(actor=people.kim, space=a_space())
    client = signed_in("kim")
    client.get("/wiki/watching/")
    with django_assert_max_num_queries(10):
        assert client.get("/wiki/watching/").status_code == 200


def test_every_verb_that_an_action_records_reads_as_a_sentence():
    written = {
        verb for path in ACTIONS.glob("*.py") for verb in re.findall(r'"(wiki\.\w+\.\w+)"', path.read_text())
    }
    told = {plug.verb for plug in registered(FeedVerb)}
    assert len(written) > 20 and written - told == set()


@pytest.mark.parametrize(
    "data", [{}, {"changes": {"visibility": ["company", "unit"]}}, {"changes": ["tags"], "created": 3}]
)
def test_remarks_never_fail(data):
    for plug in registered(FeedVerb):
        if plug.verb.startswith("wiki."):
            assert isinstance(plug.describe(data), str)


def test_a_grant_is_told_without_its_grantee(people, page):
    grant_page(actor=people.ada, page=page, grantee=people.team("claims-ai"), permission="view")
    line = feed(people.kim)[0]
    assert line.sentence == f"{people.ada} granted access to Run it" and "Claims" not in line.remark
    with pytest.raises(Forbidden):
        grant_page(actor=people.kim, page=page, grantee=people.kim, permission="change")
    assert not Page.objects.allowed(people.kim, "change").filter(pk=page.pk).exists()
