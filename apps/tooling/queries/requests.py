"""Reading requests: as they are at an instant, the public register, what waits for whom, and earlier answers.

A stored state lags behind its grants: an exception expires at an instant, and the job that says so comes later. So
every surface reads `shown_state` of `with_now`, never the bare `state`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    F,
    Max,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Now
from rapidfuzz import fuzz

from apps.catalog.models import Entity
from apps.core.policies import PolicyQuerySet
from apps.core.text_search import COMMON, either, spelled, words
from apps.people.standing import standing_of
from apps.tooling.models import Condition, Environment, ExceptionRequest, Grant, ReviewStep
from apps.tooling.models.grants import ENDS
from apps.tooling.policies import is_central
from apps.tooling.queries.turns import Turn, who_is_next
from apps.tooling.workflow import HOLDING, OPEN, WAITING_FOR_CENTER, State

__all__ = [
    "Inbox",
    "Precedent",
    "Requests",
    "Turn",
    "inbox",
    "mine",
    "precedents",
    "register",
    "requests",
    "who_is_next",
    "with_now",
]
Requests = PolicyQuerySet[ExceptionRequest]

JOINED = (  # without the tool, which has rights of its own
    "team__business_unit__sponsor",
    "team__business_unit__parent__sponsor",
    "requester",
    "triager",
    "capability",
    "support_owner",
)
CANDIDATES = 60
MOST_RANKED = 500  # of more matches, any: a word that hundreds share does not tell requests apart
LEAST_LIKENESS = 0.3
SAME_TOOL = 0.4


def with_now(queryset: Requests, at: datetime | Now) -> Requests:
    """Annotates `ends` (from when on nothing of the grants holds; None without grants), `shown_state` (the state at
    `at`) and `overdue` (a decision is due and the requester does not have the ball). No further statement."""
    return queryset.annotate(ends=_of_grants(Max(ENDS))).annotate(
        shown_state=_shown_state(at), overdue=_overdue(at)
    )


def _of_grants(aggregate: Any) -> Subquery:
    rows = Grant._base_manager.filter(request=OuterRef("pk")).order_by().values("request")
    return Subquery(rows.annotate(answer=aggregate).values("answer"))


def _shown_state(at: datetime | Now) -> Case:
    """Where the last of the grants ended by revocation, the exception is revoked, else expired."""
    grants = Grant._base_manager.filter(request=OuterRef("pk"))
    cut_short = grants.filter(revoked_at=OuterRef("ends"), revoked_at__lt=F("expires"))
    begun = grants.filter(starts__lte=at)
    ended = Q(state__in=HOLDING, ends__lte=at)
    return Case(
        When(ended & Q(Exists(cut_short)), then=Value(State.REVOKED.value)),
        When(ended, then=Value(State.EXPIRED.value)),
        When(Q(state=State.APPROVED) & Q(Exists(begun)), then=Value(State.ACTIVE.value)),
        default=F("state"),
        output_field=CharField(choices=State.choices),
    )


def _overdue(at: datetime | Now) -> Case:
    late = Q(state__in=OPEN, paused_at=None, due_at__lte=at)
    return Case(When(late, then=Value(True)), default=Value(False), output_field=BooleanField())


def requests(user: Any) -> Requests:
    """Every request that `user` may see, drafts of their teams too, with what a list shows of it: three statements."""
    steps = Prefetch("steps", ReviewStep._base_manager.order_by("id"))
    environments = Prefetch("environments", Environment._base_manager.order_by("position", "slug"))
    seen = ExceptionRequest.objects.visible_to(user).select_related(*JOINED, "tool").defer("search_vector")
    return seen.prefetch_related(steps, environments)


def register(user: Any) -> Requests:
    """The public register: whatever was sent and concerns a tool that `user` sees."""
    return requests(user).filter(submitted_at__isnull=False)


def mine(user: Any) -> Requests:
    """What the teams of `user` asked for or are still writing."""
    return requests(user).filter(team__in=standing_of(user).teams)


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits for one person. Each part is a queryset; nothing is read before it is looked at."""

    decide: Requests
    triage: Requests
    answer: Requests
    confirm: PolicyQuerySet[Condition]
    prove: PolicyQuerySet[Condition]


def inbox(user: Any) -> Inbox:
    """Steps that `user` may decide, the queue of the center, questions to their teams, evidence to confirm or to add;
    the soonest due first."""
    waiting = register(user).filter(state__in=WAITING_FOR_CENTER)
    conditions = Condition.objects.visible_to(user).select_related("request__team", "request__tool", "owner")
    as_now: Any = with_now(ExceptionRequest.objects.visible_to(user), Now())
    holding = as_now.filter(shown_state__in=HOLDING).values("pk")
    held = conditions.filter(met_at=None, request__in=holding).order_by("due", "id")
    return Inbox(
        decide=register(user).allowed(user, "decide").order_by("due_at", "id"),
        triage=(
            waiting.allowed(user, "triage") if is_central(standing_of(user)) else waiting.none()
        ).order_by("due_at", "id"),
        answer=mine(user).filter(state=State.NEEDS_INFO).order_by("paused_at", "id"),
        confirm=held.allowed(user, "confirm").select_related("evidence_by"),
        prove=held.filter(request__team__in=standing_of(user).teams, evidence_at=None),
    )


@dataclass(frozen=True, slots=True)
class Precedent:
    """An earlier answer to a similar question, with how alike the two are (0 to 1)."""

    request: ExceptionRequest
    likeness: float


def precedents(
    user: Any,
    text: str,
    tool: Entity | None = None,
    *,
    at: datetime,
    without: int | None = None,
    limit: int = 5,
) -> list[Precedent]:
    """Decided requests that `user` may read and that say something like `text` or ask for `tool`, the most alike first.

    Drafts and open requests are never read for it. Three statements at most, however many match.
    """
    decided = register(user).filter(decided_at__isnull=False).exclude(pk=without or 0)
    query = _any_word(text)
    wanted = Q(tool=tool) if tool else Q(pk__in=[])
    if query is not None:
        wanted |= Q(search_vector=query)
    some = decided.filter(wanted).order_by().values("pk")[:MOST_RANKED]
    rank = SearchRank(F("search_vector"), query) if query is not None else Value(0.0)
    ranked = with_now(decided.filter(pk__in=some), at).annotate(rank=rank, same=_is_tool(tool))
    rows = ranked.order_by("-same", "-rank", "-decided_at", "id")[:CANDIDATES]
    scored = [Precedent(row, _likeness(row, text)) for row in rows]
    alike = [each for each in scored if each.likeness >= LEAST_LIKENESS]
    alike.sort(key=lambda each: (-each.likeness, -each.request.pk))
    return alike[:limit]


def _any_word(text: str) -> SearchQuery | None:
    """Somebody who types a sentence shares some words with a precedent, hardly all."""
    telling = [word for word in dict.fromkeys(words(text)) if word not in COMMON and len(word) > 1]
    parts = [either(word) for word in telling]
    return reduce(or_, parts) if parts else None


def _is_tool(tool: Entity | None) -> Case:
    return Case(
        When(Q(tool=tool) if tool else Q(pk__in=[]), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )


def _likeness(row: Any, text: str) -> float:
    said = spelled(f"{row.tool or ''} {row.tool_name} {row.capability or ''} {row.objective} {row.kpi}")
    alike = fuzz.token_set_ratio(spelled(text), said) / 100 if text.strip() else 0.0
    return round(min(1.0, (SAME_TOOL if row.same else 0.0) + 0.8 * alike), 3)
