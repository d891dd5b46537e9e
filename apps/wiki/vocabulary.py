"""The words and limits of the wiki, with no Django behind them but the choices' base."""

from __future__ import annotations

from datetime import timedelta

from django.db import models

LONGEST_SUMMARY = 300
LONGEST_COMMENT = 20_000
LARGEST_PAGE = 512 * 1024  # bytes of UTF-8
LARGEST_ATTACHMENT = 10 * 1024 * 1024
DEEPEST = 20  # levels of a space's tree, the home page being the first
LONGEST_INTERVAL = 3650  # days between two verifications
USUAL_INTERVAL = 180  # days, where neither the page nor its space says how long a verification holds
DUE_BEFORE = timedelta(days=14)  # a page is "due" this long before its verification ends
EDITING_NOW = timedelta(minutes=2)  # a draft touched this recently means that somebody is writing
HOME = "index"  # the slug of a space's first page
HANDBOOK = "handbook"  # the space that the product's manual is imported into
# Slugs that are addresses of the wiki itself.
RESERVED_SPACES = frozenset(
    {"p", "search", "new", "drafts", "transfers", "verification", "policies", "attachments", "mentions",
     "watching", "preview", "complete", "help", "changes", "comments"}
)  # fmt: skip


class PageState(models.TextChoices):
    CURRENT = "current", "Current"
    ARCHIVED = "archived", "Archived"


class Template(models.TextChoices):
    """What kind of page it is; `page_templates` has the sections that each must have."""

    PAGE = "page", "Page"
    MODEL_CARD = "model-card", "Model card notes"
    DATA_CARD = "data-card", "Data card"
    RUNBOOK = "runbook", "Runbook"
    POSTMORTEM = "postmortem", "Postmortem"
    ADR = "adr", "Decision record"
    POLICY = "policy", "Policy"
    HOW_TO = "how-to", "How-to"
    LESSONS = "lessons", "Lessons learned"
    SHOW_AND_TELL = "show-and-tell", "Show and tell"


class Audience(models.TextChoices):
    """Who must acknowledge a policy: the owner team, its business unit, or everybody (of those who see it)."""

    NOBODY = "", "Nobody"
    TEAM = "team", "The owner team"
    UNIT = "unit", "The business unit"
    COMPANY = "company", "Everybody who sees it"


class LinkKind(models.TextChoices):
    PAGE = "page", "Link"
    EMBED = "embed", "Embed"  # {{kind:namespace/name}} in the text
    ABOUT = "about", "Documents"  # named in the page's settings: this page documents that entity


class Freshness(models.TextChoices):
    """Computed when read, from `verified_until` (law 9)."""

    VERIFIED = "verified", "Verified"
    DUE = "due", "Verification due"
    EXPIRED = "expired", "Verification expired"
    UNVERIFIED = "unverified", "Not verified"


# From the widest to the narrowest: a page may only narrow what its space or a page above it shows.
WIDTH = ("company", "unit", "restricted")


def narrowest(*visibilities: str) -> str:
    """The narrowest of some visibilities; empty ones say nothing."""
    return max((value for value in visibilities if value), key=WIDTH.index, default="company")
