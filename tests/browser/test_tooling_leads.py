"""The figures for leads in a real browser: many names stand one below the other, and every bar says its value."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from apps.tooling.models import DecisionCount, Environment
from apps.tooling.queries import clock
from tests.chromium import OpenPage, sideways
from tests.personas import People
from tests.tooling import making

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NAMED = """() => {
  const chart = Chart.getChart(document.querySelector('figure[data-chart="denials-data"] canvas'));
  return [chart.options.indexAxis, chart.scales.y.ticks.map(tick => [tick.label].flat().join(' '))];
}"""


@pytest.fixture
def denied(people: People) -> list[str]:
    """Eight tools, each denied once more than the one before it."""
    titles = [f"Experiment tracker number {number}" for number in range(8)]
    for number, title in enumerate(titles):
        tool = making.tool(people, f"tracker-{number}", title=title)
        DecisionCount.objects.create(
            day=clock.now().date(), team=people.team("risk-ml"), tool_name=tool.ref, tool=tool,
            environment=Environment.objects.get(slug="test"), reason="hold", surface="rest", count=1 + number,
        )  # fmt: skip
    return titles


@pytest.mark.parametrize("width", [1280, 390])
def test_every_bar_has_its_name(denied: list[str], open_page: OpenPage, width: int) -> None:
    page = open_page("/tooling/leads/", as_="esther", width=width)
    figure = page.locator('figure[data-chart="denials-data"]')
    expect(figure.locator("canvas[data-ready]")).to_be_visible()
    assert page.evaluate(NAMED) == ["y", denied[::-1]]
    assert sideways(page) <= 0
