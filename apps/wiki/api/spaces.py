"""Spaces over REST."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Collate, Lower
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.pagination import Order
from apps.core.rest import expected_version
from apps.core.rest_fields import Choice, QueryParameters
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.api import Slug
from apps.people.api.grants import Granted
from apps.people.api.owned import OwnerChange, VisibilityChange
from apps.people.api.references import team_named
from apps.people.models import Visibility
from apps.people.queries import acting_team
from apps.wiki.actions import spaces as actions
from apps.wiki.api.bodies import LARGEST_BODY, SpaceChange, SpaceCreate
from apps.wiki.api.representations import WikiSpaceDetail, WikiSpaceRow
from apps.wiki.models import Space


class SpaceQuery(QueryParameters):
    team = Slug(required=False, help_text="Slug of the owner team.")
    visibility = Choice(choices=Visibility.choices, required=False)


class SpaceViewSet(Granted, Listed, Retrieved, PolicyViewSet):
    """Spaces by title; each has a tree of pages (`wiki-pages/?space=`)."""

    model = Space
    order = Order("title", Collate(Lower("title"), "C"))
    query = SpaceQuery
    columns = {"team": "owner__slug", "visibility": "visibility"}
    serializer_class = WikiSpaceRow
    detail_serializer_class = WikiSpaceDetail
    lookup_field = "slug"
    lookup_value_regex = "[a-z0-9][-a-z0-9]{0,62}"
    noun = "space"
    largest_body = LARGEST_BODY
    give = staticmethod(actions.grant_space)
    take = staticmethod(actions.revoke_space)

    def rows(self, visible: Any) -> Any:
        return visible.select_related("owner")

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(slug=value).first()

    @extend_schema(request=SpaceCreate, responses={201: WikiSpaceDetail}, summary="Open a space")
    def create(self, request: Request) -> Response:
        """Opens a space of one of your teams, with its home page."""
        fields = self.body(SpaceCreate)
        owner = acting_team(request.user, fields.pop("team", None))
        home = fields.pop("text", "")
        with rules_are_conflicts():
            space = actions.create_space(actor=request.user, owner=owner, home_text=home, **fields)
        return self.answer(space, status=201)

    @extend_schema(request=SpaceChange, responses=WikiSpaceDetail, summary="Change a space")
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Changes title, description or interval. Send the `version` that you read; 409 where it is stale."""
        fields = self.body(SpaceChange)
        space = self.get_object()
        version = expected_version(request, fields)
        with rules_are_conflicts():
            actions.update_space(actor=request.user, space=space, changes=fields, expected_version=version)
        return self.answer(space)

    @extend_schema(request=VisibilityChange, responses=WikiSpaceDetail, summary="Set who sees it")
    @action(detail=True, methods=["post"])
    def visibility(self, request: Request, **kwargs: Any) -> Response:
        """Holds for every page that is not narrowed further."""
        fields = self.body(VisibilityChange)
        version, space = fields.pop("version", None), self.get_object()
        actions.set_space_visibility(actor=request.user, space=space, expected_version=version, **fields)
        return self.answer(space)

    @extend_schema(
        request=OwnerChange, responses={200: WikiSpaceDetail, 204: None}, summary="Hand it to another team"
    )
    @action(detail=True, methods=["post"])
    def owner(self, request: Request, **kwargs: Any) -> Response:
        """With all its pages. 204 where you no longer see it afterwards."""
        fields = self.body(OwnerChange)
        space = self.get_object()
        team = team_named(request.user, fields["owner"])
        assert team is not None
        actions.transfer_space(
            actor=request.user, space=space, owner=team, expected_version=fields.get("version")
        )
        return self.answer(space)
