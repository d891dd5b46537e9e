"""Makes the pictures of README and handbook from the demo world: `python -m tests.browser.screenshots`.

Needs a running demo (`manage.py demo`); the address and password stand in its greeting and are given as options.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.flags import ARGUMENTS, executable

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "screenshots"
FRAUD = "/catalog/model/retail-banking/fraud-score"
RUNBOOK = "/wiki/risk/runbook-fraud-score/"
TRITON = "/tooling/requests/12/"  # the twelfth that was begun: in production, with dissent and two conditions
# name -> (persona, path, width, theme)
PICTURES = {
    "home-light": ("ada", "/", 1280, "light"),
    "catalog-light": ("ada", "/catalog/", 1280, "light"),
    "entity-light": ("ada", FRAUD, 1280, "light"),
    "entity-dark": ("ada", FRAUD, 1280, "dark"),
    "lineage-light": ("ada", f"{FRAUD}/lineage", 1280, "light"),
    "entity-narrow": ("ada", FRAUD, 390, "light"),
    "radar-light": ("ben", "/tooling/", 1280, "light"),
    "radar-dark": ("ben", "/tooling/", 1280, "dark"),
    "radar-narrow": ("ben", "/tooling/", 390, "light"),
    "tool-light": ("ben", "/tooling/tools/coe/qdrant/", 1280, "light"),
    "request-light": ("dmitri", TRITON, 1280, "light"),
    "request-narrow": ("chloe", TRITON, 390, "light"),
    "tooling-register-light": ("kim", "/tooling/requests/", 1280, "light"),
    "tooling-figures-light": ("esther", "/tooling/leads/", 1280, "light"),
    "plans-light": ("farid", "/roadmap/cycles/first-cycle/plans/", 1280, "light"),
    "why-not-light": ("kim", "/roadmap/cycles/first-cycle/why/6/", 1280, "light"),  # the summaries of calls
    "why-not-narrow": ("kim", "/roadmap/cycles/first-cycle/why/6/", 390, "dark"),
    "wiki-home-light": ("ada", "/wiki/", 1280, "light"),
    "wiki-page-light": ("ada", RUNBOOK, 1280, "light"),
    "wiki-page-dark": ("chloe", "/wiki/claims/damage-vision-card/", 1280, "dark"),
    "wiki-page-narrow": ("kim", "/wiki/lessons/postmortem-clock-change/", 390, "light"),
    "admin-light": ("esther", "/admin/", 1280, "light"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--password", required=True)
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        for name in PICTURES:
            take(browser, given.url, given.password, name)
        browser.close()


def take(browser: Browser, url: str, password: str, name: str) -> None:
    persona, path, width, theme = PICTURES[name]
    context = browser.new_context(
        viewport={"width": width, "height": 800 if width > 500 else 844},
        color_scheme="dark" if theme == "dark" else "light",
        base_url=url,
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", persona)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_load_state("networkidle")
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


if __name__ == "__main__":
    main()
