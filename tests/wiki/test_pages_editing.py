"""The editor's pages: what is written is never lost, whatever somebody else did meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.core.models import Event
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import save_page
from apps.wiki.actions.placing import narrow_page
from apps.wiki.actions.spaces import set_space_visibility
from apps.wiki.models import Draft, Page, Revision
from apps.wiki.page_templates import TEMPLATES, missing_sections, starting_text
from apps.wiki.text.rendering import render
from tests.personas import People
from tests.wiki.making import a_page, a_space

TEXT = "one\n\ntwo\n\nthree\n"
SignedIn = Callable[[str], Client]


@pytest.fixture
def page(people: People) -> Page:
    return a_page(title="Run it", text=TEXT)


def _url(page: Page, what: str = "edit") -> str:
    return f"/wiki/p/{page.uid}/{what}/"


def _send(client: Client, page: Page, text: str, base: int = 1, **more: Any) -> Any:
    data = {"title": page.title, "text": text, "base": base, "do": "save"} | more
    headers = {"Accept": data.pop("accept", "text/html")}
    return client.post(_url(page), data, headers=headers)


def test_the_editor_saves_a_revision_and_forgets_the_draft(signed_in: SignedIn, page: Page) -> None:
    client = signed_in("ada")
    assert client.get(_url(page)).context["form"]["base"].value() == 1
    answer = _send(client, page, "one\r\n\r\nTWO\r\n", summary="Shorter")
    assert answer.status_code == 302 and answer.headers["Location"] == page.get_absolute_url()
    page.refresh_from_db()
    assert (page.revision.number, page.revision.text, page.revision.summary) == (2, "one\n\nTWO\n", "Shorter")
    assert not Draft.objects.exists()


def test_saving_without_leaving_says_which_revision(signed_in: SignedIn, page: Page) -> None:
    answer = _send(signed_in("ada"), page, "other", accept="application/json")
    assert answer.json()["revision"] == 2 and not answer.json()["merged"]


def test_a_merged_save_shows_what_came_in(people: People, signed_in: SignedIn, page: Page) -> None:
    save_page(actor=people.ben, page=page, text="ONE\n\ntwo\n\nthree\n", base=1)
    answer = _send(signed_in("ada"), page, "one\n\ntwo\n\nTHREE\n")
    assert answer.headers["Location"] == f"/wiki/p/{page.uid}/merged/3/"
    shown = signed_in("ada").get(answer.headers["Location"]).content.decode()
    assert "Ben’s change was merged with yours" in shown and ">ONE</span>" in shown
    assert Revision.objects.get(page=page, number=3).text == "ONE\n\ntwo\n\nTHREE\n"


def test_a_base_ten_revisions_old_is_merged(people: People, signed_in: SignedIn, page: Page) -> None:
    for number in range(1, 11):
        save_page(actor=people.ben, page=page, text=f"one {number}\n\ntwo\n\nthree\n", base=number)
    answer = _send(signed_in("ada"), page, "one\n\ntwo\n\nthree\n\nfour\n", accept="application/json").json()
    assert answer["merged"] and answer["revision"] == 12 and answer["by"] == ["Ben"]
    assert answer["text"] == "one 10\n\ntwo\n\nthree\n\nfour\n"


def _conflict(people: People, signed_in: SignedIn, page: Page) -> tuple[Client, Any]:
    save_page(actor=people.ben, page=page, text="ONE\n\ntwo\n\nthree\n", base=1)
    client = signed_in("ada")
    return client, _send(client, page, "uno\n\ntwo\n\nTHREE\n")


def _choose(client: Client, page: Page, seen: int, **choices: str) -> Any:
    return _send(client, page, "uno\n\ntwo\n\nTHREE\n", do="resolve", seen=seen, **choices)


def test_a_conflict_is_a_page_and_the_draft_has_the_text(people, signed_in, page):
    client, answer = _conflict(people, signed_in, page)
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "Ben changed the same lines" in shown and "ONE" in shown and "uno" in shown
    assert Draft.objects.get().text == "uno\n\ntwo\n\nTHREE\n"
    assert Revision.objects.filter(page=page).count() == 2
    assert _send(client, page, "uno\n", accept="application/json").json()["code"] == "edit_conflict"


@pytest.mark.parametrize(
    ("choice", "first"),
    [("theirs", "ONE\n"), ("mine", "uno\n"), ("theirs+mine", "ONE\nuno\n"), ("mine+theirs", "uno\nONE\n")],
)
def test_each_choice_is_saved_on_the_current_revision(people, signed_in, page, choice, first):
    client, _ = _conflict(people, signed_in, page)
    answer = _choose(client, page, 2, **{"choice-0": choice})
    assert answer.status_code == 302
    page.refresh_from_db()
    assert page.revision.text == f"{first}\ntwo\n\nTHREE\n" and page.revision.base.number == 2
    assert not Draft.objects.exists()


def test_own_words_settle_a_conflict_too(people, signed_in, page):
    client, _ = _conflict(people, signed_in, page)
    _choose(client, page, 2, **{"choice-0": "own", "own-0": "eins\r\nzwei"})
    page.refresh_from_db()
    assert page.revision.text == "eins\nzwei\n\ntwo\n\nTHREE\n"


def test_a_missing_choice_comes_back_and_saves_nothing(people, signed_in, page):
    client, _ = _conflict(people, signed_in, page)
    answer = _choose(client, page, 2)
    assert answer.status_code == 409 and "Choose a side for conflict 1." in answer.content.decode()
    assert Revision.objects.filter(page=page).count() == 2


@pytest.mark.parametrize("seen", ["", "99", "x", "9" * 30])
def test_a_broken_conflict_form_keeps_the_words(people, signed_in, page, seen):
    client, _ = _conflict(people, signed_in, page)
    answer = _choose(client, page, seen, **{"choice-0": "mine"})
    assert answer.status_code == 400 and "uno" in answer.content.decode()
    assert Draft.objects.get().text == "uno\n\ntwo\n\nTHREE\n"


def test_a_third_edit_while_choosing_meets_again(people, signed_in, page):
    client, _ = _conflict(people, signed_in, page)
    save_page(actor=people.ben, page=page, text="EINS\n\ntwo\n\nthree\n", base=2)
    answer = _choose(client, page, 2, **{"choice-0": "mine"})
    assert answer.status_code == 409 and "EINS" in answer.content.decode()
    assert Draft.objects.get().base.number == 2 and Draft.objects.get().text.startswith("uno")


def test_a_three_megabyte_paste_is_refused_and_the_words_stay(signed_in: SignedIn, page: Page) -> None:
    words = "é word\n" * 400_000
    answer = _send(signed_in("ada"), page, words)
    assert answer.status_code == 413
    shown = answer.content.decode()
    assert "A page has at most 512 KB" in shown and words[:1000] in shown and len(shown) > len(words)
    assert Revision.objects.filter(page=page).count() == 1
    small = _send(signed_in("ada"), page, words, accept="application/json")
    assert small.status_code == 413 and "at most 512 KB" in small.json()["detail"]


def test_an_empty_title_is_refused_and_the_draft_kept(signed_in: SignedIn, page: Page) -> None:
    answer = _send(signed_in("ada"), page, "mine", title=" ")
    assert answer.status_code == 400 and "Give the page a title." in answer.content.decode()
    assert Draft.objects.get().text == "mine\n"


@pytest.mark.parametrize("base", ["", "0", "-1", "99", "x", "9" * 40])
def test_a_lost_base_keeps_the_words_in_the_form(signed_in: SignedIn, page: Page, base: str) -> None:
    answer = _send(signed_in("ada"), page, "my words", base=base)
    assert answer.status_code == 400 and "my words" in answer.content.decode()
    assert Revision.objects.filter(page=page).count() == 1


def test_a_page_restricted_while_somebody_writes(people, signed_in, page):
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    answer = _send(signed_in("kim"), page, "kim's words", title="Kim's title")
    shown = answer.content.decode()
    assert answer.status_code == 404 and "kim&#x27;s words" in shown
    assert "three" not in shown and "Run it" not in shown
    assert Revision.objects.filter(page=page).count() == 1 and not Draft.objects.exists()


@pytest.mark.parametrize(("name", "status"), [("kim", 403), ("chloe", 403)])
def test_readers_do_not_write(signed_in: SignedIn, page: Page, name: str, status: int) -> None:
    client, before = signed_in(name), Event.objects.count()
    assert client.get(_url(page)).status_code == status
    answer = _send(client, page, "mine")
    assert answer.status_code == status and "mine" in answer.content.decode()
    for what in ("draft", "writers"):
        answer = (
            client.post(_url(page, what), {"text": "x"}) if what == "draft" else client.get(_url(page, what))
        )
        assert answer.status_code == status
    assert (Event.objects.count(), Draft.objects.count(), Revision.objects.filter(page=page).count()) == (
        before,
        0,
        1,
    )


def test_the_draft_is_kept_and_offered_with_its_age(people, signed_in, page):
    client = signed_in("ada")
    kept = client.post(_url(page, "draft"), {"title": "Run it", "text": "begun", "base": 1})
    assert kept.status_code == 200 and "at" in kept.json()
    save_page(actor=people.ben, page=page, text="ben was here", base=1)
    shown = client.get(_url(page))
    assert shown.context["form"]["text"].value() == "begun\n" and shown.context["form"]["base"].value() == 1
    assert "the page has become revision 2 (by Ben)" in shown.content.decode()
    listed = client.get("/wiki/drafts/").content.decode()
    assert "Run it" in listed and "The page has changed since" in listed
    assert "Run it" not in signed_in("ben").get("/wiki/drafts/").content.decode()


def test_a_draft_is_discarded_by_its_author_only(people, signed_in, page):
    draft = keep_draft(actor=people.ada, space=page.space, page=page, text="begun", base=1)
    assert signed_in("ben").post(f"/wiki/drafts/{draft.pk}/discard/").status_code == 404
    assert Draft.objects.exists()
    answer = signed_in("ada").post(f"/wiki/drafts/{draft.pk}/discard/", {"next": "//evil.example/"})
    assert answer.headers["Location"] == "/wiki/drafts/" and not Draft.objects.exists()


def test_a_draft_of_a_page_that_closed_stays_readable_to_its_author(people, signed_in, page):
    set_space_visibility(actor=people.ada, space=page.space, visibility="company")
    keep_draft(actor=people.ben, space=page.space, page=page, text="ben's words", base=1)
    page.space.owner = None
    Page.objects.filter(pk=page.pk).update(owner=People.team("claims-ai"), visibility="restricted")
    shown = signed_in("ben").get("/wiki/drafts/").content.decode()
    assert "You may no longer write there" in shown and "ben&#x27;s words" in shown


def test_others_who_write_now_are_named(people, signed_in, page):
    keep_draft(actor=people.ben, space=page.space, page=page, text="b", base=1)
    assert signed_in("ada").get(_url(page, "writers")).json() == {"names": ["Ben"], "revision": 1}
    assert signed_in("ben").get(_url(page, "writers")).json() == {"names": [], "revision": 1}
    Draft.objects.update(updated_at="2020-01-01T00:00Z")
    assert signed_in("ada").get(_url(page, "writers")).json() == {"names": [], "revision": 1}


def test_the_writers_answer_says_what_was_saved_meanwhile(people, signed_in, page):
    save_page(actor=people.ben, page=page, text="ONE\n\ntwo\n\nthree\n", base=1)
    ada = signed_in("ada")
    answer = ada.get(_url(page, "writers"), {"base": 1}).json()
    assert (answer["revision"], answer["by"]) == (2, "Ben")
    assert ada.get(answer["see"]).status_code == 200
    assert signed_in("ben").get(_url(page, "writers"), {"base": 1}).json()["by"] == "You"
    for base in ("2", "99", "", "x", "-1", "9" * 40):
        assert ada.get(_url(page, "writers"), {"base": base}).json() == {"names": [], "revision": 2}
    assert signed_in("kim").get(_url(page, "writers")).status_code == 403


def test_what_is_empty_is_no_draft(people, signed_in, page):
    client, url = signed_in("ada"), f"/wiki/{page.space.slug}/-/draft/"
    assert client.post(url, {"title": " ", "text": "\n"}).json() == {"at": None}
    assert not Draft.objects.exists()
    assert client.post(url, {"title": "", "text": "words"}).json()["at"] and Draft.objects.count() == 1
    assert client.post(url, {"title": "", "text": ""}).json() == {"at": None} and not Draft.objects.exists()
    Draft.objects.create(user=people.ada, space=page.space, parent=page)
    assert "Without a title" not in client.get("/wiki/drafts/").content.decode()


def test_the_list_of_drafts_never_says_that_words_are_nothing(people, signed_in, page):
    keep_draft(actor=people.ada, space=page.space, page=page, title="T", text="four", base=1)
    assert "5\xa0bytes" in signed_in("ada").get("/wiki/drafts/").content.decode()


def test_a_text_too_large_is_said_above_the_editor_and_stays(signed_in: SignedIn, page: Page) -> None:
    answer = _send(signed_in("ada"), page, "x" * 600_000)
    shown = answer.content.decode()
    assert answer.status_code == 413 and Revision.objects.filter(page=page).count() == 1
    block = shown.partition("data-refusal")[2]
    assert (
        block.startswith(" autofocus")
        and "at most 512 KB" in block.partition("<label")[0]
        and "x" * 600_000 in shown
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"title=T&base=1&do=save&text=%ED%A0%80", "application/x-www-form-urlencoded"),
        (b"title=T&base=1&do=save&text=\xff", "application/x-www-form-urlencoded"),
        (
            b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xed\xa0\x80\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_words_that_are_no_utf8_are_refused_whole(
    signed_in: SignedIn, page: Page, body: bytes, kind: str
) -> None:
    client = signed_in("ada")
    for address in (_url(page), _url(page, "draft")):
        answer = client.post(address, body, content_type=kind)
        assert answer.status_code == 400 and "UTF-8" in answer.content.decode()
    assert Revision.objects.filter(page=page).count() == 1 and not Draft.objects.exists()


def test_an_honest_replacement_character_is_a_character(signed_in: SignedIn, page: Page) -> None:
    body = "title=T&base=1&do=save&text=%EF%BF%BD+a%2Bb"
    assert (
        signed_in("ada").post(_url(page), body, content_type="application/x-www-form-urlencoded").status_code
        == 302
    )
    page.refresh_from_db()
    assert page.revision.text.strip() == "\ufffd a+b"


def test_a_page_is_offered_by_its_title_where_that_finds_it(people, signed_in, page):
    moved = a_page(title="Old name", space=page.space)
    save_page(actor=people.ada, page=moved, title="New name", text="x", base=1)
    twin = a_page(title="Run it", space=page.space)
    offered = {row["value"] for row in _offered(signed_in("ada"), page, "page", "")}
    assert {"New name", "Run it", twin.slug} <= offered


def test_a_conflict_marks_the_words_that_differ(people, signed_in, page):
    save_page(actor=people.ben, page=page, text="one more step\n\ntwo\n\nthree\n", base=1)
    shown = _send(signed_in("ada"), page, "one less step\n\ntwo\n\nthree\n")
    assert shown.status_code == 409 and "<ins>" in shown.content.decode()


def test_the_preview_has_the_writers_rights(people, signed_in, page):
    secret = a_page("restricted", title="Secret plan", space=page.space)
    data = {"page": page.uid, "text": f"See [[{secret.title}]] and `code`", "template": "runbook"}
    mine = signed_in("ada").post("/wiki/preview/", data).json()
    assert secret.get_absolute_url() in mine["html"] and "Steps" in mine["missing"]
    theirs = signed_in("kim").post("/wiki/preview/", data).json()
    assert secret.get_absolute_url() not in theirs["html"]
    assert signed_in("ada").post("/wiki/preview/", data | {"text": "x" * 600_000}).status_code == 413
    assert signed_in("ada").post("/wiki/preview/", {"text": "x"}).status_code == 404


def test_preview_as_a_button_keeps_what_is_written(signed_in: SignedIn, page: Page) -> None:
    answer = _send(signed_in("ada"), page, "**loud** words", do="preview")
    assert "<strong>loud</strong>" in answer.content.decode()
    assert Revision.objects.filter(page=page).count() == 1


def _offered(client: Client, page: Page, what: str, q: str) -> list[dict[str, str]]:
    return client.get("/wiki/complete/", {"page": page.uid, "what": what, "q": q}).json()


def test_completion_offers_only_what_one_sees(people, signed_in, page):
    a_page("restricted", title="Run secretly", space=page.space)
    other = a_page(title="Run [far]", space=a_space(slug="far"))
    ada = _offered(signed_in("ada"), page, "page", "run")
    assert {row["label"] for row in ada} == {"Run it", "Run secretly", "Run [far]"}
    assert {row["value"] for row in ada} == {"Run it", "Run secretly", f"far/{other.slug}|Run far"}
    assert "Run secretly" not in {row["label"] for row in _offered(signed_in("kim"), page, "page", "run")}
    assert _offered(signed_in("kim"), page, "page", "far/")[0]["label"]
    assert [row["value"] for row in _offered(signed_in("kim"), page, "person", "chl")] == ["chloe"]
    assert _offered(signed_in("kim"), page, "nonsense", "x") == []
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    assert (
        signed_in("kim").get("/wiki/complete/", {"page": page.uid, "what": "page", "q": ""}).status_code
        == 404
    )


def test_entities_are_offered_by_reference_and_rights(people, signed_in, page):
    from tests.factories import EntityFactory

    EntityFactory(name="fraud-score", title="Fraud score")
    EntityFactory(name="fraud-hidden", title="Fraud hidden", visibility="restricted")
    offered = [row["label"] for row in _offered(signed_in("kim"), page, "entity", "fraud")]
    assert offered == ["Fraud score"]
    assert _offered(signed_in("ada"), page, "entity", "model:")[:0] == []


def test_a_new_page_is_begun_with_its_template(people, signed_in, page):
    client = signed_in("ada")
    url = f"/wiki/{page.space.slug}/-/new/"
    opened = client.get(url, {"template": "runbook", "title": "Restart"})
    assert opened.context["form"]["text"].value() == starting_text("runbook")
    begun = client.post(
        url, {"title": "Restart", "text": starting_text("runbook"), "template": "adr", "do": "template"}
    )
    assert begun.context["form"]["text"].value() == starting_text("adr")
    kept = client.post(url, {"title": "Restart", "text": "own words", "template": "adr", "do": "template"})
    assert kept.context["form"]["text"].value() == "own words\n"
    answer = client.post(
        url, {"title": "Restart", "text": "## Steps", "template": "runbook", "parent": page.uid}
    )
    assert answer.status_code == 302
    made = Page.objects.get(title="Restart")
    assert (
        Page.objects.get_parent(made).pk == page.pk
        and made.template == "runbook"
        and not Draft.objects.exists()
    )


def test_a_new_page_without_title_keeps_its_draft_and_offers_it(signed_in: SignedIn, page: Page) -> None:
    client, url = signed_in("ada"), f"/wiki/{page.space.slug}/-/new/"
    assert client.post(url, {"title": "", "text": "words"}).status_code == 400
    assert client.get(url).context["form"]["text"].value() == "words\n"
    kept = client.post(f"/wiki/{page.space.slug}/-/draft/", {"title": "T", "text": "more", "template": "adr"})
    assert kept.status_code == 200 and Draft.objects.get().title == "T"
    made = client.post(url, {"title": "T", "text": "more"}, headers={"Accept": "application/json"})
    assert made.status_code == 201 and made.json()["addresses"]["draft"].startswith("/wiki/p/")


def test_a_stranger_begins_no_page(signed_in: SignedIn, page: Page) -> None:
    client, before = signed_in("kim"), Page.objects.count()
    url = f"/wiki/{page.space.slug}/-/new/"
    assert client.get(url).status_code == 403
    answer = client.post(url, {"title": "Mine", "text": "kept words"})
    assert answer.status_code == 403 and "kept words" in answer.content.decode()
    assert (Page.objects.count(), Draft.objects.count()) == (before, 0)


@pytest.mark.parametrize("template", list(TEMPLATES))
def test_a_starting_text_has_every_required_section(template: str) -> None:
    assert missing_sections(template, render(starting_text(template)).sections) == []
    titles = [section.title for section in TEMPLATES[template] if section.required]
    assert missing_sections(template, []) == titles


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_the_same_instant_lose_nothing(people: People) -> None:
    page = a_page(text=TEXT)
    texts = ["ONE\n\ntwo\n\nthree\n", "one\n\ntwo\n\nTHREE\n"]
    ready, results = threading.Barrier(2), []

    def save(name: str, text: str) -> None:
        actor = people[name]
        ready.wait()
        results.append(save_page(actor=actor, page=page, text=text, base=1).merged)
        connection.close()

    threads = [threading.Thread(target=save, args=pair) for pair in zip(["ada", "ben"], texts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    page.refresh_from_db()
    assert sorted(results) == [False, True]
    assert page.revision.number == 3 and page.revision.text == "ONE\n\ntwo\n\nTHREE\n"
