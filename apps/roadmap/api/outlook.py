"""The whole backlog over REST, by the queries of its pages: the ranking, now-next-later, opportunities, lessons."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.rest import JSONOnly, query_of
from apps.core.rest_fields import Choice, QueryParameters, Text, WholeNumber
from apps.people.api import Slug
from apps.roadmap.api.outlook_shown import HorizonRow, LessonList, OpportunitiesRow, RankingRow
from apps.roadmap.queries.horizon import outlook
from apps.roadmap.queries.lessons import KINDS, MOST_PAGES, lessons
from apps.roadmap.queries.opportunities import opportunity_map
from apps.roadmap.queries.ranking import MOST, SCOPES, SORTS, ordered, ranking
from apps.roadmap.queries.requests import RequestFilter
from apps.roadmap.queries.scores import current_policy
from apps.roadmap.workflow import RequestType


class RankingQuery(QueryParameters):
    show = Choice(choices=list(SCOPES), required=False, default="open", help_text="Requests in which states.")
    sort = Choice(choices=[*SORTS, *(f"-{name}" for name in SORTS)], required=False, default="-value")


class HorizonQuery(QueryParameters):
    unit = Slug(required=False)
    type = Choice(choices=RequestType.choices, required=False)


class LessonQuery(QueryParameters):
    q = Text(max_length=200, required=False, help_text="Words of the lesson, or of its request.")
    kind = Choice(choices=KINDS, required=False)
    unit = Slug(required=False)
    page = WholeNumber(min_value=1, max_value=MOST_PAGES, required=False)


class Outlook(APIView):
    """Reads what one query says of all requests that the caller sees."""

    content_negotiation_class = JSONOnly
    metadata_class = None


class RankingView(Outlook):
    @extend_schema(
        parameters=[RankingQuery],
        responses=RankingRow,
        operation_id="roadmap_ranking",
        summary="Value, RICE and WSJF of the backlog",
    )
    def get(self, request: Request) -> Response:
        """The newest 500 scored requests that you see, under the present policy. What has no figure stands last."""
        wanted, policy = query_of(request, RankingQuery), current_policy()
        rows = ranking(request.user, timezone.now(), states=SCOPES[wanted["show"]], policy=policy)
        sort = wanted["sort"]
        found = ordered(rows, sort.removeprefix("-"), descending=sort.startswith("-"))
        answer = {
            "policy": policy.number if policy else None,
            "cut": len(rows) == MOST,
            "results": [_placed(row, place) for place, row in enumerate(found, start=1)],
        }
        return Response(RankingRow(answer, context={"request": request}).data)


def _placed(row: Any, place: int) -> dict[str, Any]:
    names = ("request", "valuation", "effort", "scored_at", "stale")
    return {"place": place} | {name: getattr(row, name) for name in names}


class HorizonView(Outlook):
    @extend_schema(
        parameters=[HorizonQuery],
        responses=HorizonRow,
        operation_id="roadmap_horizon",
        summary="Now, next, later, as windows",
    )
    def get(self, request: Request) -> Response:
        """When requests may be there, what is blocked since when, and whose turn it is."""
        given = query_of(request, HorizonQuery)
        wanted = RequestFilter(unit=_one(given, "unit"), type=_one(given, "type"))
        found = outlook(request.user, wanted, timezone.localdate())
        columns = {name: {"items": items, "more": more} for name, (items, more) in found.items()}
        return Response(HorizonRow(columns, context={"request": request}).data)


def _one(given: dict[str, Any], name: str) -> tuple[str, ...]:
    return (given[name],) if name in given else ()


class OpportunitiesView(Outlook):
    @extend_schema(
        responses=OpportunitiesRow, operation_id="roadmap_opportunities", summary="The map of opportunities"
    )
    def get(self, request: Request) -> Response:
        """Which unit has what in production for which business function, who asks for it, who has nothing."""
        query_of(request, QueryParameters)
        found = opportunity_map(request.user)
        functions = [{"function": name, "label": label} for name, label in found.columns]
        return Response(OpportunitiesRow({"functions": functions, "units": found.lines}).data)


class LessonsView(Outlook):
    @extend_schema(
        parameters=[LessonQuery],
        responses=LessonList,
        operation_id="roadmap_lessons",
        summary="What was learned",
    )
    def get(self, request: Request) -> Response:
        """From work that was stopped and from reviews of what was delivered, newest first, 30 a page."""
        rows, more = lessons(request.user, **query_of(request, LessonQuery))
        return Response(LessonList({"results": rows, "more": more}, context={"request": request}).data)
