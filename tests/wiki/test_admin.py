"""The wiki in the admin: what CoE leads do there goes through actions, and texts are not written there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.models import Event
from apps.wiki.actions.editing import save_page
from apps.wiki.models import Page, Revision, Space
from tests.personas import People
from tests.wiki.making import a_page, a_space

SignedIn = Callable[[str], Client]


def change(row: object) -> str:
    return reverse(f"admin:wiki_{row._meta.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]


def do(row: object, name: str) -> str:
    return reverse(f"admin:wiki_{row._meta.model_name}_operation", args=[row.pk, name])  # type: ignore[attr-defined]


def test_a_space_is_transferred_with_its_pages(people: People, signed_in: SignedIn) -> None:
    page = a_page()
    esther, space = signed_in("esther"), page.space
    claims = people.team("claims-ai")
    answer = esther.post(do(space, "transfer"), {"owner": claims.pk, "seen_version": space.version})
    assert answer.status_code == 302
    assert Page.objects.get(pk=page.pk).owner == claims
    stale = esther.post(do(space, "visibility"), {"visibility": "unit", "seen_version": space.version})
    assert stale.status_code == 409 and Space.objects.get(pk=space.pk).visibility == "company"
    assert signed_in("dmitri").post(do(space, "transfer"), {"owner": claims.pk}).status_code == 403


def test_a_space_is_opened_and_changed(people: People, signed_in: SignedIn) -> None:
    esther = signed_in("esther")
    sent = {
        "slug": "notes",
        "title": "Notes",
        "visibility": "unit",
        "description": "",
        "verify_every_days": "",
    }
    sent["owner"] = str(people.team("risk-ml").pk)
    assert esther.post(reverse("admin:wiki_space_add"), sent).status_code == 302
    assert Page.objects.get(space__slug="notes").owner == people.team("risk-ml")
    again = esther.post(reverse("admin:wiki_space_add"), sent)
    assert (
        again.status_code == 409 and "There is a space with this address already." in again.content.decode()
    )
    assert Space.objects.count() == 1


def test_a_page_is_archived_and_narrowed(people: People, signed_in: SignedIn) -> None:
    page, esther = a_page(space=a_space(owner=None)), signed_in("esther")
    assert esther.post(do(page, "archive"), {"seen_version": page.version}).status_code == 302
    page.refresh_from_db()
    assert page.state == "archived"
    narrowed = {"narrowed": "restricted", "seen_version": page.version}
    assert esther.post(do(page, "narrow"), narrowed).status_code == 302
    page.refresh_from_db()
    assert page.visibility == "restricted"
    assert Event.objects.filter(verb="wiki.page.archived", actor=people.esther).count() == 1


def test_no_text_is_written_there(people: People, signed_in: SignedIn) -> None:
    page = a_page(text="Some words.")
    shown = signed_in("esther").get(change(page)).content.decode()
    assert 'name="text"' not in shown and 'name="title"' not in shown and page.get_absolute_url() in shown
    assert signed_in("esther").post(change(page.revision), {"text": "Other words."}).status_code == 403
    assert Revision.objects.get(page=page).text.strip() == "Some words."


@pytest.mark.parametrize(("name", "status"), [("esther", 302), ("dmitri", 403)])
def test_a_secret_is_redacted_by_coe_leads(
    people: People, signed_in: SignedIn, name: str, status: int
) -> None:
    page = a_page(text="A secret.")
    old = page.revision
    save_page(actor=people.ada, page=page, text="Nothing.", base=1)
    browser = signed_in(name)
    seen = browser.get(do(old, "redact"))
    version = seen.context["form"].initial.get("seen_version", "") if seen.status_code == 200 else ""
    answer = browser.post(do(old, "redact"), {"reason": "A key", "seen_version": version})
    assert answer.status_code == status
    old.refresh_from_db()
    assert (old.text == "") == (status == 302)
