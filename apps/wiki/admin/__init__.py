"""The wiki in the admin: spaces, pages and what hangs on them. Texts are written on the pages themselves."""

from apps.wiki.admin import history, pages, spaces, talk

__all__ = ["history", "pages", "spaces", "talk"]
