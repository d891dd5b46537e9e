"""What would come of a request if it were sent now: shown beside the form, used when it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from apps.people.working_days import WorkCalendar
from apps.tooling.book import Book
from apps.tooling.decide import Decision, decide
from apps.tooling.models import Environment, ExceptionRequest, Grant, Standard, StandardRule, Tier
from apps.tooling.queries.book import rule_of, snapshot
from apps.tooling.queries.completeness import scheme_of
from apps.tooling.queries.holding import begins_after
from apps.tooling.queries.tiers import calendar_of, latest_end, level_for, tier_of
from apps.tooling.versions import Specifier, SpecifierRefused
from apps.tooling.vocabulary import DataClass, Reason, Ring
from apps.tooling.workflow import Level, State, StepRole

PERMITTED = frozenset({Reason.MANDATORY, Reason.RECOMMENDED, Reason.TRIAL})


@dataclass(frozen=True, slots=True)
class Outlook:
    """Tier, deadline, steps and end of a request as the rules are now."""

    tier: Tier
    decisions: dict[str, Decision]
    standard: int | None
    bans: tuple[int, ...]
    starts: datetime
    due: datetime
    latest: datetime
    instant: bool

    @property
    def level(self) -> Level:
        return Level(self.tier.level)

    @property
    def steps(self) -> list[StepRole]:
        return [] if self.instant else [StepRole(step) for step in self.tier.steps]

    @property
    def allowed_everywhere(self) -> bool:
        """The standard itself allows it, in each environment; an exception that holds does not count."""
        return bool(self.decisions) and all(each.reason in PERMITTED for each in self.decisions.values())


def outlook(request: ExceptionRequest, at: datetime) -> Outlook:
    """Reads the book and the tiers; the request needs its team, and may lack everything else."""
    book, environments = snapshot(at).book, list(request.environments.all())
    decisions = {each.slug: _decision(book, request, each, at) for each in environments}
    bans = _bans(book, request, environments, at)
    rings = {decision.ring for decision in decisions.values()}
    rings.discard(Ring.BANNED)  # decide() may mean a ban of other versions; `bans` are those of the request's
    if bans:
        rings.add(Ring.BANNED)
    tier = tier_of(level_for(environments, request.data_class, rings))
    calendar, starts = calendar_of(request.team), max([at, *begins_after(request, at).values()])
    return Outlook(
        tier=tier,
        decisions=decisions,
        standard=_standard(request, decisions),
        bans=bans,
        starts=starts,
        due=calendar.due(at, tier.working_days),
        latest=_latest(request, environments, tier, starts),
        instant=_is_instant(request, tier, calendar, starts),
    )


def _decision(book: Book, request: ExceptionRequest, environment: Environment, at: datetime) -> Decision:
    tool = request.tool.ref if request.tool else request.tool_name
    data_class = DataClass(request.data_class)
    version = exact_version(request)
    return decide(book, request.team.slug, tool, version, environment.slug, data_class, at)


def exact_version(request: ExceptionRequest) -> str | None:
    """The version that the request is about, where it names a single one."""
    text = request.versions.strip()
    return text.removeprefix("==") if text.startswith("==") and "," not in text else None


def _standard(request: ExceptionRequest, decisions: dict[str, Decision]) -> int | None:
    """The revision that speaks of the tool, else that of the capability which the request names."""
    for decision in decisions.values():
        if decision.standard is not None:
            rows = Standard._base_manager.filter(
                capability__slug=decision.standard.capability, revision=decision.standard.revision
            )
            return rows.values_list("pk", flat=True).first()
    rows = Standard._base_manager.filter(capability=request.capability_id).order_by("-revision")
    return rows.values_list("pk", flat=True).first() if request.capability_id else None


def _bans(
    book: Book, request: ExceptionRequest, environments: list[Environment], at: datetime
) -> tuple[int, ...]:
    """The bans that hold where the request wants to go; it names them, so that its grant counts against them."""
    holding = {
        (each.capability, each.revision)
        for ref in ([request.tool.ref] if request.tool else [])
        for each in book.standards_holding(ref, at)[0]
    }
    rows = StandardRule._base_manager.filter(tool=request.tool_id, ring=Ring.BANNED).select_related(
        "standard__capability", "tool", "environment"
    )
    wanted = _wanted(request)
    return tuple(
        row.pk
        for row in rows
        if (row.standard.capability.slug, row.standard.revision) in holding
        and any(rule_of(row).covers(each.slug, DataClass(request.data_class)) for each in environments)
        and (wanted is None or rule_of(row).versions.overlaps(wanted))
    )


def _wanted(request: ExceptionRequest) -> Specifier | None:
    """The versions that the request asks for; None while nobody can read them."""
    try:
        return Specifier(request.versions, scheme_of(request))
    except SpecifierRefused:
        return None


def _latest(
    request: ExceptionRequest, environments: list[Environment], tier: Tier, starts: datetime
) -> datetime:
    if request.tool is None or not environments:
        return starts + timedelta(days=tier.longest_days)
    return min(latest_end(request.team, request.tool, each, tier, starts) for each in environments)


def _is_instant(request: ExceptionRequest, tier: Tier, calendar: WorkCalendar, starts: datetime) -> bool:
    """Low risk for the first time: what the team held before, or was refused, somebody looks at."""
    if tier.instant_days is None or request.renews_id is not None or _asked_before(request):
        return False
    if request.requested_until is None:
        return True
    last = calendar.end_of(request.requested_until) - timedelta(days=1)
    return last <= starts + timedelta(days=tier.instant_days)


def _asked_before(request: ExceptionRequest) -> bool:
    same = {"team": request.team_id, "tool": request.tool_id}
    if request.tool_id is None:
        return False
    refused = ExceptionRequest._base_manager.filter(**same, state=State.REJECTED).exclude(pk=request.pk)
    held = Grant._base_manager.filter(**same, environment__in=request.environments.all())
    return refused.exists() or held.exclude(request=request.pk).exists()
