"""Spaces, comments, files and broken links over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.wiki.actions.comments import add_comment
from apps.wiki.models import Attachment, Comment, Page, Space
from tests.personas import People
from tests.traces import nothing_changes
from tests.wiki.making import a_page, a_space

SPACES = "/api/v1/wiki-spaces/"
PAGES = "/api/v1/wiki-pages/"
COMMENTS = "/api/v1/wiki-comments/"
JSON = "application/json"
Bearer = Callable[..., Client]


def send(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, body, content_type=JSON)


@pytest.fixture
def space(people: People) -> Space:
    return a_space(slug="risk")


@pytest.fixture
def page(space: Space) -> Page:
    return a_page(space=space, title="Run it")


def test_a_member_opens_a_space_of_their_team(people: People, bearer: Bearer) -> None:
    answer = send(bearer("ben"), SPACES, slug="fraud", title="Fraud", visibility="unit", text="Welcome.")
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["owner"], row["visibility"], row["verify_every_days"]) == ("risk-ml", "unit", None)
    home = Page.objects.get(space__slug="fraud")
    assert home.revision is not None and home.revision.text == "Welcome.\n"
    assert bearer("chloe").get(f"{SPACES}fraud/").status_code == 404
    assert send(bearer("ben"), SPACES, slug="fraud", title="Again").status_code == 409
    assert send(bearer("ben"), SPACES, slug="search", title="Reserved").status_code == 409
    with nothing_changes():
        assert send(bearer("kim"), SPACES, slug="mine", title="Mine").status_code == 403
        assert send(bearer("ben"), SPACES, slug="mine", title="Mine", team="claims-ai").status_code == 403


def test_a_space_changes_by_version(people: People, space: Space, bearer: Bearer) -> None:
    ada, address = bearer("ada"), f"{SPACES}risk/"
    row = ada.patch(
        address, {"title": "Risk", "verify_every_days": 90, "version": 1}, content_type=JSON
    ).json()
    assert (row["title"], row["verify_every_days"], row["version"]) == ("Risk", 90, 2)
    with nothing_changes():
        assert ada.patch(address, {"title": "X", "version": 1}, content_type=JSON).status_code == 409
        assert ada.patch(address, {"title": "X"}, content_type=JSON).status_code == 428
        assert ada.patch(address, {"slug": "x", "version": 2}, content_type=JSON).status_code == 400
        assert (
            bearer("kim").patch(address, {"title": "X", "version": 2}, content_type=JSON).status_code == 403
        )


def test_a_space_is_hidden_granted_and_handed_over(
    people: People, space: Space, page: Page, bearer: Bearer
) -> None:
    ada, kim, address = bearer("ada"), bearer("kim"), f"{SPACES}risk/"
    assert send(ada, f"{address}visibility/", visibility="restricted").status_code == 200
    assert kim.get(address).status_code == kim.get(f"{PAGES}{page.uid}/").status_code == 404
    assert send(ada, f"{address}grants/", user="kim", permission="view").status_code == 201
    assert kim.get(address).status_code == kim.get(f"{PAGES}{page.uid}/").status_code == 200
    assert [row["slug"] for row in kim.get(f"{SPACES}?team=risk-ml").json()["results"]] == ["risk"]
    assert ada.get(f"{address}grants/").json()["results"] == [
        {"kind": "user", "grantee": "kim", "permission": "view"}
    ]
    assert ada.delete(f"{address}grants/?user=kim&permission=view").status_code == 204
    assert send(ada, f"{address}grants/", permission="view").status_code == 409
    assert send(ada, f"{address}owner/", owner="claims-ai").status_code == 204
    assert ada.get(address).status_code == 404
    assert bearer("chloe").get(address).json()["owner"] == "claims-ai"


def test_broken_links_are_those_that_lead_nowhere_for_the_caller(
    people: People, space: Space, bearer: Bearer
) -> None:
    a_page("restricted", title="Quiet", space=space)
    source = a_page(space=space, title="Source", text="[[nowhere]] and [[quiet]] and [[source]]")
    address = f"{SPACES}risk/broken-links/"
    written = {
        name: [(row["page"]["uid"], row["written"]) for row in bearer(name).get(address).json()["results"]]
        for name in ("ada", "kim")
    }
    assert written["ada"] == [(source.uid, "nowhere")]
    assert written["kim"] == [(source.uid, "nowhere"), (source.uid, "quiet")]
    a_space("restricted", slug="closed")
    assert bearer("kim").get(f"{SPACES}closed/broken-links/").status_code == 404


def test_readers_comment_answer_settle_and_withdraw(people: People, page: Page, bearer: Bearer) -> None:
    kim, address = bearer("kim"), f"{PAGES}{page.uid}/comments/"
    first = send(kim, address, text="Is it so?")
    assert (first.status_code, first.json()["author"]) == (201, "kim")
    pk = first.json()["id"]
    answer = send(bearer("ada"), address, text="Yes.", answers=pk).json()
    assert (answer["answers"], answer["page"]["uid"]) == (pk, page.uid)
    assert [row["text"] for row in kim.get(address).json()["results"]] == ["Is it so?", "Yes."]
    with nothing_changes():
        assert send(bearer("chloe"), f"{COMMENTS}{pk}/resolve/").status_code == 403
        assert send(kim, f"{COMMENTS}{answer['id']}/withdraw/").status_code == 403
        assert send(kim, f"{COMMENTS}{10**30}/withdraw/").status_code == 404
        assert send(kim, address, text="x", answers=10**18).status_code == 404
        assert send(kim, address, text="  ").status_code == 409
        assert send(kim, address, text="x" * 20_001).status_code == 400
    assert send(kim, f"{COMMENTS}{pk}/resolve/").json()["resolved_by"] == "kim"
    assert kim.get(f"{COMMENTS}?page={page.uid}&state=open").json()["results"] == []
    assert send(bearer("ada"), f"{COMMENTS}{pk}/reopen/").json()["resolved_at"] is None
    assert send(bearer("ada"), f"{COMMENTS}{answer['id']}/resolve/").status_code == 409
    assert send(kim, f"{COMMENTS}{pk}/withdraw/").json()["text"] == ""
    assert Comment.objects.get(pk=pk).withdrawn_at is not None


def test_comments_of_hidden_pages_are_hidden(people: People, page: Page, bearer: Bearer) -> None:
    hidden = a_page("restricted", space=page.space)
    comment = add_comment(actor=people.ada, page=hidden, text="HUSH")
    elsewhere = add_comment(actor=people.ada, page=page, text="Open")
    kim = bearer("kim")
    assert [row["id"] for row in kim.get(COMMENTS).json()["results"]] == [elsewhere.pk]
    assert kim.get(f"{COMMENTS}?page={hidden.uid}").json()["results"] == []
    with nothing_changes():
        assert kim.get(f"{COMMENTS}{comment.pk}/").status_code == 404
        assert send(kim, f"{COMMENTS}{comment.pk}/resolve/").status_code == 404
        assert send(kim, f"{PAGES}{page.uid}/comments/", text="x", answers=comment.pk).status_code == 404


def test_files_are_added_listed_and_removed(people: People, page: Page, bearer: Bearer) -> None:
    ada, address = bearer("ada"), f"{PAGES}{page.uid}/attachments/"
    answer = ada.post(address, {"file": SimpleUploadedFile("plan.txt", b"Words.\n")})
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["name"], row["size"], row["content_type"], row["uploaded_by"]) == (
        "plan.txt",
        7,
        "text/plain",
        "ada",
    )
    assert row["url"].startswith("http://testserver/wiki/attachments/")
    assert [file["name"] for file in bearer("kim").get(address).json()["results"]] == ["plan.txt"]
    with nothing_changes():
        assert bearer("kim").delete(f"{address}{row['id']}/").status_code == 403
        assert bearer("kim").post(address, {"file": SimpleUploadedFile("x.txt", b"x")}).status_code == 403
    assert ada.delete(f"{address}{row['id']}/").status_code == 204
    assert ada.get(address).json()["results"] == []
    assert ada.delete(f"{address}{row['id']}/").status_code == 404


def test_files_that_are_not_taken(people: People, page: Page, bearer: Bearer) -> None:
    ada, address = bearer("ada"), f"{PAGES}{page.uid}/attachments/"
    with nothing_changes():
        for name, data in (
            ("x.exe", b"MZ"),
            ("x", b"x"),
            ("x.png", b"no picture"),
            ("empty.txt", b""),
            ("..x", b"x"),
        ):
            answer = ada.post(address, {"file": SimpleUploadedFile(name, data)})
            assert answer.status_code in {400, 409}, (name, answer.status_code)
        assert ada.post(address, {"file": "text"}).status_code == 400
        assert ada.post(address, {}).status_code == 400
        assert ada.post(address, {"file": SimpleUploadedFile("x.txt", b"x"), "more": "y"}).status_code == 400
        json = ada.post(address, {"file": "x"}, content_type=JSON)
        assert (json.status_code, json.json()["detail"]) == (415, "The body must be multipart/form-data.")
        assert ada.generic("POST", address, b"garbage", "multipart/form-data; boundary=x").status_code == 400
        assert ada.generic("POST", address, b"garbage", "multipart/form-data").status_code == 400
        huge = SimpleUploadedFile("x.txt", b"x" * (10 * 2**20 + 1))
        assert ada.post(address, {"file": huge}).status_code == 413
    assert not Attachment.objects.exists()


HOSTILE: list[Any] = [
    [],
    "x",
    5,
    None,
    {"slug": 5},
    {"slug": "x", "title": "\x00"},
    {"slug": "x" * 10_000, "title": "x"},
    {"slug": "x", "title": "x", "verify_every_days": 0},
    {"slug": "x", "title": "x", "y": 1},
]


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_spaces_are_refused(people: People, bearer: Bearer, body: Any) -> None:
    with nothing_changes():
        assert bearer("ada").post(SPACES, body, content_type=JSON).status_code == 400
