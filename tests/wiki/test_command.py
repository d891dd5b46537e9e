"""`manage.py wiki`: there and back, exit codes, and sentences instead of traces."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.core.policies import SYSTEM
from apps.wiki.actions.editing import create_page
from apps.wiki.actions.placing import archive_page
from apps.wiki.models import Page, Space
from tests.personas import People
from tests.wiki.making import a_page, a_space
from tests.wiki.text.bundles import page, zipped

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(people: People) -> Run:
    """Exit code, standard output and standard error."""

    def command(*arguments: Any) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command("wiki", *map(str, arguments), stdout=out, stderr=err)
        except CommandError as error:
            return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
        return 0, out.getvalue(), err.getvalue()

    return command


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_all_spaces_go_into_folders_and_come_back(run, tmp_path):
    first, second = a_space(slug="first"), a_space(slug="second")
    a_page(space=first, title="One")
    two = a_page(space=second, title="Two")
    assert run("export", tmp_path)[0] == 0
    assert {"first/_space.yaml", "first/one.md", "second/two.md"} <= set(content(tmp_path))
    (tmp_path / "second" / "two.md").write_text(
        (tmp_path / "second" / "two.md").read_text().replace("Some words.", "Other words.")
    )
    code, out, _ = run("import", tmp_path)
    assert code == 0 and "updated   Two (text)" in out
    two.refresh_from_db()
    assert two.revision.text == "Other words.\n" and two.revision.summary == "Imported"


def test_a_second_export_takes_away_what_is_gone_and_leaves_what_is_hidden(run, tmp_path):
    space = a_space(slug="first")
    gone = a_page(space=space, title="Gone")
    assert run("export", tmp_path, "--space", "first")[0] == 0
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref")
    archive_page(actor=SYSTEM, page=gone)
    code, out, _ = run("export", tmp_path, "--space", "first")
    assert code == 0 and "1 archived page is left out" in out
    assert set(content(tmp_path)) == {"_space.yaml", "index.md", ".git/HEAD"}


def test_an_export_keeps_off_other_files(run, tmp_path):
    a_space(slug="first")
    (tmp_path / "letter.txt").write_text("mine")
    code, _, err = run("export", tmp_path, "--space", "first")
    assert code == 1 and "holds other files" in err
    assert content(tmp_path) == {"letter.txt": b"mine"}


def test_a_zip_is_replaced_whole(run, tmp_path):
    a_space(slug="first")
    target = tmp_path / "first.zip"
    assert run("export", target, "--space", "first")[0] == 0
    before = target.read_bytes()
    assert run("export", target, "--space", "first")[0] == 0
    assert target.read_bytes() == before and list(tmp_path.iterdir()) == [target]


def test_a_plain_folder_goes_into_a_new_space(run, people, tmp_path):
    (tmp_path / "guide.md").write_text("# A guide\n\nWords.\n")
    code, out, _ = run("import", tmp_path, "--space", "plain", "--owner", "risk-ml")
    assert code == 0 and "1 created" in out
    assert Page.objects.get(space__slug="plain", slug="guide").owner.slug == "risk-ml"
    assert "1 unchanged" in run("import", tmp_path, "--space", "plain")[1]


def test_a_dry_run_says_the_same_and_changes_nothing(run, tmp_path):
    (tmp_path / "guide.md").write_text("Words.\n")
    code, out, _ = run("import", tmp_path, "--space", "plain", "--dry-run")
    assert code == 0 and "created   Guide" in out and "nothing was changed" in out
    assert not Space.objects.filter(slug="plain").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "{}", "--space", "nowhere"], "There is no space “nowhere”. There are: first."),
        (["export", "{}/all.zip"], "A zip holds one space"),
        (["export", "{}", "--actor", "nobody"], "There is no active user “nobody”."),
        (["import", "{}/missing.zip"], "There is no file or folder"),
        (["import", "{}", "--space", "plain", "--owner", "nobody"], "There is no team “nobody”."),
    ],
)
def test_what_is_not_there_is_a_wrong_command(run, tmp_path, arguments, said):
    a_space(slug="first")
    code, _, err = run(*(argument.format(tmp_path) for argument in arguments))
    assert code == 2 and said in err


def test_problems_are_listed_by_file_and_line(run, tmp_path):
    source = tmp_path / "bad.zip"
    source.write_bytes(
        zipped({"a.md": b"---\nid: page-0001\ntitle: A\n---\n\ncaf\xe9\n", "b.md": page(2, position="'x'")})
        .getvalue()
    )  # fmt: skip
    code, _, err = run("import", source)
    assert code == 1 and "Nothing was changed." in err
    assert "a.md, line 6: Byte 35 is not UTF-8" in err and "b.md: `position` must be a whole number" in err
    assert not Space.objects.filter(slug="risk").exists()


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"words"])
def test_no_zip_is_said(run, tmp_path, data):
    source = tmp_path / "bad.zip"
    source.write_bytes(data)
    code, _, err = run("import", source)
    assert code == 1 and "not a zip file" in err


def test_an_actor_brings_their_own_rights(run, people, tmp_path):
    space = a_space(slug="first", visibility="restricted")
    create_page(actor=SYSTEM, space=space, title="Secret", text="Words.")
    assert run("export", tmp_path / "kim", "--actor", "kim")[0] == 0
    assert not (tmp_path / "kim").exists()
    assert run("export", tmp_path / "ada", "--actor", "ada")[0] == 0
    code, _, err = run("import", tmp_path / "ada", "--actor", "kim")
    assert code == 1 and Page.objects.filter(space=space).count() == 2, err


@pytest.mark.processes
def test_a_real_process_ends_with_a_sentence(tmp_path):
    """No trace for a wrong word, either."""
    for arguments, code in ((["import", str(tmp_path / "missing")], 2), (["nonsense"], 2), ([], 2)):
        done = subprocess.run(
            [sys.executable, "manage.py", "wiki", *arguments], capture_output=True, text=True, env=os.environ
        )
        assert done.returncode == code and "Traceback" not in done.stderr
