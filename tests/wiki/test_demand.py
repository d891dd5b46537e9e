"""What the wiki tells other rooms: searches in vain, facts for gates, and the panel on an entity's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.core.errors import Unauthenticated
from apps.core.plugs import DemandSignal, registered
from apps.core.policies import SYSTEM
from apps.people.models import User
from apps.wiki.actions.searching import note_fruitless_search
from apps.wiki.actions.settings import update_page
from apps.wiki.actions.verification import verify_page
from apps.wiki.models import FruitlessSearch, Page
from apps.wiki.queries.documentation import facts
from tests.factories import EntityFactory
from tests.personas import People
from tests.wiki.making import a_page

pytestmark = pytest.mark.django_db


def signals(user: User) -> list[tuple[str, str]]:
    plug = next(plug for plug in registered(DemandSignal) if plug.name == "wiki.fruitless")
    return [(item.title, item.remark.partition(",")[0]) for item in plug.signals(user)]


def test_a_search_in_vain_is_counted_for_its_person(people: People) -> None:
    for text in ("Kudu care", "kudu CARE", "kúdu-care"):
        note_fruitless_search(actor=people.ada, text=text)
    row = FruitlessSearch.objects.get()
    assert (row.user_id, row.words, row.times) == (people.ada.pk, "kudu care", 3)
    assert not FruitlessSearch.objects.visible_to(people.esther).exists()


@pytest.mark.parametrize("text", ["", "a", "!!", "found"])
def test_what_finds_something_or_says_nothing_is_not_counted(people: People, text: str) -> None:
    a_page(title="Found")
    assert note_fruitless_search(actor=people.ada, text=text) is None
    assert not FruitlessSearch.objects.exists()


def test_services_do_not_count_and_strangers_are_refused(people: People) -> None:
    assert note_fruitless_search(actor=people["ci-risk"], text="kudu") is None
    assert note_fruitless_search(actor=SYSTEM, text="kudu") is None
    with pytest.raises(Unauthenticated):
        note_fruitless_search(actor=None, text="kudu")
    assert not FruitlessSearch.objects.exists()


def test_reading_counts_nothing_and_the_page_says_so_itself(
    people: People, signed_in: Callable[[str], Client]
) -> None:
    client = signed_in("ada")
    content = client.get("/wiki/search/", {"q": "kudu"}).content.decode()
    assert not FruitlessSearch.objects.exists()
    assert 'hx-post="/wiki/search/fruitless/"' in content
    assert client.get("/wiki/search/fruitless/", {"q": "kudu"}).status_code == 405
    client.post("/wiki/search/fruitless/", {"q": "kudu"})
    assert FruitlessSearch.objects.get().words == "kudu"


def test_two_people_make_a_signal_that_names_nobody(people: People) -> None:
    for name in ("ada", "ben"):
        note_fruitless_search(actor=people[name], text="kudu care")
    note_fruitless_search(actor=people.ada, text="only ada")
    assert signals(people.esther) == [("kudu care", "2 people")]
    assert signals(people.chloe) == []
    FruitlessSearch._base_manager.filter(user=people.ben).update(last_at=timezone.now() - timedelta(days=91))
    assert signals(people.esther) == []


def test_old_and_too_many_searches_are_forgotten(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.wiki.actions.searching.MOST_KEPT", 3)
    for number in range(5):
        note_fruitless_search(actor=people.ada, text=f"kudu {number}")
    assert set(FruitlessSearch.objects.values_list("words", flat=True)) == {"kudu 2", "kudu 3", "kudu 4"}
    FruitlessSearch._base_manager.update(last_at=timezone.now() - timedelta(days=91))
    note_fruitless_search(actor=people.ada, text="new")
    assert [row.words for row in FruitlessSearch.objects.all()] == ["new"]


def documenting(visibility: str = "company", template: str = "runbook", **fields: str) -> tuple[int, Page]:
    entity = EntityFactory()
    page = a_page(visibility, template=template, **fields)
    update_page(actor=SYSTEM, page=page, changes={}, documents=[entity.ref])
    return entity.pk, page


def test_a_runbook_counts_while_its_verification_stands(people: People) -> None:
    pk, page = documenting()
    assert facts([pk]) == {pk: {"docs.pages": 1}}
    verify_page(actor=SYSTEM, page=page, revision=1)
    at = datetime.fromisoformat(facts([pk])[pk]["runbook.verified_at"])
    assert timezone.now() - at < timedelta(minutes=5)
    Page._base_manager.filter(pk=page.pk).update(verified_until=timezone.now())
    assert "runbook.verified_at" not in facts([pk])[pk], "over is unknown"


def test_facts_of_several_entities_take_two_statements(
    people: People, django_assert_num_queries: Callable[..., object]
) -> None:
    known, _ = documenting(template="page")
    other = EntityFactory()
    a_page(text=f"See {{{{{other.ref}}}}}.")
    bare = EntityFactory()
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        found = facts([known, other.pk, bare.pk])
    assert found == {known: {"docs.pages": 1}, other.pk: {"docs.pages": 1}, bare.pk: {"docs.pages": 0}}


def test_the_panel_shows_documents_first_and_only_what_the_reader_sees(
    people: People, signed_in: Callable[[str], Client]
) -> None:
    entity = EntityFactory()
    a_page(title="Mentions it", text=f"{{{{{entity.ref}}}}}")
    about = a_page(title="Its runbook", template="runbook")
    hidden = a_page("restricted", title="Secret remarks", text=f"{{{{{entity.ref}}}}}")
    update_page(actor=SYSTEM, page=about, changes={}, documents=[entity.ref])
    content = signed_in("chloe").get(entity.get_absolute_url()).content.decode()
    assert content.index("Its runbook") < content.index("Mentions it")
    assert hidden.title not in content
    assert hidden.title in signed_in("ada").get(entity.get_absolute_url()).content.decode()


def test_without_pages_those_who_may_change_it_are_invited(
    people: People, signed_in: Callable[[str], Client]
) -> None:
    entity = EntityFactory()
    assert "Document this" in signed_in("ada").get(entity.get_absolute_url()).content.decode()
    assert "Document this" not in signed_in("chloe").get(entity.get_absolute_url()).content.decode()
