"""`manage.py plan`: anybody who runs the portal computes the published plans again, to the byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from apps.roadmap.actions import planning
from apps.roadmap.models import PlanRun
from tests.personas import make_world
from tests.roadmap.test_cycle_story import planned


def said(*words: str, err: StringIO | None = None) -> str:
    out = StringIO()
    call_command("plan", *words, stdout=out, stderr=err or StringIO())
    return out.getvalue()


def test_the_plans_are_shown_by_number(people):
    requests, _ = planned(people)
    text = said("q1")
    run = PlanRun.objects.get()
    assert run.result_sha256 in text and run.snapshot.sha256 in text
    assert f"requests {requests[0].pk} {requests[2].pk}\n" in text
    assert not any(str(each) in text for each in requests)


def test_the_same_bytes_and_the_exact_inputs(people, tmp_path):
    planned(people)
    run = PlanRun.objects.get()
    err = StringIO()
    assert said("q1", "--recompute", "--out", str(tmp_path / "plans.json"), err=err) == ""
    text = err.getvalue()
    assert text.count(run.result_sha256) == 2 and "The same bytes." in text
    assert (tmp_path / "plans.json").read_text() == run.result
    assert said("q1", "--recompute") == run.result
    assert said("q1", "--inputs") == run.snapshot.inputs
    assert hashlib.sha256(said("q1", "--inputs").encode()).hexdigest() == run.snapshot.sha256


def test_other_bytes_end_with_1_and_show_both_hashes(people, capsys):
    planned(people)
    PlanRun.objects.update(result=PlanRun.objects.get().result.replace('"requests"', '"requests" '))
    with pytest.raises(CommandError, match="differ") as refused:
        said("q1", "--recompute")
    assert refused.value.returncode == 1


def test_nothing_to_show_while_a_vote_is_open(people):
    _, row = planned(people)
    planning.reopen(actor=people.esther, cycle=row, reason="A unit was left out.")
    for words in (("q1",), ("q1", "--inputs"), ("q1", "--recompute"), ("other",)):
        with pytest.raises(CommandError) as refused:
            said(*words)
        assert refused.value.returncode == 2


@pytest.mark.django_db(transaction=True)
def test_two_processes_with_other_hash_seeds_give_the_same_bytes(tmp_path):
    planned(make_world())
    kept = PlanRun.objects.get()
    for seed in ("1", "4242"):
        file = tmp_path / f"plans-{seed}.json"
        done = in_a_process(seed, "plan", "q1", "--recompute", "--out", str(file))
        assert done.returncode == 0, done.stderr
        assert done.stderr.count(kept.result_sha256) == 2 and done.stdout == ""
        assert file.read_text() == kept.result
    done = in_a_process("7", "plan", "q1", "--recompute")
    assert done.stdout == kept.result and "The same bytes." in done.stderr


def in_a_process(seed: str, *words: str) -> subprocess.CompletedProcess[str]:
    base = Path(settings.BASE_DIR)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "DATABASE_URL": address()}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, str(base / "manage.py"), *words],
        env=environment,
        cwd=base,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def address() -> str:
    """Of the database that this test writes into."""
    found = connection.get_connection_params()
    login = found["user"] + (f":{found['password']}" if found.get("password") else "")
    return f"postgresql://{login}@/{found['dbname']}?host={found['host']}&port={found.get('port') or 5432}"
