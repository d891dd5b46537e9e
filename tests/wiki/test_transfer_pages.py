"""Imports and exports in the browser: seen first, confirmed, done by the worker, shown to who asked."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.core.errors import Conflict
from apps.core.policies import SYSTEM
from apps.people.models import Team
from apps.wiki.actions.attachments import attach
from apps.wiki.actions.transfers import carry_out, forget_transfers, start_export, told_beside
from apps.wiki.models import Page, Revision, Space, Transfer
from tests.wiki.making import a_page, a_space
from tests.wiki.text.bundles import PAGE, page, zipped

Signed = Callable[[str], Client]


@pytest.fixture
def space(people) -> Space:
    space = a_space(slug="risk")
    attach(actor=SYSTEM, page=a_page(space=space, title="Guide"), name="p.txt", data=b"bytes")
    return space


def send(client: Client, data: bytes, name: str = "pages.zip") -> Any:
    return client.post("/wiki/risk/-/import/", {"file": SimpleUploadedFile(name, data, "application/zip")})


def work() -> None:
    """What the worker would do."""
    for job in ProcrastinateJob.objects.filter(task_name="wiki.transfer").order_by("id"):
        carry_out(job.args["transfer"])


def looked_at(client: Client, data: bytes) -> tuple[Transfer, str]:
    answer = send(client, data)
    assert answer.status_code == 302, answer.content.decode()
    work()
    return Transfer.objects.get(), client.get(answer.url).content.decode()


def test_an_import_is_shown_first_then_confirmed(signed_in: Signed, space):
    ada = signed_in("ada")
    transfer, shown = looked_at(ada, zipped({"new.md": page(1, "New page")}, home=None).getvalue())
    assert transfer.dry_run and "New page" in shown and "Import now" in shown
    assert not Page.objects.filter(title="New page").exists()
    assert ada.post(f"/wiki/transfers/{transfer.pk}/").status_code == 302
    work()
    transfer.refresh_from_db()
    assert (transfer.state, transfer.done, bool(transfer.file)) == ("done", 0, False)
    assert "Imported." in ada.get(f"/wiki/transfers/{transfer.pk}/").content.decode()
    assert Page.objects.get(title="New page").revision.author.username == "ada"
    assert ada.post(f"/wiki/transfers/{transfer.pk}/").status_code == 409


def hostile(name: str, data: bytes = b"x", mode: int = 0) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_space.yaml", "slug: risk\ntitle: Risk\n")
        archive.writestr("index.md", PAGE)
        entry = zipfile.ZipInfo(name)
        entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
        archive.writestr(entry, data)
    return target.getvalue()


HOSTILE = {
    "leads out of the bundle": hostile("../out.md"),
    "is absolute": hostile("/etc/out.md"),
    "a symbolic link": hostile("link.md", b"/etc/passwd", stat.S_IFLNK | 0o777),
    "larger than 577 KB": hostile("bomb.md", b"\0" * 200_000_000),
    "not UTF-8": hostile("latin.md", "---\nid: page-0001\ntitle: A\n---\n\ncafé\n".encode("latin-1")),
    "is that of": zipped({"a.md": page(1), "b.md": page(1)}).getvalue(),
    "is missing": zipped({"a.md": page(1, body="![x](x.png)\n")}).getvalue(),
    "not a zip file": b"PK\x03\x04 nothing",
}


@pytest.mark.parametrize("said", HOSTILE)
def test_what_is_refused_is_named_and_changes_nothing(signed_in: Signed, space, said):
    before = Page.objects.count(), Revision.objects.count()
    transfer, shown = looked_at(signed_in("ada"), HOSTILE[said])
    assert transfer.state == "failed" and said in shown, shown
    assert "Nothing was changed." in shown and "Import now" not in shown
    assert (Page.objects.count(), Revision.objects.count()) == before
    assert signed_in("ada").post(f"/wiki/transfers/{transfer.pk}/").status_code == 409


@pytest.mark.parametrize(("name", "status"), [("kim", 403), ("chloe", 403)])
def test_readers_do_not_import(signed_in: Signed, space, name, status):
    assert signed_in(name).get("/wiki/risk/-/import/").status_code == status
    assert send(signed_in(name), zipped({}).getvalue()).status_code == status
    assert not Transfer.objects.exists()


@pytest.mark.parametrize(("name", "data"), [("page.md", b"# A"), ("pages.zip", b"")])
def test_only_a_zip_is_taken(signed_in: Signed, space, name, data):
    answer = send(signed_in("ada"), data, name)
    assert answer.status_code == 400 and not Transfer.objects.exists()
    assert signed_in("ada").post("/wiki/risk/-/import/").status_code == 400


def test_an_export_is_its_owners_alone(signed_in: Signed, space):
    kim = signed_in("kim")
    answer = kim.post("/wiki/risk/-/export/")
    work()
    (transfer,) = Transfer.objects.all()
    assert "Download risk.zip" in kim.get(answer.url).content.decode()
    got = kim.get(f"/wiki/transfers/{transfer.pk}/file/")
    assert "risk.zip" in got["Content-Disposition"] and got["X-Content-Type-Options"] == "nosniff"
    with zipfile.ZipFile(io.BytesIO(b"".join(got.streaming_content))) as archive:
        assert archive.namelist() == ["_attachments/guide/p.txt", "_space.yaml", "guide.md", "index.md"]
    for name in ("ada", "esther", "root"):
        assert signed_in(name).get(answer.url).status_code == 404
        assert signed_in(name).get(f"/wiki/transfers/{transfer.pk}/file/").status_code == 404


def test_who_lost_sight_of_the_space_downloads_nothing(signed_in: Signed, space):
    kim = signed_in("kim")
    kim.post("/wiki/risk/-/export/")
    work()
    Space.objects.update(visibility="restricted")
    assert kim.get(f"/wiki/transfers/{Transfer.objects.get().pk}/file/").status_code == 404


def test_an_import_is_no_download(signed_in: Signed, space):
    transfer, _ = looked_at(signed_in("ada"), zipped({"new.md": page(1)}, home=None).getvalue())
    assert signed_in("ada").get(f"/wiki/transfers/{transfer.pk}/file/").status_code == 404


def test_rights_are_asked_when_the_worker_begins(people, signed_in: Signed, space):
    ada = signed_in("ada")
    transfer, _ = looked_at(ada, zipped({"new.md": page(1, "New")}, home=None).getvalue())
    ada.post(f"/wiki/transfers/{transfer.pk}/")
    team = Team.objects.get(slug="claims-ai")
    Space.objects.update(owner=team)
    Page.objects.update(owner=team)
    work()
    transfer.refresh_from_db()
    assert transfer.state == "failed" and not Page.objects.filter(title="New").exists()


def test_files_go_after_a_week_and_what_nobody_ends_is_ended(people, signed_in: Signed, space):
    signed_in("kim").post("/wiki/risk/-/export/")
    work()
    (transfer,) = Transfer.objects.all()
    name = transfer.file.name
    start_export(actor=people.ada, space=space)
    forget_transfers()
    assert default_storage.exists(name)
    now = timezone.now() + timedelta(days=8)
    forget_transfers(now)
    transfer.refresh_from_db()
    assert not transfer.file and Transfer.objects.get(user=people.ada).state == "failed"
    assert "is gone" in signed_in("kim").get(f"/wiki/transfers/{transfer.pk}/").content.decode()


def test_nobody_fills_the_queue(people, space):
    for _ in range(3):
        start_export(actor=people.ada, space=space)
    with pytest.raises(Conflict):
        start_export(actor=people.ada, space=space)
    assert Transfer.objects.count() == 3


def test_a_larger_file_is_taken_here_alone(signed_in: Signed, space, settings):
    settings.LARGEST_UPLOAD, settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000, 500
    assert send(signed_in("ada"), zipped({"a.md": page(1)}).getvalue() + b"\0" * 2000).status_code == 302
    other = signed_in("ada").post("/wiki/new/", {"file": SimpleUploadedFile("a.zip", b"x" * 2000)})
    assert other.status_code == 413
    settings.LARGER_UPLOADS = dict.fromkeys(settings.LARGER_UPLOADS, 1500)
    assert send(signed_in("ada"), b"x" * 2000).status_code == 413


@pytest.mark.parametrize("address", ["import", "export"])
def test_pages_of_transfers_show_ones_own(signed_in: Signed, space, address):
    signed_in("ada").post(f"/wiki/risk/-/{address}/", {"file": SimpleUploadedFile("mine.zip", b"PK")})
    name = "mine.zip" if address == "import" else "risk.zip"
    assert name in signed_in("ada").get(f"/wiki/risk/-/{address}/").content.decode()
    assert name not in signed_in("ben").get(f"/wiki/risk/-/{address}/").content.decode()


def test_a_strange_number_is_nothing(signed_in: Signed, space):
    for number in ("0", "99", str(2**63)):
        assert signed_in("ada").get(f"/wiki/transfers/{number}/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_others_see_progress_while_the_transaction_is_open(people):
    transfer = Transfer.objects.create(user=people.ada, space=a_space(slug="risk"), kind="import")
    other = connection.copy()
    try:
        with transaction.atomic(), told_beside(transfer, every=0) as tell:
            a_page(title="Uncommitted")
            tell(3, 10)
            with other.cursor() as cursor:
                cursor.execute("SELECT done, total FROM wiki_transfer")
                assert cursor.fetchone() == (3, 10)
                cursor.execute("SELECT count(*) FROM wiki_page WHERE title = 'Uncommitted'")
                assert cursor.fetchone() == (0,)
    finally:
        other.close()
