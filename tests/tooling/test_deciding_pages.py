"""The page that answers: one tool by its address, a file by a form, and what it offers next."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.policies import SYSTEM
from apps.people.actions import start_membership
from apps.tooling.models import DecisionCount
from apps.tooling.views.checking import CURL
from tests.personas import People
from tests.tooling.deciding import World, a_condition, a_grant, now

PAGE, CHECK = "/tooling/check/", "/api/v1/tooling/check"
FILE = b"-r base.txt\nmlflow==2.9.0\nwandb==0.17.0\npandas==2.2.2\nneptune==1\n"
WHERE = {"environment": "production", "data_class": "internal"}


@pytest.fixture
def world(people: People) -> World:
    return World.of(people)


@pytest.fixture
def ben(world: World, signed_in: Callable[[str], Client]) -> Client:
    return signed_in("ben")


def ask(browser: Client, status: int = 200, **said: str) -> str:
    answer = browser.get(PAGE, WHERE | said)
    assert answer.status_code == status
    return unescape(answer.content.decode())


def send(browser: Client, content: bytes = FILE, status: int = 200, **said: Any) -> Any:
    upload = SimpleUploadedFile("requirements.txt", content)
    answer = browser.post(PAGE, {"file": upload, **WHERE, **said})
    assert answer.status_code == status, answer.content
    return answer


def test_the_empty_page_asks_and_counts_nothing(ben: Client) -> None:
    page = unescape(ben.get(PAGE).content.decode())
    assert "One tool" in page and "A file" in page and CURL.format(f"http://testserver{CHECK}") in page
    assert DecisionCount.objects.count() == 0


def test_the_handbook_has_the_line_of_the_page() -> None:
    handbook = settings.BASE_DIR / "fixtures/handbook/exceptions.md"
    assert CURL.format(f"$PORTAL{CHECK}/") in handbook.read_text()


def test_a_denial_says_why_and_leads_to_the_filled_in_form(ben: Client) -> None:
    page = ask(ben, tool="tool:coe/wandb", version="0.17.0")
    assert (
        "Not allowed" in page and "The standard holds it: no new use." in page and "<code>hold</code>" in page
    )
    assert "/tooling/capabilities/tracking/1/" in page and 'href="/tooling/tools/coe/mlflow/"' in page
    form = re.search(r'href="(/tooling/requests/new/\?[^"]+)"', page)
    assert form and ben.get(form[1]).status_code == 200
    assert DecisionCount.objects.get().surface == "page"


def test_what_is_allowed_needs_no_request(ben: Client) -> None:
    page = ask(ben, name="mlflow")
    assert "Allowed" in page and "Request exception</a>" not in page
    assert DecisionCount.objects.count() == 0


def test_an_unknown_package_can_be_asked_about(ben: Client) -> None:
    page = ask(ben, name="<b>unheard</b>")
    assert "unknown_tool" in page and "Request exception" in page
    assert b"<b>unheard" not in ben.get(PAGE, WHERE | {"name": "<b>unheard</b>"}).content


def test_an_exception_names_its_request_and_open_conditions(world: World, ben: Client) -> None:
    grant = a_grant(world.tools["wandb"])
    a_condition(grant, due=now().replace(year=2098))
    page = ask(ben, name="wandb")
    assert (
        "Exception" in page and grant.request.get_absolute_url() in page and "Publish the exit plan" in page
    )


@pytest.mark.parametrize(
    "wrong",
    [{"tool": "tool:coe/none"}, {"name": ""}, {"name": "x", "environment": "moon"}, {"name": "x", "data_class": "9"},
     {"name": "x", "version": "1" * 129}, {"name": "a\u202eb"}],
)  # fmt: skip
def test_a_wrong_question_keeps_what_was_written(ben: Client, wrong: dict[str, str]) -> None:
    page = ask(ben, 400, **wrong)
    assert 'role="alert"' in page and DecisionCount.objects.count() == 0


def test_somebody_of_several_teams_chooses(world: World, signed_in: Callable[[str], Client]) -> None:
    assert 'name="team"' not in ask(signed_in("ben"), name="wandb")
    start_membership(actor=SYSTEM, user=world.people.ben, team=world.people.team("claims-ai"))
    assert "Claims AI, Production" in ask(signed_in("ben"), name="wandb", team="claims-ai")
    assert "Select a valid choice" in ask(signed_in("ben"), 400, name="wandb", team="ml-platform")


def test_who_has_no_team_is_told(world: World, signed_in: Callable[[str], Client]) -> None:
    assert "You are in no team" in signed_in("kim").get(PAGE).content.decode()
    assert "You have no team" in ask(signed_in("kim"), 403, name="wandb")
    assert send(signed_in("kim"), status=403)


def test_a_file_is_told_line_by_line(world: World, ben: Client) -> None:
    page = unescape(send(ben).content.decode())
    assert "3 checked, 2 denied, 0 by exception, 1 not under any standard, 1 line not followed" in page
    assert re.findall(r'<span class="sr-only">Line </span>(\d+)', page) == ["2", "3", "5"]
    assert "/tooling/requests/new/?tool=tool%3Acoe%2Fwandb&version=0.17.0" in page
    assert DecisionCount.objects.count() == 2


@pytest.mark.parametrize(
    ("form", "kind"),
    [("sarif", "application/sarif+json"), ("json", "application/json"), ("text", "text/plain")],
)
def test_the_report_can_be_taken_away(ben: Client, form: str, kind: str) -> None:
    page = send(ben).content.decode()
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    answer = ben.post(PAGE, fields | {"form": form})
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith(kind)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    if form == "json":
        assert [each["line"] for each in json.loads(answer.content)["findings"]] == [2, 3, 5]
        assert json.loads(answer.content)["file"] == "requirements.txt"


@pytest.mark.parametrize("packed", ["?", "AAAA", base64.b64encode(b"no zlib").decode()])
def test_a_packed_file_that_is_none_is_refused(ben: Client, packed: str) -> None:
    assert ben.post(PAGE, WHERE | {"packed": packed}).status_code == 400


def test_a_packed_file_that_swells_is_refused(ben: Client) -> None:
    bomb = base64.b64encode(zlib.compress(b"\n" * (200 * 2**20), 9)).decode()
    assert ben.post(PAGE, WHERE | {"packed": bomb}).status_code == 413


def test_a_file_that_cannot_be_read_is_told_with_its_lines(ben: Client) -> None:
    page = unescape(send(ben, b"mlflow==1\n\xff\n", 422).content.decode())
    assert "The file cannot be read." in page and "Line 2:" in page
    assert ben.post(PAGE, WHERE).status_code == 400
    assert send(ben, b"x" * (5 * 2**20 + 1), 413)


def test_a_long_report_shows_what_matters(world: World, ben: Client) -> None:
    lines = b"".join(b"wandb==0.%d.0\n" % number for number in range(700)) + b"mlflow==2.9.0\n" * 300
    page = send(ben, lines).content.decode()
    assert page.count("Request exception<span") == 500 and "500 more lines are in the downloads" in page


def test_one_must_be_signed_in() -> None:
    assert Client().get(PAGE).status_code == 302
