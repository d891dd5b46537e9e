"""The demo world's wiki holds together: who writes may write, what everybody reads names nothing hidden, every kind of
page has its sections, and the whole loads into a portal with its history.

The first tests read files only, against the hand-written rules of `demo_files`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from apps.wiki.page_templates import missing_sections
from apps.wiki.text.rendering import render
from apps.wiki.vocabulary import Template
from portal.demo_charts import line_chart
from portal.demo_wiki_files import PageFile, earlier, page_files, searches, space_files
from tests.portal import demo_files as demo

SPACES = {row["slug"]: row for row in space_files()}
PAGES = {f"{page.space}/{page.slug}": page for page in page_files()}
MADE_BY_THE_PRODUCT = {"handbook", "records"}
HAPPENINGS = ("history", "verified", "acknowledged", "comments", "charts", "grants", "redacted", "archived")


def visibility(page: PageFile) -> str:
    return page.front.get("narrowed") or SPACES[page.space]["visibility"]


def told(page: PageFile) -> Iterator[str]:
    """Everything that readers of a page can reach: today's text, earlier ones, remarks, settings."""
    for step in page.front["history"]:
        yield page.text_of(step)
    yield page.text
    yield repr(dict(page.front))


def may_be_named(page: PageFile, entity: dict[str, Any]) -> bool:
    """Whoever reads the page sees the entity: a unit's page may name what the same team shows to its unit."""
    if entity["visibility"] == "company":
        return True
    readers = [grant for grant in SPACES[page.space].get("grants") or () if "user" in grant]
    teams = [grant["team"] for grant in SPACES[page.space].get("grants") or () if "team" in grant]
    own = SPACES[page.space]["owner"]
    seen = entity["visibility"] == "unit" and entity["owner"] == own and visibility(page) != "company"
    return seen and not readers and all(demo.sees(team, entity) for team in teams)


def test_no_page_names_what_its_readers_do_not_see() -> None:
    hidden = {ref: row for ref, row in demo.entities().items() if row["visibility"] != "company"}
    found = [
        (key, ref)
        for key, page in PAGES.items()
        for ref, row in hidden.items()
        if not may_be_named(page, row)
        for text in told(page)
        if any(
            re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", re.sub(r"\s+", " ", text.lower()))
            for name in (ref.lower(), ref.partition(":")[2].lower())
        )
    ]
    assert found == []


def test_there_is_enough_of_everything() -> None:
    templates = Counter(page.front.get("template", "page") for page in PAGES.values())
    assert 60 <= len(PAGES) <= 80
    assert set(templates) == set(Template.values)
    assert {visibility(page) for page in PAGES.values()} == {"company", "unit", "restricted"}
    assert sum(len(page.front["history"]) > 1 for page in PAGES.values()) > len(PAGES) / 3
    assert not SPACES.keys() & MADE_BY_THE_PRODUCT
    assert [page.slug for page in PAGES.values() if page.front.get("archived")] == ["kubeflow-pipelines"]


@pytest.mark.parametrize("key", sorted(PAGES))
def test_a_page_is_well_formed(key: str) -> None:
    page = PAGES[key]
    rendered = render(page.text)
    assert missing_sections(page.front.get("template", "page"), [h.title for h in rendered.outline]) == []
    assert rendered.words > 60
    assert not demo.FILLER.search(page.text)
    assert set(rendered.entity_refs) | set(page.front.get("documents") or ()) <= demo.entities().keys()
    assert set(rendered.mentions) <= demo.usernames()
    assert rendered.attachments == [chart["name"] for chart in page.front.get("charts") or ()]


@pytest.mark.parametrize("key", sorted(PAGES))
def test_a_history_goes_forward_and_ends_at_todays_text(key: str) -> None:
    steps = PAGES[key].front["history"]
    days = [step["days_ago"] for step in steps]
    assert all(before > after for before, after in pairwise(days))
    assert days[0] <= SPACES[PAGES[key].space]["days_ago"]
    assert PAGES[key].text_of(steps[-1]) == PAGES[key].text
    plain = [PAGES[key].text_of(step) for step in steps if not {"base", "restore"} & step.keys()]
    assert all(before != after for before, after in pairwise(plain))


@pytest.mark.parametrize("key", sorted(PAGES))
def test_people_acted_after_they_had_joined_and_the_page_was_there(key: str) -> None:
    joined = {user: row["days_ago"] for team in demo.members().values() for user, row in team.items()}
    front = PAGES[key].front
    begun = front["history"][0]["days_ago"]
    for name in HAPPENINGS:
        for row in front.get(name) or ():
            assert row["by"] in demo.usernames(), (name, row)
            assert 0 < row["days_ago"] <= begun, (name, row)
            assert joined.get(row["by"], 1000) > row["days_ago"], (name, row)
    for comment in front.get("comments") or ():
        days = [row["days_ago"] for row in (comment, *(comment.get("answers") or ()))]
        assert days == sorted(days, reverse=True), comment


def test_a_space_was_begun_by_its_team_and_searches_by_people() -> None:
    for row in SPACES.values():
        assert row["by"] in demo.members()[row["owner"]], row["slug"]
        assert f"{row['slug']}/index" in PAGES
    assert {name for row in searches() for name in row["by"]} <= demo.usernames()
    assert any(len(row["by"]) >= 3 for row in searches())


def test_an_earlier_text_leaves_out_sections_and_says_other_words() -> None:
    text = "## One\n\nfirst\n\n### Below\n\n```sh\n# no heading\n```\n\n## Two\n\nsecond\n"
    assert earlier(text, ["One"], {}) == "## Two\n\nsecond\n"
    assert earlier(text, ["Two"], {"first": "once"}).endswith("```\n")
    with pytest.raises(ValueError, match="no section"):
        earlier(text, ["Three"], {})
    with pytest.raises(ValueError, match="does not stand"):
        earlier(text, [], {"third": ""})


def test_charts_are_small_pngs() -> None:
    for page in PAGES.values():
        for chart in page.front.get("charts") or ():
            data = line_chart(*chart["series"])
            assert data.startswith(b"\x89PNG\r\n\x1a\n")
            assert len(data) < 20_000
