"""A row of every model of the tooling room for the walks over models and addresses, made directly: requests and all
that hangs on them are those of risk-ml, about a tool that is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

from django.db import models
from django.utils import timezone

from apps.catalog.models import Entity
from apps.people.models import Team, User
from apps.tooling import models as tooling
from tests.personas import People

_numbers = count(1)


def _user(name: str) -> User:
    return User.objects.get(username=name)


def _team(slug: str = "risk-ml") -> Team:
    return Team.objects.get(slug=slug)


def an_environment(slug: str = "production") -> tooling.Environment:
    return tooling.Environment.objects.get(slug=slug)


def a_capability(**fields: Any) -> tooling.Capability:
    slug = f"capability-{next(_numbers)}"
    return tooling.Capability.objects.create(**{"slug": slug, "name": slug, "quadrant": "building", **fields})


def a_standard(capability: tooling.Capability | None = None, **fields: Any) -> tooling.Standard:
    now = timezone.now()
    whole = {"revision": 1, "rationale": "Because.", "effective_from": now, "author": _user("esther")}
    return tooling.Standard.objects.create(capability=capability or a_capability(), **(whole | fields))


def a_rule(tool: Entity, **fields: Any) -> tooling.StandardRule:
    whole = {"standard": fields.pop("standard", None) or a_standard(), "ring": "recommended"}
    return tooling.StandardRule.objects.create(tool=tool, **(whole | fields))


def a_request(tool: Entity, state: str = "in_review", **fields: Any) -> tooling.ExceptionRequest:
    """Ben's request about `tool`, complete in its form."""
    now = timezone.now()
    sent = {
        "submitted_at": now,
        "due_at": now + timedelta(days=5),
        "requested_until": (now + timedelta(days=90)).date(),
        "level": "medium",
    }
    whole = {"team": _team(), "requester": _user("ben"), "tool": tool, "objective": "Compare runs."}
    fields = whole | ({} if state == "draft" else sent) | fields
    row = tooling.ExceptionRequest.objects.create(state=state, **fields)
    row.environments.set([an_environment()])
    return row


def a_step(tool: Entity, role: str = "central", **fields: Any) -> tooling.ReviewStep:
    request = fields.pop("request", None) or a_request(tool)
    return tooling.ReviewStep.objects.create(request=request, role=role, **fields)


def a_verdict(tool: Entity, by: str = "dmitri", **fields: Any) -> tooling.Verdict:
    step = fields.pop("step", None) or a_step(tool)
    whole = {"user": _user(by), "requester": step.request.requester, "approves": True, "comment": "Fine."}
    return tooling.Verdict.objects.create(step=step, request=step.request, **(whole | fields))


def a_grant(tool: Entity, **fields: Any) -> tooling.Grant:
    now = timezone.now()
    request = fields.pop("request", None) or a_request(tool, "active", decided_at=now)
    whole = {
        "team": request.team,
        "tool": tool,
        "versions": "*",
        "scheme": "pep440",
        "environment": an_environment(),
        "data_class": 1,
        "starts": now - timedelta(days=1),
        "expires": now + timedelta(days=60),
    }
    return tooling.Grant.objects.create(request=request, **(whole | fields))


def a_condition(tool: Entity, **fields: Any) -> tooling.Condition:
    request = fields.pop("request", None) or a_request(tool, "active")
    whole = {"text": "Back up runs.", "owner": _user("ada"), "due": timezone.now() + timedelta(days=9)}
    return tooling.Condition.objects.create(request=request, **(whole | fields))


def a_use(tool: Entity, **fields: Any) -> tooling.ObservedUse:
    whole = {"entity": tool, "environment": an_environment(), "data_class": 1, "origin": "relation"}
    return tooling.ObservedUse.objects.create(tool=tool, **(whole | fields))


def a_proposal(**fields: Any) -> tooling.Proposal:
    whole = {"title": "Another tool", "reason": "It costs less.", "rationale": "Because.", "rules": []}
    capability = fields.pop("capability", None) or a_capability()
    return tooling.Proposal.objects.create(
        capability=capability, proposer=fields.pop("proposer", None) or _user("ben"), **(whole | fields)
    )


def a_vote(people: People | None = None, **fields: Any) -> tooling.ProposalVote:
    proposal = fields.pop("proposal", None) or a_proposal(state="voting")
    whole = {"user": _user("ivan"), "proposer": proposal.proposer, "approves": True}
    return tooling.ProposalVote.objects.create(proposal=proposal, **(whole | fields))


def a_count(people: People) -> tooling.DecisionCount:
    """How often risk-ml was refused something."""
    return tooling.DecisionCount.objects.create(
        day=date(2026, 11, 2), team=_team(), tool_name="wandb", environment=an_environment(), reason="hold",
        surface="rest", count=3,
    )  # fmt: skip


# Rows that are seen by whoever sees the tool that they are about, and by the team that asks.
OF_A_TOOL: dict[type[models.Model], Callable[[People, Entity], models.Model]] = {
    tooling.StandardRule: lambda people, tool: a_rule(tool),
    tooling.ToolProfile: lambda people, tool: tooling.ToolProfile.objects.create(tool=tool),
    tooling.Package: lambda people, tool: tooling.Package.objects.create(
        ecosystem="pypi", name=f"package-{next(_numbers)}", tool=tool
    ),
    tooling.ExceptionRequest: lambda people, tool: a_request(tool),
    tooling.RequestComment: lambda people, tool: tooling.RequestComment.objects.create(
        request=a_request(tool), author=people.ada, text="A remark."
    ),
    tooling.ReviewStep: lambda people, tool: a_step(tool),
    tooling.Verdict: lambda people, tool: a_verdict(tool),
    tooling.Recusal: lambda people, tool: tooling.Recusal.objects.create(
        request=a_request(tool), user=people.dmitri, reason="A friend asks."
    ),
    tooling.Grant: lambda people, tool: a_grant(tool),
    tooling.Condition: lambda people, tool: a_condition(tool),
    tooling.ObservedUse: lambda people, tool: a_use(tool),
}
# Rows that everybody reads.
OF_THE_COMPANY: dict[type[models.Model], Callable[[People], models.Model]] = {
    tooling.Environment: lambda people: an_environment(),
    tooling.Tier: lambda people: tooling.Tier.objects.get(level="high"),
    tooling.TierRule: lambda people: tooling.TierRule.objects.first(),
    tooling.ClosedDay: lambda people: tooling.ClosedDay.objects.create(day=date(2026, 12, 24), name="Eve"),
    tooling.Capability: lambda people: a_capability(),
    tooling.Standard: lambda people: a_standard(),
    tooling.Proposal: lambda people: a_proposal(),
    tooling.ProposalVote: a_vote,
    tooling.ProposalComment: lambda people: tooling.ProposalComment.objects.create(
        proposal=a_proposal(), author=people.ada, text="A remark."
    ),
}
# Rows that nobody asks for.
OF_NOBODY: dict[type[models.Model], Callable[[People], models.Model]] = {
    tooling.BookStamp: lambda people: (
        tooling.BookStamp._base_manager.first() or tooling.BookStamp.objects.create()
    ),
    tooling.Reminder: lambda people: tooling.Reminder.objects.create(
        grant=a_grant(Entity.objects.create(kind="tool", namespace="coe", name="wandb", owner=_team())),
        days=7,
    ),
}
