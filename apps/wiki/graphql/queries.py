"""What can be asked of the wiki."""

from __future__ import annotations

from typing import Any

import graphene
from django.db.models import F
from django.db.models.functions import Collate, Lower

from apps.catalog.queries import entity_by_ref
from apps.core.errors import Invalid
from apps.core.graphql import Page, plain
from apps.wiki.graphql.enums import WikiFreshness, WikiPageOrder, WikiPageState, WikiTemplate
from apps.wiki.graphql.nodes import WikiPageNode, WikiSpaceNode
from apps.wiki.models import Page as PageRow
from apps.wiki.models import Revision, Space
from apps.wiki.queries.filtering import PageFilter, filter_pages, pages_documenting
from apps.wiki.queries.history import revision_at
from apps.wiki.queries.pages import page_at, page_by_uid
from apps.wiki.queries.reading import read
from apps.wiki.vocabulary import HOME

TITLE = Collate(Lower("title"), "C")
ORDERS: dict[str, tuple[Any, ...]] = {
    "title": (TITLE.asc(), "id"),
    "-updated": (F("updated_at").desc(), F("id").desc()),
}


class WikiPageFilterInput(graphene.InputObjectType):
    """Fields join with "and"; archived pages are left out unless they are asked for."""

    class Meta:
        name = "WikiPageFilter"

    space = graphene.String(description="A space's slug.")
    parent = graphene.String(description="The uid of the page right above.")
    template = WikiTemplate()
    tag = graphene.List(graphene.NonNull(graphene.String), description="All of them.")
    state = WikiPageState()
    freshness = WikiFreshness()


class OutlineEntry(graphene.ObjectType):
    """A heading of a page."""

    class Meta:
        name = "WikiHeading"

    level = graphene.Int(required=True)
    anchor = graphene.String(required=True, description="Its id in the HTML.")
    title = graphene.String(required=True)


class WikiReading(graphene.ObjectType):
    """A text as you see it: links and embeds that are not shown to you are words."""

    page = graphene.Field(WikiPageNode)
    revision = graphene.Int(required=True)
    html = graphene.String(required=True)
    outline = graphene.List(graphene.NonNull(OutlineEntry), required=True)

    @staticmethod
    def resolve_page(root: WikiReading, info: Any) -> Any:
        return WikiPageNode.get_node(info, root.page)


class WikiQuery(graphene.ObjectType):
    """Spaces, their pages, and what they say."""

    wiki_spaces = Page(WikiSpaceNode)
    wiki_space = graphene.Field(WikiSpaceNode, slug=graphene.String(required=True))
    wiki_pages = Page(
        WikiPageNode,
        filter=WikiPageFilterInput(),
        search=graphene.String(description="Every word must occur; the last one may be a beginning."),
        order_by=WikiPageOrder(),
    )
    wiki_page = graphene.Field(
        WikiPageNode,
        uid=graphene.String(),
        space=graphene.String(),
        slug=graphene.String(description="The space's home page where not given."),
        description="One page, by uid or by space and slug; an old address leads to where the page is now.",
    )
    wiki_reading = graphene.Field(
        WikiReading,
        uid=graphene.String(required=True),
        revision=graphene.Int(description="The current one where not given."),
        description="A page's HTML for you.",
    )
    pages_about = Page(
        WikiPageNode,
        ref=graphene.String(required=True, description="kind:namespace/name"),
        description="Current pages that document an entity.",
    )

    @staticmethod
    def resolve_wiki_spaces(root: Any, info: Any) -> Any:
        return Space.objects.order_by(TITLE, "id")

    @staticmethod
    def resolve_wiki_space(root: Any, info: Any, slug: str) -> Any:
        return WikiSpaceNode.first(Space.objects.filter(slug=slug), info)

    @staticmethod
    def resolve_wiki_pages(
        root: Any,
        info: Any,
        filter: Any = None,  # noqa: A002
        search: str | None = None,
        order_by: Any = None,
    ) -> Any:
        rows = filter_pages(PageRow.objects.all(), page_filter(filter, search), info.context.user)
        return rows.order_by(*ORDERS[plain(order_by) or "title"])

    @staticmethod
    def resolve_wiki_page(
        root: Any, info: Any, uid: str | None = None, space: str | None = None, slug: str | None = None
    ) -> Any:
        user = info.context.user
        if (uid is None) == (space is None) or (uid is not None and slug is not None):
            raise Invalid("Give either uid, or space with slug.")
        found = page_by_uid(user, uid) if uid is not None else page_at(user, str(space), slug or HOME)
        return WikiPageNode.get_node(info, found.pk)

    @staticmethod
    def resolve_wiki_reading(root: Any, info: Any, uid: str, revision: int | None = None) -> Any:
        page = page_by_uid(info.context.user, uid)
        return reading(info.context.user, page, revision)

    @staticmethod
    def resolve_pages_about(root: Any, info: Any, ref: str) -> Any:
        rows = pages_documenting(PageRow.objects.all(), entity_by_ref(info.context.user, ref))
        return rows.order_by(TITLE, "id")


def page_filter(wanted: Any, search: str | None) -> PageFilter:
    """The input as the wiki's own filter."""
    given = {name: value for name, value in plain(wanted or {}).items() if value is not None}
    tag = tuple(given.pop("tag", ()))
    return PageFilter(q=search or "", tag=tag, **given)


def reading(user: Any, page: PageRow, number: int | None) -> WikiReading:
    """The current revision, or number `number`, filled with what `user` sees."""
    current = page.revision
    assert current is not None
    revision: Revision = current if number is None else revision_at(user, page, max(0, number))
    revision.page = page
    seen = read(user, revision)
    outline = [OutlineEntry(level=level, anchor=anchor, title=title) for level, anchor, title in seen.outline]
    return WikiReading(page=page.pk, revision=revision.number, html=str(seen.html), outline=outline)
