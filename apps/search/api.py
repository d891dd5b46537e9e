"""One search over everything, for scripts."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.rest import JSONOnly, query_of
from apps.core.rest_fields import QueryParameters, Text, WholeNumber
from apps.search.queries import search


class SearchQuery(QueryParameters):
    q = Text(max_length=200, help_text="What to look for.")
    limit = WholeNumber(min_value=1, max_value=50, required=False, default=20)


class HitRow(serializers.Serializer):
    """One result; `score` is 0 to 1."""

    title = serializers.CharField()
    kind = serializers.CharField()
    ref = serializers.CharField()
    snippet = serializers.CharField()
    score = serializers.FloatField()
    url = serializers.SerializerMethodField()

    def get_url(self, hit: object) -> str:
        address: str = self.context["request"].build_absolute_uri(hit.url)  # type: ignore[attr-defined]
        return address


class HitList(serializers.Serializer):
    results = HitRow(many=True)


class SearchView(APIView):
    """What fits best first; only what the caller sees is looked through."""

    content_negotiation_class = JSONOnly
    metadata_class = None

    @extend_schema(parameters=[SearchQuery], responses=HitList, operation_id="search")
    def get(self, request: Request) -> Response:
        """Searches names, titles, descriptions and tags of everything that you see."""
        wanted = query_of(request, SearchQuery)
        hits = search(request.user, wanted["q"], wanted["limit"])
        return Response(HitList({"results": hits}, context={"request": request}).data)
