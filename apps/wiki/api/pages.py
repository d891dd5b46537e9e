"""Pages over REST: what is written, what their frame says, where they stand and who vouches for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models.functions import Collate, Lower
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.ids import LARGEST_ID
from apps.core.pagination import Order
from apps.core.rest import expected_version
from apps.core.rest_fields import Choice, QueryParameters, Text
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.api import Slug
from apps.people.api.grants import Granted
from apps.people.api.references import person_named, team_named
from apps.wiki.actions import editing, placing, settings, verification, watching
from apps.wiki.actions.acknowledgements import acknowledge_page
from apps.wiki.actions.redaction import redact_revision
from apps.wiki.api import bodies
from apps.wiki.api.bodies import PAGE, Uid
from apps.wiki.api.representations import WatchRow, WikiPageDetail, WikiPageRow
from apps.wiki.models import Page
from apps.wiki.queries.filtering import PageFilter, filter_pages
from apps.wiki.queries.history import revision_at
from apps.wiki.queries.pages import page_by_uid, space_at
from apps.wiki.vocabulary import Freshness, PageState, Template

ORDERS = {
    "title": Order("title", Collate(Lower("title"), "C")),
    "-updated_at": Order("-updated_at", "updated_at", descending=True),
}
JOINED = ("space", "owner", "revision", "verifier", "verifier_team")


class PageQuery(QueryParameters):
    """What the list is narrowed to; parameters join with "and"."""

    space = Slug(required=False, help_text="Slug of a space.")
    parent = Uid(  # type: ignore[assignment]
        required=False, help_text="Permanent id of the page right above."
    )
    template = Choice(choices=Template.choices, required=False)
    tag = serializers.ListField(
        child=Text(max_length=63), required=False, max_length=50, help_text="Several tags: all of them."
    )
    state = Choice(choices=PageState.choices, required=False, help_text="current where not given.")
    freshness = Choice(choices=Freshness.choices, required=False)
    q = Text(required=False, max_length=200, help_text="Words that occur in title, headings, tags or text.")
    sort = Choice(choices=list(ORDERS), required=False, help_text="title where not given.")


ADDRESS = OpenApiParameter(
    "id",
    {"type": "string", "pattern": rf"^({PAGE})$"},
    "path",
    required=True,
    description="The page's id, or its permanent id (`uid`).",
)


def documented(summary: str, **options: Any) -> Any:
    """Documents an operation on one page, with its address."""
    return extend_schema(parameters=[ADDRESS], summary=summary, **options)


def found_page(rows: Any, value: str) -> Any:
    """The page of an address: digits are an id, never a permanent id; None where there is none."""
    return rows.filter(**({"pk": min(int(value), LARGEST_ID)} if value.isdigit() else {"uid": value})).first()


@extend_schema_view(retrieve=documented("One page, with text and HTML"))
class PageViewSet(Granted, Listed, Retrieved, PolicyViewSet):
    """Pages of all spaces; archived ones only where they are asked for. The list has no texts."""

    model = Page
    largest_body = bodies.LARGEST_BODY
    query = PageQuery
    serializer_class = WikiPageRow
    detail_serializer_class = WikiPageDetail
    lookup_url_kwarg = "id"
    lookup_value_regex = PAGE
    noun = "page"
    give = staticmethod(placing.grant_page)
    take = staticmethod(placing.revoke_page)

    def rows(self, visible: Any) -> Any:
        unread = ("search_vector", "revision__text") if self.action == "list" else ("search_vector",)
        return visible.select_related(*JOINED).defer(*unread)

    def found(self, rows: Any, value: str) -> Any:
        return found_page(rows, value)

    def sorting(self) -> Order:
        return ORDERS[self.wanted.get("sort", "title")]

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        chosen: dict[str, Any] = {
            name: tuple(value) if name == "tag" else value for name, value in wanted.items()
        }
        chosen.pop("sort", None)
        return filter_pages(rows, PageFilter(**chosen), self.request.user)

    @extend_schema(request=bodies.PageCreate, responses={201: WikiPageDetail}, summary="Write a new page")
    def create(self, request: Request) -> Response:
        """Adds a page with its first revision below `parent`, or below its space's home page."""
        fields = self.body(bodies.PageCreate)
        fields["space"] = space_at(request.user, fields["space"])
        if "parent" in fields:
            fields["parent"] = page_by_uid(request.user, fields["parent"])
        with rules_are_conflicts():
            page = editing.create_page(actor=request.user, **fields)
        return self.answer(page, status=201)

    @documented("Change a page's frame", request=bodies.PageChange, responses=WikiPageDetail)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Changes what stands beside the text. Send the `version` that you read; 409 where it is stale."""
        fields = self._resolved(self.body(bodies.PageChange))
        page = self.get_object()
        version, documents = expected_version(request, fields), fields.pop("documents", None)
        with rules_are_conflicts():
            settings.update_page(
                actor=request.user, page=page, changes=fields, documents=documents, expected_version=version
            )
        return self.answer(page)

    @documented("Make an old text current again", request=bodies.Restore, responses=WikiPageDetail)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, **kwargs: Any) -> Response:
        """As a new revision; the same text again is none."""
        number = self.body(bodies.Restore)["revision"]
        return self._done(editing.restore_revision, number=number)

    @documented("Take a text out of history", request=bodies.Redact, responses=WikiPageDetail)
    @action(detail=True, methods=["post"])
    def redact(self, request: Request, **kwargs: Any) -> Response:
        """For CoE leads: the text goes for good, a marker stays. Not for the current revision."""
        fields = self.body(bodies.Redact)
        page = self.get_object()
        revision = revision_at(request.user, page, fields["revision"])
        with rules_are_conflicts():
            redact_revision(actor=request.user, revision=revision, reason=fields["reason"])
        return self.answer(page)

    @documented("Give it another address", request=bodies.Rename, responses=WikiPageDetail)
    @action(detail=True, methods=["post"])
    def rename(self, request: Request, **kwargs: Any) -> Response:
        """The old address leads to the new one."""
        return self._done(placing.rename_page, **versioned(self.body(bodies.Rename)))

    @documented("Move it", request=bodies.Move, responses={200: WikiPageDetail, 204: None})
    @action(detail=True, methods=["post"])
    def move(self, request: Request, **kwargs: Any) -> Response:
        """With all pages below it; to the end of the target's children where no position is given."""
        fields = versioned(self.body(bodies.Move))
        fields["target"] = page_by_uid(request.user, fields["target"])
        return self._done(placing.move_page, **fields)

    @documented("Show it to fewer people", request=bodies.Narrow, responses={200: WikiPageDetail, 204: None})
    @action(detail=True, methods=["post"])
    def visibility(self, request: Request, **kwargs: Any) -> Response:
        """Narrows the page and those below it; null takes that back."""
        fields = versioned(self.body(bodies.Narrow))
        fields["narrowed"] = fields["narrowed"] or ""
        return self._done(placing.narrow_page, **fields)

    @documented("Archive it", request=bodies.VersionOnly, responses=WikiPageDetail)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, **kwargs: Any) -> Response:
        """Takes it out of tree and search; address, history and links stay."""
        return self._done(placing.archive_page, **versioned(self.body(bodies.VersionOnly)))

    @documented("Bring it back from the archive", request=bodies.VersionOnly, responses=WikiPageDetail)
    @action(detail=True, methods=["post"])
    def unarchive(self, request: Request, **kwargs: Any) -> Response:
        return self._done(placing.unarchive_page, **versioned(self.body(bodies.VersionOnly)))

    @documented("Vouch for it", request=bodies.Verify, responses=WikiPageDetail)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, **kwargs: Any) -> Response:
        """Says that the revision you read is true; 409 where the text changed meanwhile."""
        return self._done(verification.verify_page, **self.body(bodies.Verify))

    @documented("Take the verification back", request=bodies.Unverify, responses=WikiPageDetail)
    @action(detail=True, methods=["post"])
    def unverify(self, request: Request, **kwargs: Any) -> Response:
        return self._done(verification.unverify_page, **self.body(bodies.Unverify))

    @documented("Say that you have read it", request=bodies.Acknowledge, responses=WikiPageDetail)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, **kwargs: Any) -> Response:
        """For pages that ask you; 409 where the text changed meanwhile, or where you are not asked."""
        return self._done(acknowledge_page, **self.body(bodies.Acknowledge))

    @documented("Watch it", request=bodies.WatchStart, responses=WatchRow)
    @action(detail=True, methods=["post"])
    def watch(self, request: Request, **kwargs: Any) -> Response:
        """Puts it into your digest; again with another `subtree` changes that."""
        fields = self.body(bodies.WatchStart)
        row = watching.watch(actor=request.user, page=self.get_object(), **fields)
        return Response(WatchRow(row).data)

    @documented("Watch it no longer", responses={204: None})
    @watch.mapping.delete
    def unwatch(self, request: Request, **kwargs: Any) -> Response:
        self.parameters()
        watching.unwatch(actor=request.user, page=self.get_object())
        return Response(status=204)

    def _done(self, act: Callable[..., Any], **arguments: Any) -> Response:
        """Does it to the page of the address and answers with the page as it is then."""
        page = self.get_object()
        with rules_are_conflicts():
            act(actor=self.request.user, page=page, **arguments)
        return self.answer(page)

    def _resolved(self, fields: dict[str, Any]) -> dict[str, Any]:
        """User names and slugs as the rows that they name."""
        user = self.request.user
        if "verifier" in fields:
            fields["verifier"] = person_named(user, fields["verifier"])
        if "verifier_team" in fields:
            fields["verifier_team"] = team_named(user, fields["verifier_team"])
        if "acknowledged_by" in fields:
            fields["acknowledged_by"] = fields["acknowledged_by"] or ""
        return fields


def versioned(fields: dict[str, Any]) -> dict[str, Any]:
    """A body with its version under the name that actions know."""
    version = fields.pop("version", None)
    return {**fields, "expected_version": version}
