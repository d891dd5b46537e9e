"""One form of dates and times, wherever they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone
from django.utils.formats import localize

from apps.core.form_fields import MomentField
from apps.core.moments import told, told_within

MOMENT = datetime(2026, 11, 21, 14, 5, 9, tzinfo=UTC)


def test_a_moment_has_one_form_in_code_admin_and_templates() -> None:
    assert told(MOMENT) == "21 Nov 2026, 14:05"
    assert localize(MOMENT) == told(MOMENT)
    assert Template("{{ at|date:'DATETIME_FORMAT' }}").render(Context({"at": MOMENT})) == told(MOMENT)


def test_a_day_has_no_clock_and_nothing_is_a_dash() -> None:
    assert told(date(2026, 1, 2)) == "2 Jan 2026"
    assert told(None) == "–"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "MLflow experiment 0 of 2026-11-21T14:00:43.867000+00:00",
            "MLflow experiment 0 of 21 Nov 2026, 14:00",
        ),
        ("since 2026-11-21T14:00:43Z.", "since 21 Nov 2026, 14:00."),
        ("2026-11-21T16:00:43+02:00", "21 Nov 2026, 14:00"),
        ("2026-13-41T99:00:00Z stays", "2026-13-41T99:00:00Z stays"),
        ("version 2026-11-21 and 14:00 stay", "version 2026-11-21 and 14:00 stay"),
        ("", ""),
    ],
)
def test_instants_in_another_systems_text(text: str, expected: str) -> None:
    assert told_within(text) == expected


class _When(forms.Form):
    begins = MomentField(help_text="The first moment.")


def test_a_form_takes_and_shows_moments_in_the_zone_that_it_names() -> None:
    with timezone.override("Asia/Tokyo"):
        form = _When({"begins": "2027-01-31T09:00"})
        assert form.is_valid()
        assert form.cleaned_data["begins"] == datetime(2027, 1, 31, 0, 0, tzinfo=UTC)
        shown = _When(initial={"begins": MOMENT}).as_p()
        assert 'value="2026-11-21T23:05"' in shown
        assert "The first moment. In your time zone, Asia/Tokyo." in shown
        assert "Give a day and a time" in str(_When({"begins": "soon"}).errors)
