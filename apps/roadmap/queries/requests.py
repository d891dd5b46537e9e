"""Reading requests: the register as somebody narrows it, one's own, what waits for whom, and what is alike.

Every list starts from what the person may see and costs the same number of statements however many rows it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from itertools import islice
from operator import or_
from statistics import median
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from rapidfuzz import fuzz

from apps.catalog.models import Entity
from apps.catalog.queries import search_entities
from apps.catalog.vocabulary import Stage
from apps.core.errors import Forbidden
from apps.core.pagination import Order
from apps.core.plugs import DemandSignal, Item, registered
from apps.core.policies import PolicyQuerySet
from apps.core.text_search import COMMON, either, spelled, text_query, words
from apps.people.branches import NearestSponsor
from apps.people.models import User
from apps.people.standing import standing_of
from apps.roadmap.models import Estimate, Request, Score
from apps.roadmap.policies import is_central
from apps.roadmap.queries.completeness import of_second_units
from apps.roadmap.queries.scores import fresh_from
from apps.roadmap.queries.turns import Turn, who_is_next
from apps.roadmap.workflow import BEFORE_PLAN, IN_TRIAGE, State

__all__ = [
    "ORDERS",
    "RequestFilter",
    "Requests",
    "Similar",
    "Turn",
    "in_triage",
    "mine",
    "narrowed",
    "pace",
    "register",
    "requests",
    "reusable",
    "signals",
    "similar",
    "waiting",
    "who_is_next",
]
Requests = PolicyQuerySet[Request]

JOINED = ("unit", "owner", "requester", "sponsor", "triager")
BESIDE = ("supports__unit", "candidacies__cycle", "blocks__owner", "milestones", "outcome_reviews")
CANDIDATES = 60
MOST_RANKED = 500  # of more matches, any: a word that hundreds share does not tell requests apart
LEAST_LIKENESS = 0.55  # two unrelated sentences come to about 0.45
ENDED_STAGES = (Stage.DEPRECATED, Stage.RETIRED, Stage.STOPPED)
PACE_DAYS = 90
FEWEST_ANSWERS = 3
MOST_SIGNALS = 10  # of one kind
ORDERS = {
    "-submitted": Order("-submitted", "submitted_at", descending=True),
    "submitted": Order("submitted", "submitted_at"),
    "-since": Order("-since", "state_since", descending=True),
    "since": Order("since", "state_since"),
    "title": Order("title", "title"),
    "-title": Order("-title", "title", descending=True),
}


def requests(user: Any) -> Requests:
    """Every request that `user` may see, own drafts too, with what a list says of each: six statements."""
    seen = Request.objects.visible_to(user).select_related(*JOINED).defer("search_vector")
    said = {
        "has_scores": _has_scores(),
        "has_estimate": _has_estimate(),
        "has_second_unit": Exists(of_second_units().filter(request=OuterRef("pk"))),
        "expected_sponsor": _expected_sponsor(),
    }
    return seen.annotate(**said).prefetch_related(*BESIDE)


def _has_scores() -> Exists:
    """Revealed since it came to scoring, and not stale."""
    rows = Score._base_manager.filter(request=OuterRef("pk"), revealed_at__gte=OuterRef("state_since"))
    return Exists(rows.filter(at__gte=fresh_from()))


def _has_estimate() -> Exists:
    return Exists(Estimate._base_manager.filter(request=OuterRef("pk")))


def _expected_sponsor() -> Subquery:
    """The name of who would answer for the value."""
    people = User._base_manager.filter(pk=NearestSponsor(OuterRef("unit")))
    return Subquery(people.values(shown=Coalesce(NullIf("name", Value("")), "username")))


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Values by field; several of one field mean any of them. Unit by slug."""

    state: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    q: str = ""
    mine: bool = False
    waiting: bool = False


def register(user: Any, wanted: RequestFilter | None = None) -> Requests:
    """Whatever was submitted and `user` may see, narrowed to what is wanted."""
    return narrowed(user, requests(user).filter(submitted_at__isnull=False), wanted or RequestFilter())


def mine(user: Any) -> Requests:
    """What `user` or their teams asked for or are still writing."""
    return requests(user).filter(_own(user))


def _own(user: Any) -> Q:
    return Q(owner__in=standing_of(user).teams) | Q(requester=user.pk)


def narrowed(user: Any, rows: Requests, wanted: RequestFilter) -> Requests:
    """A value that nobody knows finds nothing."""
    for field, column in (("state", "state"), ("type", "type"), ("unit", "unit__slug")):
        if values := getattr(wanted, field):
            rows = rows.filter(**{f"{column}__in": values})
    if wanted.mine:
        rows = rows.filter(_own(user))
    if wanted.waiting:
        rows = rows.filter(waiting(user))
    return _having(rows, wanted.q)


def _having(rows: Requests, text: str) -> Requests:
    if not text.strip():
        return rows
    number, query = text.strip(), text_query(text)
    by_id = Q(pk=int(number)) if number.isascii() and number.isdecimal() and len(number) < 18 else Q(pk=0)
    return rows.filter(by_id | Q(search_vector=query)) if query is not None else rows.filter(by_id)


def waiting(user: Any) -> Q:
    """Requests on which `user` may do the next step: answer, triage, score blind, or answer for the value."""
    answer = Q(state=State.NEEDS_INFO, owner__in=standing_of(user).teams)
    wanted = answer | Q(pk__in=_allowed(user, "sponsor"))
    if not is_central(standing_of(user)):
        return wanted
    triage = Q(state__in=(State.SUBMITTED, State.TRIAGE), pk__in=_allowed(user, "triage"))
    score = Q(pk__in=_allowed(user, "score")) & Q(~Exists(_answered_by(user)))
    return wanted | triage | score


def _allowed(user: Any, action: str) -> Any:
    return Request.objects.allowed(user, action).order_by().values("pk")


def _answered_by(user: Any) -> Any:
    """One's own sealed score, or a round that was revealed since the request came to scoring."""
    sealed = Q(scorer=user.pk, revealed_at=None)
    opened = Q(revealed_at__gte=OuterRef("state_since"))
    return Score._base_manager.filter(sealed | opened, request=OuterRef("pk"))


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal of demand with what kind of evidence it is."""

    label: str
    item: Item


@dataclass(frozen=True, slots=True)
class Similar:
    """A request like what somebody writes, with how alike the two are (0 to 1)."""

    request: Request
    likeness: float

    @property
    def is_open(self) -> bool:
        """Whether others may still support it, or merge theirs into it."""
        return self.request.state in (*BEFORE_PLAN, State.DEFERRED)


def similar(user: Any, text: str, *, without: int | None = None, limit: int = 5) -> list[Similar]:
    """Visible requests that say something like `text`, the most alike first: six statements at most.

    Drafts are looked at only where they belong to a team of `user`; withdrawn ones and duplicates never.
    """
    query = _any_word(text)
    if query is None:
        return []
    rows = _comparable(user).exclude(pk=without or 0)
    some = rows.filter(Q(search_vector=query) | Q(state=State.DRAFT)).order_by("-pk").values("pk")
    rank = Coalesce(SearchRank(F("search_vector"), query), Value(0.0))
    ranked = rows.filter(pk__in=some[:MOST_RANKED]).annotate(rank=rank).order_by("-rank", "-pk")
    scored = [Similar(row, _likeness(text, row.title, row.problem)) for row in ranked[:CANDIDATES]]
    alike = [each for each in scored if each.likeness >= LEAST_LIKENESS]
    return sorted(alike, key=lambda each: (-each.likeness, -each.request.pk))[:limit]


def _comparable(user: Any) -> Requests:
    own_drafts = Q(state=State.DRAFT, owner__in=standing_of(user).teams)
    sent = Q(submitted_at__isnull=False) & ~Q(state__in=(State.WITHDRAWN, State.DUPLICATE))
    return requests(user).filter(own_drafts | sent)


def _any_word(text: str) -> SearchQuery | None:
    """Somebody who types a sentence shares some words with a request, hardly all."""
    telling = [word for word in dict.fromkeys(words(text)) if word not in COMMON and len(word) > 1]
    parts = [either(word) for word in telling]
    return reduce(or_, parts) if parts else None


def _likeness(text: str, title: str, more: str) -> float:
    """How much of the words is shared; the title alone may be enough."""
    asked = _telling(text)
    alone = fuzz.token_set_ratio(asked, _telling(title))
    whole = fuzz.token_set_ratio(asked, _telling(f"{title} {more}"))
    return round(max(alone, whole) / 100, 3)


def _telling(text: str) -> str:
    return " ".join(word for word in spelled(text).split() if word not in COMMON)


def reusable(user: Any, text: str, *, limit: int = 5) -> list[Entity]:
    """Visible entities that may serve instead: what the catalog finds for the words, offered ones first.

    Where no entity has all the words, those that have some and are alike enough.
    """
    rows = Entity.objects.visible_to(user).filter(tombstoned_at=None).exclude(stage__in=ENDED_STAGES)
    found = [entity for entity, _ in search_entities(rows, text, limit)] if text.strip() else []
    if len(found) < limit:
        found += _having_some(rows.exclude(pk__in=[entity.pk for entity in found]), text, limit - len(found))
    return sorted(found, key=lambda entity: not entity.reusable)


def _having_some(rows: Any, text: str, limit: int) -> list[Entity]:
    query = _any_word(text)
    if query is None:
        return []
    some = rows.filter(search_vector=query).order_by().values("pk")[:MOST_RANKED]
    ranked = Entity.objects.filter(pk__in=some).annotate(rank=SearchRank(F("search_vector"), query))
    found = list(ranked.select_related("owner").order_by("-reusable", "-rank", "id")[:CANDIDATES])
    scored = [(entity, _likeness(text, str(entity), entity.description)) for entity in found]
    alike = [(entity, score) for entity, score in scored if score >= LEAST_LIKENESS]
    return [entity for entity, _ in sorted(alike, key=lambda pair: (-pair[1], pair[0].pk))[:limit]]


def pace(at: datetime) -> int | None:
    """Days until the center's first answer, the median of the last quarter's; None from fewer than three answers.

    A figure over all requests, which tells nothing of a single one.
    """
    rows = Request._base_manager.filter(
        answered_at__gt=at - timedelta(days=PACE_DAYS), answered_at__lte=at, submitted_at__isnull=False
    )
    days = [(answered - sent).total_seconds() / 86_400 for sent, answered in rows.values_list(*PACE)]
    return max(1, round(median(days))) if len(days) >= FEWEST_ANSWERS else None


PACE = ("submitted_at", "answered_at")


def in_triage(user: Any) -> Requests:
    """What the center has to answer, with what waits for information, is scored or was put off; the oldest first.

    `can_triage` says of each whether this person may answer it. Forbidden for whoever is not of the center.
    """
    if not is_central(standing_of(user)):
        raise Forbidden(
            "The central team triages requests.", next_step="Look at the register, or at your own requests."
        )
    states = (*IN_TRIAGE, State.SCORING, State.DEFERRED)
    rows = register(user).filter(state__in=states).with_can(user, "triage")
    return rows.order_by("state_since", "pk")


def signals(user: Any) -> list[Signal]:
    """Evidence of demand that nobody has asked for yet, as the other apps tell it to this person."""
    return [
        Signal(plug.label, item)
        for plug in registered(DemandSignal)
        for item in islice(plug.signals(user), MOST_SIGNALS)
    ]
