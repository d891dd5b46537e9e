"""How pages are named: permanent ids, slugs, and the key by which titles and links are compared."""

from __future__ import annotations

import re
import unicodedata

LONGEST_TITLE = 200
LONGEST_SLUG = 100
UID = re.compile(r"[a-z0-9][a-z0-9-]{4,38}[a-z0-9]")


def page_key(text: str) -> str:
    """How a page's title is compared and made into its slug: letters and digits joined by hyphens, in lower case.

    Letters of all scripts stay; a title without any gives "".
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]+", "-", plain).strip("-")[:LONGEST_SLUG].rstrip("-")


def link_key(written: str) -> tuple[str, str]:
    """The space (or "") and the page key of what stands between `[[` and `]]`, without label and anchor."""
    space, _, page = written.rpartition("/")
    return page_key(space), page_key(page)
