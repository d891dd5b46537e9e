"""The wiki through GraphQL: reading as the caller may, saying something, settling it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from graphql_relay import to_global_id

from apps.core.policies import SYSTEM
from apps.wiki.actions.editing import save_page
from apps.wiki.actions.placing import archive_page, rename_page
from apps.wiki.actions.settings import update_page
from apps.wiki.models import Comment, Page
from tests.factories import EntityFactory
from tests.personas import People
from tests.portal.graphql_client import ask, code, nodes
from tests.traces import nothing_changes
from tests.wiki.making import a_page, a_space

Bearer = Callable[..., Client]
PAGES = """
query ($first: Int, $filter: WikiPageFilter, $search: String, $orderBy: WikiPageOrder) {
  wikiPages(first: $first, filter: $filter, search: $search, orderBy: $orderBy) { edges { node {
    uid title parentUid freshness url tags words space { slug } owner { slug } abilities { change comment }
    revision { number text author { username } }
    comments(first: 3) { edges { node { text } } }
    links(first: 5) { edges { node { kind target { uid } entity { ref } } } }
    backlinks(first: 5) { edges { node { source { uid } } } }
  } } pageInfo { hasNextPage } }
}
"""
ONE = "query ($uid: String, $space: String, $slug: String) { wikiPage(uid: $uid, space: $space, slug: $slug) { uid } }"
READING = """
query ($uid: String!, $n: Int) {
  wikiReading(uid: $uid, revision: $n) { revision html outline { level anchor title } }
}
"""
ADD = "mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id text author { username } } } }"
RESOLVE = (
    "mutation ($input: ResolveCommentInput!) { resolveComment(input: $input) { comment { resolvedAt } } }"
)


@pytest.fixture
def page(people: People) -> Page:
    return a_page(space=a_space(slug="risk"), title="Run it", text="# Start\n\nWords.\n", uid="run-it-1")


def uids(client: Client, **variables: Any) -> list[str]:
    return [row["uid"] for row in nodes(ask(client, PAGES, **variables)["wikiPages"])]


def test_a_page_with_what_hangs_on_it(people: People, page: Page, bearer: Bearer) -> None:
    child = a_page(space=page.space, parent=page, title="Below", text="See [[run-it]].", tags=["x"])
    entity = EntityFactory(name="fraud")
    update_page(actor=SYSTEM, page=page, changes={}, documents=[entity.ref])
    rows = {row["uid"]: row for row in nodes(ask(bearer("kim"), PAGES, first=50)["wikiPages"])}
    row = rows[page.uid]
    home = Page.objects.get(space=page.space, depth=1)
    assert (row["freshness"], row["parentUid"], rows[home.uid]["parentUid"]) == ("UNVERIFIED", home.uid, None)
    assert rows[child.uid]["parentUid"] == page.uid
    assert nodes(row["links"]) == [{"kind": "ABOUT", "target": None, "entity": {"ref": entity.ref}}]
    assert nodes(row["backlinks"]) == [{"source": {"uid": child.uid}}]
    assert row["revision"]["text"] == "# Start\n\nWords.\n"
    assert row["url"].endswith("/wiki/p/run-it-1/")
    assert row["abilities"] == {"change": False, "comment": True}


def test_pages_are_narrowed_and_sorted(people: People, page: Page, bearer: Bearer) -> None:
    kim = bearer("kim")
    child = a_page(space=page.space, parent=page, title="A child", tags=["on-call"], template="runbook")
    old = archive_page(actor=SYSTEM, page=a_page(space=page.space, title="Old"))
    assert uids(kim, filter={"parent": page.uid}) == [child.uid]
    assert uids(kim, filter={"tag": ["on-call"], "template": "RUNBOOK"}) == [child.uid]
    assert uids(kim, filter={"state": "ARCHIVED"}) == [old.uid]
    assert uids(kim, filter={"freshness": "VERIFIED"}) == []
    assert uids(kim, filter={"space": "risk"})[:2] == [child.uid, page.uid]
    assert uids(kim, filter={"space": "risk"}, orderBy="RECENTLY_CHANGED")[0] == child.uid
    assert uids(kim, search="start") == [page.uid]


def test_one_page_by_uid_or_address(people: People, page: Page, bearer: Bearer) -> None:
    kim = bearer("kim")
    assert ask(kim, ONE, uid=page.uid)["wikiPage"] == {"uid": page.uid}
    rename_page(actor=SYSTEM, page=page, slug="elsewhere")
    for slug in ("elsewhere", "run-it"):
        assert ask(kim, ONE, space="risk", slug=slug)["wikiPage"] == {"uid": page.uid}
    assert code(kim, ONE) == code(kim, ONE, uid=page.uid, space="risk") == "invalid"
    assert code(kim, ONE, uid="nothing-here") == "not_found"


def test_a_restricted_page_appears_nowhere(people: People, page: Page, bearer: Bearer) -> None:
    entity = EntityFactory(name="fraud")
    hidden = a_page("restricted", title="HUSH", text="HUSH [[run-it]]", space=page.space)
    update_page(actor=SYSTEM, page=hidden, changes={}, documents=[entity.ref])
    about = "query ($ref: String!) { pagesAbout(ref: $ref) { edges { node { uid title } } } }"
    for name, sees in (("kim", False), ("chloe", False), ("ada", True)):
        client = bearer(name)
        assert ("HUSH" in repr(ask(client, PAGES, first=50))) is sees
        assert bool(nodes(ask(client, about, ref=entity.ref)["pagesAbout"])) is sees
        if not sees:
            assert {code(client, ONE, uid=hidden.uid), code(client, READING, uid=hidden.uid)} == {"not_found"}
            assert code(client, ADD, input={"page": hidden.uid, "text": "x"}) == "not_found"


def test_a_hidden_entity_is_not_told_by_what_documents_it(people: People, page: Page, bearer: Bearer) -> None:
    shy = EntityFactory(name="shy", visibility="restricted")
    update_page(actor=SYSTEM, page=page, changes={}, documents=[shy.ref])
    query = '{ wikiPage(uid: "run-it-1") { links { edges { node { written entity { ref } } } } } }'
    assert nodes(ask(bearer("kim"), query)["wikiPage"]["links"]) == []
    assert nodes(ask(bearer("ada"), query)["wikiPage"]["links"])[0]["entity"] == {"ref": shy.ref}


def test_the_html_is_the_readers_own(people: People, page: Page, bearer: Bearer) -> None:
    hidden = a_page("restricted", title="Quiet", space=page.space)
    save_page(actor=people.ada, page=page, text="# Now\n\n[[quiet]]\n", base=1)
    ada, kim = (ask(bearer(name), READING, uid=page.uid)["wikiReading"] for name in ("ada", "kim"))
    assert hidden.get_absolute_url() in ada["html"] and hidden.get_absolute_url() not in kim["html"]
    assert kim["outline"] == [{"level": 1, "anchor": "h-now", "title": "Now"}]
    old = ask(bearer("kim"), READING, uid=page.uid, n=1)["wikiReading"]
    assert (old["revision"], "Words." in old["html"]) == (1, True)
    assert code(bearer("kim"), READING, uid=page.uid, n=-5) == "not_found"


def test_readers_comment_and_authors_settle(people: People, page: Page, bearer: Bearer) -> None:
    kim = bearer("kim")
    said = ask(kim, ADD, input={"page": page.uid, "text": "Is it so?"})["addComment"]["comment"]
    assert (said["text"], said["author"]) == ("Is it so?", {"username": "kim"})
    answer = ask(bearer("ada"), ADD, input={"page": page.uid, "text": "Yes.", "answers": said["id"]})
    assert answer["addComment"]["comment"]["text"] == "Yes."
    with nothing_changes():
        assert code(bearer("chloe"), RESOLVE, input={"id": said["id"]}) == "forbidden"
        assert code(kim, ADD, input={"page": page.uid, "text": "  "}) == "invalid"
        assert code(kim, ADD, input={"page": page.uid, "text": "x" * 30_000}) == "invalid"
        assert (
            code(kim, ADD, input={"page": page.uid, "text": "x", "answers": to_global_id("WikiPage", 1)})
            == "not_found"
        )
        assert code(bearer("kim", "read"), ADD, input={"page": page.uid, "text": "x"}) == "forbidden"
    assert ask(kim, RESOLVE, input={"id": said["id"]})["resolveComment"]["comment"]["resolvedAt"]
    assert Comment.objects.get(answers=None).resolved_by == people.kim


def test_statements_do_not_grow(people: People, page: Page, bearer: Bearer) -> None:
    client, counts = bearer("ada"), []
    for rows in (2, 6):
        for number in range(rows):
            child = a_page(space=page.space, parent=page, text="[[run-it]]")
            ask(client, ADD, input={"page": child.uid, "text": str(number)})
        ask(client, PAGES, first=50)
        with CaptureQueriesContext(connection) as captured:
            ask(client, PAGES, first=50)
        counts.append(len(captured))
    assert counts[0] == counts[1], counts


@pytest.mark.parametrize("value", ["\x00", "x" * 100_000, "\\", "'", "🔥", "-1", ""])
def test_hostile_words_are_words(people: People, page: Page, bearer: Bearer, value: str) -> None:
    """No question of odd words fails inside; with NUL it is refused, else there is just nothing."""
    from tests.portal.graphql_client import post

    client = bearer("ada")
    for query, variables in (
        (ONE, {"uid": value}),
        (ONE, {"space": value, "slug": value}),
        (READING, {"uid": value}),
        (PAGES, {"search": value, "filter": {"space": value, "parent": value, "tag": [value]}}),
        (ADD, {"input": {"page": value, "text": "x", "answers": value}}),
        (RESOLVE, {"input": {"id": value}}),
    ):
        answer = post(client, query, **variables)
        assert answer.status_code < 500
        codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
        assert codes <= {"not_found", "invalid", "too_large", "bad_request"}, (query, codes)
