"""The wiki in a real browser: readable in both themes and widths, the contents follow, code is copied."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from apps.people.models import Team
from apps.wiki.actions.editing import create_page, save_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.models import Page
from tests.chromium import OpenPage, faults_of
from tests.factories import EntityFactory
from tests.personas import People

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PROSE = "\n\n".join(
    ["A paragraph that says something about the queue and how long it keeps what came in."] * 12
)
TEXT = f"""The service scores every payment.

{{{{model:retail-banking/fraud-score}}}}

## When the alarm rings

Answer soon; {{{{model:retail-banking/fraud-score}}}} is what scores. See [[Rota]] and [[Not there]].

```python
def score(row):
    return model.predict(row)  # {"a long line " * 12}
```

{PROSE}

### The queue

| Sign | Meaning |
|---|---|
| lag | consumers are down |

{PROSE}

## Escalation

- [ ] Ada
- [x] Ben

{PROSE}
"""


@pytest.fixture
def runbook(people: People) -> Page:
    EntityFactory(name="fraud-score", title="Fraud score", stage="production")
    space = create_space(
        actor=people.ada, slug="risk", title="Risk handbook", owner=Team.objects.get(slug="risk-ml")
    )
    page = create_page(
        actor=people.ada, space=space, title="Runbook", text="Old words.\n\nTwo.\n", tags=["fraud"]
    )
    save_page(actor=people.ben, page=page, text=TEXT, base=1, summary="Written at last")
    rota = create_page(actor=people.ada, space=space, title="Rota", text="See [[Runbook]].")
    create_page(actor=people.ada, space=space, parent=rota, title="Weekend", text="Nobody.")
    return Page.objects.get(pk=page.pk)


def test_the_wikis_pages_are_accessible(open_page: OpenPage, runbook: Page) -> None:
    page = open_page("/", as_="ada")
    for address in (
        "/wiki/",
        "/wiki/risk/",
        "/wiki/risk/runbook/",
        f"/wiki/p/{runbook.uid}/history/",
        f"/wiki/p/{runbook.uid}/history/1/",
        f"/wiki/p/{runbook.uid}/compare/",
        f"/wiki/p/{runbook.uid}/links/",
        "/wiki/risk/-/broken/",
        "/wiki/changes/",
    ):
        assert faults_of(page, [address]) == {}
        expect(page.locator("h1")).to_have_count(1)


def test_the_contents_follow_the_reader(open_page: OpenPage, runbook: Page) -> None:
    page = open_page("/wiki/risk/runbook/", as_="kim")
    contents = page.locator(".toc-beside")
    contents.get_by_text("The queue").click()
    expect(contents.locator("[aria-current]")).to_have_text("The queue")
    page.keyboard.press("End")
    expect(contents.locator("[aria-current]")).to_have_text("Escalation")


def test_code_is_copied_with_one_press(open_page: OpenPage, runbook: Page) -> None:
    page = open_page("/wiki/risk/runbook/", as_="kim")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    block = page.locator(".wiki-text .code")
    block.hover()
    block.get_by_role("button", name="Copy the code").click()
    expect(block.locator("button")).to_have_attribute("aria-label", "Copied")
    assert page.evaluate("navigator.clipboard.readText()").startswith("def score(row):\n    return")


def test_the_tree_folds_and_remembers(open_page: OpenPage, runbook: Page) -> None:
    page = open_page("/wiki/risk/runbook/", as_="kim")
    weekend = page.locator(".tree").get_by_text("Weekend")
    expect(weekend).to_be_hidden()
    page.locator(".tree summary[aria-label='Pages below Rota']").click()
    expect(weekend).to_be_visible()
    page.reload()
    expect(weekend).to_be_visible()
    page.locator(".tree").get_by_role("link", name="Rota").focus()
    page.keyboard.press("ArrowLeft")
    expect(weekend).to_be_hidden()
    page.keyboard.press("ArrowUp")
    expect(page.locator(".tree").get_by_role("link", name="Runbook")).to_be_focused()


def test_tree_and_contents_fold_on_a_phone(open_page: OpenPage, runbook: Page) -> None:
    page = open_page("/wiki/risk/runbook/", as_="kim", width=390)
    expect(page.locator(".tree")).to_be_hidden()
    page.get_by_text("Pages", exact=True).click()
    expect(page.locator(".tree")).to_be_visible()
    page.locator(".toc-above summary").click()
    page.locator(".toc-above").get_by_text("Escalation").click()
    expect(page.locator("#h-escalation")).to_be_in_viewport()


def test_keys_lead_to_history_and_the_next_page(open_page: OpenPage, runbook: Page) -> None:
    page = open_page("/wiki/risk/runbook/", as_="kim")
    page.keyboard.press("]")
    expect(page.locator("h1")).to_have_text("Rota")
    page.keyboard.press("h")
    expect(page.locator("h1")).to_have_text("History of Rota")


def test_ben_compares_and_restores(open_page: OpenPage, runbook: Page) -> None:
    page = open_page(f"/wiki/p/{runbook.uid}/history/", as_="ben")
    page.get_by_role("button", name="Compare the two").click()
    expect(page.locator(".changes")).to_contain_text("Old words.")
    page.get_by_role("link", name="Revision 1", exact=True).click()
    page.get_by_text("Restore this text").click()
    page.get_by_role("button", name="Restore revision 1").click()
    expect(page.locator(".wiki-text")).to_contain_text("Old words.")
    runbook.refresh_from_db()
    assert runbook.revision is not None and runbook.revision.number == 3


def test_paper_has_the_text_and_its_address(open_page: OpenPage, runbook: Page) -> None:
    page = open_page("/wiki/risk/runbook/", as_="kim")
    page.emulate_media(media="print")
    for hidden in (".wiki-tree", ".wiki-side", ".topbar", ".wiki-neighbours"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(page.locator(".wiki-text")).to_be_visible()
    expect(page.locator(".wiki-main")).to_contain_text(f"/wiki/p/{runbook.uid}/, revision 2")
