"""How past estimates came out, over REST: what the effort page of a request shows beside the estimate."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import query_of
from apps.core.rest_fields import QueryParameters
from apps.roadmap.api.outlook import Outlook
from apps.roadmap.queries.estimating import track_records


class TrackRecordRow(serializers.Serializer):
    """Of one role; `took` and `within` are null where too few requests are known."""

    role = serializers.CharField()
    number = serializers.IntegerField(help_text="Delivered requests with an estimate and recorded effort.")
    took = serializers.IntegerField(allow_null=True, help_text="Recorded effort in percent of the P50.")
    within = serializers.IntegerField(
        allow_null=True, help_text="How many of a hundred stayed within the P90."
    )
    advice = serializers.CharField()


class TrackRecordList(serializers.Serializer):
    results = TrackRecordRow(many=True)


class EstimatesView(Outlook):
    @extend_schema(
        responses=TrackRecordList, operation_id="roadmap_estimates", summary="How past estimates came out"
    )
    def get(self, request: Request) -> Response:
        """By role, over delivered requests that you see. It advises; it changes no estimate."""
        query_of(request, QueryParameters)
        return Response(TrackRecordList({"results": track_records(request.user)}).data)
