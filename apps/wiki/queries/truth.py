"""What holds, until when, and who vouches for it; which policies ask whom, and who has not answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields import BooleanField, DateTimeField
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.core.policies import PolicyQuerySet
from apps.people.models import Membership, Team, User
from apps.people.standing import standing_of
from apps.wiki.models import Acknowledgement, Page, Verification
from apps.wiki.queries.freshness import freshness_case
from apps.wiki.queries.pages import pages
from apps.wiki.queries.people import asks, audience, current_memberships, reach_of
from apps.wiki.vocabulary import DUE_BEFORE, Audience, Freshness, PageState

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # where pages that nobody has verified sort
WANTING = (Freshness.EXPIRED, Freshness.DUE, Freshness.UNVERIFIED)


def last_verification(page: Page) -> Verification | None:
    """The verification that the page stands on; None where it has none or lost it."""
    if page.verified_at is None:
        return None
    rows = Verification._base_manager.filter(page=page, at=page.verified_at)
    return rows.select_related("by", "revision").order_by("-id").first()


@dataclass(frozen=True, slots=True)
class Vouching:
    """Who vouches for a page. `wanted` is `wants_verification` of one page; `left`: its verifier left, or their team
    ended, so that whoever may change the page verifies it (as `PagePolicy.verify` says)."""

    last: Verification | None
    wanted: bool
    verifier: User | None
    team: Team | None
    left: bool


def vouching(page: Page) -> Vouching:
    """One statement where the page was verified, none else."""
    verifier, team = page.verifier, page.verifier_team
    wanted = bool(page.interval_days or verifier or team or page.verified_until)
    gone = verifier is not None and not verifier.is_active
    ended = team is not None and team.ends is not None and team.ends <= timezone.now()
    return Vouching(last_verification(page), wanted, verifier, team, gone or ended)


def wants_verification() -> Q:
    """Pages that somebody is to vouch for: an interval, their own or their space's, a verifier, or a past one."""
    intervals = Q(verify_every_days__isnull=False) | Q(space__verify_every_days__isnull=False)
    named = Q(verifier__isnull=False) | Q(verifier_team__isnull=False)
    return intervals | named | Q(verified_until__isnull=False)


def verifiable(user: Any, at: datetime | None = None) -> PolicyQuerySet[Page]:
    """Current pages that `user` may verify and that want it, each with its `fresh`; sort them by `ends`.

    `ends` is when the verification ends: what ended longest ago is most urgent, what has none comes last.
    """
    rows = pages(user).allowed(user, "verify").filter(wants_verification(), state=PageState.CURRENT)
    ends = Coalesce("verified_until", Value(NEVER), output_field=DateTimeField())
    return rows.annotate(fresh=freshness_case(at), ends=ends).defer("revision__text")


def to_verify(user: Any) -> Any:
    """What `user` is to verify: of `verifiable` all that has ended, soon will, or was never verified; urgent first."""
    rows: Any = verifiable(user)  # with columns that Django's types do not know
    return rows.filter(fresh__in=WANTING).order_by("ends", "pk")


def ending(user: Any, at: datetime | None = None) -> PolicyQuerySet[Page]:
    """Pages whose verification has ended or soon will, and that `user` answers for: as their verifier, in the team
    that verifies them, or as the lead of their owner team (a CoE lead for those without an owner)."""
    standing = standing_of(user)
    mine = Q(verifier=user.pk) | Q(verifier_team__in=standing.teams) | Q(owner__in=standing.led_teams)
    if standing.coe_lead:
        mine |= Q(owner__isnull=True)
    soon = (at or timezone.now()) + DUE_BEFORE
    rows = pages(user).filter(mine, verified_until__lte=soon, state=PageState.CURRENT)
    return rows.order_by("verified_until", "pk").defer("revision__text")


def people_to_remind(at: datetime) -> QuerySet[User]:
    """Everybody with an address who answers for a page in the sense of `ending`; who was told is not asked here."""
    rows = Page._base_manager.filter(verified_until__lte=at + DUE_BEFORE, state=PageState.CURRENT).order_by()
    members = current_memberships(at)
    verifying = members.filter(team__in=rows.filter(verifier_team__isnull=False).values("verifier_team"))
    owned = Q(team__in=rows.filter(owner__isnull=False).values("owner"), role=Membership.Role.LEAD)
    if rows.filter(owner__isnull=True).exists():
        owned |= Q(team__coe_office=True)
    wanted = (
        Q(pk__in=rows.filter(verifier__isnull=False).values("verifier"))
        | Q(pk__in=verifying.values("user"))
        | Q(pk__in=members.filter(owned).values("user"))
    )
    return User._base_manager.filter(wanted, is_active=True).exclude(email="").order_by("pk")


def policies_asking(user: Any) -> PolicyQuerySet[Page]:
    """Current pages that ask `user` to acknowledge them, with `answered`: when they did so for today's revision,
    and `answered_before`: whether they did so for an older one. Open ones first."""
    mine = Acknowledgement._base_manager.filter(user=user.pk)
    now = mine.filter(revision=OuterRef("revision")).values("at")[:1]
    before = Case(
        When(pk__in=mine.values("page"), then=Value(True)), default=Value(False), output_field=BooleanField()
    )
    rows = pages(user).filter(asks(user), state=PageState.CURRENT)
    rows = rows.annotate(answered=Subquery(now), answered_before=before)
    return rows.order_by(F("answered").desc(nulls_first=True), "title_key", "pk").defer("revision__text")


def policies_kept(user: Any) -> PolicyQuerySet[Page]:
    """Current pages that ask anybody and whose answers `user` may see."""
    rows = pages(user).allowed(user, "audit").exclude(acknowledged_by=Audience.NOBODY)
    return rows.filter(state=PageState.CURRENT).order_by("title_key", "pk").defer("revision__text")


@dataclass(frozen=True, slots=True)
class Answers:
    """How many of those whom a page asks have acknowledged its current revision."""

    given: int
    asked: int

    @property
    def missing(self) -> int:
        return self.asked - self.given


def answers(rows: Iterable[Page]) -> dict[int, Answers]:
    """`Answers` by page; four statements however many pages. Widest audiences are counted, narrower ones read."""
    listed = list(rows)
    wide = [page for page in listed if reach_of(page) == Audience.COMPANY]
    narrow = [page for page in listed if reach_of(page) != Audience.COMPANY]
    return _counted(wide) | _read(narrow)


def _counted(rows: list[Page]) -> dict[int, Answers]:
    if not rows:
        return {}
    people = User._base_manager.filter(is_active=True, kind=User.Kind.PERSON)
    given = Acknowledgement._base_manager.filter(revision__in=[page.revision_id for page in rows])
    given = given.filter(user__is_active=True, user__kind=User.Kind.PERSON).order_by()
    by_revision = dict(given.values_list("revision").annotate(Count("pk")))
    asked = people.count()
    return {page.pk: Answers(by_revision.get(page.revision_id, 0), asked) for page in rows}


def _read(rows: list[Page]) -> dict[int, Answers]:
    if not rows:
        return {}
    given = Acknowledgement._base_manager.filter(revision__in=[page.revision_id for page in rows])
    readers: dict[int, set[int]] = defaultdict(set)
    for page, user in given.order_by().values_list("page", "user"):
        readers[page].add(user)
    teams, units = _members()
    found = {}
    for page in rows:
        unit = page.owner.business_unit_id if page.owner else None
        asked = teams[page.owner_id] if reach_of(page) == Audience.TEAM else units[unit]
        found[page.pk] = Answers(len(asked & readers[page.pk]), len(asked))
    return found


def _members() -> tuple[dict[int | None, set[int]], dict[int | None, set[int]]]:
    """The active people of each team and of each business unit (None: the center)."""
    teams: dict[int | None, set[int]] = defaultdict(set)
    units: dict[int | None, set[int]] = defaultdict(set)
    rows = current_memberships().filter(user__is_active=True, user__kind=User.Kind.PERSON).order_by()
    for user, team, unit in rows.values_list("user", "team", "team__business_unit"):
        teams[team].add(user)
        units[unit].add(user)
    return teams, units


def readers(page: Page) -> QuerySet[Any]:
    """Whom the page asks, with `answered` (when they acknowledged today's revision) and `answered_revision` (the
    newest that they ever did); those who have not come first."""
    rows = Acknowledgement._base_manager.filter(user=OuterRef("pk"))
    now = rows.filter(revision=page.revision_id).values("at")[:1]
    newest = rows.filter(page=page).order_by("-revision__number").values("revision__number")[:1]
    found = audience(page).annotate(answered=Subquery(now), answered_revision=Subquery(newest))
    return found.order_by(F("answered").desc(nulls_first=True), "name", "pk")
