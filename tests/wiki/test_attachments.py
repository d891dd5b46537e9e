"""Files beside a page: what is taken, under which name, who gets it, and how it is served."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.errors import Forbidden, Invalid, NotFound, TooLarge
from apps.core.models import Event
from apps.wiki.actions.attachments import attach, cleaned_name, remove_attachment
from apps.wiki.actions.placing import narrow_page
from apps.wiki.file_types import type_of
from apps.wiki.models import Attachment, Blob, Page
from apps.wiki.vocabulary import LARGEST_ATTACHMENT
from tests.personas import People
from tests.wiki.making import a_page

SignedIn = Callable[[str], Client]
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def _files(settings: Any, tmp_path: Path) -> None:
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path), "base_url": None},
        }
    }


@pytest.fixture
def page(people: People) -> Page:
    return a_page(title="Run it", text="![plan](plan.png)")


def _zip(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return packed.getvalue()


TAKEN = [
    ("a.png", PNG, "image/png"),
    ("a.JPG", b"\xff\xd8\xff\xe0" + b"\0" * 9, "image/jpeg"),
    ("a.gif", b"GIF89a....", "image/gif"),
    ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ("a.pdf", b"%PDF-1.7\n", "application/pdf"),
    ("a.csv", "größe;1\n".encode(), "text/csv"),
    ("a.md", b"# Words", "text/markdown"),
    ("a.json", b"{}", "application/json"),
    ("a.yml", b"a: 1", "application/yaml"),
    ("a.ipynb", b'{"cells": []}', "application/x-ipynb+json"),
    ("a.zip", _zip("notes.txt"), "application/zip"),
    (
        "a.xlsx",
        _zip("[Content_Types].xml", "xl/workbook.xml"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("a.parquet", b"PAR1" + b"\0" * 12 + b"PAR1", "application/vnd.apache.parquet"),
]
REFUSED = [
    ("a.svg", SVG),
    ("a.html", b"<script>alert(1)</script>"),
    ("a.exe", b"MZ\x90\0"),
    ("a.png", SVG),
    ("a.png", b"%PDF-1.7"),
    ("a.pdf", PNG),
    ("a.docx", _zip("[Content_Types].xml", "xl/workbook.xml")),
    ("a.zip", b"PK\x03\x04 broken"),
    ("a.txt", b"\xff\xfeh\0i\0"),
    ("a.txt", "Größe".encode("latin-1")),
    ("a.csv", b"a\0b"),
    ("a.parquet", b"PAR1 and then nothing"),
    ("png", PNG),
    ("a.", PNG),
    ("a.png", b""),
]


@pytest.mark.parametrize(("name", "data", "content_type"), TAKEN)
def test_the_type_is_what_the_bytes_say(name: str, data: bytes, content_type: str) -> None:
    assert type_of(name, data) == content_type


@pytest.mark.parametrize(("name", "data"), REFUSED)
def test_what_is_not_taken_changes_nothing(people: People, page: Page, name: str, data: bytes) -> None:
    before = Event.objects.count()
    with pytest.raises(Invalid) as refusal:
        attach(actor=people.ada, page=page, name=name, data=data)
    assert refusal.value.errors["file"]
    assert (Attachment.objects.count(), Blob.objects.count(), Event.objects.count()) == (0, 0, before)


def test_an_svg_says_what_to_do_instead(people: People, page: Page) -> None:
    with pytest.raises(Invalid, match="can hold scripts"):
        attach(actor=people.ada, page=page, name="logo.svg", data=SVG)


def test_a_file_too_large_is_refused(people: People, page: Page) -> None:
    with pytest.raises(TooLarge):
        attach(actor=people.ada, page=page, name="a.txt", data=b"x" * (LARGEST_ATTACHMENT + 1))
    assert not Blob.objects.exists()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\temp\\plan.png", "plan.png"),
        ("/abs/plan.png", "plan.png"),
        ("a\x00b\nc.png", "ab-c.png"),
        ("invoice\u202egnp.png", "invoicegnp.png"),
        (" .hidden.png", "hidden.png"),
        ("a<b>|c?.png", "a-b-c.png"),
        ("100% [x](y).png", "100- -x-y.png"),
        ("größe.png", "größe.png"),
        ("x" * 300 + ".png", "x" * 146 + ".png"),
        ("a.png. . ", "a.png"),
    ],
)
def test_names_are_cleaned(written: str, kept: str) -> None:
    assert cleaned_name(written) == kept and len(kept) <= 150


@pytest.mark.parametrize("written", ["", "..", "/", "noending", ".png", "\u202e", "...", "a/"])
def test_names_without_a_name_are_refused(written: str) -> None:
    with pytest.raises(Invalid):
        cleaned_name(written)


def test_the_same_bytes_are_kept_once(people: People, page: Page) -> None:
    other = a_page()
    first = attach(actor=people.ada, page=page, name="a.png", data=PNG)
    again = attach(actor=people.ada, page=page, name="a.png", data=PNG)
    attach(actor=people.ben, page=other, name="b.png", data=PNG)
    assert first.pk == again.pk and Blob.objects.count() == 1
    assert Event.objects.filter(verb="wiki.page.attachment_added").count() == 2


def test_the_type_tells_nothing_of_other_pages(people, signed_in, page):
    """The same bytes under two names are of two types; which one came first somewhere hidden is not told."""
    hidden = a_page()
    narrow_page(actor=people.ada, page=hidden, narrowed="restricted")
    attach(actor=people.ada, page=hidden, name="salaries.csv", data=b"a,b")
    row = attach(actor=people.ada, page=page, name="notes.md", data=b"a,b")
    assert Blob.objects.count() == 1 and row.content_type == "text/markdown"
    assert signed_in("kim").get(row.get_absolute_url())["Content-Type"].startswith("text/markdown")
    assert Event.objects.filter(target_id=page.pk).latest("pk").data["type"] == "text/markdown"


def test_the_foot_of_the_page_leaves_out_what_the_text_shows(people, signed_in, page):
    attach(actor=people.ada, page=page, name="plan.png", data=PNG)
    assert "files-title" not in signed_in("kim").get(page.get_absolute_url()).content.decode()
    attach(actor=people.ada, page=page, name="other plan.png", data=PNG)
    attach(actor=people.ada, page=page, name="plan.csv", data=b"a,b")
    shown = signed_in("kim").get(page.get_absolute_url()).content.decode().partition('id="files-title"')[2]
    assert "other plan.png" in shown and "plan.csv" in shown and ">plan.png<" not in shown


def test_a_newer_file_of_the_name_is_served(people, signed_in, page):
    attach(actor=people.ada, page=page, name="a.txt", data=b"old")
    attach(actor=people.ada, page=page, name="a.txt", data=b"new")
    assert Attachment.objects.filter(page=page, removed_at=None).count() == 1
    answer = signed_in("kim").get(f"/wiki/attachments/{page.uid}/a.txt")
    assert b"".join(answer.streaming_content) == b"new"


def test_a_file_lost_from_the_disk_comes_back_with_its_bytes(people, signed_in, page, tmp_path):
    row = attach(actor=people.ada, page=page, name="a.txt", data=b"words")
    (tmp_path / row.blob.file.name).unlink()
    assert signed_in("kim").get(row.get_absolute_url()).status_code == 503
    attach(actor=people.ada, page=a_page(), name="b.txt", data=b"words")
    assert signed_in("kim").get(row.get_absolute_url()).status_code == 200


def test_downloads_are_harmless(people, signed_in, page):
    attach(actor=people.ada, page=page, name="größe 1.txt", data=b"<script>alert(1)</script>")
    client = signed_in("kim")
    answer = client.get(f"/wiki/attachments/{page.uid}/größe 1.txt")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"].startswith("attachment") and answer["Content-Type"].startswith(
        "text/plain"
    )
    assert "private" in answer["Cache-Control"] and "no-cache" in answer["Cache-Control"]
    attach(actor=people.ada, page=page, name="plan.png", data=PNG)
    picture = client.get(f"/wiki/attachments/{page.uid}/plan.png")
    assert picture["Content-Disposition"].startswith("inline") and picture["Content-Type"] == "image/png"
    same = client.get(f"/wiki/attachments/{page.uid}/plan.png", headers={"If-None-Match": picture["ETag"]})
    assert same.status_code == 304


def test_access_is_the_pages(people, signed_in, page):
    row = attach(actor=people.ada, page=page, name="plan.png", data=PNG)
    narrow_page(actor=people.ada, page=page, narrowed="restricted")
    assert signed_in("kim").get(row.get_absolute_url()).status_code == 404
    tag = {"If-None-Match": f'"{row.blob.sha256}"'}
    assert signed_in("kim").get(row.get_absolute_url(), headers=tag).status_code == 404
    assert signed_in("ben").get(row.get_absolute_url()).status_code == 200
    assert Client().get(row.get_absolute_url()).status_code == 302


@pytest.mark.parametrize("name", ["kim", "chloe"])
def test_readers_neither_attach_nor_remove(people, signed_in, page, name):
    row = attach(actor=people.ada, page=page, name="plan.png", data=PNG)
    before = Event.objects.count()
    with pytest.raises((Forbidden, NotFound)):
        attach(actor=people[name], page=page, name="mine.png", data=PNG)
    with pytest.raises((Forbidden, NotFound)):
        remove_attachment(actor=people[name], attachment=row)
    url = f"/wiki/p/{page.uid}/attachments/"
    assert signed_in(name).post(url, {"file": SimpleUploadedFile("x.png", PNG)}).status_code == 403
    assert signed_in(name).post(f"{url}{row.pk}/remove/").status_code == 403
    row.refresh_from_db()
    assert row.removed_at is None and (Attachment.objects.count(), Event.objects.count()) == (1, before)


def test_the_page_of_attachments_adds_and_removes(people, signed_in, page):
    client, url = signed_in("ada"), f"/wiki/p/{page.uid}/attachments/"
    files = [SimpleUploadedFile("a b.png", PNG), SimpleUploadedFile("evil.svg", SVG)]
    answer = client.post(url, {"file": files})
    shown = answer.content.decode()
    assert answer.status_code == 400 and "evil.svg" in shown and "![a b](a%20b.png)" in shown
    row = Attachment.objects.get()
    assert client.post(f"{url}{row.pk}/remove/").status_code == 302
    assert client.post(f"{url}{row.pk}/remove/").status_code == 404
    assert Event.objects.filter(verb="wiki.page.attachment_removed").count() == 1
    assert client.get(row.get_absolute_url()).status_code == 404
    assert client.post(url).status_code == 400


def test_the_editor_is_answered_with_markdown(signed_in: SignedIn, page: Page) -> None:
    url, json = f"/wiki/p/{page.uid}/attachments/", {"Accept": "application/json"}
    send = signed_in("ada").post
    answer = send(url, {"file": SimpleUploadedFile("plan.png", PNG)}, headers=json)
    assert answer.status_code == 201 and answer.json()["markdown"] == "![plan](plan.png)"
    refused = send(url, {"file": SimpleUploadedFile("plan.svg", SVG)}, headers=json)
    assert refused.status_code == 400 and "can hold scripts" in refused.json()["detail"]
    preview = signed_in("kim").post("/wiki/preview/", {"page": page.uid, "text": "![plan](plan.png)"}).json()
    assert f'src="/wiki/attachments/{page.uid}/plan.png"' in preview["html"]
