"""Tools, a standard and complete requests for tests: each maker calls the actions that people call."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from apps.catalog.actions import create_entity
from apps.catalog.models import Entity
from apps.tooling.actions.drafts import begin_request
from apps.tooling.actions.reviewing import give_verdict, start_review
from apps.tooling.actions.standards import create_capability, publish_standard
from apps.tooling.actions.submitting import submit_request
from apps.tooling.models import Capability, Environment, ExceptionRequest, ReviewStep, Standard
from apps.tooling.queries import clock
from tests.personas import People

COMPLETE: dict[str, Any] = {
    "objective": "Compare scoring runs side by side before the credit review.",
    "kpi": "Hours until a run is explained, from 6 to 2",
    "alternatives": [
        {"tool": "MLflow", "standard": True, "why_not": "No live view of long runs."},
        {"tool": "Neptune", "standard": False, "why_not": "Not hosted in the region."},
    ],
    "trade_offs": {
        "value": [4, "Two analysts wait less"],
        "support": [2, ""],
        "security": [2, ""],
        "lock_in": [3, "Runs can be exported"],
        "duplication": [2, ""],
    },
    "cost_of_refusal": "The review takes a week longer each quarter.",
    "exit_plan": "Export all runs to MLflow.",
    "controls": "No customer data in run names; exports every night.",
}


def tool(people: People, name: str, **fields: Any) -> Entity:
    """A tool of the platform team, visible to the company."""
    owner = people.team("ml-platform")
    return create_entity(actor=people.dmitri, kind="tool", name=name, owner=owner, **fields)


def capability(people: People, slug: str = "tracking", quadrant: str = "building") -> Capability:
    return create_capability(
        actor=people.esther,
        slug=slug,
        name=slug.capitalize(),
        quadrant=quadrant,
        description="Where runs are kept.",
    )


def standard(people: People, where: Capability, *rules: tuple[Entity, str], **fields: Any) -> Standard:
    """A revision in force now: `(tool, ring)` in every context; whole rules by `rules=`."""
    whole = fields.pop("rules", None) or [{"tool": each.ref, "ring": ring} for each, ring in rules]
    return publish_standard(
        actor=people.esther, capability=where, rationale="One place for runs.", rules=whole, **fields
    )


def environments(*slugs: str) -> list[Environment]:
    return [Environment.objects.get(slug=slug) for slug in slugs]


def until(days: int) -> date:
    return (clock.now() + timedelta(days=days)).date()


def draft(
    people: People, wanted: Entity | None, *where: str, days: int = 20, by: str = "ben", **fields: Any
) -> ExceptionRequest:
    """A complete draft of ben's team for development, or for the environments given."""
    given = {
        "tool": wanted,
        "environments": environments(*(where or ("development",))),
        "requested_until": until(days),
        "support_owner": people.team("risk-ml"),
        **COMPLETE,
        **fields,
    }
    team = given.pop("team", None) or people.team("risk-ml")
    return begin_request(actor=people[by], team=team, **given)


def sent(people: People, wanted: Entity | None, *where: str, **fields: Any) -> ExceptionRequest:
    by = fields.get("by", "ben")
    return submit_request(actor=people[by], request=draft(people, wanted, *where, **fields))


def in_review(people: People, wanted: Entity | None, *where: str, **fields: Any) -> ExceptionRequest:
    """Of medium risk unless said otherwise: ben asks for production, dmitri opens the review."""
    request = sent(people, wanted, *(where or ("production",)), **{"days": 100, **fields})
    return start_review(actor=people.dmitri, request=request)


def step(request: ExceptionRequest, role: str) -> ReviewStep:
    return ReviewStep.objects.get(request=request, round=request.round, role=role)


def approve(people: People, request: ExceptionRequest, **who: str) -> ExceptionRequest:
    """`approve(people, request, central="dmitri", business="farid")`"""
    return _decide(people, request, who, approves=True, comment="Fine.")


def reject(
    people: People, request: ExceptionRequest, instead: Entity, comment: str = "One is enough.", **who: str
) -> ExceptionRequest:
    """`reject(people, request, mlflow, central="dmitri", business="farid")`"""
    return _decide(people, request, who, approves=False, comment=comment, alternative=instead)


def _decide(
    people: People, request: ExceptionRequest, who: dict[str, str], **verdict: Any
) -> ExceptionRequest:
    for role, name in (who or {"central": "dmitri", "business": "farid"}).items():
        request = give_verdict(actor=people[name], step=step(request, role), **verdict)
    return request
