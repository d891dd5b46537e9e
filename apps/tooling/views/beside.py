"""What stands beside the form: what is missing, who decides by when, what the standard says, how long it may last."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.catalog.models import Entity
from apps.core.moments import last_day
from apps.tooling.decide import Decision, decide
from apps.tooling.models import Environment, ExceptionRequest, Standard
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.completeness import missing
from apps.tooling.queries.lookups import tools_by_ref
from apps.tooling.queries.outlook import Outlook, outlook
from apps.tooling.queries.turns import role_in_words
from apps.tooling.vocabulary import MEANINGS, DataClass

LABELS = {
    "tool": "Tool",
    "environments": "Where it is to run",
    "versions": "Versions",
    "objective": "What the business wants to reach",
    "kpi": "The figure that will show it",
    "alternatives": "Alternatives",
    "trade_offs": "Value and costs",
    "cost_of_refusal": "What happens if it is not granted",
    "support_owner": "Team that supports it",
    "exit_plan": "How you leave it again",
    "controls": "What makes up for the missing standard",
    "requested_until": "Until when you need it",
}


def beside(user: Any, draft: ExceptionRequest, at: datetime) -> dict[str, Any]:
    """The context of `tooling/asking/beside.html` for a draft as it is kept now."""
    view, lacking = outlook(draft, at), missing(draft)
    environments = list(draft.environments.all())
    rows = told(user, [(each, view.decisions[each.slug]) for each in environments])
    return {
        "draft": draft,
        "view": view,
        "lacking": [(name, LABELS.get(name, name), sentences) for name, sentences in lacking.items()],
        "left": len(LABELS) - len(lacking),
        "whole": len(LABELS),
        "decisions": rows,
        "standard": standard_beside(view.standard),
        "steps": [role_in_words(step, draft) for step in view.steps],
        "due_day": last_day(view.due),
        "latest_day": timezone.localtime(view.latest).date(),
        "instant_day": _instant_day(view),
    }


def standard_beside(pk: int | None) -> Standard | None:
    return Standard._base_manager.select_related("capability").filter(pk=pk).first() if pk else None


def told(user: Any, decisions: list[tuple[Environment, Decision]]) -> list[dict[str, Any]]:
    """Answers in words, each with the alternatives that the person may see; one statement for all of them."""
    refs = {ref for _, decision in decisions for ref in decision.alternatives}
    known = tools_by_ref(user, refs) if refs else {}
    return [
        {
            "environment": environment,
            "decision": decision,
            "meaning": MEANINGS[decision.reason],
            "alternatives": [known[ref] for ref in decision.alternatives if ref in known],
        }
        for environment, decision in decisions
    ]


def answers_now(
    team: Any, tool: Entity | None, name: str, version: str | None, where: list[Environment], data_class: int
) -> list[tuple[Environment, Decision]]:
    """What would be decided for a use that nobody has asked for yet."""
    now, ref = snapshot(), tool.ref if tool else name
    return [
        (each, decide(now.book, team.slug, ref, version, each.slug, DataClass(data_class), now.at))
        for each in where
    ]


def _instant_day(view: Outlook) -> date | None:
    """Until when it would be granted at once, where the tier does that at all."""
    if view.tier.instant_days is None:
        return None
    until = min(view.starts + timedelta(days=view.tier.instant_days), view.latest)
    return timezone.localtime(until).date()
