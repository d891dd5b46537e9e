"""`manage.py plan FILE`: whoever has the exported inputs computes the published plans, without the portal's database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from apps.roadmap.management import plan_file
from apps.roadmap.models import PlanRun
from tests.roadmap.test_cycle_story import planned

INSTANCE = {
    "format": "coe-planning-1",
    "capacities": {"ml-engineer": 10_000_000},
    "requests": [{"id": "request:00000001", "weeks": {"ml-engineer": 4_000_000}, "value": 7}],
    "units": [{"id": "unit:retail", "share": 10_000, "ballot": {"request:00000001": 60}}],
}


def said(*words: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("plan", *words, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refused(*words: str) -> CommandError:
    with pytest.raises(CommandError) as found:
        said(*words)
    return found.value


def written(path: Path, thing: object) -> str:
    path.write_bytes(thing if isinstance(thing, bytes) else json.dumps(thing).encode())
    return str(path)


def test_exported_bytes_give_the_plans_that_were_published(people, bearer, tmp_path):
    planned(people)
    run = PlanRun.objects.get()
    exported = bearer("esther").get("/api/v1/roadmap/cycles/q1/inputs.json")
    file = written(tmp_path / "inputs.json", exported.content)
    out, err = said(file, "--recompute", "--sha256", run.result_sha256.upper())
    assert out == run.result
    assert run.snapshot.sha256 in err and run.result_sha256 in err and "The same bytes." in err
    assert said(file, "--recompute", "--out", str(tmp_path / "plans.json"))[0] == ""
    assert (tmp_path / "plans.json").read_text() == run.result
    shown, _ = said(file)
    assert shown.strip() == said("q1")[0].split("\n", 4)[4].strip()


def test_other_spacing_gives_the_same_bytes_and_is_told(tmp_path):
    plain, _ = said(written(tmp_path / "a.json", INSTANCE), "--recompute")
    pretty = json.dumps(dict(reversed(INSTANCE.items())), indent=2).encode()
    again, err = said(written(tmp_path / "b.json", pretty), "--recompute")
    assert again == plain and "written otherwise than exported" in err
    inputs, _ = said(str(tmp_path / "b.json"), "--inputs")
    assert said(written(tmp_path / "c.json", inputs.encode()), "--recompute")[0] == plain
    assert "written otherwise" not in said(str(tmp_path / "c.json"))[1]


def test_keys_of_another_portal_are_shown_as_they_are(tmp_path):
    odd = json.loads(json.dumps(INSTANCE).replace("request:00000001", "ünfall\\u001b").replace("ml-eng", "x"))
    out, _ = said(written(tmp_path / "odd.json", odd))
    assert "\\u00fcnfall\\u001b" in out and "uses xineer" in out


def test_other_plans_end_with_1(tmp_path):
    file = written(tmp_path / "a.json", INSTANCE)
    assert refused(file, "--recompute", "--sha256", "0" * 64).returncode == 1
    assert refused(file, "--sha256", "abc").returncode == 2
    assert refused("q1", "--sha256", "0" * 64).returncode == 2


BAD = {
    "no JSON": b"{",
    "no text": b"\xff\xfe\xfa",
    "nothing": b"",
    "a list": b"[]",
    "too deep": b"[" * 100_000,
    "a long number": b'{"format": "coe-planning-1", "capacities": {"a": ' + b"9" * 5_000 + b"}}",
    "another format": {**INSTANCE, "format": "other"},
    "no capacities": {"format": "coe-planning-1"},
    "a fraction": {**INSTANCE, "capacities": {"ml-engineer": 1.5}},
    "beyond the solver": {**INSTANCE, "capacities": {"ml-engineer": 10**13}},
    "shares of 90%": {**INSTANCE, "units": [{"id": "unit:a", "share": 9_000, "ballot": None}]},
    "points for nothing": {**INSTANCE, "units": [{"id": "unit:a", "share": 10_000, "ballot": {"x": 3}}]},
    "a request twice": {**INSTANCE, "requests": INSTANCE["requests"] * 2},  # type: ignore[operator]
    "half a character": {**INSTANCE, "requests": [{"id": "\ud800", "weeks": {"ml-engineer": 1}}]},
    "half a character in a role": {**INSTANCE, "capacities": {"ml-engineer": 10**7, "\ud800": 1}},
    "a strange member": {**INSTANCE, "units": [{"id": "unit:a", "share": 10_000, "votes": {}}]},
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_a_clear_refusal(tmp_path, name):
    for words in ((), ("--recompute",), ("--inputs",)):
        error = refused(written(tmp_path / "bad.json", BAD[name]), *words)
        assert error.returncode == 2 and "bad.json: " in str(error)


def test_what_cannot_be_read_or_is_too_large(tmp_path, monkeypatch):
    assert "cannot be read" in str(refused(str(tmp_path / "none.json")))
    assert "cannot be read" in str(refused(str(tmp_path)))
    monkeypatch.setattr(plan_file, "LARGEST_FILE", 20)
    assert "larger than" in str(refused(written(tmp_path / "a.json", INSTANCE)))


@pytest.mark.parametrize("source", ["a.json", "-"])
def test_neither_database_nor_key_is_needed(tmp_path, source):
    content = Path(written(tmp_path / "a.json", INSTANCE)).read_bytes()
    expected, _ = said(str(tmp_path / "a.json"), "--recompute")
    done = alone(source if source == "-" else str(tmp_path / source), content)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == expected
    broken = alone(source if source == "-" else str(tmp_path / "none.json"), b"{")
    assert broken.returncode == 2 and b"Traceback" not in broken.stderr and broken.stdout == b""


def alone(source: str, content: bytes) -> subprocess.CompletedProcess[bytes]:
    """In a process without any setting of the portal."""
    hidden = {"SECRET_KEY", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "COE_DEMO"}
    return subprocess.run(
        [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "plan", source, "--recompute"],
        env={name: value for name, value in os.environ.items() if name not in hidden},
        cwd=settings.BASE_DIR,
        input=content,
        capture_output=True,
        timeout=120,
        check=False,
    )
