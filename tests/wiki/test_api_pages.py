"""Pages over REST: reading as the caller may, writing by actions, and nothing lost in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.wiki.actions.editing import create_page, save_page
from apps.wiki.actions.placing import archive_page, grant_page
from apps.wiki.actions.settings import update_page
from apps.wiki.models import Acknowledgement, Page, Revision, Space, Watch
from tests.factories import EntityFactory
from tests.personas import People
from tests.traces import nothing_changes
from tests.wiki.making import a_page, a_space

LIST = "/api/v1/wiki-pages/"
Bearer = Callable[..., Client]
JSON = "application/json"


def at(page: Page, more: str = "") -> str:
    return f"{LIST}{page.uid}/{more}"


def send(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, body, content_type=JSON)


@pytest.fixture
def space(people: People) -> Space:
    return a_space(slug="risk")


@pytest.fixture
def page(space: Space) -> Page:
    return a_page(space=space, title="Run it", text="# Start\n\none\n\ntwo\n\nthree\n", uid="run-it-1")


def uids(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"{LIST}?limit=100{query}")
    assert answer.status_code == 200, answer.content
    return [row["uid"] for row in answer.json()["results"]]


def test_a_page_is_read_with_text_html_and_what_one_may_do(page: Page, bearer: Bearer) -> None:
    row = bearer("kim").get(at(page)).json()
    assert (row["text"], row["revision"], row["space"]) == (page.revision.text, 1, "risk")  # type: ignore[union-attr]
    assert "<p>one</p>" in row["html"]
    assert row["outline"] == [{"level": 1, "id": "h-start", "title": "Start"}]
    assert row["parent"]["title"] == "Space risk"
    assert (row["freshness"], row["documents"], row["owner"]) == ("unverified", [], "risk-ml")
    assert row["abilities"]["comment"] and not row["abilities"]["change"]


def test_a_page_is_found_by_id_too(page: Page, bearer: Bearer) -> None:
    assert bearer("kim").get(f"{LIST}{page.pk}/").json()["uid"] == page.uid
    assert bearer("kim").get(f"{LIST}{10**18}/").status_code == 404
    assert bearer("kim").get(f"{LIST}{'9' * 19}/").status_code == 404


def test_the_html_is_the_readers_own(people: People, space: Space, bearer: Bearer) -> None:
    hidden = a_page("restricted", title="Quiet", space=space)
    EntityFactory(name="shy", visibility="restricted", title="Shy model")
    shown = a_page(space=space, title="Open", text="[[quiet]] and\n\n{{model:retail-banking/shy}}\n")
    ada, kim = (bearer(name).get(at(shown)).json()["html"] for name in ("ada", "kim"))
    assert hidden.get_absolute_url() in ada and "Shy model" in ada
    assert hidden.get_absolute_url() not in kim and "Shy model" not in kim


def test_a_restricted_page_appears_nowhere(people: People, space: Space, bearer: Bearer) -> None:
    open_page = a_page(space=space, title="Open")
    hidden = a_page("restricted", title="HUSH", text="HUSH [[open]]", space=space, uid="hush-hush")
    entity = EntityFactory(name="fraud")
    update_page(actor=SYSTEM, page=hidden, changes={}, documents=[entity.ref])
    below = (
        "",
        "revisions/",
        "revisions/1/",
        "comments/",
        "attachments/",
        "backlinks/",
        "grants/",
        "acknowledgements/",
    )
    for name, sees in (("kim", False), ("chloe", False), ("ada", True)):
        client = bearer(name)
        assert (hidden.uid in uids(client)) is sees
        assert (hidden.uid in uids(client, "&q=hush")) is sees
        links = client.get(at(open_page, "backlinks/")).json()["results"]
        assert bool(links) is sees
        statuses = {client.get(at(hidden, part)).status_code for part in below}
        assert statuses == ({200} if sees else {404}), name
        assert client.get(f"{LIST}{hidden.pk}/").status_code == (200 if sees else 404)


def test_what_a_page_documents_is_shown_where_it_is_seen(people: People, page: Page, bearer: Bearer) -> None:
    fraud, shy = EntityFactory(name="fraud"), EntityFactory(name="shy", visibility="restricted")
    ada = bearer("ada")
    answer = ada.patch(
        at(page), {"documents": [fraud.ref, shy.ref], "version": page.version}, content_type=JSON
    )
    assert [row["ref"] for row in answer.json()["documents"]] == [fraud.ref, shy.ref]
    assert [row["ref"] for row in bearer("kim").get(at(page)).json()["documents"]] == [fraud.ref]


def test_the_list_is_narrowed(people: People, space: Space, page: Page, bearer: Bearer) -> None:
    kim, home = bearer("kim"), Page.objects.get(space=space, depth=1)
    child = a_page(space=space, parent=page, title="Below", tags=["on-call"], template="runbook")
    old = archive_page(actor=SYSTEM, page=a_page(space=space, title="Old"))
    elsewhere = a_page(title="Elsewhere")
    assert set(uids(kim)) >= {home.uid, page.uid, child.uid, elsewhere.uid} and old.uid not in uids(kim)
    assert uids(kim, "&space=risk") == [child.uid, page.uid, home.uid]  # by title
    assert uids(kim, f"&parent={home.uid}") == [page.uid]
    assert uids(kim, f"&parent={page.uid}&tag=on-call&template=runbook") == [child.uid]
    assert uids(kim, "&tag=on-call&tag=other") == []
    assert uids(kim, "&state=archived") == [old.uid]
    assert uids(kim, "&space=risk&sort=-updated_at")[0] in {child.uid, old.uid}
    assert uids(kim, "&q=three") == [page.uid] and uids(kim, "&q=%26%7C%21%28%29") == []
    assert uids(kim, "&freshness=verified") == []
    assert "text" not in kim.get(LIST).json()["results"][0]


def test_a_hidden_parent_has_no_children(people: People, space: Space, bearer: Bearer) -> None:
    hidden = a_page("restricted", title="Quiet", space=space)
    child = a_page(space=space, parent=hidden, title="Child")
    grant_page(actor=SYSTEM, page=child, grantee=people.kim, permission="view")
    kim = bearer("kim")
    assert child.uid in uids(kim) and uids(kim, f"&parent={hidden.uid}") == []
    assert kim.get(at(child)).json()["parent"] is None


def test_statements_do_not_grow(people: People, space: Space, page: Page, bearer: Bearer) -> None:
    client, counts = bearer("ada"), []
    for rows in (2, 6):
        for number in range(rows):
            update_page(
                actor=SYSTEM, page=a_page(space=space, text="[[run-it]]"), changes={"verifier": people.ben}
            )
            send(client, at(page, "comments/"), text=f"{number}")
            save_page(
                actor=people.ada,
                page=page,
                text=f"{rows} {number}",
                base=Revision.objects.filter(page=page).count(),
            )
        for part in ("", "?limit=100", "revisions/", "comments/", "backlinks/"):
            address = f"{LIST}{part}" if part.startswith("?") else at(page, part)
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append((part, len(captured)))
    assert counts[:5] == counts[5:], counts
    # the caller's token and standing, and the page of the list
    assert dict(counts)["?limit=100"] == 3


def test_somebody_who_may_writes_a_page(people: People, space: Space, bearer: Bearer) -> None:
    answer = send(
        bearer("ben"),
        LIST,
        space="risk",
        title="New one",
        text="Words.",
        template="how-to",
        tags=["a"],
        summary="why",
    )
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["slug"], row["template"], row["tags"], row["revision"]) == ("new-one", "how-to", ["a"], 1)
    below = send(bearer("ben"), LIST, space="risk", title="Under", parent=row["uid"], narrowed="unit").json()
    assert (below["parent"]["uid"], below["visibility"]) == (row["uid"], "unit")
    assert Event.objects.filter(verb="wiki.page.created", target_id=row["id"], actor=people.ben).exists()


def test_a_parent_stands_in_the_space(people: People, space: Space, bearer: Bearer) -> None:
    other = a_page()
    with nothing_changes():
        answer = send(bearer("ada"), LIST, space="risk", title="New", parent=other.uid)
        assert send(bearer("ada"), LIST, space="nowhere", title="New").status_code == 404
        assert send(bearer("kim"), LIST, space="risk", title="New").status_code == 403
    assert (answer.status_code, list(answer.json()["errors"])) == (409, ["parent"])


def test_a_stale_text_is_merged(people: People, page: Page, bearer: Bearer) -> None:
    ada = bearer("ada")
    theirs = send(bearer("ben"), at(page, "revisions/"), text="# Start\n\nONE\n\ntwo\n\nthree\n", base=1)
    assert (theirs.status_code, theirs.json()["number"], theirs.json()["merged"]) == (201, 2, False)
    mine = send(ada, at(page, "revisions/"), text="# Start\n\none\n\ntwo\n\nTHREE\n", base=1, title="Run")
    assert mine.status_code == 201, mine.content
    assert (mine.json()["merged"], mine.json()["text"]) == (True, "# Start\n\nONE\n\ntwo\n\nTHREE\n")
    same = send(ada, at(page, "revisions/"), text=mine.json()["text"], base=3)
    assert (same.status_code, same.json()["number"]) == (200, 3)
    rows = ada.get(at(page, "revisions/")).json()["results"]
    assert [(row["number"], row["author"], row["base"]) for row in rows] == [
        (3, "ada", 1),
        (2, "ben", 1),
        (1, None, None),
    ]
    assert "text" not in rows[0]
    assert ada.get(at(page, "revisions/1/")).json()["text"].startswith("# Start\n\none")
    assert ada.get(at(page, "revisions/9/")).status_code == 404


def test_a_conflict_says_what_both_wrote_and_changes_nothing(
    people: People, page: Page, bearer: Bearer
) -> None:
    send(bearer("ben"), at(page, "revisions/"), text="# Start\n\nONE\n\ntwo\n\nthree\n", base=1)
    with nothing_changes():
        answer = send(bearer("ada"), at(page, "revisions/"), text="# Start\n\nuno\n\ntwo\n\nthree\n", base=1)
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (409, "application/problem+json")
    assert (body["code"], body["current_revision"]) == ("edit_conflict", 2)
    clash = next(hunk for hunk in body["hunks"] if hunk["kind"] == "conflict")
    assert (clash["base"], clash["theirs"], clash["mine"]) == (["one\n"], ["ONE\n"], ["uno\n"])


def test_a_stale_frame_is_refused(people: People, page: Page, bearer: Bearer) -> None:
    ada = bearer("ada")
    first = ada.patch(at(page), {"tags": ["a"], "version": page.version}, content_type=JSON)
    assert (first.status_code, first.json()["tags"]) == (200, ["a"])
    with nothing_changes():
        stale = ada.patch(at(page), {"tags": ["b"], "version": page.version}, content_type=JSON)
        missing = ada.patch(at(page), {"tags": ["b"]}, content_type=JSON)
    assert (stale.status_code, stale.json()["current_version"]) == (409, page.version + 1)
    assert missing.status_code == 428
    header = ada.patch(
        at(page), {"tags": ["c"]}, content_type=JSON, headers={"If-Match": f'"{page.version + 1}"'}
    )
    assert header.status_code == 200


def test_a_verifier_takes_the_place_of_a_team(people: People, page: Page, bearer: Bearer) -> None:
    ada = bearer("ada")

    def change(**fields: Any) -> Any:
        version = Page.objects.get(pk=page.pk).version
        return ada.patch(at(page), fields | {"version": version}, content_type=JSON)

    assert change(verifier_team="risk-ml", verify_every_days=30).json()["verifier_team"] == "risk-ml"
    row = change(verifier="ben", acknowledged_by="team").json()
    assert (row["verifier"], row["verifier_team"], row["acknowledged_by"]) == ("ben", None, "team")
    row = change(verifier_team="risk-ml", acknowledged_by=None).json()
    assert (row["verifier"], row["verifier_team"], row["acknowledged_by"]) == (None, "risk-ml", "")
    assert change(verifier="ben", verifier_team="risk-ml").status_code == 409
    assert change(verifier="nobody-here").status_code == 404


def test_history_comes_back_and_secrets_go(people: People, page: Page, bearer: Bearer) -> None:
    save_page(actor=people.ada, page=page, text="secret", base=1)
    row = send(bearer("ada"), at(page, "restore/"), revision=1).json()
    assert (row["revision"], "three" in row["text"]) == (3, True)
    assert send(bearer("ada"), at(page, "redact/"), revision=2, reason="A key.").status_code == 403
    esther = bearer("esther")
    assert send(esther, at(page, "redact/"), revision=3, reason="A key.").status_code == 409
    assert send(esther, at(page, "redact/"), revision=2, reason="A key.").status_code == 200
    gone = esther.get(at(page, "revisions/2/")).json()
    assert (gone["text"], gone["redacted_at"] is not None) == ("", True)
    assert send(bearer("ada"), at(page, "restore/"), revision=2).status_code == 409


def test_pages_are_renamed_moved_and_archived(
    people: People, space: Space, page: Page, bearer: Bearer
) -> None:
    ada, other = bearer("ada"), a_page(space=space, title="Other")
    assert send(ada, at(page, "rename/"), slug="Run this").json()["slug"] == "run-this"
    assert send(ada, at(page, "rename/"), slug="!!").status_code == 409
    moved = send(ada, at(page, "move/"), target=other.uid, position="first-child")
    assert moved.json()["parent"]["uid"] == other.uid
    assert send(ada, at(other, "move/"), target=page.uid).status_code == 409
    assert send(ada, at(page, "archive/"), version=1).status_code == 409
    assert send(ada, at(page, "archive/")).json()["state"] == "archived"
    assert send(ada, at(page, "unarchive/")).json()["state"] == "current"


def test_pages_are_narrowed_and_granted(people: People, page: Page, bearer: Bearer) -> None:
    ada, kim = bearer("ada"), bearer("kim")
    assert send(ada, at(page, "visibility/"), narrowed="restricted").json()["visibility"] == "restricted"
    assert kim.get(at(page)).status_code == 404
    given = send(ada, at(page, "grants/"), user="kim", permission="view")
    assert (given.status_code, given.json()["results"][0]["grantee"]) == (201, "kim")
    assert kim.get(at(page)).status_code == 200
    assert ada.delete(at(page, "grants/?user=kim&permission=view")).status_code == 204
    assert kim.get(at(page)).status_code == 404
    assert send(ada, at(page, "visibility/"), narrowed=None).json()["visibility"] == "company"


def test_pages_are_vouched_for(people: People, page: Page, bearer: Bearer) -> None:
    ada = bearer("ada")
    row = send(ada, at(page, "verify/"), revision=1).json()
    assert (row["freshness"], row["verified_until"] is not None) == ("verified", True)
    assert page.uid in uids(ada, "&freshness=verified")
    assert send(ada, at(page, "unverify/"), note="Wrong.").json()["freshness"] == "unverified"
    save_page(actor=people.ben, page=page, text="else", base=1)
    with nothing_changes():
        stale = send(ada, at(page, "verify/"), revision=1)
    assert (stale.status_code, stale.json()["current_revision"]) == (409, 2)


def test_a_policy_is_acknowledged_and_its_keepers_see_by_whom(
    people: People, page: Page, bearer: Bearer
) -> None:
    ben, readers = bearer("ben"), at(page, "acknowledgements/")
    assert send(ben, at(page, "acknowledge/"), revision=1).status_code == 409
    update_page(actor=SYSTEM, page=page, changes={"acknowledged_by": "team"})
    assert send(ben, at(page, "acknowledge/"), revision=1).status_code == 200
    assert Acknowledgement.objects.get().user == people.ben
    rows = {row["username"]: row for row in bearer("ada").get(readers).json()["results"]}
    assert rows["ben"]["last_revision"] == 1 and rows["ada"]["acknowledged_at"] is None
    missing = bearer("ada").get(f"{readers}?missing=true").json()["results"]
    assert "ben" not in {row["username"] for row in missing}
    assert bearer("kim").get(readers).status_code == 403


def test_anybody_watches_what_they_see(people: People, page: Page, bearer: Bearer) -> None:
    kim = bearer("kim")
    assert send(kim, at(page, "watch/"), subtree=True).json()["subtree"] is True
    assert Watch.objects.get().user == people.kim
    assert kim.delete(at(page, "watch/")).status_code == 204
    assert not Watch.objects.exists()
    assert send(kim, at(a_page("restricted"), "watch/")).status_code == 404


def writes(page: Page) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("revisions/", {"text": "mine", "base": 1}),
        ("restore/", {"revision": 1}),
        ("redact/", {"revision": 1, "reason": "x"}),
        ("rename/", {"slug": "mine"}),
        ("move/", {"target": page.uid}),
        ("visibility/", {"narrowed": "unit"}),
        ("archive/", {}),
        ("unarchive/", {}),
        ("verify/", {"revision": 1}),
        ("unverify/", {}),
        ("acknowledge/", {"revision": 1}),
        ("watch/", {}),
        ("comments/", {"text": "x"}),
        ("grants/", {"team": "claims-ai", "permission": "view"}),
    ]


def test_a_token_that_may_only_read_writes_nothing(people: People, page: Page, bearer: Bearer) -> None:
    client = bearer("ada", "read")
    with nothing_changes():
        for part, body in writes(page):
            answer = client.post(at(page, part), body, content_type=JSON)
            assert answer.status_code == 403, (part, answer.status_code)
        assert client.patch(at(page), {"tags": [], "version": 1}, content_type=JSON).status_code == 403
        assert client.delete(at(page, "watch/")).status_code == 403
        assert send(client, LIST, space="risk", title="x").status_code == 403


HOSTILE: list[Any] = [
    "\x00",
    "\ud800",
    "x" * 600_000,
    "é" * 300_000,
    "",
    None,
    True,
    10**30,
    -1,
    1.5,
    [],
    ["x"],
    {},
    {"a": {"b": []}},
]


@pytest.mark.parametrize("name", ["text", "base", "title", "summary", "unknown", "version"])
def test_hostile_revisions_are_refused(people: People, page: Page, bearer: Bearer, name: str) -> None:
    client = bearer("ada")
    for value in HOSTILE:
        with nothing_changes():
            body = {"text": "x", "base": 1, "title": ""} | {name: value}
            answer = client.post(at(page, "revisions/"), body, content_type=JSON)
        assert 400 <= answer.status_code < 500, (name, repr(value)[:40], answer.status_code)


@pytest.mark.parametrize(
    "part", ["", "move/", "rename/", "verify/", "comments/", "grants/", "visibility/", "redact/"]
)
def test_hostile_bodies_are_refused(people: People, page: Page, bearer: Bearer, part: str) -> None:
    client = bearer("ada")
    for body in (
        [],
        "x",
        5,
        None,
        {"a": 1},
        {"target": 5},
        {"slug": "\x00"},
        {"text": []},
        {"revision": 10**30},
    ):
        with nothing_changes():
            answer = client.post(at(page, part), body, content_type=JSON)
        assert 400 <= answer.status_code < 500, (part, body, answer.status_code)


@pytest.mark.parametrize(
    "address",
    ["?q=%00", "?space=%ff", "?parent=x", "?sort=x", "?x=1", "?tag=", "?state=gone", "?cursor=x", "run-it-1%0A/",
     "RUN-IT-1/", "x/", "run-it-1/revisions/0/", "run-it-1/revisions/9999999999/", "run-it-1/nowhere/"],
)  # fmt: skip
def test_odd_addresses_are_refused(people: People, page: Page, bearer: Bearer, address: str) -> None:
    assert 400 <= bearer("ada").get(f"{LIST}{address}").status_code < 500


def test_odd_searches_are_just_searches(people: People, page: Page, bearer: Bearer) -> None:
    for words in ("C%2B%2B (a) AND %22", "'", "\\", "%F0%9F%94%A5", "a:*"):
        assert bearer("ada").get(f"{LIST}?q={words}").status_code == 200


def test_pages_of_a_space_that_one_does_not_see(people: People, bearer: Bearer) -> None:
    """A grant on one page alone shows that page; its space stays hidden."""
    closed = a_space("restricted", slug="closed")
    page = create_page(actor=SYSTEM, space=closed, title="Shared", text="x")
    grant_page(actor=SYSTEM, page=page, grantee=people.kim, permission="view")
    kim = bearer("kim")
    assert kim.get(at(page)).status_code == 200
    assert kim.get("/api/v1/wiki-spaces/closed/").status_code == 404
    assert uids(kim, "&space=closed") == [page.uid]


def test_the_largest_page_may_come_in_escapes(bearer: Bearer, space: Space) -> None:
    """A client may write every character as six bytes; the page's own limit decides, not the body's."""
    text, ada = "x" * (512 * 1024), bearer("ada")
    escaped = "\\u0078" * len(text)
    made = ada.post(LIST, f'{{"space": "risk", "title": "Long", "text": "{escaped}"}}', content_type=JSON)
    assert made.status_code == 201 and Page.objects.get(title="Long").revision.text.strip() == text
    page = Page.objects.get(title="Long")
    saved = ada.post(at(page, "revisions/"), f'{{"base": 1, "text": "y{escaped[6:]}"}}', content_type=JSON)
    assert saved.status_code == 201 and Revision.objects.filter(page=page).count() == 2
    body = f'{{"base": 2, "text": "{"x" * 5 * 2**20}"}}'
    assert ada.post(at(page, "revisions/"), body, content_type=JSON).status_code == 413
    assert Revision.objects.filter(page=page).count() == 2
