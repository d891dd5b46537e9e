"""Reading the wiki in the browser: who sees what, and where old addresses and help lead."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.policies import SYSTEM
from apps.people.models import Team
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import create_page, save_page
from apps.wiki.actions.placing import archive_page, grant_page, move_page, narrow_page, rename_page
from apps.wiki.actions.settings import update_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.actions.verification import verify_page
from apps.wiki.help import HELP, chapter
from apps.wiki.models import Page, Space
from apps.wiki.views import surroundings
from tests.factories import EntityFactory
from tests.personas import People
from tests.wiki.making import a_space

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


@pytest.fixture
def hidden(people: People, page: Page) -> Page:
    """A restricted page below one that everybody sees, which links to that one."""
    return create_page(
        actor=people.ada,
        space=page.space,
        parent=page,
        title="Hidden wonder",
        text="See [[Run it]].",
        narrowed="restricted",
    )


def _text(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def _edited(people: People, page: Page, *texts: str) -> Page:
    for number, text in enumerate(texts, start=1):
        save_page(actor=people.ada, page=page, text=text, base=number, summary=f"Edit {number}")
    return Page.objects.get(pk=page.pk)


# the wiki's first page


def test_the_first_page_lists_what_its_reader_sees(signed_in, people, page, hidden):
    a_space("restricted", slug="plans", title="Restricted plans")
    mine, other = _text(signed_in("ada"), "/wiki/"), _text(signed_in("kim"), "/wiki/")
    assert "Restricted plans" in mine and "Hidden wonder" in mine
    assert "Restricted plans" not in other and "Hidden wonder" not in other
    assert 'data-label="Pages">3<' in mine and 'data-label="Pages">2<' in other


def test_the_first_page_says_what_waits(signed_in, people, page):
    keep_draft(actor=people.ada, space=page.space, page=page, title="Run it better", text="x", base=1)
    text = _text(signed_in("ada"), "/wiki/")
    assert "Run it better" in text and "never verified" in text
    assert "Run it better" not in _text(signed_in("ben"), "/wiki/")


def test_an_empty_wiki_says_what_to_do(signed_in):
    member, nobody = _text(signed_in("ada"), "/wiki/"), _text(signed_in("kim"), "/wiki/")
    assert "No space yet" in member and "/wiki/new/" in member
    assert "No space yet" in nobody and "/wiki/new/" not in nobody


def test_the_first_page_costs_the_same_with_more_spaces(signed_in, people, page):
    client = signed_in("ada")
    client.get("/wiki/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/wiki/")
    for number in range(5):
        create_page(actor=SYSTEM, space=a_space(slug=f"more-{number}"), title=f"More {number}", text="x")
    with CaptureQueriesContext(connection) as many:
        client.get("/wiki/")
    assert len(many) == len(few)


# a page


def test_a_page_shows_text_tree_and_facts(signed_in, people, page):
    model = EntityFactory(name="fraud-score", title="Fraud score")
    update_page(actor=people.ada, page=page, changes={}, documents=[model.ref])
    text = _text(signed_in("kim"), "/wiki/risk/run-it/")
    for shown in (
        "<p>three</p>",
        "Risk handbook",
        "Fraud score",
        "Risk ML",
        "3 words",
        ">fraud<",
        "Not verified",
    ):
        assert shown in text
    assert 'aria-current="page">Run it' in text
    assert "What links here" in text  # the home page does


@pytest.mark.parametrize(
    ("name", "edits", "administers"), [("ada", True, True), ("ben", True, False), ("kim", False, False)]
)
def test_the_menu_offers_what_the_policy_allows(signed_in, page, name, edits, administers):
    text = _text(signed_in(name), "/wiki/risk/run-it/")
    assert (f"/wiki/p/{page.uid}/edit/" in text) is edits
    assert (f"/wiki/p/{page.uid}/move/" in text) is edits
    assert (f"/wiki/p/{page.uid}/access/" in text) is administers


def test_a_hidden_page_leaks_nowhere(signed_in, people, page, hidden):
    kim = signed_in("kim")
    for address in (
        "/wiki/risk/hidden-wonder/",
        f"/wiki/p/{hidden.uid}/",
        f"/wiki/p/{hidden.uid}/history/",
        f"/wiki/p/{hidden.uid}/history/1/",
        f"/wiki/p/{hidden.uid}/compare/",
        f"/wiki/p/{hidden.uid}/links/",
    ):
        assert "Hidden wonder" not in _text(kim, address, 404)
    for address in (
        "/wiki/risk/",
        "/wiki/risk/run-it/",
        f"/wiki/p/{page.uid}/links/",
        "/wiki/changes/",
        "/wiki/risk/-/broken/",
    ):
        text = _text(kim, address)
        assert "Hidden wonder" not in text and hidden.uid not in text
    assert "Hidden wonder" in _text(signed_in("ada"), "/wiki/risk/run-it/")


def test_breadcrumbs_leave_out_what_the_reader_does_not_see(signed_in, people, hidden):
    below = create_page(actor=people.ada, space=hidden.space, parent=hidden, title="Granted", text="x")
    grant_page(actor=people.ada, page=below, grantee=people.kim, permission="view")
    text = _text(signed_in("kim"), "/wiki/risk/granted/")
    assert "Hidden wonder" not in text and "Run it" in text


def test_a_page_granted_in_a_hidden_space_does_not_name_the_space(signed_in, people):
    plans = a_space("restricted", slug="plans", title="Takeover plans")
    page = create_page(actor=people.ada, space=plans, title="Agenda", text="x")
    grant_page(actor=people.ada, page=page, grantee=people.kim, permission="view")
    kim = signed_in("kim")
    for address in ("/wiki/plans/agenda/", f"/wiki/p/{page.uid}/history/", "/wiki/"):
        assert "Takeover" not in _text(kim, address)


def test_an_entity_that_the_reader_does_not_see_stays_words(signed_in, people, page):
    secret = EntityFactory(name="hush", title="Quiet giant", visibility="restricted")
    _edited(people, page, f"A card:\n\n{{{{{secret.ref}}}}}\n\nand {{{{{secret.ref}}}}} within.")
    update_page(actor=people.ada, page=page, changes={}, documents=[secret.ref])
    assert "Quiet giant" in _text(signed_in("ada"), "/wiki/risk/run-it/")
    text = _text(signed_in("kim"), "/wiki/risk/run-it/")
    assert "Quiet giant" not in text and f"<code>{{{{{secret.ref}}}}}</code>" in text
    assert "Documents" not in text


def test_a_mention_leads_to_whom_it_names(signed_in, people, page):
    _edited(people, page, "Ask @Ben or @nobody.here, not [this](other.md).")
    text = _text(signed_in("kim"), "/wiki/risk/run-it/")
    assert f'<a class="mention" href="{people.ben.get_absolute_url()}">@Ben</a>' in text
    assert '<span class="mention">@nobody.here</span>' in text
    assert 'title="Link pages with [[Title]]"' in text


@pytest.mark.parametrize(("name", "chosen"), [("ada", "risk-ml"), ("root", ""), ("kim", "")])
def test_a_new_space_is_nobody_elses_by_itself(signed_in, people, name, chosen):
    text = _text(signed_in(name), "/wiki/new/")
    assert re.findall(r'<option value="([^"]*)" selected', text) == [chosen]


def test_who_may_open_a_space_is_offered_it(signed_in, people):
    assert "/wiki/new/" in _text(signed_in("ada"), "/wiki/")
    assert "/wiki/new/" not in _text(signed_in("kim"), "/wiki/")


def test_an_archived_page_says_so(signed_in, people, page):
    archive_page(actor=people.ada, page=page)
    text = _text(signed_in("kim"), "/wiki/risk/run-it/")
    assert "This page is archived" in text and 'aria-current="page">Run it</a>' not in text
    assert "Bring it back" not in text and "Bring it back" in _text(signed_in("ada"), "/wiki/risk/run-it/")


def test_an_expired_page_warns_its_readers(signed_in, people, page):
    verify_page(actor=people.ada, page=page, revision=1, at=timezone.now() - timedelta(days=100))
    assert "Check before you rely on this" in _text(signed_in("kim"), "/wiki/risk/run-it/")


def test_a_verified_page_names_who_vouches(signed_in, people, page):
    verify_page(actor=people.ada, page=page, revision=1)
    assert "Verified: Ada vouches until" in _text(signed_in("kim"), "/wiki/risk/run-it/")


def test_a_page_that_is_due_asks_its_verifier_alone(signed_in, people, page):
    verify_page(actor=people.ada, page=page, revision=1, at=timezone.now() - timedelta(days=85))
    assert "It is yours to verify" in _text(signed_in("ben"), "/wiki/risk/run-it/")
    assert "It is yours to verify" not in _text(signed_in("kim"), "/wiki/risk/run-it/")


def test_previous_and_next_follow_the_tree(signed_in, people, page):
    create_page(actor=people.ada, space=page.space, title="After it", text="x")
    text = _text(signed_in("kim"), "/wiki/risk/run-it/")
    assert 'rel="prev" href="/wiki/risk/"' in text and 'rel="next" href="/wiki/risk/after-it/"' in text


def test_a_large_tree_sends_the_readers_way_only(signed_in, people, page, monkeypatch):
    monkeypatch.setattr(surroundings, "MOST_SENT", 2)
    create_page(actor=people.ada, space=page.space, parent=page, title="Deep one", text="x")
    other = create_page(actor=people.ada, space=page.space, title="Aside", text="x")
    create_page(actor=people.ada, space=page.space, parent=other, title="Far away", text="x")
    text = _text(signed_in("kim"), "/wiki/risk/run-it/")
    assert "Deep one" in text and "Aside" in text and "pages below" in text
    assert ">Far away<" not in text


def test_the_lists_of_the_tree_are_closed(signed_in, people, page):
    child = create_page(actor=people.ada, space=page.space, parent=page, title="Child", text="x")
    create_page(actor=people.ada, space=page.space, parent=child, title="Grandchild", text="x")
    create_page(actor=people.ada, space=page.space, title="Beside", text="x")
    text = _text(signed_in("kim"), "/wiki/risk/run-it/")
    start = text.index('<ul class="tree"')
    tree = text[start : text.index("</div></details></nav>", start)]
    for tag in ("ul", "li", "details"):
        assert len(re.findall(rf"<{tag}\b", tree)) == tree.count(f"</{tag}>") > 0


# addresses


def test_old_addresses_lead_on_for_good(signed_in, people, page):
    rename_page(actor=people.ada, page=page, slug="operate")
    target = a_space(slug="elsewhere")
    kim = signed_in("kim")
    answer = kim.get("/wiki/risk/run-it/")
    assert (answer.status_code, answer["Location"]) == (301, "/wiki/risk/operate/")
    move_page(actor=SYSTEM, page=page, target=Page.objects.get(space=target, depth=1))
    for old in ("run-it", "operate"):
        answer = kim.get(f"/wiki/risk/{old}/")
        assert (answer.status_code, answer["Location"]) == (301, "/wiki/elsewhere/operate/")


@pytest.mark.parametrize("written", ["Run It", "RUN-IT", "index"])
def test_another_spelling_leads_to_the_one_address(signed_in, page, written):
    answer = signed_in("kim").get(f"/wiki/risk/{written}/")
    assert answer.status_code == 301
    assert answer["Location"] in {"/wiki/risk/run-it/", "/wiki/risk/"}


@pytest.mark.parametrize("title", ["New", "Draft", "Settings"])
def test_no_title_hides_behind_an_address_of_the_wiki(signed_in, people, space, title):
    found = create_page(actor=people.ada, space=space, title=title, text="All about it.")
    assert "All about it." in _text(signed_in("kim"), found.get_absolute_url())


def test_an_old_address_of_a_hidden_page_says_nothing(signed_in, people, hidden):
    rename_page(actor=people.ada, page=hidden, slug="wonder")
    assert signed_in("kim").get("/wiki/risk/hidden-wonder/").status_code == 404


def test_the_permanent_address_leads_to_the_current_one(signed_in, page):
    answer = signed_in("kim").get(f"/wiki/p/{page.uid}/")
    assert (answer.status_code, answer["Location"]) == (302, "/wiki/risk/run-it/")


def test_a_page_in_another_script_has_its_own_address(signed_in, people, space):
    page = create_page(actor=people.ada, space=space, title="Überblick 日本", text="x")
    assert "Überblick 日本" in _text(signed_in("kim"), page.get_absolute_url())


@pytest.mark.parametrize(
    "address",
    [
        "/wiki/p/nobody/",
        "/wiki/p/../../etc/",
        "/wiki/nowhere/",
        "/wiki/nowhere/page/",
        "/wiki/risk/" + "x" * 5000 + "/",
        "/wiki/risk/%F0%9F%92%A9/",
        "/wiki/%D1%80%D0%B8%D1%81%D0%BA/",
        "/wiki/nowhere/-/broken/",
        "/wiki/p/{uid}/history/0/",
        "/wiki/p/{uid}/history/99/",
        "/wiki/p/{uid}/history/99999999999999999999999999/",
        "/wiki/p/{uid}/compare/?old=1&new=99",
        "/wiki/p/{uid}/compare/?old=1",
        "/wiki/p/{uid}/compare/?old=a&new=b",
        "/wiki/p/{uid}/compare/?old=99999999999999999999&new=1",
        "/wiki/p/{uid}/compare/?old=%C2%B2&new=1",
    ],
)
def test_odd_addresses_are_not_there(signed_in, page, address):
    assert signed_in("ada").get(address.format(uid=page.uid)).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/wiki/p/{uid}/history/?before=99999999999999999999",
        "/wiki/p/{uid}/history/?before=-1",
        "/wiki/p/{uid}/history/?before=2147483647",
        "/wiki/changes/?before=%C2%B2",
        "/wiki/changes/?before=999999999999999999999999",
        "/wiki/p/{uid}/compare/",
    ],
)
def test_odd_questions_are_answered(signed_in, page, address):
    assert signed_in("ada").get(address.format(uid=page.uid)).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/wiki/risk/%00/",
        "/wiki/risk/a%00b/",
        "/wiki/p/%00/",
        "/wiki/p/x/history/?before=%00",
        "/wiki/help/%00/",
    ],
)
def test_a_nul_is_refused(signed_in, page, address):
    assert signed_in("ada").get(address).status_code == 400


@pytest.mark.parametrize("address", ["/wiki/p/{uid}/links/", "/wiki/risk/-/broken/"])
def test_a_forged_cursor_is_refused(signed_in, page, address):
    assert signed_in("ada").get(address.format(uid=page.uid), {"cursor": "forged"}).status_code == 400


def test_nobody_reads_without_signing_in(page):
    for address in ("/wiki/", "/wiki/risk/", "/wiki/risk/run-it/", f"/wiki/p/{page.uid}/history/"):
        answer = Client().get(address)
        assert answer.status_code == 302 and "/accounts/login/" in answer["Location"]


# help


def test_help_opens_the_chapter_of_the_view(signed_in, people):
    book = a_space(slug="handbook", title="Handbook")
    create_page(actor=SYSTEM, space=book, title="The catalog", slug="catalog", text="x")
    kim = signed_in("kim")
    assert kim.get("/wiki/help/catalog:list/")["Location"] == "/wiki/handbook/catalog/"
    assert kim.get("/wiki/help/catalog:entity/")["Location"] == "/wiki/handbook/catalog/"
    assert kim.get("/wiki/help/no:such/")["Location"] == "/wiki/handbook/"
    assert (
        kim.get("/wiki/help/people:profile/")["Location"] == "/wiki/handbook/"
    )  # a chapter that is not there


def test_help_without_a_handbook_opens_the_wiki(signed_in):
    assert signed_in("kim").get("/wiki/help/catalog:list/")["Location"] == "/wiki/"


def test_every_page_offers_its_help(signed_in):
    assert "/wiki/help/wiki:home/" in _text(signed_in("kim"), "/wiki/")


def test_every_chapter_of_the_table_is_written():
    from django.conf import settings

    written = {path.stem for path in (settings.BASE_DIR / "fixtures" / "handbook").glob("*.md")}
    assert {chapter.partition("#")[0] for chapter in HELP.values()} <= written


def test_help_opens_the_section_about_reading(signed_in, people):
    book = a_space(slug="handbook", title="Handbook")
    create_page(actor=SYSTEM, space=book, title="First steps", slug="first-steps", text="x")
    for view in ("page", "home", "search"):
        address = signed_in("kim").get(f"/wiki/help/wiki:{view}/")["Location"]
        assert address == "/wiki/handbook/first-steps/#h-reading-and-searching"
    assert chapter("catalog:list") == "catalog" and chapter("nothing") == ""


# links and changes


def test_broken_links_say_where_and_offer_to_begin(signed_in, people, page):
    _edited(people, page, "See [[Not there]] and [[elsewhere/Page]].")
    mine, others = (_text(signed_in(name), "/wiki/risk/-/broken/") for name in ("ada", "kim"))
    assert f"/wiki/risk/-/new/?title=Not+there&amp;parent={page.uid}" in mine
    assert "[[elsewhere/Page]]" in others and "/wiki/risk/-/new/" not in others


def test_changes_tell_what_the_reader_may_know(signed_in, people, page, hidden):
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    assert "Run it" in _text(signed_in("ada"), "/wiki/changes/")
    assert "Run it" not in _text(signed_in("kim"), "/wiki/changes/")


# what a page costs

# 1 session  2 user  3 standing  4 the page with its revision, owner and space  5 the tree, which gives breadcrumbs and
# neighbours too  6 abilities  7 rendering  8 entities of the cards  9 pages that the links mean  10 which of them are
# seen  11 one's own draft  12 what links here  13 what the page documents; then the parts around the text: 14 who
# vouched  15 comments  16 mentions  17 watches. A text with a link to nowhere asks two more (old addresses, whether the
# reader may begin the page), the rail one for the reader's teams.
MOST_STATEMENTS = 18


def test_a_page_costs_the_same_however_much_is_around_it(signed_in, people, page):
    model = EntityFactory(name="fraud-score", title="Fraud score")
    _edited(people, page, f"# A\n\n## B\n\n{{{{{model.ref}}}}} [[Risk handbook]] [[index]]\n")
    update_page(actor=people.ada, page=page, changes={}, documents=[model.ref])
    verify_page(actor=people.ada, page=page, revision=2)
    client = signed_in("kim")
    client.get("/wiki/risk/run-it/")
    with CaptureQueriesContext(connection) as few:
        client.get("/wiki/risk/run-it/")
    for number in range(6):
        below = create_page(
            actor=people.ada, space=page.space, parent=page, title=f"Below {number}", text="[[Run it]]"
        )
        create_page(
            actor=people.ada, space=page.space, parent=below, title=f"Deep {number}", text="[[Run it]]"
        )
    with CaptureQueriesContext(connection) as many:
        client.get("/wiki/risk/run-it/")
    told = "\n".join(query["sql"][:160] for query in many)
    assert len(many) == len(few), told
    assert len(many) <= MOST_STATEMENTS, told
