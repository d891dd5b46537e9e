"""A row with id 1 behind every address of the roadmap room, so that generated requests find something."""

from __future__ import annotations

from django.db import connection

from apps.people.models import User
from apps.roadmap import models as roadmap
from tests.factories import EntityFactory
from tests.roadmap import walked

WITH_IDS = (
    roadmap.Request, roadmap.RequestKpi, roadmap.Dependency, roadmap.Milestone, roadmap.Block, roadmap.Handover,
    roadmap.Outcome, roadmap.OutcomeReview, roadmap.ScoringPolicy, roadmap.Cycle, roadmap.PlanRun,
)  # fmt: skip


def roadmap_with_first_ids() -> None:
    """Request 1 is being scored and has parts of every kind; cycle q1 is being voted on."""
    with connection.cursor() as cursor:
        for model in WITH_IDS:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'), 1, false)")
    request = walked.a_request(state="scoring")
    kpi = walked.a_kpi(request)
    walked.a_line(request, kpi=kpi)
    walked.an_estimate(request)
    roadmap.Dependency.objects.create(request=request, other=walked.a_request(), kind="needs")
    walked.a_milestone(request)
    roadmap.Block.objects.create(request=request, waits_for="Access", owner=User.objects.get(username="ada"))
    walked.a_handover(request, entity=EntityFactory(name="built"))
    walked.an_outcome(request, kpi=kpi)
    walked.a_review(request)
    cycle = walked.a_cycle("voting", slug="q1", scoring_policy=walked.a_policy())
    walked.a_candidate(request, cycle)
    walked.a_ballot(walked.a_share(cycle))
    walked.a_run(cycle)
