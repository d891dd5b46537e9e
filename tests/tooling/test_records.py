"""A decided request leaves a decision record where documents are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.core import plugs
from apps.core.plugs import DocumentStore, registered
from apps.people.models import Committee
from apps.tooling.actions import conditions, reviewing
from apps.tooling.actions.records import as_text, body_of, keep_record
from apps.tooling.models import ExceptionRequest
from apps.tooling.queries import clock
from apps.wiki.models import Page
from apps.wiki.text.rendering import render
from tests.personas import People
from tests.tooling import making

HOSTILE = (
    "<script>alert(1)</script> [[start]] @ada **bold** [x](javascript:y) | # | ![i](u) `c` https://e.example"
)


@pytest.fixture
def request_(people: People) -> ExceptionRequest:
    tool = making.tool(people, "wandb", title="W&B")
    return making.in_review(
        people, tool, objective=f"{HOSTILE}\n# Not a heading\n1. not a list\n    not code"
    )


def rejected(people: People, request: ExceptionRequest, **who: str) -> ExceptionRequest:
    other = making.tool(people, "mlflow", title="MLflow")
    return making.reject(people, request, other, "One tool is enough.", **who)


def test_an_approved_request_leaves_its_record_with_conditions_and_plan(
    people: People, request_: ExceptionRequest
) -> None:
    conditions.attach_condition(
        actor=people.dmitri,
        request=request_,
        text="Export all runs nightly.",
        owner=people.ben,
        due=clock.now() + timedelta(days=9),
    )
    making.approve(people, request_)
    url = keep_record(request=request_.pk)
    request_.refresh_from_db()
    assert url and request_.record_url == url
    page = Page.objects.get(document_key=f"tooling.request.{request_.pk}")
    text = page.revision.text
    for said in (
        "Accepted on",
        "Export all runs nightly.",
        "Export all runs to MLflow.",
        "the standard",
        "None.",
    ):
        assert said in text
    headings = ["Status", "Context", "Decision", "Dissent", "Alternatives weighed", "Consequences"]
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == headings


def test_a_rejection_is_recorded_with_its_reasons_and_dissent_with_the_side_it_came_from(
    people: People, request_: ExceptionRequest
) -> None:
    making.approve(people, request_, business="farid")
    rejected(people, request_, central="dmitri")
    request_.refresh_from_db()
    assert request_.state == "in_review"  # the sides differ, so the committee decides
    Committee.objects.filter(purpose="standards").update(quorum=1)
    committee = making.step(request_, "committee")
    reviewing.give_verdict(actor=people.ivan, step=committee, approves=True, comment="The pilot is short.")
    request_.refresh_from_db()
    body = body_of(request_)
    assert "- Central platform: against" in body
    assert "- Central platform: One tool is enough. Proposed instead: MLflow." in body
    assert "Dmitri" not in body


def test_a_rejected_request_names_the_alternative(people: People, request_: ExceptionRequest) -> None:
    body = body_of(rejected(people, request_))
    assert "Rejected on" in body and "No exception. Use MLflow instead." in body
    assert "Exit plan" not in body and "W&B, every version, in Production" in body.replace("\\", "")


def test_peoples_words_stay_words(people: People, request_: ExceptionRequest) -> None:
    making.approve(people, request_)
    keep_record(request=request_.pk)
    page = Page.objects.get(document_key=f"tooling.request.{request_.pk}")
    html = str(render(page.revision.text).html)
    for markup in ("<script", "<strong>bold", "javascript:", "<img", "<code>c", "Not a heading</h"):
        assert markup not in html.replace("[x](javascript:y)", "")
    assert "Not a heading" in html and "**bold**" in html
    assert not page.mentions.exists()


def test_kept_twice_is_kept_once(people: People, request_: ExceptionRequest) -> None:
    making.approve(people, request_)
    assert keep_record(request=request_.pk) == keep_record(request=request_.pk)
    page = Page.objects.get(document_key=f"tooling.request.{request_.pk}")
    assert page.revisions.count() == 1


def test_an_open_request_and_a_portal_without_documents_leave_nothing(
    people: People, request_: ExceptionRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keep_record(request=request_.pk) == ""
    making.approve(people, request_)
    monkeypatch.setitem(plugs._registered, DocumentStore, [])
    assert not registered(DocumentStore)
    assert keep_record(request=request_.pk) == ""
    request_.refresh_from_db()
    assert request_.record_url == ""


@pytest.mark.parametrize(
    "words", ["# h", "- a", "+ a", "1. a", "2) a", "> q", "---", "***", "    code", "| a |", "~~~", "==="]
)
def test_no_line_begins_markup(words: str) -> None:
    html = str(render(as_text(words)).html)
    assert html.startswith("<p>") and words.strip().replace(">", "&gt;") in html
