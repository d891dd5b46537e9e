"""A real Chromium on the running portal. A message about the content security policy or an error of a script
fails the test that saw it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser.flags import ARGUMENTS, executable
from tests.personas import People

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = (
    "true"  # playwright's loop runs in the thread that asks the database
)

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer, people: People) -> Iterator[OpenPage]:
    """`open_page("/catalog/", as_="ada", width=390, theme="dark")`; without `as_` nobody is signed in."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            complaints.append(message.text)

    def open_(path: str, as_: str = "", width: int = 1280, theme: str = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce",  # nothing to wait for before colours are what they stay
            base_url=live_server.url,
        )
        contexts.append(context)
        context.set_default_timeout(10_000)
        if as_:
            context.add_cookies([session_of(people, as_, live_server.url)])
        page = context.new_page()
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def session_of(people: People, name: str, url: str) -> dict[str, str]:
    """The cookie of somebody who signed in, for the context of a browser."""
    client = Client()
    client.force_login(people[name], backend="django.contrib.auth.backends.ModelBackend")
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


AXE = Axe().axe_script
VIEWS = ((390, "dark"), (1280, "light"))  # a phone by night, a desk by day


def grave(page: Page) -> list[str]:
    """What axe calls serious or critical on the page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}"
        for each in found
        if each["impact"] in {"serious", "critical"}
    ]


def sideways(page: Page) -> int:
    """By how many pixels the page scrolls sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def settled(page: Page) -> Page:
    """The page, when no part of it is still being fetched."""
    expect(page.locator(".htmx-request")).to_have_count(0)
    return page


def faults(page: Page) -> list[str]:
    """What is grave, and what scrolls sideways, on the page as it stands, in each of VIEWS; it stays in the last."""
    found = []
    for width, theme in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        too_wide = [f"{sideways(page)} px sideways"] if sideways(page) > 0 else []
        found += [f"{width} px, {theme}: {fault}" for fault in [*grave(page), *too_wide]]
    return found


def faults_of(page: Page, addresses: Iterable[str]) -> dict[str, list[str]]:
    """The faults of every address that has some, opened one after the other by whoever is signed in."""
    found = {}
    for address in addresses:
        page.goto(address)
        found[address] = faults(settled(page))
    return {address: each for address, each in found.items() if each}
