"""The wiki's objects as GraphQL answers with them.

The tree has no foreign keys, so the page above is a column (`parentUid`) and the pages below are a list of their own
(`wikiPages(filter: {parent})`). A page's HTML is made for one reader at a time: `wikiReading`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import graphene
from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Length, Substr
from django.urls import reverse

from apps.core.graphql import Abilities, MultiField, Node, Page, strings
from apps.people.graphql import VisibilityEnum
from apps.wiki import models
from apps.wiki.graphql.enums import WikiFreshness, WikiLinkKind, WikiPageState, WikiTemplate
from apps.wiki.vocabulary import PageState


def current_sources(rows: Any) -> Any:
    """Links of pages that are not archived."""
    return rows.filter(source__state=PageState.CURRENT)


class WikiSpaceNode(Node):
    """A tree of pages with one owner team."""

    class Meta:
        model = models.Space
        name = "WikiSpace"
        fields = (
            "slug", "title", "description", "owner", "visibility", "verify_every_days", "version", "created_at",
            "updated_at",
        )  # fmt: skip

    visibility = graphene.Field(VisibilityEnum, required=True)
    url = MultiField(graphene.String, fields=["slug"], required=True, description="Its page in the portal.")
    abilities = Abilities(models.Space, "change", "administer")

    @staticmethod
    def resolve_url(root: models.Space, info: Any) -> str:
        return urljoin(settings.BASE_URL, root.get_absolute_url())


class ParentUid(graphene.Field):
    """The permanent id of the page right above, read in the statement that reads the page."""

    def __init__(self) -> None:
        super().__init__(
            graphene.String,
            description="The page above; null for a home page, or where it is not shown to you.",
        )

    def optimizer_hook(self, compiler: Any) -> None:
        compiler.optimizer.manual_optimizers["parent_uid"] = _with_parent_uid


def _with_parent_uid(rows: Any, optimizer: Any, **filters: Any) -> Any:
    seen = models.Page.objects.visible_to(optimizer.info.context.user).order_by()
    above = Substr(OuterRef("path"), 1, Length(OuterRef("path")) - models.Page.steplen)
    return rows.annotate(parent_uid=Subquery(seen.filter(path=above).values("uid")[:1]))


class WikiPageNode(Node):
    """A page. Its text is that of its `revision`; its HTML, for you, is what `wikiReading` gives."""

    class Meta:
        model = models.Page
        name = "WikiPage"
        fields = (
            "space", "uid", "slug", "title", "lead", "words", "tags", "template", "state", "owner", "visibility",
            "revision", "verifier", "verifier_team", "verify_every_days", "verified_at", "verified_until",
            "acknowledged_by", "version", "created_at", "updated_at",
        )  # fmt: skip

    tags = strings()
    template = graphene.Field(WikiTemplate, required=True)
    state = graphene.Field(WikiPageState, required=True)
    visibility = graphene.Field(VisibilityEnum, required=True)
    parent_uid = ParentUid()
    freshness = MultiField(
        WikiFreshness,
        fields=["verified_until"],
        required=True,
        description="Whether somebody vouches for it now.",
    )
    url = MultiField(graphene.String, fields=["uid"], required=True, description="Its permanent address.")
    revisions = Page(lambda: WikiRevisionNode, description="What was saved, newest first.")
    comments = Page(lambda: WikiCommentNode, description="What readers said, oldest first.")
    links = Page(
        lambda: WikiLinkNode,
        description="Pages and entities that its text names, and (ABOUT) entities that it documents.",
    )
    backlinks = Page(
        lambda: WikiLinkNode, narrow=current_sources, description="Links of other pages that lead here."
    )
    abilities = Abilities(models.Page, "change", "comment", "verify", "administer")

    @staticmethod
    def resolve_freshness(root: models.Page, info: Any) -> str:
        return root.freshness()

    @staticmethod
    def resolve_url(root: models.Page, info: Any) -> str:
        return urljoin(settings.BASE_URL, reverse("wiki:permanent", args=[root.uid]))


class WikiRevisionNode(Node):
    """One whole text of a page; the text of a redacted one is gone."""

    class Meta:
        model = models.Revision
        name = "WikiRevision"
        fields = (
            "page", "number", "title", "text", "sha256", "author", "summary", "base", "merged", "restored", "at",
            "redacted_at",
        )  # fmt: skip


class WikiLinkNode(Node):
    """What a page's text points at: `target` is a page, `entity` one of the catalog; null where you see neither."""

    class Meta:
        model = models.Link
        name = "WikiLink"
        fields = ("source", "kind", "written", "target", "entity")

    kind = graphene.Field(WikiLinkKind, required=True)


class WikiCommentNode(Node):
    """A remark of a reader, or an answer to one; its text is empty once it was withdrawn."""

    class Meta:
        model = models.Comment
        name = "WikiComment"
        fields = (
            "page", "revision", "answers", "author", "text", "at", "withdrawn_at", "resolved_at", "resolved_by",
        )  # fmt: skip

    replies = Page(lambda: WikiCommentNode)
    abilities = Abilities(models.Comment, "change", "resolve")
