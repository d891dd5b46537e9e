"""How requests name teams and people: a team by its slug, a person by the user name."""

from __future__ import annotations

from typing import Any

from apps.core.rest_fields import Text

SLUG = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
USERNAME = r"^[a-z0-9]([-a-z0-9_.]{0,61}[a-z0-9])?$"
SLUG_SENTENCE = "Use a-z, 0-9 and inner hyphens, at most 63 characters."


class Slug(Text):
    """The slug of a team or unit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(pattern=SLUG, says=SLUG_SENTENCE, **options)


class Username(Text):
    def __init__(self, **options: Any) -> None:
        super().__init__(pattern=USERNAME, says="This is no user name.", **options)
