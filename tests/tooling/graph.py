"""The tooling room in the world of the walk through GraphQL: what is public and what is hidden point at each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.catalog.models import Entity
from apps.people.models import Team, User
from apps.tooling import models as tooling
from tests.tooling import walked

OPEN_REQUEST = 10**8  # id of the first open request


def open_and_hidden_tooling(number: int, public: Entity, hidden: Entity) -> None:
    """Requests about either tool that a rejection answered with the other one, and all that hangs on them."""
    capability = walked.a_capability(slug=f"open-{number}")
    standard = walked.a_standard(capability)
    for tool, other, mark in ((public, hidden, "open"), (hidden, public, "HUSH")):
        walked.a_rule(tool, standard=standard, note=mark, environment=walked.an_environment())
        for entity in (tool, other):
            walked.a_use(tool, entity=entity, version=mark)
        _asked(tool, other, mark, standard, number)
    walked.a_proposal(capability=capability, base=standard, outcome=standard)


def _asked(tool: Entity, other: Entity, mark: str, standard: tooling.Standard, number: int) -> None:
    ada, dmitri = (User.objects.get(username=name) for name in ("ada", "dmitri"))
    team = Team.objects.get(slug="claims-ai")
    whole: dict[str, Any] = {
        "team": team,
        "requester": User.objects.get(username="chloe"),
        "objective": f"{mark} objective",
        "alternatives": [{"tool": mark, "standard": True, "why_not": mark}],
        "trade_offs": {"value": [3, mark]},
        "capability": standard.capability,
        "standard": standard,
        "support_owner": team,
        "alternative": other,
        "decision": mark,
    }
    before = walked.a_request(tool, "closed", **whole)
    chosen = {"pk": OPEN_REQUEST + number} if mark == "open" else {}
    request = walked.a_request(tool, renews=before, **whole, **chosen)
    step = walked.a_step(tool, request=request)
    walked.a_verdict(tool, step=step, approves=False, comment=mark, alternative=other)
    walked.a_grant(tool, request=request, revoked_because=mark)
    now = timezone.now()
    walked.a_condition(
        tool, request=request, text=mark, owner=ada, evidence=mark, evidence_at=now, evidence_by=ada,
        met_at=now + timedelta(seconds=1), met_by=dmitri,
    )  # fmt: skip
    tooling.RequestComment.objects.create(request=request, author=ada, text=mark)
