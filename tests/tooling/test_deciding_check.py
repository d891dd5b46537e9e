"""A file from CI: sent as curl sends it, answered in three forms, with the line of what is denied."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from apps.core.policies import SYSTEM
from apps.tooling.actions.tools import name_package
from apps.tooling.models import DecisionCount
from tests.personas import People
from tests.tooling import making
from tests.tooling.asking import CHECK, DECIDE
from tests.tooling.deciding import World, a_grant

FILE = b"-r base.txt\nmlflow==2.9.0\nwandb==0.17.0\npandas==2.2.2\nneptune>=1\n"
FORM = "application/x-www-form-urlencoded"  # what curl --data-binary says
# What a code host reads of SARIF 2.1.0, by the names of its schema.
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "tool": {"type": "object", "required": ["driver"]},
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["ruleId", "level", "message", "locations", "partialFingerprints"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"type": "object", "required": ["text"]},
                                "locations": {"type": "array", "minItems": 1, "maxItems": 1},
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.fixture
def world(people: People) -> World:
    return World.of(people)


@pytest.fixture
def script(people: People, bearer: Callable[..., Client]) -> Client:
    return bearer("ci-risk", "tooling:decide")


def check(script: Client, content: bytes = FILE, kind: str = FORM, **query: str) -> Any:
    said = {"environment": "production", "filename": "service/requirements.txt"} | query
    pairs = "&".join(f"{name}={value}" for name, value in said.items() if value)
    return script.post(f"{CHECK}?{pairs}", content, kind)


@pytest.mark.parametrize(
    "kind", [FORM, "text/plain", "application/octet-stream", "application/json", "x/y; charset=utf-8"]
)
def test_the_body_is_the_file_whatever_its_type_says(world: World, script: Client, kind: str) -> None:
    answer = check(script, kind=kind)
    assert answer.status_code == 409
    report = answer.json()
    assert [(each["line"], each["tool"], each["decision"]["reason"]) for each in report["findings"]] == [
        (2, "tool:coe/mlflow", "recommended"),
        (3, "tool:coe/wandb", "hold"),
        (5, "tool:coe/neptune", "banned"),
    ]
    assert (report["allowed"], report["unlisted"], report["problems"][0]["line"]) == (False, 1, 1)
    assert (
        "/tooling/requests/new/?tool=tool%3Acoe%2Fwandb&version=0.17.0"
        in report["findings"][1]["request_url"]
    )


def test_a_form_with_the_file_does_as_well(world: World, script: Client) -> None:
    upload = SimpleUploadedFile("requirements.txt", FILE)
    answer = script.post(f"{CHECK}?environment=production", {"file": upload})
    assert answer.status_code == 409 and answer.json()["file"] == "requirements.txt"
    assert [each["line"] for each in answer.json()["findings"]] == [2, 3, 5]


def test_a_form_without_one_file_is_refused(world: World, script: Client) -> None:
    two = [SimpleUploadedFile("a.txt", FILE), SimpleUploadedFile("b.txt", FILE)]
    for form in ({"file": two}, {"other": two[0]}, {"file": "text"}):
        answer = script.post(f"{CHECK}?environment=production", form)
        assert answer.status_code == 400 and answer.json()["errors"]["file"] == ["Send one file."]
    assert script.post(f"{CHECK}?environment=production", b"", "text/plain").status_code == 400


def test_all_allowed_is_200(world: World, script: Client) -> None:
    answer = check(script, b"mlflow==2.9.0\npandas\n")
    assert answer.status_code == 200 and answer.json()["allowed"] is True
    assert DecisionCount.objects.count() == 0


def test_the_text_names_line_reason_and_form(world: World, script: Client) -> None:
    answer = check(script, format="text")
    assert answer.status_code == 409 and answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert lines[0].startswith("service/requirements.txt:3: error: hold: wandb 0.17.0:")
    assert "Alternatives: tool:coe/mlflow." in lines[0] and "/tooling/requests/new/?tool=" in lines[0]
    assert lines[-1].startswith("refused: 3 checked, 2 denied, 0 excepted, 1 not under any standard")


def test_sarif_names_the_line(world: World, script: Client) -> None:
    a_grant(world.tools["neptune"], bans=list(world.tools["neptune"].__class__._base_manager.none()))
    answer = check(script, format="sarif")
    assert answer.status_code == 409 and answer.headers["Content-Type"] == "application/sarif+json"
    log = json.loads(answer.content)
    jsonschema.validate(log, SARIF)
    results = {each["ruleId"]: each for each in log["runs"][0]["results"]}
    place = results["hold"]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "service/requirements.txt"}, "region": {"startLine": 3}}
    assert results["banned"]["locations"][0]["physicalLocation"]["region"]["startLine"] == 5


def test_packages_beyond_the_catalog_are_denied_where_that_is_asked(world: World, script: Client) -> None:
    report = check(script, b"mlflow==2.9.0\npandas==2.2.2\n", unlisted="deny").json()
    assert [(each["tool"], each["decision"]["reason"]) for each in report["findings"]] == [
        ("tool:coe/mlflow", "recommended"),
        ("pypi:pandas", "unknown_tool"),
    ]
    assert report["unlisted"] == 0
    assert DecisionCount.objects.get().tool_name == "pypi:pandas"


def test_hiding_a_tool_is_no_way_around_its_standard(world: World, script: Client) -> None:
    """Its name is not told, in no field: the text that was sent stands there."""
    hide(world, "neptune")
    for unlisted in ("deny", "skip"):
        answer = check(script, b"neptune==1\n", unlisted=unlisted)
        (found,) = answer.json()["findings"]
        assert answer.status_code == 409 and found["decision"]["reason"] == "banned"
        assert found["tool"] == found["decision"]["rule"]["tool"] == "pypi:neptune"
        assert b"coe/neptune" not in answer.content and b"coe%2Fneptune" not in answer.content
    assert DecisionCount.objects.get().tool_name == "pypi:neptune"


def test_one_use_of_a_hidden_tool_is_answered_as_the_file_is(world: World, script: Client) -> None:
    hide(world, "neptune")
    for text in ("neptune", "pypi:neptune"):
        said = {"tool": text, "environment": "production", "data_class": "internal"}
        answer = script.post(DECIDE, json.dumps(said), "application/json")
        assert (answer.json()["reason"], answer.json()["tool"]) == ("banned", text)
        assert b"coe/neptune" not in answer.content and b"coe%2Fneptune" not in answer.content


def test_a_hidden_tool_of_no_standard_looks_like_a_package_of_no_tool(world: World, script: Client) -> None:
    other = making.tool(world.people, "other", visibility="restricted")
    name_package(actor=SYSTEM, tool=other, ecosystem="pypi", name="other")
    report = check(script, b"other==1\nunheard==1\n", unlisted="deny").json()
    first, second = (each["decision"] | {"cache_until": 0} for each in report["findings"])
    assert first == second and first["reason"] == "unknown_tool"
    assert check(script, b"other==1\n").json()["unlisted"] == 1


def hide(world: World, name: str) -> None:
    tool = world.tools[name]
    type(tool)._base_manager.filter(pk=tool.pk).update(visibility="restricted")


def test_conda_and_mirrored_images_are_known(world: World, script: Client) -> None:
    conda = check(
        script, b"dependencies:\n  - mlflow=2.9.0\n  - wandb=0.17.0\n", filename="environment.yml"
    ).json()
    assert [each["decision"]["reason"] for each in conda["findings"]] == ["recommended", "hold"]
    images = b"harbor.example.com/cache/ghcr.io/mlflow/mlflow:v2.9.0\ndocker.io/wandb/local:1.0.0\nevil/local:1.0.0\n"
    found = check(script, images, filename="images.txt").json()
    assert [each["tool"] for each in found["findings"]] == ["tool:coe/mlflow", "tool:coe/wandb"]
    assert found["unlisted"] == 1


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [(b"mlflow==1\n\xff\xfe\n", "requirements.txt", 2), (b"a==1\n\x00\n", "requirements.txt", 2),
     (b"{", "package.json", 1), ("mlflow==1\nwаndb==1\n".encode(), "requirements.txt", 2)],
)  # fmt: skip
def test_what_cannot_be_read_is_422_with_its_lines(
    world: World, script: Client, content: bytes, name: str, line: int
) -> None:
    answer = check(script, content, "text/plain", filename=name)
    assert answer.status_code == 422 and answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["problems"][0]["line"] == line
    assert DecisionCount.objects.count() == 0


def test_a_file_that_is_too_large_is_413(world: World, script: Client) -> None:
    large = b"# " + b"x" * (5 * 1024 * 1024) + b"\n"
    assert check(script, large, "text/plain").status_code == 413
    upload = SimpleUploadedFile("requirements.txt", large)
    assert script.post(f"{CHECK}?environment=production", {"file": upload}).status_code == 413


@pytest.mark.parametrize(
    ("query", "field"),
    [({"environment": "moon"}, "environment"), ({"environment": ""}, "environment"), ({"format": "xml"}, "format"),
     ({"data_class": "secret"}, "data_class"), ({"unlisted": "maybe"}, "unlisted"), ({"colour": "red"}, "colour")],
)  # fmt: skip
def test_what_is_asked_wrongly_is_400(
    world: World, script: Client, query: dict[str, str], field: str
) -> None:
    assert field in check(script, **query).json()["errors"]


def test_another_team_is_403_and_so_is_a_token_without_the_scope(
    world: World, script: Client, bearer: Callable[..., Client]
) -> None:
    assert check(script, team="claims-ai").status_code == 403
    assert check(bearer("ci-risk", "read", "write")).status_code == 403
    assert check(Client()).status_code == 401
    assert DecisionCount.objects.count() == 0


def test_a_lock_of_twenty_thousand_lines_is_answered_soon(world: World, script: Client) -> None:
    lines = [f"package-{number}==1.{number}.0" for number in range(19_998)]
    content = "\n".join(["mlflow==2.9.0", *lines, "wandb==0.17.0"]).encode()
    began = time.monotonic()
    report = check(script, content).json()
    assert time.monotonic() - began < 20
    assert [each["line"] for each in report["findings"]] == [1, 20_000] and report["unlisted"] == 19_998
    strict = check(script, content, unlisted="deny").json()
    assert len(strict["findings"]) == 20_000 and DecisionCount.objects.count() <= 202


def test_hostile_names_stay_text(world: World, script: Client) -> None:
    content = b"tool-5000/mlflow\nlocalhost:5000/x/redis:1.0.0\ntool:5000/wandb\n"
    report = check(script, content, filename="images.txt", unlisted="deny").json()
    assert {each["decision"]["reason"] for each in report["findings"]} == {"unknown_tool"}
    name = "..%2F..%2Fetc%2F%3Cscript%3E%22.txt"
    said = check(script, b"wandb==1\n", filename=name, format="sarif").content.decode()
    assert "<script>" not in said


def test_the_command_gives_the_same_report(world: World, script: Client, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_bytes(FILE)
    for form in ("json", "sarif", "text"):
        out = io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command(
                "check_tools", str(file), team="risk-ml", environment="prod", format=form, stdout=out
            )
        assert ended.value.code == 1
        over_http = check(script, format=form, filename=str(file)).content.decode()
        assert timeless(out.getvalue()) == timeless(over_http)


def timeless(text: str) -> str:
    import re

    return re.sub(r"20\d\d-\d\d-\d\dT[\d:.]+(\+00:00|Z)", "T", text)


@pytest.mark.parametrize("wrong", [{"team": "nobody"}, {"environment": "moon"}])
def test_the_command_refuses_with_2(world: World, tmp_path: Path, wrong: dict[str, str]) -> None:
    file = tmp_path / "requirements.txt"
    file.write_bytes(b"mlflow==2.9.0\n")
    said = {"team": "risk-ml", "environment": "production"}
    call_command("check_tools", str(file), stdout=io.StringIO(), **said)
    for path, options in (
        (str(file), said | wrong),
        (str(tmp_path / "none.txt"), said),
        (str(tmp_path), said),
    ):
        with pytest.raises(CommandError) as refused:
            call_command("check_tools", path, **options)
        assert refused.value.returncode == 2
    file.write_bytes(b"\xff")
    with pytest.raises(CommandError, match="UTF-8") as refused:
        call_command("check_tools", str(file), **said)
    assert refused.value.returncode == 2


@pytest.mark.processes
def test_the_command_says_how_it_is_used() -> None:
    run = subprocess.run([sys.executable, "manage.py", "check_tools"], capture_output=True, text=True)
    assert run.returncode == 2 and "--team" in run.stderr
