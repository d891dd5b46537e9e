"""May this team use this tool here? One pure function over an immutable snapshot, the same for every surface.

How the rules are read:

1. A capability's standard *holds* from its `effective_from` (that instant included) until a later revision's. Of
   the revisions that have begun, the highest holds; one that is superseded before it begins never holds.
2. A rule *applies* where it names the environment or none, admits the version, and its data class fits: a
   permission (mandatory, recommended, trial) given for a class reaches down to less sensitive data, a restriction
   (assess, hold, banned) reaches up to more sensitive data. A rule without a class applies to every class.
3. Of the rules that apply, a ban wins, however general: it is how a danger is stopped everywhere at once. Else the
   rule wins that names more of version, environment and data class; then the one whose class is nearer; then the
   stricter one (hold, assess, trial, mandatory, recommended).
4. *Mandatory* and *recommended* tools are allowed. A *trial* is allowed outside production, and in production only
   if the rule names it. Use of *assess* and *hold* tools is new use, denied: what runs already asks for an exception
   for the time of its move. A tool beside a mandatory one of the same capability and context is denied, if it is
   not mandatory itself; a mandatory rule that is itself outranked for its own tool obliges nobody.
5. A version that is missing or cannot be read is met by `*` rules only, and a stricter rule for some versions that
   would win if it applied is held against it: unknown never passes.
6. A tool (or a context) that no rule speaks of is to be assessed: denied, with an exception as the next step.
7. What the standard denies, a *grant* may allow: of this team, for this tool, version and environment, up to its
   data class, in [starts, least(expires, revoked_at)). A condition that is unmet at its due instant suspends its
   grant until it is met. A provisional grant never holds in production. Against a ban a grant counts only if it names
   every ban that applies: a ban may come after the grant, and who granted then did not weigh the danger.
8. An excepted use is reported as excepted; what the standard allows is not, even if a grant exists as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from apps.tooling.book import Book, Condition, Grant, Rule, Standard, Use, require_utc
from apps.tooling.vocabulary import (
    ALLOWING,
    GRANT_PREFERENCE,
    NEXT_STEPS,
    PERMISSIONS,
    PRODUCTION,
    STRICTNESS,
    DataClass,
    Reason,
    Ring,
)

__all__ = ["Decision", "decide"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer at one instant. It stays the same until `cache_until` (that instant excluded); without one,
    until the book changes. `conditions` are those of the grant that are not met yet."""

    allowed: bool
    reason: Reason
    standard: Standard | None
    rule: Rule | None
    grant: Grant | None
    conditions: tuple[Condition, ...]
    next_step: str
    cache_until: datetime | None
    alternatives: tuple[str, ...] = ()

    @property
    def ring(self) -> Ring:
        return Ring.ASSESS if self.rule is None else self.rule.ring

    @property
    def excepted(self) -> bool:
        return self.reason is Reason.EXCEPTED


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one rule, or the lack of one, says of the use; the greatest rank wins."""

    reason: Reason
    standard: Standard | None = None
    rule: Rule | None = None
    rank: tuple[int, ...] = ()


def decide(
    book: Book,
    team: str,
    tool: str,
    version: str | None,
    environment: str,
    data_class: DataClass,
    at: datetime,
) -> Decision:
    """The answer at the instant `at`, by the eight points above. Raises ValueError if `at` is not in UTC."""
    require_utc(at)
    use = Use(team, tool, version, environment, data_class)
    standards, changes = book.standards_holding(tool, at)
    verdicts = [verdict for standard in standards for verdict in _verdicts(standard, use)]
    verdict = max(verdicts, key=lambda each: each.rank) if verdicts else _silence(standards, use)
    if verdict.reason in ALLOWING:
        return _answer(verdict, (), min(changes, default=None))
    denied = _answer(verdict, _alternatives(standards, use), None)
    return _by_grant(book, _grants(book, use, verdicts), at, denied, changes)


def _verdicts(standard: Standard, use: Use) -> Iterator[_Verdict]:
    """One of each rule for the tool that applies, or that may apply because nobody knows the version."""
    for rule in standard.rules:
        if rule.tool != use.tool or not rule.covers(use.environment, use.data_class):
            continue
        reason, applies = _reason(rule, standard, use), rule.versions.admits(use.version)
        rank = (*rule.specificity(use.data_class), STRICTNESS[reason], applies)
        if applies:
            yield _Verdict(reason, standard, rule, rank)
        elif rule.ring not in PERMISSIONS and not rule.versions.reads(use.version):
            yield _Verdict(Reason.UNKNOWN_VERSION, standard, rule, rank)


def _reason(rule: Rule, standard: Standard, use: Use) -> Reason:
    if rule.ring not in (Ring.RECOMMENDED, Ring.TRIAL):
        return Reason(rule.ring)
    if _standing(standard, use, Ring.MANDATORY) - {use.tool}:
        return Reason.OTHER_TOOL_MANDATORY
    if rule.ring is Ring.TRIAL and use.environment == PRODUCTION and rule.environment is None:
        return Reason.TRIAL_NOT_IN_PRODUCTION
    return Reason(rule.ring)


def _standing(standard: Standard, use: Use, ring: Ring) -> set[str]:
    """The tools with such a rule in this context that no rule for the same (or every) version outranks."""
    rules = [each for each in standard.rules if each.covers(use.environment, use.data_class)]
    return {
        each.tool
        for each in rules
        if each.ring is ring
        and not any(_outranks(rival, each, use.data_class) for rival in rules if rival.tool == each.tool)
    }


def _outranks(rival: Rule, rule: Rule, data_class: DataClass) -> bool:
    ranks = [(*each.specificity(data_class), STRICTNESS[Reason(each.ring)]) for each in (rival, rule)]
    return ranks[0] > ranks[1] and (rival.versions.admits_any or rival.versions == rule.versions)


def _silence(standards: list[Standard], use: Use) -> _Verdict:
    """No rule applies: the tool is in no standard now, or its standards speak of other contexts or versions."""
    speaking = [each for each in standards if any(rule.tool == use.tool for rule in each.rules)]
    if not speaking:
        return _Verdict(Reason.UNKNOWN_TOOL)
    for standard in speaking:
        if _standing(standard, use, Ring.MANDATORY) - {use.tool}:
            return _Verdict(Reason.OTHER_TOOL_MANDATORY, standard)
    for standard in speaking:
        if any(_hangs_on_version(rule, use) for rule in standard.rules):
            return _Verdict(Reason.UNKNOWN_VERSION, standard)
    return _Verdict(Reason.NOT_COVERED, speaking[0])


def _hangs_on_version(rule: Rule, use: Use) -> bool:
    covers = rule.tool == use.tool and rule.covers(use.environment, use.data_class)
    return covers and not rule.versions.reads(use.version)


def _alternatives(standards: list[Standard], use: Use) -> tuple[str, ...]:
    """The tools to take instead: the mandatory ones, or where there is none the recommended ones, as far as no
    other rule for the same tool outranks theirs."""
    names: dict[str, None] = {}
    for standard in standards:
        obliging = _standing(standard, use, Ring.MANDATORY)
        names |= dict.fromkeys(sorted(obliging or _standing(standard, use, Ring.RECOMMENDED)))
    names.pop(use.tool, None)
    return tuple(names)


def _answer(verdict: _Verdict, alternatives: tuple[str, ...], cache_until: datetime | None) -> Decision:
    return Decision(
        allowed=verdict.reason in ALLOWING,
        reason=verdict.reason,
        standard=verdict.standard,
        rule=verdict.rule,
        grant=None,
        conditions=(),
        next_step=NEXT_STEPS[verdict.reason],
        cache_until=cache_until,
        alternatives=alternatives,
    )


def _grants(book: Book, use: Use, verdicts: list[_Verdict]) -> list[Grant]:
    """The team's grants for this use, whenever they hold; against bans only those that name them all."""
    bans = {each.rule for each in verdicts if each.rule is not None and each.rule.ring is Ring.BANNED}
    return [each for each in book.grants_of(use) if bans <= each.bans]


def _by_grant(
    book: Book, grants: list[Grant], at: datetime, denied: Decision, changes: list[datetime]
) -> Decision:
    """What the best of the grants makes of a denial. Every instant at which that may change bounds the answer."""
    instants = [*changes, *(moment for each in grants for moment in _moments(book, each, at))]
    decision = replace(denied, cache_until=min((each for each in instants if each > at), default=None))
    judged = [(GRANT_PREFERENCE.index(reason), each) for each in grants if (reason := _state(book, each, at))]
    if not judged:
        return decision
    place, grant = max(judged, key=lambda each: (each[0], each[1].ends, each[1].id))
    reason = GRANT_PREFERENCE[place]
    return replace(
        decision,
        allowed=reason in ALLOWING,
        reason=reason,
        grant=grant,
        conditions=_open_conditions(book, grant, at) if grant.is_active(at) else (),
        next_step=NEXT_STEPS[reason],
    )


def _moments(book: Book, grant: Grant, at: datetime) -> Iterator[datetime]:
    if grant.starts < grant.ends:
        yield from (grant.starts, grant.ends)
    if grant.is_active(at):
        for condition in book.conditions_of(grant):
            yield from (condition.due, condition.met_at or condition.due)


def _state(book: Book, grant: Grant, at: datetime) -> Reason | None:
    """What the grant means at `at`; nothing before it starts, and nothing if it was cancelled before."""
    if at < grant.starts or grant.ends <= grant.starts:
        return None
    if not grant.is_active(at):
        return Reason.GRANT_EXPIRED if grant.ends == grant.expires else Reason.GRANT_REVOKED
    if grant.provisional and grant.environment == PRODUCTION:
        return Reason.PROVISIONAL_NOT_IN_PRODUCTION
    if any(each.is_overdue(at) for each in book.conditions_of(grant)):
        return Reason.CONDITION_OVERDUE
    return Reason.EXCEPTED


def _open_conditions(book: Book, grant: Grant, at: datetime) -> tuple[Condition, ...]:
    return tuple(each for each in book.conditions_of(grant) if each.is_open(at))
