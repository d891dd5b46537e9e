"""The design system: readable colours, no inline code, every part shown, words and figures right."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django import forms
from django.template import Context, Template, engines
from django.template.loader import get_template, render_to_string
from django.test import Client

from portal.marks import MARKS, mark_of
from portal.moments import exact, relative
from portal.pictures import spark, stacked
from portal.templatetags.parts import icon, initials, item, share

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "portal" / "templates"
CSS = ROOT / "portal" / "static" / "portal" / "css"
NOW = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)

GROUNDS = ("page", "sunken", "raised", "hover")
READABLE = (
    *((ink, ground) for ink in ("ink", "ink-2", "ink-3", "accent") for ground in GROUNDS),
    *((ink, "pressed") for ink in ("ink", "ink-2")),
    *(
        (meaning, ground)
        for meaning in ("good", "warn", "bad", "info")
        for ground in ("page", f"{meaning}-soft")
    ),
    *(
        (ink, f"{meaning}-soft")
        for ink in ("ink", "ink-2")
        for meaning in ("good", "warn", "bad", "info", "accent")
    ),
    ("accent-ink", "accent-solid"),
    ("accent-ink", "accent-solid-hover"),
    ("accent", "accent-soft"),
)


def _tokens() -> dict[str, list[tuple[float, float, float]]]:
    """Both themes of every colour token as (lightness, chroma, hue)."""
    found = {}
    text = (CSS / "tokens.css").read_text(encoding="utf-8")
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\(oklch\(([^)/]+)\), oklch\(([^)/]+)\)\)", text
    ):
        found[name] = [_oklch(light), _oklch(dark)]
    return found


def _oklch(words: str) -> tuple[float, float, float]:
    lightness, chroma, hue = words.split()
    return float(lightness.rstrip("%")) / 100, float(chroma), float(hue)


def _luminance(colour: tuple[float, float, float]) -> float:
    """Relative luminance (WCAG 2.2) of an OKLCH colour, clipped to sRGB (matrices: B. Ottosson, 2020)."""
    lightness, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    linear = [min(1.0, max(0.0, value)) for value in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_black_on_white_has_the_known_contrast() -> None:
    assert _contrast((0, 0, 0), (1, 0, 0)) == pytest.approx(21, abs=0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), READABLE, ids=str)
def test_text_is_readable(ink: str, ground: str, theme: int) -> None:
    tokens = _tokens()
    assert _contrast(tokens[ink][theme], tokens[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_borders_of_controls_and_the_focus_are_visible(theme: int) -> None:
    tokens = _tokens()
    assert _contrast(tokens["edge"][theme], tokens["page"][theme]) >= 3
    assert _contrast(tokens["focus"][theme], tokens["page"][theme]) >= 3


def _all_templates() -> list[Path]:
    return [*TEMPLATES.rglob("*.html"), *(ROOT / "apps").rglob("templates/**/*.html")]


@pytest.mark.parametrize("path", _all_templates(), ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_hold_no_inline_code(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|\|safe\b", text)
    assert all("src=" in tag or "json" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", sorted((TEMPLATES / "parts").glob("*.html")), ids=lambda path: path.stem)
def test_every_part_says_what_it_is_and_is_shown_on_the_living_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "{# " in text
    shown = [
        *(TEMPLATES / "about").rglob("*.html"),
        *(TEMPLATES / "layouts").glob("*.html"),
        TEMPLATES / "base.html",
    ]
    inside_parts = [other for other in (TEMPLATES / "parts").glob("*.html") if other != path]
    assert any(f"parts/{path.name}" in other.read_text(encoding="utf-8") for other in [*shown, *inside_parts])


def test_the_living_page_shows_every_mark(signed_in: Callable[[str], Client]) -> None:
    body = signed_in("kim").get("/about/parts/").content.decode()
    for marks in MARKS.values():
        for mark in marks.values():
            assert mark.word in body


def test_the_living_page_is_for_people_who_are_signed_in(db: None) -> None:
    answer = Client().get("/about/parts/")
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


def test_no_two_marks_of_a_table_look_alike() -> None:
    for kind, marks in MARKS.items():
        words = [mark.word for mark in marks.values()]
        assert len(words) == len(set(words)), kind


def test_a_state_that_no_table_knows_is_shown_by_its_own_name() -> None:
    assert mark_of("in_review", "stage").word == "In review"
    assert mark_of(None, "stage").word == "Unknown"
    assert mark_of("PRODUCTION", "stage").meaning == "good"


def test_icons_are_silent_unless_they_have_a_name() -> None:
    assert 'aria-hidden="true"' in icon("search")
    assert 'aria-label="A &quot;name&quot;"' in icon("search", label='A "name"')


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=20), "in a moment"),
        (timedelta(minutes=-1), "1 minute ago"),
        (timedelta(minutes=59), "in 59 minutes"),
        (timedelta(hours=-3), "3 hours ago"),
        (timedelta(hours=-24), "yesterday"),
        (timedelta(days=1), "tomorrow"),
        (timedelta(days=-30), "30 days ago"),
        (timedelta(days=-31), "15 May"),
        (timedelta(days=-400), "11 May 2024"),
    ],
)
def test_times_read_as_people_say_them(offset: timedelta, words: str) -> None:
    assert relative(NOW + offset, NOW) == words


def test_dates_without_a_clock_stay_dates() -> None:
    assert relative(date(2025, 6, 15), NOW) == "today"
    assert exact(date(2025, 7, 1)) == "1 July 2025"
    assert exact(datetime(2025, 7, 15, 14, 3, tzinfo=UTC)) == "15 July 2025, 14:03 UTC"


def test_a_time_carries_its_exact_form() -> None:
    moment = datetime(2020, 7, 15, 14, 3, tzinfo=UTC)
    shown = Template("{% when moment %}").render(Context({"moment": moment}))
    assert (
        shown
        == '<time datetime="2020-07-15T14:03:00+00:00" title="15 July 2020, 14:03 UTC">15 Jul 2020</time>'
    )
    assert Template('{% when None "not yet" %}').render(Context()) == "not yet"


def test_sparklines_hold_their_box() -> None:
    line = spark([1, 3, 2], 96, 24, 3)
    assert line is not None
    assert line.line == "3,21 48,3 93,12"
    assert spark([1]) is None
    flat = spark([5, 5])
    assert flat is not None
    assert flat.last_y == 12


def test_bars_never_leave_their_hundred() -> None:
    assert share(3, 4) == "75"
    assert share(9, 4) == "100"
    assert share(1, 0) == "0"
    whole = stacked([("a", 60, "good"), ("b", 60, "bad")], 100)
    assert whole[-1]["x"] == 50
    assert sum(float(str(part["width"])) for part in whole) == pytest.approx(100)


def test_small_filters() -> None:
    assert [initials(name) for name in ("Risk ML", "ada", "Claims-AI", "")] == ["RM", "A", "CA", ""]
    assert [item([1, 2], index) for index in (0, 2)] == [1, None]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429, 500, 503])
def test_errors_say_what_happened_and_what_to_do(status: int) -> None:
    body = render_to_string(f"errors/{status}.html", {"request_id": "abc12345"})
    assert "abc12345" in body
    assert len(re.findall(r"<h1>.+?</h1>", body, re.DOTALL)) == 1
    texts = [text for text in re.findall(r"<p[^>]*>([^<]+)</p>", body) if text.strip().endswith(".")]
    assert len(texts) >= 2


def test_the_page_of_a_crash_needs_no_context() -> None:
    body = engines["django"].engine.get_template("500.html").render(Context())
    assert "Something went wrong" in body
    assert "Go home" in body


def test_an_error_lists_fields_and_ways_out() -> None:
    from apps.core.errors import Conflict

    error = Conflict(
        "Somebody was faster.", possible=["Load again"], errors={"name": ["Taken."]}, next_step="Compare."
    )
    body = get_template("parts/error.html").render({"error": error, "request_id": "abc12345"})
    for words in (
        "This cannot be done now",
        "Somebody was faster.",
        "Load again",
        "Taken.",
        "Compare.",
        "abc12345",
    ):
        assert words in body


def test_a_field_names_its_help_and_its_errors() -> None:
    class Sample(forms.Form):
        name = forms.CharField(help_text="A name.")

    body = render_to_string("parts/fields.html", {"form": Sample({})})
    assert 'aria-describedby="id_name_helptext id_name_error"' in body
    assert 'id="id_name_helptext"' in body
    assert 'id="id_name_error"' in body
    assert 'aria-invalid="true"' in body


def test_values_are_escaped_everywhere() -> None:
    nasty = '"><script>alert(1)</script>'
    for name, context in {
        "badge": {"label": nasty, "icon": "info", "help": nasty},
        "ref": {"reference": nasty},
        "meter": {"label": nasty, "text": nasty, "value": 1, "max": 2},
        "kpi": {"label": nasty, "value": nasty, "since": nasty},
        "empty": {"title": nasty, "text": nasty, "url": "/", "action": nasty},
        "suggestions": {"hits": [], "query": nasty},
        "chart": {
            "id": "x",
            "title": nasty,
            "chart": {"labels": [nasty], "series": [{"name": nasty, "values": [1]}]},
        },
    }.items():
        assert "<script>alert" not in render_to_string(f"parts/{name}.html", context), name
