"""A sign that no database takes is refused like any other bad input, also where the page is shown again."""

from __future__ import annotations

import pytest
from django.urls import reverse

from apps.roadmap.forms.asking import TEXTS
from tests.roadmap import making
from tests.traces import nothing_changes

ODD = "a\x00b"


@pytest.mark.parametrize("field", ["title", "team", "unit", "type", "signal"])
def test_where_a_request_begins(people, signed_in, field):
    sent = {"team": "risk-ml", "title": "Sort the alerts", "type": "use_case", field: ODD}
    client = signed_in("ben")
    with nothing_changes():
        assert client.post(reverse("roadmap:request-new"), sent).status_code == 400


@pytest.mark.parametrize(
    "field", [*TEXTS, "approach", "reach", "visibility", "type", "version", "kpis-0-name"]
)
@pytest.mark.parametrize("do", ["save", "submit", "more"])
def test_the_guided_form(people, signed_in, field, do):
    draft = making.draft(people)
    sent = {"do": do, "title": ODD, "version": draft.version, "kpis-shown": "1", field: ODD}
    page = signed_in("ben").post(reverse("roadmap:request-edit", args=[draft.pk]), sent)
    assert page.status_code == 400


def test_autosave_and_what_is_alike(people, signed_in):
    draft, client = making.draft(people), signed_in("ben")
    sent = {"title": ODD, "links": ODD, "version": draft.version}
    assert client.post(reverse("roadmap:request-save", args=[draft.pk]), sent).status_code == 200
    assert client.get(reverse("roadmap:similar"), {"title": ODD}).status_code < 500


@pytest.mark.parametrize("do", ["merge", "ask", "defer", "decline"])
def test_the_answers_of_the_center(people, signed_in, do):
    row, client = making.submitted(people), signed_in("dmitri")
    sent = {"do": do, "into": ODD, "like": ODD, "question": ODD, "reason": ODD}
    with nothing_changes():
        page = client.post(reverse("roadmap:triage-act", args=[row.pk]), sent)
    assert page.status_code == 400
