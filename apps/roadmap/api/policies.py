"""The scoring policy over REST: its revisions, and publishing the next one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.pagination import Order
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import Abilities, Listed, PolicyViewSet, Retrieved
from apps.roadmap.actions.scoring import publish_policy
from apps.roadmap.api.cycle_bodies import ScoringPolicyPublish
from apps.roadmap.api.fields import ExactNumber
from apps.roadmap.models import ScoringPolicy
from apps.roadmap.workflow import Category


class RateRow(serializers.Serializer[Any]):
    category = serializers.ChoiceField(choices=Category.choices)
    measure = serializers.CharField()
    value = ExactNumber()


class ScoringPolicyRow(serializers.Serializer[Any]):
    """One revision of how values are compared; an empty ladder or decay stands for the house's own."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    rates = RateRow(many=True)
    ladder = serializers.DictField(child=ExactNumber())
    decay = serializers.DictField(child=ExactNumber())
    stale_after_days = serializers.IntegerField()
    rationale = serializers.CharField()
    author = serializers.CharField(source="author.username", allow_null=True)
    at = serializers.DateTimeField()


class ScoringPolicyDetail(ScoringPolicyRow):
    abilities = Abilities()


class ScoringPolicyViewSet(Listed, Retrieved, PolicyViewSet):
    """Revisions of the company's scoring policy, newest first; by number."""

    model = ScoringPolicy
    order = Order("-number", "number", descending=True)
    serializer_class = ScoringPolicyRow
    detail_serializer_class = ScoringPolicyDetail
    lookup_field = "number"
    lookup_value_regex = "[0-9]{1,9}"

    def found(self, rows: Any, value: str) -> Any:
        return rows.filter(number=int(value)).first()

    def rows(self, visible: Any) -> Any:
        return visible.select_related("author")

    @extend_schema(
        request=ScoringPolicyPublish, responses={201: ScoringPolicyDetail}, summary="Publish a scoring policy"
    )
    def create(self, request: Request) -> Response:
        """For CoE leads; 409 where another one was published since `base_number`."""
        fields = self.body(ScoringPolicyPublish)
        with rules_are_conflicts():
            row = publish_policy(actor=request.user, **fields)
        return self.answer(row, status=201)
