"""The wiki's search: what is found, in which order, what is shown of it, and that nothing hidden shows in any of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.policies import SYSTEM
from apps.people.models import User
from apps.wiki.actions.editing import save_page
from apps.wiki.actions.placing import archive_page
from apps.wiki.models import Page
from apps.wiki.queries.search import search_pages
from apps.wiki.queries.snippets import snippets
from apps.wiki.queries.spelling import did_you_mean
from tests.personas import People
from tests.wiki.making import a_page, a_space

pytestmark = pytest.mark.django_db
HOSTILE = [
    'C++ (a) AND "', "", "   ", "\x00", "a\x00b", "!!! & | <->", "':*", "\\'", "-", '-"', '""', '"" -""', "--x",
    "x" * 10_000, "word " * 2_000, "%s %(x)s", "<script>alert(1)</script>", "ﷺ" * 200, "\u0301\u0301", "İ ß ﬁ",
    "a:* & !b", "-only -without", '"unfinished phrase', "１２３", "e\u0301t\u00e9", "\U0001f600", "the", "-the the",
]  # fmt: skip


def titles(user: User, text: str) -> list[str]:
    return [page.title for page, _ in search_pages(Page.objects.visible_to(user), text, 20)]


def shown(user: User, text: str) -> str:
    found = [page for page, _ in search_pages(Page.objects.visible_to(user), text, 20)]
    return " | ".join(str(piece) for pieces in snippets(found, text).values() for piece in pieces)


@pytest.mark.parametrize("text", HOSTILE)
def test_anything_is_a_query(people: People, signed_in: Callable[[str], Client], text: str) -> None:
    a_page(title="C and A and others")
    client, refused = signed_in("ada"), "\x00" in text  # in an address, at the edge of the house
    answer = client.get("/wiki/search/", {"q": text})
    assert answer.status_code == (400 if refused else 200)
    assert "<script>alert" not in answer.content.decode()
    assert client.post("/wiki/search/fruitless/", {"q": text}).status_code == 204
    assert client.get("/search/", {"q": text}).status_code == (400 if refused else 200)
    titles(people.ada, text)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60) | st.text('"-ab c', max_size=30))
def test_no_text_is_an_error(people: People, text: str) -> None:
    rows = Page.objects.visible_to(people.ada)
    found = search_pages(rows, text, 20)
    snippets([page for page, _ in found], text)
    did_you_mean(rows, text)


def test_words_phrases_beginnings_and_exclusions(people: People) -> None:
    space = a_space(title="Ground")
    a_page(space=space, title="Alpha", text="Gradient boosting of trees, deployed weekly.")
    a_page(space=space, title="Beta", text="Boosting the gradient of a hill.")
    ada = people.ada
    assert set(titles(ada, "gradient boosting")) == {"Alpha", "Beta"}
    assert titles(ada, '"gradient boosting"') == ["Alpha"]
    assert titles(ada, "gradient -hill") == ["Alpha"]
    assert titles(ada, 'boosting -"gradient boosting"') == ["Beta"]
    assert titles(ada, "gradi") == ["Alpha", "Beta"] or titles(ada, "gradi") == ["Beta", "Alpha"]
    assert titles(ada, "deploying") == ["Alpha"], "another English form"
    assert set(titles(ada, "-hill")) == {"Beta"}, "a text that only excludes is words"
    assert titles(ada, "gradi boosting") == [], "the last word alone may be half a word"


def test_diacritics_and_letters_of_other_scripts(people: People) -> None:
    space = a_space(title="Ground")
    a_page(space=space, title="Müller's checklist", text="Straße und “Größe”.")
    a_page(space=space, title="모델 카드", text="배포 절차를 설명합니다.")
    assert titles(people.ada, "muller") == ["Müller's checklist"]
    assert titles(people.ada, "MÜLLER") == ["Müller's checklist"]
    assert titles(people.ada, "strasse grosse") == ["Müller's checklist"]
    assert "<mark>Straße</mark>" in shown(people.ada, "strasse")
    assert titles(people.ada, "배포") == ["모델 카드"]


def test_titles_come_first_and_what_is_no_longer_true_sinks(people: People) -> None:
    space = a_space(title="Ground")
    a_page(space=space, title="Other", text="On rollback " * 30)
    stale = a_page(space=space, title="Rollback of models", text="How.")
    fresh = a_page(space=space, title="Rollback of data", text="How.")
    exact = a_page(space=space, title="Rollback", text="How.")
    gone = a_page(space=space, title="Rollback once", text="How.")
    now = timezone.now()
    Page._base_manager.filter(pk=stale.pk).update(verified_until=now - timedelta(days=1))
    Page._base_manager.filter(pk=fresh.pk).update(verified_until=now + timedelta(days=90))
    archive_page(actor=SYSTEM, page=gone)
    assert titles(people.ada, "rollback") == [exact.title, fresh.title, stale.title, "Other"]


def test_many_matches_still_give_the_title_first(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.wiki.queries.search.MOST_RANKED", 2)
    space = a_space(title="Ground")
    a_page(space=space, title="Quota")
    for number in range(5):
        a_page(space=space, title=f"Note {number}", text="About the quota.")
    assert titles(people.ada, "quota")[0] == "Quota"


def test_a_search_follows_the_text(people: People) -> None:
    page = a_page(title="Note", text="About kestrels.")
    assert page.revision is not None
    save_page(
        actor=SYSTEM,
        page=page,
        title="Note",
        text="About herons & <b>bitterns</b>.",
        base=page.revision.number,
    )
    assert titles(people.ada, "kestrels") == []
    assert "&lt;b&gt;<mark>bitterns</mark>&lt;/b&gt;" in shown(people.ada, "bittern")


def test_snippets_show_the_places_and_escape_everything(people: People) -> None:
    text = (
        "Start.\n\n"
        + "filler words stand here. " * 40
        + "Then `<img src=x onerror=alert(1)>` kudu and more. "
    )
    a_page(title="Safari", text=text + "nothing else " * 60 + "At last the Kudus rest.")
    html = shown(people.ada, "kudu")
    assert html.count("<mark>") == 2
    assert "<mark>kudu</mark>" in html and "<mark>Kudus</mark>" in html
    assert "<img" not in html and "&lt;img" in html


def test_hidden_pages_show_nowhere(people: People, signed_in: Callable[[str], Client]) -> None:
    space = a_space(title="Ground")
    secret = a_page("restricted", space=space, title="Xanadu merger", text="# Zanzibar\n\nThe xanadu price.")
    a_page(space=space, title="Open note", text="Nothing about it.")
    assert titles(people.ada, "xanadu") == [secret.title]
    assert titles(people.chloe, "xanadu") == []
    for text, word in (("xanadu", "merger"), ("xanado", "xanadu"), ("zanzibor", "zanzibar")):
        content = signed_in("chloe").get("/wiki/search/", {"q": text}).content.decode()
        assert word not in content.lower()
        assert "wiki-result" not in content.replace("wiki-results", "")
        counted = signed_in("chloe").get("/wiki/search/choices/", {"q": text}).content.decode()
        assert "facet-count" not in counted, "not even a number"
    mine = signed_in("ada").get("/wiki/search/", {"q": "xanado"}).content.decode()
    assert "Showing results for <strong>xanadu</strong>" in mine and "merger" in mine
    everything = signed_in("chloe").get("/wiki/search/", {"space": space.slug}).content.decode()
    assert "Xanadu" not in everything and "Open note" in everything


def test_the_trail_names_only_what_the_reader_sees(
    people: People, signed_in: Callable[[str], Client]
) -> None:
    space = a_space(title="Ground")
    above = a_page(space=space, title="Plain shelf")
    a_page(space=space, parent=above, title="Okapi sheet", text="Okapi.")
    assert "Plain shelf" in signed_in("kim").get("/wiki/search/", {"q": "okapi"}).content.decode()


def test_spelling_help_leads_to_pages(people: People) -> None:
    a_page(title="Deployment checklist", text="## Rückabwicklung\n\nSteps.")
    rows = Page.objects.visible_to(people.kim)
    assert did_you_mean(rows, "deploiment cheklist") == "deployment checklist"
    assert did_you_mean(rows, "ruckabwiklung") == "rückabwicklung"
    assert did_you_mean(rows, "deployment") == ""
    assert did_you_mean(rows, "qqqqqqqq") == ""


def test_choices_narrow_and_count(people: People, signed_in: Callable[[str], Client]) -> None:
    one, two = a_space(title="First ground"), a_space(title="Second ground")
    a_page(space=one, title="Runbook of tapirs", text="tapir", template="runbook")
    a_page(space=two, title="Notes on tapirs", text="tapir", tags=["zoo"])
    client = signed_in("kim")
    both = client.get("/wiki/search/", {"q": "tapir"}).content.decode()
    assert "Runbook of" in both and "Notes on" in both
    offered = client.get("/wiki/search/choices/", {"q": "tapir", "template": "page"}).content.decode()
    assert "Second ground" in offered and "First ground" not in offered and "Runbook" in offered
    for choice in ({"space": two.slug}, {"tag": "zoo"}, {"template": "page"}):
        content = client.get("/wiki/search/", {"q": "tapir"} | choice).content.decode()
        assert "Notes on" in content and "Runbook of" not in content
        assert "Remove filter" in content
    none = client.get("/wiki/search/", {"q": "tapir", "state": "expired"}).content.decode()
    assert "Search all of the wiki" in none
    assert client.get("/wiki/search/", {"q": "tapir", "state": "odd", "space": "'"}).status_code == 200


def test_nothing_found_says_what_to_do(people: People, signed_in: Callable[[str], Client]) -> None:
    space = a_space(title="Ground", slug="ground")
    mine = signed_in("ada").get("/wiki/search/", {"q": "wombat care"}).content.decode()
    assert f"/wiki/{space.slug}/-/new/?title=wombat+care" in mine
    theirs = signed_in("kim").get("/wiki/search/", {"q": "wombat care"}).content.decode()
    assert "/new/?title=" not in theirs


def test_a_typo_shows_what_was_meant_and_leads_back(
    people: People, signed_in: Callable[[str], Client]
) -> None:
    a_page(title="Wombat care", text="All of it.")
    ada = signed_in("ada")
    corrected = ada.get("/wiki/search/", {"q": "wonbat"}).content.decode()
    assert "Showing results for <strong>wombat</strong>" in corrected and "care</a></h2>" in corrected
    assert "/wiki/search/?q=wonbat&amp;exact=1" in corrected and "/new/?title=" not in corrected
    assert "/wiki/search/fruitless/" not in corrected
    written = ada.get("/wiki/search/", {"q": "wonbat", "exact": "1"}).content.decode()
    assert "Did you mean" in written and "No page with" in written and "care</a></h2>" not in written


def test_a_fragment_names_an_entity_by_its_name(people: People, signed_in: Callable[[str], Client]) -> None:
    a_page(title="Notes", text="A quokka reads {{dataset:retail-banking/payments}} at night.")
    content = signed_in("ada").get("/wiki/search/", {"q": "quokka"}).content.decode()
    assert "reads payments at night" in content and "dataset:retail" not in content


def test_a_search_needs_somebody(client: Client, people: People) -> None:
    assert client.get("/wiki/search/", {"q": "x"}).status_code == 302
    assert client.post("/wiki/search/fruitless/", {"q": "xyz"}).status_code == 302


def test_a_page_of_results_costs_the_same_for_one_and_for_many(
    people: People, signed_in: Callable[[str], Client], django_assert_max_num_queries: Callable[..., Any]
) -> None:
    space = a_space(title="Ground")
    client = signed_in("ada")
    for number in range(12):
        a_page(space=space, title=f"Lemur {number}", text="A lemur.")
    client.get("/wiki/search/", {"q": "lemur"})
    # session, user, standing, permissions' ids; pages by title, other pages, what stands above them, their texts
    with django_assert_max_num_queries(9):
        client.get("/wiki/search/", {"q": "lemur"})


def test_the_portals_search_shows_pages(people: People, signed_in: Callable[[str], Client]) -> None:
    a_page(title="Capybara guide", text="All of <i>capybaras</i>.")
    a_page("restricted", title="Capybara secrets", text="Hush.")
    for address in ("/search/", "/search/suggest/"):
        content = signed_in("chloe").get(address, {"q": "capybara"}).content.decode()
        assert "Capybara guide" in content and "secrets" not in content
    assert "&lt;i&gt;" in signed_in("chloe").get("/search/", {"q": "capybaras"}).content.decode()


def test_a_page_in_many_bytes_is_indexed(people: People) -> None:
    """Folding takes Korean apart; the vector must still fit."""
    syllables = [
        chr(0xAC00 + number % 11_172) + chr(0xAC00 + number // 7 % 11_172) for number in range(70_000)
    ]
    page = a_page(title="Lexikon", text=" ".join(syllables))
    assert titles(people.ada, "lexikon") == [page.title]
