"""What hangs on pages and spaces over REST: revisions, comments, files, links, and who has read a policy.

Their lists stand below the page's own address; comments have a list of their own besides, which knows their ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from typing import Any

from django.db.models.functions import Collate, Lower
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import NotFound
from apps.core.pagination import Order
from apps.core.policies import require, visible_relation
from apps.core.rest_fields import Choice, Flag, QueryParameters
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.models import User
from apps.wiki.actions import comments
from apps.wiki.actions.attachments import attach, remove_attachment
from apps.wiki.actions.editing import EditConflict, Saved, save_page
from apps.wiki.api.bodies import LARGEST_BODY, PAGE, AttachmentCreate, CommentCreate, RevisionCreate, Uid
from apps.wiki.api.pages import found_page
from apps.wiki.api.representations import (
    BrokenLinkRow,
    ReaderRow,
    WikiAttachmentRow,
    WikiCommentDetail,
    WikiCommentRow,
    WikiPageRow,
    WikiRevisionDetail,
    WikiRevisionRow,
)
from apps.wiki.models import Attachment, Comment, Link, Page, Revision
from apps.wiki.queries.links import backlinks, broken_links
from apps.wiki.queries.pages import pages, space_at
from apps.wiki.queries.talk import comment_by_id
from apps.wiki.queries.truth import readers
from apps.wiki.vocabulary import PageState

OF_PAGE = f"wiki-pages/(?P<page>{PAGE})"  # how the routes of everything below a page begin
OF_SPACE = "wiki-spaces/(?P<space>[a-z0-9][-a-z0-9]{0,62})"
PAGE_ADDRESS = OpenApiParameter(
    "page",
    {"type": "string", "pattern": rf"^({PAGE})$"},
    "path",
    required=True,
    description="The page's id, or its permanent id (`uid`).",
)
NUMBER = OpenApiParameter(
    "number", {"type": "integer", "minimum": 1, "maximum": 999_999_999}, "path", required=True
)
NEWEST_FIRST = Order("-id", descending=True)
below_page = extend_schema(parameters=[PAGE_ADDRESS])


class OfPage(PolicyViewSet):
    """Rows below the page of the address; a page that is not shown has none of them."""

    @cached_property
    def page(self) -> Page:
        found: Page | None = found_page(pages(self.request.user), self.kwargs["page"])
        if found is None:
            raise NotFound("There is no such page, or it is not shown to you.")
        return found

    def rows(self, visible: Any) -> Any:
        return visible.filter(page=self.page)


@extend_schema_view(
    list=below_page,
    retrieve=extend_schema(parameters=[PAGE_ADDRESS, NUMBER], summary="One revision, with its text"),
)
class RevisionViewSet(Listed, Retrieved, OfPage):
    """A page's revisions, newest first; they are never changed."""

    model = Revision
    largest_body = LARGEST_BODY
    order = NEWEST_FIRST
    serializer_class = WikiRevisionRow
    detail_serializer_class = WikiRevisionDetail
    lookup_url_kwarg = "number"
    lookup_value_regex = "[0-9]{1,9}"

    def rows(self, visible: Any) -> Any:
        unread = ["base__text", "restored__text", *(["text"] if self.action == "list" else [])]
        return super().rows(visible).select_related("author", "base", "restored").defer(*unread)

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(number=int(value)).first()

    @extend_schema(
        parameters=[PAGE_ADDRESS],
        request=RevisionCreate,
        responses={200: WikiRevisionDetail, 201: WikiRevisionDetail},
        summary="Save a text",
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Saves what you wrote on revision `base`. What others saved since is taken in: then `merged` is true.

        409 (`edit_conflict`) where both sides changed the same lines: `current_revision` is what to build on, and
        `hunks` hold the lines of all three texts. 200 where nothing is new.
        """
        fields = self.body(RevisionCreate)
        saved = self._saved(fields)
        return self.answer(saved.revision, status=201 if saved.changed else 200)

    def _saved(self, fields: Mapping[str, Any]) -> Saved:
        try:
            with rules_are_conflicts():
                return save_page(actor=self.request.user, page=self.page, **fields)
        except EditConflict as conflict:
            conflict.extra["hunks"] = [asdict(hunk) for hunk in conflict.hunks]
            raise


def _full(visible: Any) -> Any:
    joined = visible.select_related("page", "author", "resolved_by", "revision")
    return joined.defer("page__search_vector", "revision__text")


@extend_schema_view(list=below_page)
class PageCommentViewSet(Listed, OfPage):
    """What readers said below a page, oldest first; `wiki-comments/` settles and withdraws."""

    model = Comment
    serializer_class = WikiCommentRow
    detail_serializer_class = WikiCommentDetail

    def rows(self, visible: Any) -> Any:
        return _full(super().rows(visible))

    @extend_schema(
        parameters=[PAGE_ADDRESS],
        request=CommentCreate,
        responses={201: WikiCommentDetail},
        summary="Say something",
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Adds a remark, or an answer to one of this page. People named with `@` who see the page are told."""
        fields = self.body(CommentCreate)
        answered = fields.get("answers")
        answers = None if answered is None else comment_by_id(request.user, answered)
        with rules_are_conflicts():
            row = comments.add_comment(
                actor=request.user, page=self.page, text=fields["text"], answers=answers
            )
        return self.answer(row, status=201)


class CommentQuery(QueryParameters):
    page = Uid(required=False)
    state = Choice(choices=["open", "resolved"], required=False, help_text="Of threads, not of answers.")


class CommentViewSet(Listed, Retrieved, PolicyViewSet):
    """Comments on all pages that the caller sees, newest first."""

    model = Comment
    order = NEWEST_FIRST
    query = CommentQuery
    serializer_class = WikiCommentRow
    detail_serializer_class = WikiCommentDetail

    def rows(self, visible: Any) -> Any:
        return _full(visible)

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        if "page" in wanted:
            rows = rows.filter(page__uid=wanted["page"])
        if "state" in wanted:
            rows = rows.filter(answers=None, resolved_at__isnull=wanted["state"] == "open")
        return rows

    @extend_schema(request=None, responses=WikiCommentDetail, summary="Mark a thread as settled")
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, **kwargs: Any) -> Response:
        return self._done(comments.resolve_comment)

    @extend_schema(request=None, responses=WikiCommentDetail, summary="Open a settled thread again")
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, **kwargs: Any) -> Response:
        return self._done(comments.reopen_comment)

    @extend_schema(request=None, responses=WikiCommentDetail, summary="Take one's words back")
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        """The place stays, so that answers keep their sense."""
        return self._done(comments.withdraw_comment)

    def _done(self, act: Any) -> Response:
        self.parameters()
        comment = self.get_object()
        act(actor=self.request.user, comment=comment)
        return self.answer(comment)


@extend_schema_view(list=below_page)
class AttachmentViewSet(Listed, OfPage):
    """The files beside a page's text. A file is sent as a form (multipart/form-data), not as JSON."""

    model = Attachment
    serializer_class = WikiAttachmentRow
    parser_classes = (MultiPartParser,)

    def rows(self, visible: Any) -> Any:
        return super().rows(visible).filter(removed_at=None).select_related("blob", "uploaded_by", "page")

    @extend_schema(
        parameters=[PAGE_ADDRESS],
        request={"multipart/form-data": AttachmentCreate},
        responses={201: WikiAttachmentRow},
        summary="Add a file",
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Adds `file`, or replaces the one of the same name. What it is, its bytes must bear out."""
        page, upload = self.page, self.body(AttachmentCreate)["file"]
        with rules_are_conflicts():
            row = attach(actor=request.user, page=page, name=upload.name or "", data=upload.read())
        return self.answer(row, status=201)

    @extend_schema(parameters=[PAGE_ADDRESS], responses={204: None}, summary="Take a file off its page")
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        self.parameters()
        remove_attachment(actor=request.user, attachment=self.get_object())
        return Response(status=204)


@extend_schema_view(list=extend_schema(parameters=[PAGE_ADDRESS], summary="Pages that link to it"))
class BacklinkViewSet(Listed, OfPage):
    """Current pages that the caller sees and whose text links to the page."""

    model = Page
    serializer_class = WikiPageRow

    def rows(self, visible: Any) -> Any:
        linking = backlinks(self.request.user, self.page).order_by().values("pk")
        rows = visible.filter(pk__in=linking, state=PageState.CURRENT)
        return rows.select_related("space", "owner", "revision").defer("search_vector", "revision__text")


@extend_schema_view(list=extend_schema(summary="Links of a space's pages that lead nowhere"))
class BrokenLinkViewSet(Listed, PolicyViewSet):
    """A page that is hidden from the caller counts as nowhere."""

    model = Link
    serializer_class = BrokenLinkRow

    def rows(self, visible: Any) -> Any:
        space = space_at(self.request.user, self.kwargs["space"])
        broken = broken_links(self.request.user, space).order_by().values("pk")
        return visible.filter(pk__in=broken).prefetch_related(
            visible_relation("source", Page, self.request.user)
        )


class ReaderQuery(QueryParameters):
    missing = Flag(required=False, help_text="Only those who have not acknowledged the current revision.")


@extend_schema_view(
    list=extend_schema(parameters=[PAGE_ADDRESS], summary="Who has acknowledged it, and who has not")
)
class ReaderViewSet(Listed, OfPage):
    """The people whom a page asks to acknowledge it, by name. For those who keep the page."""

    model = User
    order = Order("name", Collate(Lower("name"), "C"))
    query = ReaderQuery
    serializer_class = ReaderRow
    extra_problems = {"list": (403,)}

    def rows(self, visible: Any) -> Any:
        require(self.request.user, "audit", self.page)
        return readers(self.page).filter(pk__in=visible.order_by().values("pk"))

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        return rows.filter(answered=None) if wanted.get("missing") else rows
