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
from apps.wiki.actions import transfers
from apps.wiki.actions.attachments import attach
from apps.wiki.actions.placing import narrow_page
from apps.wiki.actions.transfers import carry_out, forget_transfers, start_export, stop, told_beside
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


def test_a_missing_attachment_is_a_line_of_the_report(signed_in: Signed, space):
    files = zipped({"a.md": page(1, "A", body="![x](x.png)\n")}, home=None).getvalue()
    transfer, shown = looked_at(signed_in("ada"), files)
    assert transfer.state == "done" and "The file “x.png” is missing" in shown and "Import now" in shown
    signed_in("ada").post(f"/wiki/transfers/{transfer.pk}/")
    work()
    assert Page.objects.get(title="A").revision.text == "![x](x.png)\n"
    signed_in("ada").post("/wiki/risk/-/export/")
    work()
    exported = Transfer.objects.get(kind="export")
    told = signed_in("ada").get(f"/wiki/transfers/{exported.pk}/").content.decode()
    assert "The file “x.png” is missing" in told


def test_a_dry_run_is_checked_and_says_that_the_home_page_goes(signed_in: Signed, space):
    _, shown = looked_at(
        signed_in("ada"), zipped({"index.md": "# Other\n\nText.\n"}, home=None, space=None).getvalue()
    )
    assert "<strong>Your space's home page gets this text.</strong>" in shown
    assert "Checked" in shown and "Succeeded" not in shown
    listed = signed_in("ada").get("/wiki/risk/-/import/").content.decode()
    assert "Checked" in listed and "Succeeded" not in listed


def test_a_browser_takes_so_many_pages(signed_in: Signed, space, monkeypatch):
    monkeypatch.setattr(transfers, "MOST_PAGES", 2)
    files = {f"{number}.md": b"\xff" for number in range(3)}
    transfer, shown = looked_at(signed_in("ada"), zipped(files, home=None, space=None).getvalue())
    assert transfer.state == "failed" and "The zip holds 3 pages; at most 2" in shown
    assert "UTF-8" not in shown


def test_a_waiting_import_is_stopped(signed_in: Signed, space):
    ada = signed_in("ada")
    send(ada, zipped({"new.md": page(1, "New")}, home=None).getvalue())
    (transfer,) = Transfer.objects.all()
    assert "Stop" in ada.get(f"/wiki/transfers/{transfer.pk}/").content.decode()
    assert ada.get(f"/wiki/transfers/{transfer.pk}/stop/").status_code == 405
    assert signed_in("ben").post(f"/wiki/transfers/{transfer.pk}/stop/").status_code == 404
    assert ada.post(f"/wiki/transfers/{transfer.pk}/stop/").status_code == 302
    work()
    transfer.refresh_from_db()
    assert transfer.state == "failed" and not transfer.file
    assert "Stopped by you." in ada.get(f"/wiki/transfers/{transfer.pk}/").content.decode()
    assert ada.post(f"/wiki/transfers/{transfer.pk}/stop/").status_code == 409


def test_one_import_of_a_person_runs_at_a_time(signed_in: Signed, space):
    for _ in range(2):
        send(signed_in("ada"), zipped({"new.md": page(1)}, home=None).getvalue())
    first, second = Transfer.objects.order_by("pk")
    Transfer.objects.filter(pk=first.pk).update(state="running")
    carry_out(second.pk)
    second.refresh_from_db()
    assert second.state == "waiting"
    before = ProcrastinateJob.objects.filter(args={"transfer": second.pk}).count()
    Transfer.objects.filter(pk=first.pk).update(state="waiting")
    carry_out(first.pk)
    assert ProcrastinateJob.objects.filter(args={"transfer": second.pk}).count() == before + 1
    carry_out(second.pk)
    second.refresh_from_db()
    assert second.state == "done"


def test_who_lost_sight_of_a_page_exports_again(people, signed_in: Signed, space):
    kim = signed_in("kim")
    kim.post("/wiki/risk/-/export/")
    work()
    address = f"/wiki/transfers/{Transfer.objects.get().pk}/file/"
    assert kim.get(address).status_code == 200
    narrow_page(actor=SYSTEM, page=Page.objects.get(title="Guide"), narrowed="restricted")
    answer = kim.get(address)
    assert answer.status_code == 404 and "Export the space again." in answer.content.decode()


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


@pytest.mark.django_db(transaction=True)
def test_a_running_import_stops_before_its_next_page(people, monkeypatch):
    space = a_space(slug="risk", owner=Team.objects.get(slug="risk-ml"))
    transfer = an_import(people.ada, space)
    reading = transfers.read_zip

    def stopped_meanwhile(*arguments: Any, **options: Any) -> Any:
        row = Transfer.objects.get(pk=transfer.pk)
        assert stop(actor=people.ada, transfer=row).state == "running"
        return reading(*arguments, **options)

    monkeypatch.setattr(transfers, "read_zip", stopped_meanwhile)
    carry_out(transfer.pk)
    transfer.refresh_from_db()
    assert transfer.state == "failed"
    assert transfer.report["problems"][0]["sentence"].startswith("Stopped by you.")
    assert not Page.objects.filter(title="New").exists()


@pytest.mark.django_db(transaction=True)
def test_an_import_without_a_worker_is_stopped_at_once(people):
    transfer = an_import(people.ada, a_space(slug="risk"))
    Transfer.objects.update(state="running")
    assert stop(actor=people.ada, transfer=transfer).state == "failed"


@pytest.mark.django_db(transaction=True)
def test_an_import_that_waits_in_vain_says_so_and_a_dry_run_waits_for_nobody(people, monkeypatch):
    monkeypatch.setattr(transfers, "ATTEMPTS", 1)
    space = a_space(slug="risk", owner=Team.objects.get(slug="risk-ml"))
    real, trial = an_import(people.ben, space), an_import(people.ada, space, dry_run=True)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM wiki_space WHERE id = %s FOR NO KEY UPDATE", [space.pk])
        carry_out(trial.pk)
        carry_out(real.pk)
    finally:
        other.rollback()
        other.close()
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '15s'")
    trial.refresh_from_db()
    real.refresh_from_db()
    assert (trial.state, real.state) == ("done", "failed")
    assert real.report["problems"][0]["sentence"] == transfers.BUSY


def an_import(user: Any, space: Space, *, dry_run: bool = False) -> Transfer:
    row = Transfer(user=user, space=space, kind="import", dry_run=dry_run, file_name="new.zip")
    data = zipped({"new.md": page(1, "New")}, home=None).getvalue()
    row.file.save("new.zip", SimpleUploadedFile("new.zip", data), save=False)
    row.save()
    return row
