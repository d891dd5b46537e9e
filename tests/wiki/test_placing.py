"""Where pages stand: moves and their races, addresses across spaces, links that follow, rights that are derived."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from apps.core.errors import Conflict, Forbidden, NotFound
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people.actions.transfers import outlook_after_transfer
from apps.people.models import Team
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import create_page, save_page
from apps.wiki.actions.placing import grant_page, move_page, narrow_page, rename_page
from apps.wiki.actions.rewriting import keep_links, rewrite_links
from apps.wiki.actions.spaces import create_space, grant_space, transfer_space
from apps.wiki.models import Draft, Page, Redirect, Revision, Space
from apps.wiki.queries.pages import page_at, tree
from apps.wiki.queries.places import comes_along, linked_by_old_address, places
from apps.wiki.text.rewriting import rewritten
from apps.wiki.vocabulary import DEEPEST
from tests.personas import People, make_world
from tests.wiki.making import a_page, a_space


@pytest.fixture
def space(people: People) -> Space:
    return a_space(slug="risk")


def shape(user: Any, space: Space) -> list[Any]:
    def names(branches: list[Any]) -> list[Any]:
        return [(branch.page.title, names(branch.children)) for branch in branches]

    return names(tree(user, space)[0].children)


def fresh(page: Page) -> Page:
    return Page.objects.select_related("space", "revision").get(pk=page.pk)


# Moving


def test_a_page_moves_with_all_below_it(people: People, space: Space) -> None:
    one, two = (create_page(actor=people.ada, space=space, title=title) for title in ("One", "Two"))
    create_page(actor=people.ada, space=space, title="Below", parent=fresh(one))
    move_page(actor=people.ben, page=fresh(one), target=fresh(two))
    assert shape(people.ada, space) == [("Two", [("One", [("Below", [])])])]
    assert Event.objects.get(verb="wiki.page.moved").data == {"pages": 2}


@pytest.mark.parametrize("position", ["first-child", "last-child", "left", "right"])
def test_no_page_goes_below_itself(people: People, space: Space, position: str) -> None:
    top = create_page(actor=people.ada, space=space, title="Top")
    child = create_page(actor=people.ada, space=space, title="Child", parent=fresh(top))
    create_page(actor=people.ada, space=space, title="Grandchild", parent=fresh(child))
    before = shape(people.ada, space)
    with pytest.raises(Conflict, match="below itself"):
        move_page(actor=people.ada, page=fresh(top), target=fresh(child), position=position)
    assert shape(people.ada, space) == before
    assert not Event.objects.filter(verb="wiki.page.moved").exists()


@pytest.mark.parametrize("name", ["kim", "chloe", "farid", "dmitri"])
def test_readers_do_not_move(people: People, space: Space, name: str) -> None:
    one, two = (create_page(actor=people.ada, space=space, title=title) for title in ("One", "Two"))
    with pytest.raises((Forbidden, NotFound)):
        move_page(actor=people[name], page=fresh(one), target=fresh(two))
    assert shape(people.ada, space) == [("One", []), ("Two", [])]


def test_nobody_puts_a_page_where_they_may_not_write(people: People, space: Space) -> None:
    theirs = a_space(slug="claims", owner=people.team("claims-ai"))
    page = create_page(actor=people.ada, space=space, title="Mine")
    with pytest.raises(Forbidden):
        move_page(actor=people.ada, page=page, target=page_at(SYSTEM, theirs.slug))
    assert fresh(page).space_id == space.pk


def test_a_stale_version_moves_nothing(people: People, space: Space) -> None:
    one, two = (create_page(actor=people.ada, space=space, title=title) for title in ("One", "Two"))
    rename_page(actor=people.ben, page=fresh(one), slug="uno")
    with pytest.raises(Conflict, match="while you were editing"):
        move_page(actor=people.ada, page=fresh(one), target=fresh(two), expected_version=1)
    assert shape(people.ada, space) == [("One", []), ("Two", [])]


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_tie_no_knot() -> None:
    people = make_world()
    space = a_space(slug="risk")
    one, two = (create_page(actor=SYSTEM, space=space, title=title) for title in ("One", "Two"))
    for _ in range(5):
        outcomes = at_once(people, [(one, two), (two, one)])
        assert sorted(outcomes) == ["moved", "refused"], outcomes
        assert not any(Page.objects.find_problems())
        inner = one if fresh(one).depth == 3 else two
        move_page(actor=SYSTEM, page=fresh(inner), target=page_at(SYSTEM, "risk"))
        assert sorted(shape(people.ada, space)) == [("One", []), ("Two", [])]


def at_once(people: People, moves: list[tuple[Page, Page]]) -> list[str]:
    """Each move from a thread of its own, with rows read before any of them began."""
    start, outcomes, ada = threading.Barrier(len(moves)), [], people.ada

    def run(page: Page, target: Page) -> None:
        try:
            start.wait(10)
            move_page(actor=ada, page=page, target=target)
            outcomes.append("moved")
        except Conflict:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(fresh(page), fresh(target))) for page, target in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


def test_across_spaces_addresses_give_way_and_old_ones_lead_on(people: People, space: Space) -> None:
    other = a_space(slug="other", visibility="restricted")
    create_page(actor=people.ada, space=other, title="Run it")
    page = create_page(actor=people.ada, space=space, title="Run it")
    child = create_page(actor=people.ada, space=space, title="Details", parent=fresh(page))
    move_page(actor=people.ada, page=fresh(page), target=page_at(SYSTEM, "other"))
    page, child = fresh(page), fresh(child)
    assert (page.slug, child.slug) == ("run-it-2", "details")
    assert {page.space_id, child.space_id} == {other.pk}
    assert (page.visibility, child.visibility) == ("restricted", "restricted")
    assert page_at(people.ada, "risk", "run-it").pk == page.pk
    with pytest.raises(NotFound):
        page_at(people.kim, "risk", "run-it")


def test_there_and_back_again_leaves_one_redirect(people: People, space: Space) -> None:
    other = a_space(slug="other")
    page = create_page(actor=people.ada, space=space, title="Run it")
    for slug in ("other", "risk", "other", "risk"):
        move_page(actor=people.ada, page=fresh(page), target=page_at(SYSTEM, slug))
    assert fresh(page).get_absolute_url() == "/wiki/risk/run-it/"
    assert [(row.space_id, row.page_id) for row in Redirect.objects.all()] == [(other.pk, page.pk)]


def test_places_are_those_where_the_mover_may_write(people: People, space: Space) -> None:
    page = create_page(actor=people.ada, space=space, title="Page")
    create_page(actor=people.ada, space=space, title="Below", parent=fresh(page))
    shared = a_page(space=a_space(slug="claims", owner=people.team("claims-ai")), title="Shared")
    grant_page(actor=SYSTEM, page=shared, grantee=people.team("risk-ml"), permission="change")
    assert [place.page.title for place in places(people.ada, fresh(page), space)] == ["Space risk"]
    assert [place.page.title for place in places(people.ada, fresh(page), shared.space)] == ["Shared"]
    assert places(people.kim, fresh(page), space) == []
    assert comes_along(people.ada, fresh(page))[0] == 1


# Links


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("See [[Old page]].", "See [[new]]."),
        ("[[Old page#Steps|how]] and [[old-page]]", "[[new#Steps|how]] and [[new]]"),
        ("`[[Old page]]` and ``a ` [[Old page]]``", None),
        ("```\n[[Old page]]\n```\n\n[[Old page]]\n", "```\n[[Old page]]\n```\n\n[[new]]\n"),
        ("~~~ text\n[[Old page]]\n", None),
        ("Words\n\n    [[Old page]]\n", None),
        ("- item\n\n      [[Old page]]\n", None),
        ("> ```\n> [[Old page]]\n> ```\n> [[Old page]]\n", "> ```\n> [[Old page]]\n> ```\n> [[new]]\n"),
        ("\\[[Old page]] and [[Other]]", None),
        (
            "| a | b |\n|---|---|\n| [[Old page\\|x]] | `[[Old page]]` |\n",
            "| a | b |\n|---|---|\n| [[new\\|x]] | `[[Old page]]` |\n",
        ),
        ("[[Old\n page]] [[]] [[#Here]] [[Old page", None),
        ("Foot[^1]\n\n[^1]: [[Old page]]\n", "Foot[^1]\n\n[^1]: [[new]]\n"),
        ("`` [[Old page]] ` [[Old page]]", "`` [[new]] ` [[new]]"),
        ("wiki0at0 [[Old page]]", "wiki0at0 [[new]]"),
    ],
)
def test_only_links_are_written_anew(before: str, after: str | None) -> None:
    old = {"Old page", "old-page"}
    assert rewritten(before, lambda name: "new" if name in old else None) == (
        before if after is None else after
    )


def test_links_follow_a_page_to_its_new_address(people: People, space: Space) -> None:
    page = create_page(actor=people.ada, space=space, title="Run it")
    text = "[[run-it]] `[[run-it]]` [[other]] [[Run it|so]]\n"
    near = create_page(actor=people.ada, space=space, title="Near", text=text)
    other = a_space(slug="other")
    far = create_page(actor=people.ada, space=other, title="Far", text="[[risk/run-it#Steps]]\n")
    save_page(actor=people.ada, page=page, text="x", base=1, title="Operate")
    rename_page(actor=people.ada, page=fresh(page), slug="operate")
    outcome = rewrite_links(actor=people.ben, page=fresh(page), old="run-it")
    assert {each.title for each in outcome.changed} == {"Near", "Far"} and outcome.left == []
    assert fresh(near).revision.text == "[[operate]] `[[run-it]]` [[other]] [[operate|so]]\n"
    assert fresh(far).revision.text == "[[risk/operate#Steps]]\n"
    assert fresh(near).revision.summary == "Link to “Operate” follows its new address"
    assert not linked_by_old_address(people.ada, fresh(page)).exists()
    assert rewrite_links(actor=people.ben, page=fresh(page)).changed == []


def test_pages_that_are_not_ours_are_left_and_hidden_ones_not_named(people: People, space: Space) -> None:
    page = create_page(actor=people.ada, space=space, title="Run it", slug="start")
    claims = people.team("claims-ai")
    theirs = a_page(space=a_space(slug="claims", owner=claims), title="Theirs", text="[[risk/start]]")
    a_page("restricted", space=a_space(slug="hidden", owner=claims), title="Hidden", text="[[risk/start]]")
    rename_page(actor=people.ada, page=page, slug="operate")
    before = Revision.objects.count()
    outcome = rewrite_links(actor=people.ada, page=fresh(page))
    assert [(each.title, why) for each, why in outcome.left] == [("Theirs", "You may not change it.")]
    assert outcome.changed == [] and Revision.objects.count() == before
    assert fresh(theirs).revision.text.strip() == "[[risk/start]]"


def test_a_draft_of_a_linking_page_is_not_lost(people: People, space: Space) -> None:
    page = create_page(actor=people.ada, space=space, title="Run it")
    near = create_page(actor=people.ada, space=space, title="Near", text="[[run-it]]")
    keep_draft(actor=people.ada, space=space, page=near, text="half a thought", base=1)
    rename_page(actor=people.ada, page=page, slug="operate")
    save_page(actor=people.ada, page=page, text="x", base=1, title="Operate")
    outcome = rewrite_links(actor=people.ada, page=fresh(page))
    assert [why for _, why in outcome.left] == ["You have an unsaved draft of it."]
    assert Draft.objects.get(user=people.ada).text.strip() == "half a thought"
    assert rewrite_links(actor=people.ben, page=fresh(page)).changed == [near]


def test_an_address_that_another_page_took_means_that_page(people: People, space: Space) -> None:
    page = create_page(actor=people.ada, space=space, title="Run it")
    near = create_page(actor=people.ada, space=space, title="Near", text="[[run-it]]")
    rename_page(actor=people.ada, page=page, slug="operate")
    save_page(actor=people.ada, page=page, text="x", base=1, title="Operate")
    create_page(actor=people.ada, space=space, title="Run it")
    assert rewrite_links(actor=people.ada, page=fresh(page)).changed == []
    assert fresh(near).revision.text.strip() == "[[run-it]]"


def test_links_of_a_moved_page_lead_where_they_did(people: People, space: Space) -> None:
    create_page(actor=people.ada, space=space, title="Stays")
    page = create_page(actor=people.ada, space=space, title="Goes", text="[[Stays]] [[Child]] [[nowhere]]\n")
    create_page(
        actor=people.ada, space=space, title="Child", text="[[Goes]] `[[Stays]]`\n", parent=fresh(page)
    )
    a_space(slug="other")
    move_page(actor=people.ada, page=fresh(page), target=page_at(SYSTEM, "other"))
    outcome = keep_links(actor=people.ada, page=fresh(page), before=space)
    assert [each.title for each in outcome.changed] == ["Goes"]
    assert fresh(page).revision.text == "[[risk/stays]] [[Child]] [[nowhere]]\n"


# Rights


def test_a_grant_on_a_space_ends_at_narrowed_pages(people: People) -> None:
    space = create_space(
        actor=people.ada, slug="shut", title="Shut", owner=Team.objects.get(slug="risk-ml"), visibility="unit"
    )
    page = create_page(actor=people.ada, space=space, title="Open")
    shut = create_page(actor=people.ada, space=space, title="Narrow")
    narrow_page(actor=people.ada, page=shut, narrowed="restricted")
    grant_space(
        actor=people.ada, space=space, grantee=people.team("claims-ai"), permission="view", note="A review"
    )
    assert page_at(people.chloe, "shut", "open").pk == page.pk
    with pytest.raises(NotFound):
        page_at(people.chloe, "shut", "narrow")
    grant_page(actor=people.ada, page=fresh(shut), grantee=people.team("claims-ai"), permission="view")
    assert page_at(people.chloe, "shut", "narrow").pk == shut.pk
    assert Event.objects.get(verb="wiki.space.grant_given").data["note"] == "A review"


def test_a_transfer_takes_the_pages_along(people: People, space: Space) -> None:
    page = create_page(actor=people.ada, space=space, title="Page")
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    claims = people.team("claims-ai")
    outlook = outlook_after_transfer(
        actor=people.ada,
        row=space,
        transfer=lambda copy: transfer_space(actor=people.ada, space=copy, owner=claims),
    )
    assert (outlook.sees, outlook.changes) == (True, False)
    assert fresh(page).owner.slug == "risk-ml" and not Event.objects.filter(verb="wiki.space.owner_changed")
    transfer_space(actor=people.ada, space=space, owner=claims)
    assert {row.owner_id for row in Page.objects.filter(space=space)} == {claims.pk}
    assert page_at(people.chloe, "risk", "page") and Space.objects.get(pk=space.pk).owner == claims
    with pytest.raises(NotFound):
        page_at(people.ada, "risk", "page")


def test_a_page_begun_before_a_transfer_belongs_to_the_new_owner(people: People, space: Space) -> None:
    before = Space.objects.select_related("owner").get(pk=space.pk)
    claims = Team.objects.get(slug="claims-ai")
    transfer_space(actor=SYSTEM, space=space, owner=claims)
    page = create_page(actor=SYSTEM, space=before, title="Late")
    assert fresh(page).owner == claims


@pytest.mark.parametrize("title", ["a" * 120, "a" * 89 + " " + "b" * 40])
def test_pages_of_one_very_long_title_have_addresses_of_their_own(
    people: People, space: Space, title: str
) -> None:
    pages = [create_page(actor=SYSTEM, space=space, title=title) for _ in range(3)]
    assert len({page.slug for page in pages}) == 3
    assert [page_at(people.ada, "risk", page.slug).pk for page in pages] == [page.pk for page in pages]


# Moves that would give something away


@pytest.fixture
def hidden_child(people: People, space: Space) -> Page:
    """A page that is restricted only because the page above it is."""
    parent = create_page(actor=people.ada, space=space, title="Inquiry")
    child = create_page(actor=people.ada, space=space, title="Findings", parent=fresh(parent))
    narrow_page(actor=people.ada, page=fresh(parent), narrowed="restricted")
    return fresh(child)


def test_a_move_that_shows_a_page_to_more_people_needs_the_right_to_administer(
    people: People, space: Space, hidden_child: Page
) -> None:
    home = Page.objects.get(space=space, depth=1)
    before = Event.objects.count()
    with pytest.raises(Forbidden):
        move_page(actor=people.ben, page=hidden_child, target=home)
    assert fresh(hidden_child).visibility == "restricted" and Event.objects.count() == before
    move_page(actor=people.ada, page=hidden_child, target=home)
    assert fresh(hidden_child).visibility == "company"
    moved = Event.objects.filter(verb="wiki.page.moved").latest("pk")
    assert moved.data["changes"] == {"visibility": ["restricted", "company"]}


def test_a_move_of_a_widening_subpage_counts_too(people: People, space: Space) -> None:
    """The page itself stays restricted by its own narrowing; what stands below it would be shown."""
    unit = a_space(visibility="unit", slug="unit-space")
    top = create_page(actor=people.ada, space=unit, title="Top")
    create_page(actor=people.ada, space=unit, title="Below", parent=fresh(top))
    home = Page.objects.get(space=space, depth=1)
    with pytest.raises(Forbidden):
        move_page(actor=people.ben, page=fresh(top), target=home)
    assert fresh(top).space == unit


def test_a_grant_to_change_is_no_right_to_take_away(people: People, space: Space) -> None:
    page = create_page(actor=people.ada, space=space, title="Ours")
    grant_page(actor=people.ada, page=page, grantee=people.chloe, permission="change")
    theirs = a_space(slug="claims", owner=Team.objects.get(slug="claims-ai"))
    with pytest.raises(Forbidden):
        move_page(actor=people.chloe, page=fresh(page), target=Page.objects.get(space=theirs, depth=1))
    assert fresh(page).space == space and fresh(page).owner == space.owner


def test_a_tree_is_only_so_deep(people: People, space: Space) -> None:
    page = Page.objects.get(space=space, depth=1)
    for level in range(2, DEEPEST + 1):
        page = create_page(actor=SYSTEM, space=space, title=f"Level {level}", parent=page)
    with pytest.raises(Conflict, match="at most 20 levels"):
        create_page(actor=people.ada, space=space, title="Too deep", parent=page)
    other = create_page(actor=SYSTEM, space=space, title="Other")
    with pytest.raises(Conflict, match="at most 20 levels"):
        move_page(actor=people.ada, page=fresh(other), target=fresh(page))
    assert Page.objects.filter(space=space).count() == DEEPEST + 1
