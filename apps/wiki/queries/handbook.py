"""What this release ships as its manual, and how a page compares with it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from apps.wiki.models import Page
from apps.wiki.text.bundle import Bundle
from apps.wiki.text.bundle_reading import read_folder
from apps.wiki.text.rendering import render


def folder() -> Path:
    return Path(settings.BASE_DIR) / "fixtures" / "handbook"


def shipped() -> Bundle:
    """The chapters, the first one at the head, the others in the order in which it names them.

    Raises BundleError where the files are no bundle.
    """
    bundle = read_folder(folder())
    home, *rest = bundle.pages
    named = {slug: place for place, slug in enumerate(render(home.text).page_links)}
    rest.sort(key=lambda page: (named.get(page.slug, len(named)), page.slug))
    return replace(bundle, pages=(home, *rest))


def hash_of(title: str, text: str, tags: Iterable[str]) -> str:
    """What counts as an edit: title, text and tags."""
    return sha256(json.dumps([title, text, list(tags)]).encode()).hexdigest()


def kept_hash(page: Page) -> str:
    assert page.revision is not None
    return hash_of(page.title, page.revision.text, page.tags)


def is_outdated(page: Page) -> bool:
    """Whether somebody wrote in a shipped page and the portal ships a newer text than the one they began with."""
    newest = _newest().get(page.uid) if page.shipped_sha256 else None
    return newest not in (None, page.shipped_sha256) and kept_hash(page) not in (newest, page.shipped_sha256)


@cache
def _newest() -> dict[str, str]:
    """Read once per process: a release does not change while it runs. {} where the files are not installed."""
    if not folder().is_dir():
        return {}
    return {page.id: hash_of(page.title, page.text, page.tags) for page in shipped().pages}
