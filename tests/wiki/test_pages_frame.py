"""The pages around a page: place, address, archive, settings, access; and spaces."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.wiki.actions.editing import create_page, save_page
from apps.wiki.actions.placing import grant_page, narrow_page
from apps.wiki.actions.settings import update_page
from apps.wiki.models import Link, Page, Space
from apps.wiki.queries.pages import page_at
from tests import factories
from tests.personas import People
from tests.wiki.making import a_page, a_space

SignedIn = Callable[[str], Client]
OF_A_PAGE = ("move", "rename", "archive", "settings")


@pytest.fixture
def space(people: People) -> Space:
    return a_space(slug="risk")


@pytest.fixture
def page(people: People, space: Space) -> Page:
    return create_page(actor=people.ada, space=space, title="Run it", text="Words.")


def fresh(page: Page) -> Page:
    return Page.objects.select_related("space", "revision").get(pk=page.pk)


def at(name: str, page: Page) -> str:
    return reverse(f"wiki:{name}", args=[page.uid])


def heard(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.parametrize("name", OF_A_PAGE)
def test_editors_open_it_readers_are_told_and_others_see_nothing(
    signed_in: SignedIn, page: Page, name: str
) -> None:
    shut = a_page("restricted", title="Shut")
    assert signed_in("ben").get(at(name, page)).status_code == 200
    assert signed_in("kim").get(at(name, page)).status_code == 403
    hidden = signed_in("kim").get(at(name, shut))
    assert hidden.status_code == 404 and b"Shut" not in hidden.content
    assert signed_in("ben").get(reverse(f"wiki:{name}", args=["nosuchpage"])).status_code == 404
    assert signed_in("ben").put(at(name, page)).status_code == 405


@pytest.mark.parametrize("name", OF_A_PAGE)
def test_a_home_page_opens_too(signed_in: SignedIn, space: Space, name: str) -> None:
    assert signed_in("ada").get(at(name, page_at(SYSTEM, "risk"))).status_code == 200


# Place


def test_moving_by_form(signed_in: SignedIn, people: People, space: Space, page: Page) -> None:
    target = create_page(actor=people.ada, space=space, title="Target")
    create_page(actor=people.ada, space=space, title="Below", parent=fresh(page))
    ben = signed_in("ben")
    assert "<strong>1 page below it moves along.</strong>" in heard(ben.get(at("move", page)))
    sent = {"target": target.uid, "position": "last-child", "version": fresh(page).version}
    answer = ben.post(at("move", page), sent, follow=True)
    assert "is moved with 1 page below it" in heard(answer)
    assert fresh(page).path.startswith(fresh(target).path)


def test_a_knot_is_refused_with_a_sentence(
    signed_in: SignedIn, people: People, space: Space, page: Page
) -> None:
    child = create_page(actor=people.ada, space=space, title="Child", parent=fresh(page))
    before = fresh(page).path
    sent = {"target": child.uid, "position": "last-child", "version": fresh(page).version}
    answer = signed_in("ada").post(at("move", page), sent)
    assert answer.status_code == 409 and "A page cannot move below itself." in heard(answer)
    assert fresh(page).path == before


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"target": ""}, 400),
        ({"target": "x" * 500}, 400),
        ({"target": "no-such"}, 404),
        ({"target": "a\x00b"}, 400),
        ({"position": "above"}, 400),
        ({"version": ""}, 400),
        ({"version": "99"}, 409),
        ({"version": "9" * 40}, 400),
    ],
)
def test_odd_moves_move_nothing(
    signed_in: SignedIn, people: People, space: Space, page: Page, change: dict[str, str], status: int
) -> None:
    target = create_page(actor=people.ada, space=space, title="Target")
    before, events = fresh(page).path, Event.objects.count()
    sent = {"target": target.uid, "position": "last-child", "version": "1"} | change
    answer = signed_in("ada").post(at("move", page), sent)
    assert answer.status_code == status
    assert (fresh(page).path, Event.objects.count()) == (before, events)


def test_moving_to_another_space_keeps_links(signed_in: SignedIn, people: People, space: Space) -> None:
    page = create_page(actor=people.ada, space=space, title="Goes", text="[[Stays]]")
    create_page(actor=people.ada, space=space, title="Stays", text="[[Goes]]")
    a_space(slug="other")
    ada = signed_in("ada")
    shown = ada.get(at("move", page) + "?space=other")
    assert b"Keep its links" in shown.content
    sent = {"target": page_at(SYSTEM, "other").uid, "position": "last-child", "version": 1, "keep": "on"}
    answer = ada.post(at("move", page) + "?space=other", sent)
    assert answer["Location"] == at("rename", page) + "#links"
    assert fresh(page).revision.text.strip() == "[[risk/stays]]"
    assert ada.post(at("rename", page), {"do": "rewrite"}).status_code == 200
    assert page_at(SYSTEM, "risk", "stays").revision.text.strip() == "[[other/goes]]"
    assert ada.get(at("move", page) + "?space=nowhere").status_code == 404


def test_up_and_down(signed_in: SignedIn, people: People, space: Space, page: Page) -> None:
    other = create_page(actor=people.ada, space=space, title="Other")
    ada = signed_in("ada")
    assert ada.post(at("order", other), {"direction": "up"}).status_code == 302
    assert fresh(other).path < fresh(page).path
    assert ada.post(at("order", other), {"direction": "up"}).status_code == 409
    assert ada.post(at("order", other), {"direction": "away"}).status_code == 400
    assert ada.post(at("order", page_at(SYSTEM, "risk")), {"direction": "up"}).status_code == 409
    assert ada.get(at("order", other)).status_code == 405


# Address


def test_renaming_by_form(signed_in: SignedIn, people: People, page: Page) -> None:
    ada = signed_in("ada")
    answer = ada.post(at("rename", page), {"do": "rename", "slug": "How We Run", "version": 1})
    assert answer["Location"] == "/wiki/risk/how-we-run/"
    create_page(actor=people.ada, space=page.space, title="Taken")
    for slug, status in {
        "taken": 409,
        "": 400,
        "???": 400,
        "index": 400,
        "x" * 300: 400,
        "a\x00": 400,
    }.items():
        answer = ada.post(at("rename", page), {"do": "rename", "slug": slug, "version": fresh(page).version})
        assert answer.status_code == status, slug
    assert ada.post(at("rename", page), {"do": "rename", "slug": "late", "version": 1}).status_code == 409
    assert fresh(page).slug == "how-we-run"


def test_an_offer_to_rewrite_names_what_one_sees(signed_in: SignedIn, people: People, space: Space) -> None:
    page = create_page(actor=people.ada, space=space, title="Run it", slug="start")
    create_page(actor=people.ada, space=space, title="Near", text="[[start]]")
    claims = people.team("claims-ai")
    a_page("restricted", space=a_space(slug="c", owner=claims), title="Hidden thing", text="[[risk/start]]")
    ada = signed_in("ada")
    answer = ada.post(at("rename", page), {"do": "rename", "slug": "go", "version": 1}, follow=True)
    assert "Near" in heard(answer) and "Hidden thing" not in heard(answer)
    answer = ada.post(at("rename", page), {"do": "rewrite"})
    assert "A new revision of 1 page" in heard(answer) and "Hidden thing" not in heard(answer)


def test_archiving_says_what_stays(signed_in: SignedIn, people: People, space: Space, page: Page) -> None:
    create_page(actor=people.ada, space=space, title="Child", parent=fresh(page))
    create_page(actor=people.ada, space=space, title="Near", text="[[Run it]]")
    ada = signed_in("ada")
    shown = heard(ada.get(at("archive", page)))
    assert "1 page below it stays" in shown and "1 page links to it" in shown
    assert ada.post(at("archive", page), {"do": "archive", "version": 7}).status_code == 409
    assert ada.post(at("archive", page), {"do": "burn", "version": 1}).status_code == 400
    assert fresh(page).state == "current"
    version = fresh(page).version
    assert ada.post(at("archive", page), {"do": "archive", "version": version}).status_code == 302
    assert fresh(page).state == "archived"
    assert ada.post(at("archive", page), {"do": "unarchive", "version": version + 1}).status_code == 302
    assert fresh(page).state == "current"


# Settings


def save(browser: Client, page: Page, section: str, **sent: Any) -> Any:
    return browser.post(at("settings", page), {"do": section, "version": fresh(page).version} | sent)


def test_each_section_saves_itself(signed_in: SignedIn, people: People, page: Page) -> None:
    ben = signed_in("ben")
    assert save(ben, page, "kind", template="runbook").status_code == 302
    assert save(ben, page, "tags", tags="fraud, on-call").status_code == 302
    assert (
        save(ben, page, "verification", verifier="team:ml-platform", verify_every_days="90").status_code
        == 302
    )
    assert save(ben, page, "audience", acknowledged_by="unit").status_code == 302
    now = fresh(page)
    assert (now.template, now.tags, now.verify_every_days) == ("runbook", ["fraud", "on-call"], 90)
    assert now.verifier_team == people.team("ml-platform") and now.acknowledged_by == "unit"
    assert "Sections are missing." in heard(ben.get(at("settings", page)))
    assert save(ben, page, "verification", verifier="user:kim", verify_every_days="").status_code == 302
    assert fresh(page).verifier == people.kim and fresh(page).verifier_team is None
    assert save(ben, page, "verification", verifier="", verify_every_days="").status_code == 302
    assert fresh(page).verifier is None


def test_what_it_documents(signed_in: SignedIn, people: People, page: Page) -> None:
    seen = factories.EntityFactory(name="fraud-score")
    hidden = factories.EntityFactory(
        name="unheard-of", visibility="restricted", owner=people.team("claims-ai")
    )
    update_page(actor=SYSTEM, page=page, changes={}, documents=[hidden.ref])
    ada = signed_in("ada")
    assert save(ada, page, "documents", entity=seen.ref).status_code == 302
    assert save(ada, page, "documents", entity=hidden.ref).status_code == 400
    shown = heard(ada.get(at("settings", page)))
    assert "fraud-score" in shown and "unheard-of" not in shown
    assert save(ada, page, "remove", ref=seen.ref).status_code == 302
    assert save(ada, page, "remove", ref="x" * 900 + "\x00").status_code == 302
    assert [row.entity for row in Link.objects.filter(source=page, kind="about")] == [hidden]


@pytest.mark.parametrize(
    ("section", "sent", "status"),
    [
        ("kind", {"template": "novel"}, 400),
        ("tags", {"tags": "Not A Tag!"}, 400),
        ("verification", {"verify_every_days": "0"}, 400),
        ("verification", {"verify_every_days": "9" * 30}, 400),
        ("verification", {"verifier": "team:nobody"}, 400),
        ("verification", {"verifier": "user:ci-risk"}, 400),
        ("audience", {"acknowledged_by": "moon"}, 400),
        ("visibility", {"narrowed": "company"}, 400),
        ("documents", {"entity": "model:nowhere/nothing"}, 400),
        ("kind", {"template": "runbook", "version": "99"}, 409),
        ("tags", {"tags": "x", "version": "what"}, 400),
        ("everything", {}, 400),
    ],
)
def test_odd_settings_change_nothing(
    signed_in: SignedIn, page: Page, section: str, sent: dict[str, str], status: int
) -> None:
    before, events = Page.objects.filter(pk=page.pk).values().get(), Event.objects.count()
    assert save(signed_in("ada"), page, section, **sent).status_code == status
    assert (Page.objects.filter(pk=page.pk).values().get(), Event.objects.count()) == (before, events)


def test_who_comes_second_sees_what_is_there_and_may_save_again(
    signed_in: SignedIn, people: People, page: Page
) -> None:
    update_page(actor=people.ben, page=fresh(page), changes={"tags": ["his"]})
    ada = signed_in("ada")
    answer = ada.post(at("settings", page), {"do": "tags", "tags": "hers", "version": 1})
    shown = heard(answer)
    assert answer.status_code == 409 and "There now: his." in shown and 'value="hers"' in shown
    version = re.search(r'name="version" value="(\d+)" id="tags_version"', shown)
    assert (
        version
        and ada.post(at("settings", page), {"do": "tags", "tags": "hers", "version": version[1]}).status_code
        == 302
    )
    assert fresh(page).tags == ["hers"]


def test_narrowing_is_for_those_who_administer(signed_in: SignedIn, page: Page) -> None:
    assert "Save visibility" not in heard(signed_in("ben").get(at("settings", page)))
    assert save(signed_in("ben"), page, "visibility", narrowed="restricted").status_code == 403
    assert fresh(page).visibility == "company"
    assert save(signed_in("ada"), page, "visibility", narrowed="restricted").status_code == 302
    assert fresh(page).visibility == "restricted"
    assert save(signed_in("ada"), page, "visibility", narrowed="").status_code == 302
    assert fresh(page).visibility == "company"


def test_without_an_owner_only_everybody_can_be_asked(signed_in: SignedIn, people: People) -> None:
    page = create_page(actor=SYSTEM, space=a_space(slug="handbook", owner=None), title="Rules")
    assert save(signed_in("esther"), page, "audience", acknowledged_by="team").status_code == 400
    assert save(signed_in("esther"), page, "audience", acknowledged_by="company").status_code == 302


# Access


def test_grants_on_a_page(signed_in: SignedIn, people: People) -> None:
    page = a_page("restricted", title="Shut")
    ada = signed_in("ada")
    assert signed_in("ben").get(at("access", page)).status_code == 403
    assert signed_in("kim").get(at("access", page)).status_code == 404
    given = {"grantee": "team:claims-ai", "permission": "view", "note": "They review it"}
    assert ada.post(at("access", page), given).status_code == 302
    assert signed_in("chloe").get(page.get_absolute_url()).status_code == 200
    taken = {"do": "revoke", "grantee": "team:claims-ai", "permission": "view"}
    assert ada.post(at("access", page), taken).status_code == 302
    assert signed_in("chloe").get(page.get_absolute_url()).status_code == 404
    assert ada.post(at("access", page), taken).status_code == 404
    for wrong in (
        {"grantee": "team:none", "permission": "view"},
        {"grantee": "user:kim", "permission": "own"},
        {},
    ):
        assert ada.post(at("access", page), wrong).status_code == 400


def test_grants_on_a_space_end_at_narrowed_pages(signed_in: SignedIn, people: People) -> None:
    space = a_space("unit", slug="shut")
    page, narrow = (create_page(actor=people.ada, space=space, title=title) for title in ("Open", "Narrow"))
    narrow_page(actor=people.ada, page=narrow, narrowed="restricted")
    address = reverse("wiki:space-access", args=["shut"])
    assert signed_in("ben").get(address).status_code == 403
    assert signed_in("kim").get(address).status_code == 404
    given = {"grantee": "user:kim", "permission": "view"}
    assert signed_in("ada").post(address, given).status_code == 302
    kim = signed_in("kim")
    assert kim.get(page.get_absolute_url()).status_code == 200
    assert kim.get(narrow.get_absolute_url()).status_code == 404


def test_a_grant_on_a_page_alone_lets_one_work_on_its_settings(signed_in: SignedIn, people: People) -> None:
    page = a_page("restricted", title="Shared")
    grant_page(actor=people.ada, page=page, grantee=people.team("claims-ai"), permission="change")
    chloe = signed_in("chloe")
    for name in OF_A_PAGE:
        assert chloe.get(at(name, page)).status_code == 200, name
    assert save(chloe, page, "tags", tags="mine").status_code == 302
    assert chloe.get(at("access", page)).status_code == 403


# Spaces

NEW = {
    "title": "Notes",
    "slug": "notes",
    "owner": "risk-ml",
    "visibility": "unit",
    "verify_every_days": "180",
}


def test_a_new_space_opens(signed_in: SignedIn, people: People) -> None:
    answer = signed_in("ben").post("/wiki/new/", NEW)
    assert answer.status_code == 302 and answer["Location"] == "/wiki/notes/"
    space = Space.objects.get(slug="notes")
    assert (space.owner.slug, space.visibility, space.verify_every_days) == ("risk-ml", "unit", 180)
    assert Page.objects.get(space=space, depth=1).title == "Notes"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"slug": "risk"}, 409),
        ({"slug": "drafts"}, 400),
        ({"slug": "Big Name"}, 400),
        ({"slug": ""}, 400),
        ({"title": ""}, 400),
        ({"title": "x" * 300}, 400),
        ({"owner": "claims-ai"}, 400),
        ({"visibility": "moon"}, 400),
        ({"verify_every_days": "4000"}, 400),
        ({"description": "a\x00b"}, 400),
    ],
)
def test_odd_spaces_are_refused(signed_in: SignedIn, space: Space, sent: dict[str, str], status: int) -> None:
    assert signed_in("ada").post("/wiki/new/", NEW | sent).status_code == status
    assert Space.objects.count() == 1


def test_who_opens_a_space_for_whom(signed_in: SignedIn, people: People) -> None:
    assert "You are in no team" in heard(signed_in("kim").get("/wiki/new/"))
    assert signed_in("kim").post("/wiki/new/", NEW).status_code == 400
    assert signed_in("esther").post("/wiki/new/", NEW | {"owner": "claims-ai"}).status_code == 302
    assert Space.objects.get().owner == people.team("claims-ai")


def test_settings_of_a_space(signed_in: SignedIn, people: People, space: Space, page: Page) -> None:
    address = reverse("wiki:space-settings", args=["risk"])
    ada, ben = signed_in("ada"), signed_in("ben")
    assert signed_in("kim").get(address).status_code == 403
    assert "Save visibility" not in heard(ben.get(address))
    changed = {
        "do": "frame",
        "title": "Risk notes",
        "description": "All of it",
        "verify_every_days": "",
        "version": 1,
    }
    assert ben.post(address, changed).status_code == 302
    assert ben.post(address, changed | {"title": "Late"}).status_code == 409
    assert (
        ben.post(address, {"do": "visibility", "visibility": "restricted", "version": 2}).status_code == 403
    )
    assert ada.post(address, {"do": "visibility", "visibility": "moon", "version": 2}).status_code == 400
    assert ada.post(address, {"do": "visibility", "visibility": "unit", "version": 2}).status_code == 302
    assert ada.post(address, {"do": "nothing"}).status_code == 400
    space.refresh_from_db()
    assert (space.title, space.visibility, fresh(page).visibility) == ("Risk notes", "unit", "unit")


def test_a_transfer_asks_first(signed_in: SignedIn, people: People, page: Page) -> None:
    address = reverse("wiki:space-settings", args=["risk"])
    ada = signed_in("ada")
    sent = {"do": "owner", "owner": "claims-ai", "version": 1}
    asked = ada.post(address, sent)
    assert (
        asked.status_code == 200
        and "2 pages change hands." in heard(asked)
        and "You can still read it." in heard(asked)
    )
    assert fresh(page).owner == people.team("risk-ml")
    assert signed_in("ben").post(address, sent).status_code == 403
    assert ada.post(address, sent | {"owner": "none"}).status_code == 400
    done = ada.post(address, sent | {"sure": "1"}, follow=True)
    assert done.status_code == 200 and fresh(page).owner == people.team("claims-ai")
    assert save_page(actor=people.chloe, page=fresh(page), text="Ours", base=1).changed
