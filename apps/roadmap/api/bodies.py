"""What writers send about requests. The document says each field's form; everything beyond is a rule of an action."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from apps.catalog.api.references import EntityName
from apps.core.rest_fields import Body, Choice, Flag, Text, Versioned, WholeNumber
from apps.people.api import Slug, Username
from apps.people.models import Visibility
from apps.roadmap.api.fields import Exact, Part, Weeks
from apps.roadmap.models import OutcomeReview
from apps.roadmap.workflow import (
    Approach,
    Category,
    Direction,
    Evidence,
    Link,
    RequestType,
    Role,
    Urgency,
)
from apps.tooling.api.fields import Day

LATEST = 2**31 - 1
MOVES = (
    "A state never moves by PATCH: POST …/submit/, …/withdraw/, …/triage/, …/ask-info/, …/answer-info/, …/accept/, "
    "…/decline/, …/defer/, …/merge/, …/ready/, …/start/, …/cancel/ or …/deliver/ moves it."
)


def prose(limit: int = 10_000, **options: Any) -> Text:
    return Text(max_length=limit, lines=True, **options)


def last_read() -> WholeNumber:
    return WholeNumber(min_value=1, max_value=LATEST, required=False, help_text="As you read it.")


class KpiBody(Body):
    """A figure that should move; P10, P50 and P90 are the expected change, positive in its direction.

    It is kept once it has a name, a unit of measure and P50.
    """

    id = WholeNumber(
        min_value=1, required=False, help_text="Of the line that this changes; a new one without."
    )
    category = Choice(choices=Category.choices)
    name = Text(max_length=200)
    measure = Text(max_length=30, help_text="EUR a year, hours a week, points.")
    direction = Choice(choices=Direction.choices, required=False)
    baseline = Exact(signed=True, required=False, allow_null=True)
    p10 = Exact(required=False, allow_null=True, help_text="P50 where not given.")
    p50 = Exact()
    p90 = Exact(required=False, allow_null=True, help_text="P50 where not given.")
    measured_how = Text(max_length=500, required=False, allow_blank=True)
    review_at = Day(required=False, allow_null=True)
    owner = Username(required=False, allow_null=True, help_text="Who answers for it.")


class RequestFields(Body):
    """All may be left open until the draft is sent; `missing` says what still lacks."""

    refusals = {
        "state": MOVES,
        "requester": "The requester is whoever begins the draft.",
        "strategic": "The center says that: POST …/strategic/.",
        "unit": "The unit is chosen when the draft is begun.",
    }
    title = Text(max_length=200, required=False, allow_blank=True)
    type = Choice(choices=RequestType.choices, required=False)
    visibility = Choice(choices=Visibility.choices, required=False)
    problem = prose(required=False, allow_blank=True)
    decision_changed = prose(required=False, allow_blank=True)
    if_nothing = prose(required=False, allow_blank=True)
    why_now = prose(required=False, allow_blank=True)
    approach = Choice(choices=[("", "Open"), *Approach.choices], required=False, allow_blank=True)
    approach_reason = prose(required=False, allow_blank=True)
    reach = WholeNumber(max_value=2_000_000_000, required=False, allow_null=True)
    signal = Text(max_length=300, required=False, allow_blank=True, help_text="The demand that it came from.")
    kpis = serializers.ListField(child=KpiBody(), max_length=20, required=False)
    links = serializers.ListField(
        child=EntityName(), max_length=30, required=False, help_text="Entities that it is about."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A draft",
            value={
                "team": "risk-ml",
                "title": "Sort the alerts",
                "problem": "Analysts read every alert by hand.",
                "kpis": [
                    {"category": "cost", "name": "Hours on alerts", "measure": "hours a week", "p50": "40"}
                ],
            },
            request_only=True,
        )
    ]
)
class RoadmapRequestCreate(RequestFields):
    """A new draft of one of the caller's teams."""

    refusals = {name: text for name, text in RequestFields.refusals.items() if name != "unit"}
    team = Slug(required=False, help_text="For which of your teams; needed by those in several.")
    unit = Slug(required=False, help_text="The unit that needs it; the team's own where not given.")
    title = Text(max_length=200)


class RoadmapRequestChange(RequestFields):
    """The fields to change, and the version that was read; the header If-Match may stand for it."""

    refusals = RequestFields.refusals | {"team": "A request stays with its team; begin another one."}
    demanded = ("version",)
    version = last_read()


class RoadmapVersion(Versioned):
    """Nothing but the version that was read."""


class RoadmapQuestion(Body):
    question = prose(5_000)


class RoadmapAnswer(Body):
    answer = prose()


class RoadmapReason(Body):
    reason = prose(5_000, help_text="The requester reads it.")


class RoadmapWithdrawal(Body):
    reason = prose(2_000, required=False, allow_blank=True)


class RoadmapSupport(Body):
    """Another unit needs it too; said by its sponsor or the lead of one of its teams."""

    unit = Slug()
    note = Text(max_length=500, required=False, allow_blank=True)


class RoadmapFollow(Body):
    wanted = Flag(help_text="false: no longer.")


class RoadmapComment(Body):
    text = prose()


class RoadmapStrategic(Body):
    strategic = Flag()


class RoadmapMerge(Body):
    into = WholeNumber(min_value=1, help_text="Id of the request that goes on.")


class ScoreLineBody(Body):
    kpi = WholeNumber(min_value=1, help_text="Id of a figure of this request.")
    expected = Exact(help_text="The change that you expect, in the figure's unit.")
    evidence = Choice(choices=Evidence.choices)


class RoadmapScore(Body):
    """One blind score in the present round; nobody else reads it before the round is revealed."""

    impact = Choice(choices=["3", "2", "1", "0.5", "0.25"])
    urgency = Choice(choices=Urgency.choices)
    lines = serializers.ListField(child=ScoreLineBody(), max_length=20)
    comment = prose(5_000, required=False, allow_blank=True)


class RoadmapScoreAgain(Body):
    reason = prose(2_000, help_text="What changed, or that its scores have grown old.")


class RoadmapEstimate(Body):
    """Person-weeks of one role as a range; the last estimate of a role counts."""

    role = Choice(choices=Role.choices)
    p10 = Weeks(required=False, allow_null=True, help_text="P50 where not given.")
    p50 = Weeks()
    p90 = Weeks(required=False, allow_null=True, help_text="P50 where not given.")
    note = Text(max_length=300, required=False, allow_blank=True)


class RoadmapDependency(Body):
    other = WholeNumber(min_value=1, help_text="Id of the other request.")
    kind = Choice(choices=Link.choices)


class RoadmapDependencyEnd(Body):
    dependency = WholeNumber(min_value=1, help_text="Id of one of `dependencies`.")


class RoadmapMilestone(Body):
    title = Text(max_length=200)
    p50 = Day(help_text="As likely before as after.")
    p90 = Day(help_text="Nearly surely by.")


class RoadmapMilestoneDone(Body):
    milestone = WholeNumber(min_value=1)


class RoadmapBlock(Body):
    waits_for = Text(max_length=300)
    owner = Username(help_text="Who can end it.")


class RoadmapBlockEnd(Body):
    block = WholeNumber(min_value=1)
    outcome = Text(max_length=300, required=False, allow_blank=True)


class RoadmapActual(Body):
    role = Choice(choices=Role.choices)
    month = Day(help_text="Any day of it.")
    weeks = Weeks()


class RoadmapHandover(Body):
    entity = EntityName()
    team = Slug(help_text="The team that is to run it.")
    note = Text(max_length=500, required=False, allow_blank=True)


class RoadmapHandoverAccept(Body):
    handover = WholeNumber(min_value=1)


class RoadmapOutcome(Body):
    """A figure's measured change in [period_start, period_end)."""

    kpi = WholeNumber(min_value=1, help_text="Id of a figure of this request.")
    period_start = Day()
    period_end = Day(help_text="The first day after it.")
    value = Exact(signed=True)
    attribution = Part(required=False, help_text="The part that this work may claim; 1 where not given.")
    source = Text(max_length=500)  # type: ignore[assignment]


class RoadmapOutcomeConfirm(Body):
    outcome = WholeNumber(min_value=1)


class RoadmapReview(Body):
    review = WholeNumber(min_value=1, help_text="Id of one of `reviews`.")
    verdict = Choice(choices=OutcomeReview.Verdict.choices)
    lesson = prose(help_text="What others should know.")
    adoption = WholeNumber(max_value=LATEST, required=False, allow_null=True)
    target_adoption = WholeNumber(max_value=LATEST, required=False, allow_null=True)
