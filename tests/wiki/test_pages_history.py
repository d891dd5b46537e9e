"""The history of a page in the browser: what each revision changed, bringing one back, taking a secret out."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.core.models import Event
from apps.people.models import Team
from apps.wiki.actions.editing import create_page, restore_revision, save_page
from apps.wiki.actions.redaction import redact_revision
from apps.wiki.actions.spaces import create_space
from apps.wiki.models import Page, Revision, Space
from apps.wiki.queries.history import PER_PAGE
from tests.personas import People

FIRST = "one\n\ntwo\n\nthree\n"


@pytest.fixture
def space(people: People) -> Space:
    return create_space(
        actor=people.ada,
        slug="risk",
        title="Risk handbook",
        owner=Team.objects.get(slug="risk-ml"),
        home_text="Begin with [[Run it]].\n",
        verify_every_days=90,
    )


@pytest.fixture
def page(people: People, space: Space) -> Page:
    return create_page(actor=people.ada, space=space, title="Run it", text=FIRST, tags=["fraud"])


def _text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def _edited(people: People, page: Page, *texts: str) -> Page:
    for number, text in enumerate(texts, start=1):
        save_page(actor=people.ada, page=page, text=text, base=number, summary=f"Edit {number}")
    return Page.objects.get(pk=page.pk)


def test_history_tells_who_when_how_much(signed_in, people, page):
    _edited(people, page, FIRST + "\nfour\n", FIRST)
    restore_revision(actor=people.ben, page=page, number=2)
    save_page(actor=people.ada, page=page, text="ONE\n\ntwo\n\nthree\n\nfour\n", base=4)
    save_page(actor=people.ben, page=page, text="one\n\ntwo\n\nthree\n\nfour\n\nfive\n", base=4)
    text = _text(signed_in("kim"), f"/wiki/p/{page.uid}/history/")
    for shown in (
        "+2 lines",
        "−2 lines",
        "+1 −1 lines",
        "Restored from 2",
        "Merged",
        "Current",
        "Edit 1",
        "Ben",
    ):
        assert shown in text


def test_long_histories_come_in_parts(signed_in, people, page):
    Revision.objects.bulk_create(
        Revision(page=page, number=number, title="Run it", text="x\n" * number, sha256="0" * 64)
        for number in range(2, PER_PAGE * 2 + 2)
    )
    Page.objects.filter(pk=page.pk).update(revision=Revision.objects.get(page=page, number=PER_PAGE * 2 + 1))
    client = signed_in("kim")
    first = _text(client, f"/wiki/p/{page.uid}/history/")
    assert first.count("+1 line") == PER_PAGE and "?before=52" in first
    assert "?before=102" in _text(client, f"/wiki/p/{page.uid}/history/?before=52")


def test_two_revisions_are_compared_by_word(signed_in, people, page):
    _edited(people, page, "one\n\ntwo\n\nthree and four\n", "one\n\ntwo\n\nthree or four\n")
    text = _text(signed_in("kim"), f"/wiki/p/{page.uid}/compare/?old=3&new=2")  # in whichever order
    assert "<del>and</del>" in text and "<ins>or</ins>" in text and "1 line added" in text


def test_unchanged_lines_are_folded_until_asked_for(signed_in, people, page):
    lines = [f"line {number}" for number in range(40)]
    _edited(people, page, "\n".join(lines), "\n".join(["first", *lines]))
    client = signed_in("kim")
    address = f"/wiki/p/{page.uid}/compare/?old=2&new=3"
    assert "37 unchanged lines" in _text(client, address)
    assert "unchanged lines" not in _text(client, f"{address}&all=1")


def test_a_long_comparison_begins_with_what_a_page_can_show(signed_in, people, page):
    _edited(people, page, "\n".join(f"other {number}" for number in range(2100)))
    client, address = signed_in("kim"), f"/wiki/p/{page.uid}/compare/"
    assert "105 more lines are not shown" in _text(client, address)
    assert "more lines" not in _text(client, f"{address}?old=1&new=2&all=1")


def test_one_revision_reads_as_it_was(signed_in, people, page):
    _edited(people, page, "other\n")
    text = _text(signed_in("kim"), f"/wiki/p/{page.uid}/history/1/")
    assert "Revision 1 of 2" in text and "<p>three</p>" in text and "Restore" not in text


def test_restoring_makes_a_new_revision(signed_in, people, page):
    _edited(people, page, "other\n")
    answer = signed_in("ben").post(f"/wiki/p/{page.uid}/restore/", {"number": "1"})
    assert answer.status_code == 302
    assert Revision.objects.get(page=page, number=3).text == FIRST


@pytest.mark.parametrize(
    ("name", "number", "status"),
    [("kim", "1", 403), ("chloe", "1", 403), ("ada", "", 400), ("ada", "99", 404), ("ada", "x", 400)],
)
def test_what_cannot_be_restored_changes_nothing(signed_in, people, page, name, number, status):
    _edited(people, page, "other\n")
    before = Event.objects.count()
    assert signed_in(name).post(f"/wiki/p/{page.uid}/restore/", {"number": number}).status_code == status
    assert (Revision.objects.filter(page=page).count(), Event.objects.count()) == (2, before)


def test_restoring_is_no_matter_of_a_link(signed_in, page):
    assert signed_in("ada").get(f"/wiki/p/{page.uid}/restore/").status_code == 405


# redaction


def test_a_redacted_text_is_gone_and_marked(signed_in, people, page):
    _edited(people, page, "password: hunter2\n", FIRST)
    redact_revision(actor=people.esther, revision=Revision.objects.get(page=page, number=2), reason="a key")
    kim = signed_in("kim")
    for address in ("history/", "history/2/", "compare/?old=1&new=2", "compare/?old=2&new=3"):
        text = _text(kim, f"/wiki/p/{page.uid}/{address}")
        assert "hunter2" not in text and "redacted" in text.lower()
    assert _text(kim, f"/wiki/p/{page.uid}/history/").count("unknown") == 2


def test_a_coe_lead_redacts_with_a_reason(signed_in, people, page):
    _edited(people, page, "other\n")
    esther, address = signed_in("esther"), f"/wiki/p/{page.uid}/redact/1/"
    assert "cannot be undone" in _text(esther, address)
    refused = esther.post(address, {"reason": " "})
    assert refused.status_code == 400 and "Say why" in refused.content.decode()
    assert esther.post(address, {"reason": "a key"}).status_code == 302
    assert Revision.objects.get(page=page, number=1).redacted_at


def test_a_refused_reason_is_kept(signed_in, people, page):
    answer = signed_in("esther").post(f"/wiki/p/{page.uid}/redact/1/", {"reason": "a key of the bank"})
    assert (
        answer.status_code == 409 and "a key of the bank" in answer.content.decode()
    )  # it is the current text
    assert Revision.objects.get(page=page, number=1).text == FIRST


@pytest.mark.parametrize("name", ["ada", "ben", "kim"])
def test_others_do_not_redact(signed_in, people, page, name):
    _edited(people, page, "other\n")
    client, address = signed_in(name), f"/wiki/p/{page.uid}/redact/1/"
    assert client.get(address).status_code == client.post(address, {"reason": "x"}).status_code == 403
    assert Revision.objects.get(page=page, number=1).text == FIRST
