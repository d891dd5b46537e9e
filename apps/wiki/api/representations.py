"""What readers get. Whatever belongs to somebody else appears only where the reader sees it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.api.representations import EntityRef
from apps.core.viewsets import Abilities, PageUrl
from apps.people.models import Visibility
from apps.wiki.models import Page
from apps.wiki.queries.filtering import documented
from apps.wiki.queries.pages import ancestors
from apps.wiki.queries.reading import Reading, read
from apps.wiki.vocabulary import Audience, Freshness, LinkKind, PageState, Template


class WikiSpaceRow(serializers.Serializer):
    """A space; `owner` is the slug of a team, or null."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    owner = serializers.CharField(source="owner.slug", allow_null=True)
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    verify_every_days = serializers.IntegerField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = PageUrl()


class WikiSpaceDetail(WikiSpaceRow):
    abilities = Abilities()


class WikiPageRef(serializers.Serializer):
    """A page named in another object."""

    id = serializers.IntegerField()
    uid = serializers.CharField()
    title = serializers.CharField()


class WikiPageRow(serializers.Serializer):
    """A page without its text. `narrowed` is what it asks for itself, `visibility` what holds."""

    id = serializers.IntegerField()
    uid = serializers.CharField()
    space = serializers.CharField(source="space.slug")
    slug = serializers.CharField()
    title = serializers.CharField()
    lead = serializers.CharField()
    words = serializers.IntegerField()
    tags = serializers.ListField(child=serializers.CharField())
    template = serializers.ChoiceField(choices=Template.choices)
    state = serializers.ChoiceField(choices=PageState.choices)
    owner = serializers.CharField(source="owner.slug", allow_null=True)
    visibility = serializers.ChoiceField(choices=Visibility.choices)
    narrowed = serializers.CharField(allow_blank=True)
    revision = serializers.IntegerField(source="revision.number", allow_null=True)
    freshness = serializers.ChoiceField(choices=Freshness.choices)
    verified_at = serializers.DateTimeField(allow_null=True)
    verified_until = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(help_text="Of the frame; the text has revisions.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    url = PageUrl()


class OutlineEntry(serializers.Serializer):
    level = serializers.IntegerField()
    id = serializers.CharField()
    title = serializers.CharField()


class WikiPageDetail(WikiPageRow):
    """A page with its text, and with its HTML as the caller sees it; `parent` is null where it is not shown."""

    text = serializers.CharField(source="revision.text")
    html = serializers.SerializerMethodField()
    outline = serializers.SerializerMethodField()
    parent = serializers.SerializerMethodField()  # type: ignore[assignment]
    documents = serializers.SerializerMethodField()
    verifier = serializers.CharField(source="verifier.username", allow_null=True)
    verifier_team = serializers.CharField(source="verifier_team.slug", allow_null=True)
    verify_every_days = serializers.IntegerField(allow_null=True)
    acknowledged_by = serializers.ChoiceField(choices=Audience.choices)
    abilities = Abilities()

    @cached_property
    def reading(self) -> Reading:
        page: Any = self.instance
        page.revision.page = page
        return read(self.context["request"].user, page.revision)

    def get_html(self, page: Page) -> str:
        return str(self.reading.html)

    @extend_schema_field(OutlineEntry(many=True))
    def get_outline(self, page: Page) -> list[dict[str, Any]]:
        return [
            {"level": level, "id": anchor, "title": title} for level, anchor, title in self.reading.outline
        ]

    @extend_schema_field(WikiPageRef(allow_null=True))
    def get_parent(self, page: Page) -> dict[str, Any] | None:
        above = [row for row in ancestors(self.context["request"].user, page) if row.depth == page.depth - 1]
        return WikiPageRef(above[0]).data if above else None

    @extend_schema_field(EntityRef(many=True))
    def get_documents(self, page: Page) -> Any:
        return EntityRef(documented(self.context["request"].user, page), many=True).data


class WikiRevisionRow(serializers.Serializer):
    """What was saved, without its text; the text of a redacted one is gone."""

    number = serializers.IntegerField()
    title = serializers.CharField()
    author = serializers.CharField(source="author.username", allow_null=True)
    summary = serializers.CharField(allow_blank=True)
    merged = serializers.BooleanField(help_text="Somebody else's edit was taken in.")
    base = serializers.IntegerField(source="base.number", allow_null=True)
    restored = serializers.IntegerField(source="restored.number", allow_null=True)
    sha256 = serializers.CharField()
    at = serializers.DateTimeField()
    redacted_at = serializers.DateTimeField(allow_null=True)


class WikiRevisionDetail(WikiRevisionRow):
    text = serializers.CharField(allow_blank=True)
    abilities = Abilities()


class WikiCommentRow(serializers.Serializer):
    """A remark; `text` is empty once it was withdrawn. `answers` is the first comment of its thread."""

    id = serializers.IntegerField()
    page = WikiPageRef()
    revision = serializers.IntegerField(source="revision.number", allow_null=True)
    answers = serializers.IntegerField(source="answers_id", allow_null=True)
    author = serializers.CharField(source="author.username", allow_null=True)
    text = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = serializers.CharField(source="resolved_by.username", allow_null=True)


class WikiCommentDetail(WikiCommentRow):
    abilities = Abilities()


class WikiAttachmentRow(serializers.Serializer):
    """A file of a page; `url` is where a signed-in browser gets it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    size = serializers.IntegerField(source="blob.size", help_text="Bytes.")
    content_type = serializers.CharField()
    sha256 = serializers.CharField(source="blob.sha256")
    uploaded_by = serializers.CharField(source="uploaded_by.username", allow_null=True)
    at = serializers.DateTimeField()
    url = PageUrl()


class BrokenLinkRow(serializers.Serializer):
    """What a page's text names and what leads nowhere for the caller."""

    id = serializers.IntegerField()
    page = WikiPageRef(source="source")
    kind = serializers.ChoiceField(choices=LinkKind.choices)
    written = serializers.CharField()


class ReaderRow(serializers.Serializer):
    """Somebody whom the page asks, and when they acknowledged its current revision."""

    username = serializers.CharField()
    name = serializers.CharField()
    acknowledged_at = serializers.DateTimeField(source="answered", allow_null=True)
    last_revision = serializers.IntegerField(source="answered_revision", allow_null=True)


class WatchRow(serializers.Serializer):
    page = serializers.CharField(source="page.uid")
    subtree = serializers.BooleanField()
    since = serializers.DateTimeField()
