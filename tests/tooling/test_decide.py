"""decide(): one test for each reason code, each rule that decides between rules, and each boundary instant."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from apps.tooling.book import Book, Condition, Rule, Standard
from apps.tooling.decide import Decision, decide
from apps.tooling.vocabulary import DataClass, Reason, Ring
from tests.tooling.books import day, grant, rule, standard

TICK = timedelta(microseconds=1)


def asked(book: Book, tool: str = "wandb", **said: Any) -> Decision:
    use = {
        "team": "risk",
        "version": "1.4",
        "environment": "production",
        "data_class": DataClass.INTERNAL,
        "at": day(15),
        **said,
    }
    return decide(book, tool=tool, **use)


def radar(*rules: Rule, **said: Any) -> Book:
    return Book((standard(*rules),), **said)


def test_recommended_and_mandatory_tools_are_allowed() -> None:
    book = radar(rule("mlflow", Ring.MANDATORY), rule("wandb", Ring.RECOMMENDED, environment="dev"))
    assert asked(book, "mlflow").reason is Reason.MANDATORY
    assert asked(radar(rule("wandb", Ring.RECOMMENDED))).allowed
    assert asked(radar(rule("wandb", Ring.RECOMMENDED))).next_step == ""


def test_beside_a_mandatory_tool_another_is_denied_and_the_mandatory_one_is_named() -> None:
    book = radar(rule("mlflow", Ring.MANDATORY), rule("wandb", Ring.RECOMMENDED))
    decision = asked(book)
    assert (decision.allowed, decision.reason) == (False, Reason.OTHER_TOOL_MANDATORY)
    assert decision.alternatives == ("mlflow",)
    assert decision.ring is Ring.RECOMMENDED


def test_a_mandate_binds_only_its_own_context_and_capability() -> None:
    elsewhere = rule("mlflow", Ring.MANDATORY, environment="dev")
    assert asked(radar(elsewhere, rule("wandb", Ring.RECOMMENDED))).allowed
    serving = standard(rule("kserve", Ring.MANDATORY), capability="serving")
    assert asked(Book((serving, standard(rule("wandb", Ring.RECOMMENDED))))).allowed


def test_a_mandatory_tool_that_is_itself_held_in_this_context_binds_nobody() -> None:
    book = radar(
        rule("mlflow", Ring.MANDATORY),
        rule("mlflow", Ring.HOLD, environment="production"),
        rule("wandb", Ring.RECOMMENDED),
    )
    assert asked(book).reason is Reason.RECOMMENDED
    assert asked(book, environment="dev").reason is Reason.OTHER_TOOL_MANDATORY


def test_two_mandatory_tools_stand_beside_each_other() -> None:
    book = radar(rule("mlflow", Ring.MANDATORY), rule("wandb", Ring.MANDATORY))
    assert asked(book).reason is asked(book, "mlflow").reason is Reason.MANDATORY


def test_a_trial_reaches_production_only_where_its_rule_says_so() -> None:
    anywhere = radar(rule("wandb", Ring.TRIAL))
    assert asked(anywhere, environment="staging").reason is Reason.TRIAL
    assert asked(anywhere).reason is Reason.TRIAL_NOT_IN_PRODUCTION
    assert asked(radar(rule("wandb", Ring.TRIAL, environment="production"))).reason is Reason.TRIAL


@pytest.mark.parametrize("ring", [Ring.ASSESS, Ring.HOLD, Ring.BANNED])
def test_assess_hold_and_banned_deny(ring: Ring) -> None:
    decision = asked(radar(rule("wandb", ring), rule("mlflow", Ring.RECOMMENDED)))
    assert (decision.allowed, decision.reason, decision.ring) == (False, Reason(ring), ring)
    assert decision.alternatives == ("mlflow",)
    assert decision.next_step


def test_an_unknown_tool_is_to_be_assessed_and_leads_to_a_request() -> None:
    decision = asked(radar(rule("mlflow", Ring.RECOMMENDED)), "unheard")
    assert (decision.allowed, decision.reason, decision.ring) == (False, Reason.UNKNOWN_TOOL, Ring.ASSESS)
    assert "pre-filled" in decision.next_step
    assert decision.cache_until is None


def test_a_context_that_no_rule_covers_is_denied() -> None:
    decision = asked(radar(rule("wandb", Ring.RECOMMENDED, environment="dev")))
    assert (decision.reason, decision.ring) == (Reason.NOT_COVERED, Ring.ASSESS)
    assert asked(radar(rule("wandb", Ring.RECOMMENDED, versions=">=2"))).reason is Reason.NOT_COVERED


@pytest.mark.parametrize("version", [None, "latest", "", "1.\x1b[2J", "9" * 200])
def test_an_unknown_version_is_met_by_rules_for_every_version_only(version: str | None) -> None:
    assert asked(radar(rule("wandb", Ring.RECOMMENDED)), version=version).allowed
    some = radar(rule("wandb", Ring.RECOMMENDED, versions=">=1"))
    assert asked(some, version=version).reason is Reason.UNKNOWN_VERSION
    mixed = radar(rule("wandb", Ring.RECOMMENDED), rule("wandb", Ring.HOLD, versions="<1"))
    assert asked(mixed, version=version).reason is Reason.UNKNOWN_VERSION
    assert asked(mixed).reason is Reason.RECOMMENDED


def test_between_a_rule_that_applies_and_one_that_may_the_sure_one_answers() -> None:
    may = rule("wandb", Ring.HOLD, versions="<2")
    book = radar(may, rule("wandb", Ring.HOLD, environment="production"))
    assert asked(book, version=None).reason is Reason.HOLD
    assert asked(radar(may), version=None).reason is Reason.UNKNOWN_VERSION


def test_the_most_specific_rule_wins_and_equals_go_to_the_stricter() -> None:
    book = radar(rule("wandb", Ring.HOLD), rule("wandb", Ring.RECOMMENDED, environment="production"))
    assert asked(book).reason is Reason.RECOMMENDED
    tie = radar(
        rule("wandb", Ring.HOLD, versions="<2"), rule("wandb", Ring.RECOMMENDED, environment="production")
    )
    assert asked(tie).reason is Reason.HOLD


def test_a_ban_wins_over_what_is_more_specific() -> None:
    exact = rule(
        "wandb",
        Ring.RECOMMENDED,
        versions="==1.4",
        environment="production",
        data_class=DataClass.INTERNAL,
    )
    assert asked(radar(exact, rule("wandb", Ring.BANNED))).reason is Reason.BANNED


def test_permissions_reach_down_and_restrictions_up_the_data_classes() -> None:
    up_to = radar(rule("wandb", Ring.RECOMMENDED, data_class=DataClass.INTERNAL))
    seen = [asked(up_to, data_class=each).allowed for each in DataClass]
    assert seen == [True, True, False, False]
    from_on = radar(
        rule("wandb", Ring.RECOMMENDED), rule("wandb", Ring.HOLD, data_class=DataClass.CONFIDENTIAL)
    )
    assert [asked(from_on, data_class=each).allowed for each in DataClass] == [True, True, False, False]


def test_the_nearer_data_class_wins() -> None:
    book = radar(
        rule("wandb", Ring.TRIAL, environment="production", data_class=DataClass.RESTRICTED),
        rule("wandb", Ring.RECOMMENDED, environment="production", data_class=DataClass.INTERNAL),
    )
    assert asked(book).reason is Reason.RECOMMENDED
    assert asked(book, data_class=DataClass.CONFIDENTIAL).reason is Reason.TRIAL


def test_a_revision_holds_from_its_first_instant_until_the_next_one() -> None:
    first = standard(rule("wandb", Ring.RECOMMENDED), since=10)
    second = standard(rule("wandb", Ring.BANNED), revision=2, since=20)
    book = Book((second, first))
    reasons = [
        asked(book, at=at).reason for at in (day(10) - TICK, day(10), day(20) - TICK, day(20), day(99))
    ]
    assert reasons == ["unknown_tool", "recommended", "recommended", "banned", "banned"]
    assert [asked(book, at=day(at)).cache_until for at in (5, 10, 20)] == [day(10), day(20), None]


def test_a_revision_that_is_superseded_before_it_begins_never_holds() -> None:
    late = standard(rule("wandb", Ring.BANNED), revision=2, since=30)
    newer = standard(rule("wandb", Ring.RECOMMENDED), revision=3, since=20)
    book = Book((late, newer))
    assert asked(book, at=day(40)).reason is Reason.RECOMMENDED


HELD = standard(rule("wandb", Ring.HOLD))


def test_a_grant_holds_from_its_first_instant_until_its_last() -> None:
    book = Book((HELD,), (grant(),))
    instants = (day(10) - TICK, day(10), day(20) - TICK, day(20))
    decisions = [asked(book, at=at) for at in instants]
    assert [each.reason for each in decisions] == ["hold", "excepted", "excepted", "grant_expired"]
    assert [each.cache_until for each in decisions] == [day(10), day(20), day(20), None]


def test_an_expired_grant_shows_no_conditions() -> None:
    book = Book((HELD,), (grant(),), (Condition(1, due=day(30)),))
    assert asked(book).conditions and not asked(book, at=day(20)).conditions


def test_an_excepted_use_tells_the_standard_that_it_departs_from() -> None:
    decision = asked(Book((HELD,), (grant(),)))
    assert decision.allowed and decision.excepted and decision.ring is Ring.HOLD
    assert decision.standard == HELD and decision.grant == grant()


def test_what_the_standard_allows_is_not_reported_as_excepted() -> None:
    decision = asked(radar(rule("wandb", Ring.RECOMMENDED), grants=(grant(),)))
    assert (decision.reason, decision.grant) == (Reason.RECOMMENDED, None)


def test_a_revocation_ends_a_grant_at_its_instant_and_not_before() -> None:
    book = Book((HELD,), (grant(revoked_at=day(12)),))
    assert asked(book, at=day(12) - TICK).cache_until == day(12)
    assert [asked(book, at=at).reason for at in (day(12) - TICK, day(12))] == ["excepted", "grant_revoked"]


def test_a_grant_that_was_cancelled_before_it_began_never_held() -> None:
    book = Book((HELD,), (grant(revoked_at=day(10)),))
    assert [asked(book, at=day(at)).reason for at in (9, 10, 11)] == ["hold", "hold", "hold"]


def test_a_revocation_after_the_expiry_changes_nothing() -> None:
    assert asked(Book((HELD,), (grant(revoked_at=day(25)),)), at=day(22)).reason is Reason.GRANT_EXPIRED


def test_a_renewal_back_to_back_leaves_no_gap() -> None:
    book = Book((HELD,), (grant(), grant(id=2, starts=day(20), expires=day(30))))
    found = [asked(book, at=at) for at in (day(20) - TICK, day(20))]
    assert [each.grant.id for each in found if each.grant] == [1, 2]
    assert all(each.excepted for each in found)


@pytest.mark.parametrize(
    "other",
    [
        {"team": "pricing"},
        {"tool": "neptune"},
        {"environment": "dev"},
        {"version": "3.0"},
        {"version": None},
        {"data_class": DataClass.CONFIDENTIAL},
    ],
)
def test_a_grant_covers_only_what_it_was_given_for(other: dict[str, Any]) -> None:
    held = standard(rule("wandb", Ring.HOLD), rule("neptune", Ring.HOLD))
    book = Book((held,), (grant(versions="<2", data_class=DataClass.INTERNAL),))
    assert asked(book).excepted
    assert asked(book, **other).reason is Reason.HOLD


def test_a_ban_admits_only_a_grant_that_names_it() -> None:
    ban = rule("wandb", Ring.BANNED)
    assert asked(radar(ban, grants=(grant(),))).reason is Reason.BANNED
    named = radar(ban, grants=(grant(bans=frozenset({ban})),))
    assert asked(named).reason is Reason.EXCEPTED
    wider = standard(ban, rule("wandb", Ring.BANNED, versions="<2"))
    assert asked(Book((wider,), named.grants)).reason is Reason.BANNED


def test_a_provisional_grant_never_holds_in_production() -> None:
    provisional = grant(provisional=True)
    assert asked(Book((HELD,), (provisional,))).reason is Reason.PROVISIONAL_NOT_IN_PRODUCTION
    elsewhere = grant(provisional=True, environment="staging")
    assert asked(Book((HELD,), (elsewhere,)), environment="staging").excepted


def test_an_overdue_condition_suspends_its_grant_until_it_is_met() -> None:
    condition = Condition(1, due=day(12), met_at=day(14), text="Publish the exit plan")
    book = Book((HELD,), (grant(),), (condition,))
    found = [asked(book, at=at) for at in (day(12) - TICK, day(12), day(14) - TICK, day(14))]
    assert [each.reason for each in found] == [
        "excepted",
        "condition_overdue",
        "condition_overdue",
        "excepted",
    ]
    assert [each.conditions for each in found] == [(condition,), (condition,), (condition,), ()]
    assert [each.cache_until for each in found] == [day(12), day(14), day(14), day(20)]


def test_a_condition_of_another_grant_is_of_no_interest() -> None:
    book = Book((HELD,), (grant(),), (Condition(2, due=day(11)),))
    assert asked(book).excepted


@pytest.mark.parametrize(
    "at",
    [datetime(2026, 1, 16), datetime(2026, 1, 16, tzinfo=timezone(timedelta(hours=2)))],  # noqa: DTZ001
)
def test_an_instant_outside_of_utc_is_refused_everywhere(at: datetime) -> None:
    with pytest.raises(ValueError, match="UTC"):
        asked(Book((HELD,)), at=at)
    with pytest.raises(ValueError, match="UTC"):
        Book((Standard("tracking", 1, (), "", "", at),))
    with pytest.raises(ValueError, match="UTC"):
        Book((HELD,), (grant(expires=at),))


def test_an_empty_book_denies_everything() -> None:
    assert asked(Book(())).reason is Reason.UNKNOWN_TOOL
