"""A row with id 1 behind every address of the tooling room, so that generated requests find something."""

from __future__ import annotations

from django.db import connection

from apps.catalog.models import Entity
from apps.people.models import Team
from apps.tooling import models as tooling
from tests.tooling import walked

WITH_IDS = (
    tooling.Capability, tooling.Standard, tooling.Proposal, tooling.ExceptionRequest, tooling.ReviewStep,
    tooling.Grant, tooling.Condition, tooling.ObservedUse, tooling.Package,
)  # fmt: skip


def tooling_with_first_ids() -> None:
    """Request 1 is in review, with a step, a grant and a condition of those ids."""
    with connection.cursor() as cursor:
        for model in WITH_IDS:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'), 1, false)")
    platform = Team.objects.get(slug="ml-platform")
    tool = Entity.objects.create(kind="tool", namespace="coe", name="wandb", owner=platform)
    capability = walked.a_capability(slug="tracking")
    walked.a_rule(tool, standard=walked.a_standard(capability))
    walked.a_proposal(capability=capability)
    request = walked.a_request(tool)
    walked.a_step(tool, request=request)
    walked.a_grant(tool, request=request)
    walked.a_condition(tool, request=request)
    walked.a_use(tool)
    tooling.ToolProfile.objects.create(tool=tool)
    tooling.Package.objects.create(ecosystem="pypi", name="wandb", tool=tool)
