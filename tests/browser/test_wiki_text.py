"""Hostile wiki text in a real Chromium: no script runs, no dialog opens, nothing is asked from another host."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from apps.wiki.text.rendering import PageTarget, fill, render
from tests.chromium import grave
from tests.wiki.hostile import HOSTILE

pytestmark = pytest.mark.browser
STYLES = Path(__file__).parents[2] / "portal/static/portal/css"
SAMPLE = """# Runbook of `fraud-score`

Lead with [[Page]], [[Missing]] and @ada, https://x.example/a and a footnote[^1].

- [ ] open task with **words**
- [x] done task

> [!NOTE]
> Read this first.

> [!CAUTION]
> Then this.

| Metric | Value |
|--------|------:|
| AUC    | 0.93  |

```python
@task(retries=3)
def score(row: dict[str, float]) -> float:
    \"\"\"The chance of fraud.\"\"\"
    return 0.5 + len("text")  # a comment
```

```diff
- old line
+ new line
```

[^1]: The note.
"""


def _filled(text: str) -> str:
    """With every name known, so that all kinds of elements are on the page."""
    rendered = render(text)
    return fill(
        rendered.html,
        pages={name: PageTarget("/wiki/p/1", name) for name in rendered.page_links if name != "Missing"},
        entities=dict.fromkeys(rendered.entity_refs, "<b>card</b>"),
        attachments=dict.fromkeys(rendered.attachments, "/wiki/files/1"),
    )


def _open(browser: Browser, html: str, asked: list[str], theme: str = "light") -> Page:
    """A page without any content security policy: the text alone must hold."""

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=html if route.request.is_navigation_request() else "", content_type="text/html")

    context = browser.new_context(color_scheme="dark" if theme == "dark" else "light")
    page = context.new_page()
    page.route("**/*", answer)
    page.on("dialog", lambda dialog: (asked.append("dialog"), dialog.dismiss()))
    page.add_init_script("window.ran = 0; window.pwned = () => { window.ran += 1; };")
    page.goto("http://wiki.test/page")
    return page


def _document(body: str, styles: str = "") -> str:
    head = f"<title>Text</title><style>{styles}</style>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def test_the_handler_sees_a_script_that_runs(chromium: Browser) -> None:
    page = _open(chromium, _document("<img src=x onerror=pwned()>"), [])
    page.wait_for_function("window.ran === 1")
    page.context.close()


def test_no_hostile_text_runs_a_script_or_calls_another_host(chromium: Browser) -> None:
    asked: list[str] = []
    articles = "".join(f"<article>{_filled(text)}</article>" for text in HOSTILE if len(text) < 50_000)
    page = _open(chromium, _document(articles), asked)
    page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager'; })")
    page.evaluate(
        """document.querySelectorAll('article *').forEach(each => {
            for (const kind of ['mouseover', 'focus', 'load', 'error', 'toggle'])
                each.dispatchEvent(new Event(kind));
        })"""
    )
    page.evaluate("document.addEventListener('click', event => event.preventDefault())")
    page.evaluate("document.querySelectorAll('article a').forEach(link => link.click())")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.ran") == 0
    assert {url for url in asked if not url.startswith("http://wiki.test/")} == set()
    assert page.evaluate("[...document.links].map(link => link.protocol)").count("javascript:") == 0
    page.context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_wiki_text_is_readable_in_both_themes(chromium: Browser, theme: str) -> None:
    styles = "".join((STYLES / name).read_text() for name in ("tokens.css", "base.css", "wiki-text.css"))
    body = f'<main class="wiki-text"><h1>Runbook</h1>{_filled(SAMPLE)}</main>'
    page = _open(chromium, _document(body, styles), [], theme)
    assert grave(page) == []
    page.context.close()
