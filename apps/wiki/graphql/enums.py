"""The wiki's words as GraphQL enums, with names that stay when models are renamed."""

from __future__ import annotations

import enum

import graphene

from apps.core.graphql import enum_of
from apps.wiki.vocabulary import Freshness, LinkKind, PageState, Template

WikiTemplate = enum_of(Template, "WikiTemplate")
WikiPageState = enum_of(PageState, "WikiPageState")
WikiFreshness = enum_of(Freshness, "WikiFreshness")
WikiLinkKind = enum_of(LinkKind, "WikiLinkKind")


class PageOrder(enum.Enum):
    """How pages are sorted; by title where nothing is said."""

    TITLE = "title"
    RECENTLY_CHANGED = "-updated"


WikiPageOrder = graphene.Enum.from_enum(PageOrder, name="WikiPageOrder")
