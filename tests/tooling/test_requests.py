"""From a draft to a decision: what is needed, who decides, and what the caps leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.catalog.models import Entity
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.tooling.actions import conditions, granting, reviewing
from apps.tooling.actions.drafts import begin_renewal, begin_request, save_draft
from apps.tooling.actions.submitting import submit_request
from apps.tooling.actions.tools import name_package
from apps.tooling.decide import Decision, decide
from apps.tooling.models import ExceptionRequest, Grant, Package, RequestComment
from apps.tooling.queries import clock
from apps.tooling.queries.book import snapshot
from apps.tooling.vocabulary import DataClass, Reason
from tests.personas import People
from tests.tooling import making


@pytest.fixture
def mlflow(people: People) -> Entity:
    return making.tool(people, "mlflow")


@pytest.fixture
def wandb(people: People, mlflow: Entity) -> Entity:
    """A tool that the standard holds; MLflow is what it recommends."""
    wanted = making.tool(people, "wandb")
    making.standard(people, making.capability(people), (mlflow, "recommended"), (wanted, "hold"))
    return wanted


def answer(tool: Entity, environment: str, team: str = "risk-ml", version: str | None = "0.17") -> Decision:
    now = snapshot()
    return decide(now.book, team, tool.ref, version, environment, DataClass.INTERNAL, now.at)


def test_low_risk_is_granted_at_once_and_ends_at_the_second(people, wandb):
    request = making.sent(people, wandb)
    assert (request.state, request.level) == ("active", "low")
    grant = request.grants.get()
    assert answer(wandb, "development").reason is Reason.EXCEPTED
    assert answer(wandb, "production").reason is Reason.HOLD
    assert answer(wandb, "development", team="claims-ai").reason is Reason.HOLD
    book = snapshot().book
    last = grant.expires - timedelta(microseconds=1)
    use = (book, "risk-ml", wandb.ref, "0.17", "development", DataClass.INTERNAL)
    assert decide(*use, last).allowed and decide(*use, grant.expires).reason is Reason.GRANT_EXPIRED


def test_an_incomplete_request_is_not_sent_and_its_draft_is_kept(people, wandb):
    request = begin_request(actor=people.ben, team=people.team("risk-ml"), objective="Compare runs")
    with pytest.raises(Invalid) as refused:
        submit_request(actor=people.ben, request=request)
    wanted = {"tool", "environments", "kpi", "alternatives", "trade_offs", "exit_plan", "requested_until"}
    assert wanted <= set(refused.value.errors)
    request.refresh_from_db()
    assert (request.state, request.objective) == ("draft", "Compare runs")


@pytest.mark.parametrize("versions", ["", "??", ">=2,<1", "==="])
def test_absurd_versions_are_kept_in_the_draft_and_not_sent(people, wandb, versions):
    request = making.draft(people, wandb, versions=versions)
    with pytest.raises(Invalid) as refused:
        submit_request(actor=people.ben, request=request)
    assert set(refused.value.errors) == {"versions"}


def test_two_sides_decide_and_neither_alone(people, wandb):
    request = making.in_review(people, wandb)
    assert request.level == "medium"
    request = reviewing.give_verdict(
        actor=people.dmitri, step=making.step(request, "central"), approves=True, comment="Good controls."
    )
    assert request.state == "in_review" and not request.grants.exists()
    request = reviewing.give_verdict(actor=people.farid, step=making.step(request, "business"), approves=True)
    assert request.state == "active"
    assert answer(wandb, "production").reason is Reason.EXCEPTED


def test_one_person_takes_one_step(people, wandb):
    request = making.in_review(people, wandb, data_class=DataClass.RESTRICTED.value)
    assert request.level == "high"
    making.approve(people, request, security="ivan")
    with pytest.raises(Conflict):
        making.approve(people, request, committee="ivan")
    assert request.verdicts.count() == 1


@pytest.mark.parametrize("name", ["ada", "ben", "chloe", "kim", "jo", "root", "ci-risk"])
def test_nobody_else_decides_and_nothing_changes(people, wandb, name):
    request = making.in_review(people, wandb)
    before = (Event.objects.count(), request.version)
    for role in ("central", "business"):
        with pytest.raises(Forbidden):
            reviewing.give_verdict(actor=people[name], step=making.step(request, role), approves=True)
    request.refresh_from_db()
    assert (Event.objects.count(), request.version) == before
    assert not request.verdicts.exists()


def test_the_center_s_own_request_needs_other_people(people, wandb):
    ask = {"by": "dmitri", "team": people.team("ml-platform"), "days": 100}
    request = making.sent(people, wandb, "production", **ask)
    with pytest.raises(Forbidden):
        reviewing.start_review(actor=people.dmitri, request=request)
    request = reviewing.start_review(actor=people.esther, request=request)
    making.approve(people, request, central="esther", business="jo")
    request.refresh_from_db()
    assert request.state == "active"


def test_where_the_sides_differ_the_committee_decides(people, wandb, mlflow):
    request = making.in_review(people, wandb)
    making.approve(people, request, business="farid")
    request = making.reject(people, request, mlflow, central="dmitri")
    assert request.state == "in_review"
    assert making.step(request, "committee").closed_at is None


def test_a_rejection_says_why_and_names_an_alternative(people, wandb, mlflow):
    request = making.in_review(people, wandb)
    central = making.step(request, "central")
    for wrong in ({}, {"comment": "No."}, {"comment": "No.", "alternative": wandb}):
        with pytest.raises(Invalid):
            reviewing.give_verdict(actor=people.dmitri, step=central, approves=False, **wrong)
    request = making.reject(people, request, mlflow)
    assert (request.state, request.alternative) == ("rejected", mlflow)
    assert answer(wandb, "production").reason is Reason.HOLD


def test_an_appeal_goes_once_to_other_people(people, wandb, mlflow):
    request = making.in_review(people, wandb)
    making.reject(people, request, mlflow)
    request = reviewing.appeal(actor=people.ada, request=request, reason="The figures were misread.")
    assert (request.state, request.round) == ("appealed", 2)
    with pytest.raises(Conflict):
        making.reject(people, request, mlflow, central="dmitri")
    making.approve(people, request, central="esther")
    assert making.step(request, "central").approved


def test_a_declared_conflict_of_interest_recuses(people, wandb):
    request = making.in_review(people, wandb)
    reviewing.recuse(actor=people.dmitri, request=request, reason="I wrote the tool.")
    with pytest.raises(Forbidden):
        making.approve(people, request, central="dmitri")
    making.approve(people, request, central="esther", business="farid")
    request.refresh_from_db()
    assert request.state == "active"


def test_a_question_rests_the_deadline(people, wandb):
    monday = clock.now() - timedelta(days=clock.now().weekday() + 14)
    request = making.draft(people, wandb, "production", days=100)
    request = submit_request(actor=people.ben, request=request, at=monday)
    due = request.due_at
    request = reviewing.ask_info(actor=people.dmitri, request=request, question="Which data?", at=monday)
    assert request.state == "needs_info"
    with pytest.raises(Forbidden):
        reviewing.answer_info(actor=people.chloe, request=request, answer="None")
    save_draft(actor=people.ben, request=request, changes={"controls": "Hashed keys only."})
    later = monday + timedelta(days=7)
    request = reviewing.answer_info(actor=people.ben, request=request, answer="Scores only.", at=later)
    assert request.state == "triage" and request.due_at >= due + timedelta(days=7)
    assert RequestComment.objects.filter(request=request).count() == 2


def test_what_the_standard_allows_needs_no_exception(people, wandb, mlflow):
    request = making.draft(people, mlflow)
    with pytest.raises(Conflict, match="allows this already"):
        submit_request(actor=people.ben, request=request)


def test_a_team_asks_once(people, wandb):
    making.sent(people, wandb, "production", days=100)
    with pytest.raises(Conflict, match="asked for this already"):
        making.sent(people, wandb, "production", days=90, by="ada")


def test_an_unknown_tool_gets_a_place_in_the_catalog(people, wandb):
    request = making.sent(people, None, tool_name="ClearML", ecosystem="pypi")
    assert request.tool.ref == "tool:retail-banking/clearml"
    assert Package.objects.get(name="clearml").tool == request.tool
    assert request.state == "active"


def test_grants_never_overlap_and_cannot_be_rewritten(people, wandb):
    grant = making.sent(people, wandb).grants.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.create(
            request=grant.request,
            team=grant.team,
            tool=grant.tool,
            versions="*",
            scheme="pep440",
            environment=grant.environment,
            data_class=1,
            starts=grant.expires - timedelta(seconds=1),
            expires=grant.expires + timedelta(days=1),
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=grant.pk).update(expires=grant.expires + timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=grant.pk).delete()


def test_a_renewal_begins_where_the_exception_ends_until_the_cap_is_full(people, wandb):
    request = making.sent(people, wandb, days=29)
    for _ in range(12):
        end = request.grants.get().ends
        at = end - timedelta(days=1)
        renewal = begin_renewal(actor=people.ben, request=request, at=at)
        changes = {"requested_until": (end + timedelta(days=29)).date()}
        save_draft(actor=people.ben, request=renewal, changes=changes)
        if sum((each.ends - each.starts for each in Grant.objects.all()), timedelta()) > timedelta(days=150):
            with pytest.raises(Invalid, match="180 in all"):
                submit_request(actor=people.ben, request=renewal, at=at)
            break
        renewal = submit_request(actor=people.ben, request=renewal, at=at)
        assert renewal.state == "submitted"  # what was granted at once is looked at before it goes on
        renewal = reviewing.start_review(actor=people.dmitri, request=renewal, at=at)
        central = making.step(renewal, "central")
        renewal = reviewing.give_verdict(actor=people.dmitri, step=central, approves=True, at=at)
        assert renewal.state == "approved" and renewal.grants.get().starts == end
        ExceptionRequest.objects.filter(pk=renewal.pk).update(state="active")  # as the day of its start does
        request = ExceptionRequest.objects.get(pk=renewal.pk)
    total = sum((each.ends - each.starts for each in Grant.objects.all()), timedelta())
    assert timedelta(days=150) < total <= timedelta(days=180)


def test_an_overdue_condition_suspends_until_somebody_else_confirms(people, wandb):
    request = making.in_review(people, wandb)
    due = clock.now() + timedelta(days=3)
    condition = conditions.attach_condition(
        actor=people.dmitri, request=request, text="Nightly export", owner=people.ada, due=due
    )
    making.approve(people, request)
    book, late = snapshot().book, due + timedelta(seconds=1)
    use = ("risk-ml", wandb.ref, "1", "production", DataClass.INTERNAL)
    assert decide(book, *use, due - timedelta(seconds=1)).allowed
    assert decide(book, *use, late).reason is Reason.CONDITION_OVERDUE
    conditions.prove_condition(actor=people.ada, condition=condition, evidence="Job 17 runs each night.")
    for name in ("ada", "ben", "chloe"):
        with pytest.raises(Forbidden):
            conditions.confirm_condition(actor=people[name], condition=condition)
    conditions.confirm_condition(actor=people.dmitri, condition=condition)
    assert decide(snapshot().book, *use, late).allowed


def test_an_emergency_holds_three_days_and_is_reviewed(people, wandb):
    request = making.sent(people, wandb, "production", days=100, emergency=True)
    grant = request.grants.get()
    assert request.state == "in_review" and grant.expires - grant.starts == timedelta(hours=72)
    assert answer(wandb, "production").allowed
    making.approve(people, request)
    request.refresh_from_db()
    assert request.state == "active" and answer(wandb, "production").allowed
    granting.close(actor=people.ben, request=request)
    with pytest.raises(Conflict, match="emergency"):
        making.sent(people, wandb, "production", days=100, emergency=True)


def test_a_revocation_with_notice_ends_when_it_says(people, wandb):
    request = making.sent(people, wandb)
    with pytest.raises(Forbidden):
        granting.revoke(actor=people.dmitri, request=request, reason="A leak.")
    request = granting.revoke(actor=people.ivan, request=request, reason="A leak.", notice_days=5)
    grant = request.grants.get()
    use = (snapshot().book, "risk-ml", wandb.ref, "1", "development", DataClass.INTERNAL)
    assert decide(*use, grant.ends - timedelta(seconds=1)).allowed
    assert decide(*use, grant.ends).reason is Reason.GRANT_REVOKED
    request = granting.revoke(actor=people.ivan, request=request, reason="It got worse.")
    assert request.state == "revoked" and answer(wandb, "development").reason is Reason.GRANT_REVOKED


def test_a_ban_needs_a_request_that_names_it(people, wandb, mlflow):
    request = making.sent(people, wandb)
    capability = request.standard.capability
    making.standard(people, capability, (mlflow, "recommended"), (wandb, "banned"))
    assert answer(wandb, "development").reason is Reason.BANNED
    other = making.draft(people, wandb, "test", days=30)
    other = submit_request(actor=people.ben, request=other)
    assert other.level == "high" and other.bans.count() == 1


def test_what_the_roadmap_delivered_closes_what_waited_for_it(people, wandb):
    request = making.sent(people, wandb, tied_to="request:41")
    assert granting.close_grants(reference="request:40") == granting.close_grants(reference="") == 0
    assert granting.close_grants(reference="request:41") == 1
    request.refresh_from_db()
    assert request.state == "closed" and not answer(wandb, "development").allowed


def test_another_team_neither_writes_nor_sees_a_draft(people, wandb):
    request = making.draft(people, wandb)
    for name in ("chloe", "dmitri", "farid", "kim"):
        assert request not in ExceptionRequest.objects.visible_to(people[name])
    with pytest.raises(Forbidden):
        begin_request(actor=people.chloe, team=people.team("risk-ml"))


def test_a_record_is_kept_of_what_was_decided(people, wandb):
    from apps.core.jobs import is_waiting

    request = making.sent(people, wandb)
    assert is_waiting("tooling.keep_record", request=request.pk)


def test_an_appeal_is_decided_by_another_sponsor_and_by_the_committee_where_nobody_else_has_the_eyes(
    people, wandb, mlflow
):
    request = making.in_review(people, wandb, data_class=DataClass.RESTRICTED.value)
    making.approve(people, request)
    request = making.reject(people, request, mlflow, security="ivan")
    assert request.state == "rejected"
    request = reviewing.appeal(actor=people.ada, request=request, reason="The data is masked now.")
    roles = set(request.steps.filter(round=2).values_list("role", flat=True))
    assert roles == {"central", "business", "committee"}
    request = making.approve(people, request, central="esther", business="jo")
    assert request.state == "appealed"


def test_a_ban_of_other_versions_is_none_of_the_request(people, wandb, mlflow):
    capability = making.capability(people, "stores")
    old = {"tool": wandb.ref, "versions": "<0.8", "ring": "banned"}
    making.standard(people, capability, rules=[old, {"tool": mlflow.ref, "ring": "recommended"}])
    request = making.sent(people, wandb, versions=">=0.9")
    assert request.level == "low" and not request.bans.exists()


def test_a_tool_that_not_everybody_sees_is_no_matter_of_a_public_register(people, wandb):
    hidden = making.tool(people, "inhouse", visibility="restricted")
    request = making.draft(people, hidden, by="dmitri", team=people.team("ml-platform"))
    with pytest.raises(Conflict, match="not visible to the whole company"):
        submit_request(actor=people.dmitri, request=request)


def test_what_was_refused_or_held_before_is_not_granted_at_once_again(people, wandb):
    request = making.sent(people, wandb)
    granting.revoke(actor=people.ivan, request=request, reason="A leak.")
    again = making.sent(people, wandb)
    assert again.state == "submitted" and not again.grants.exists()


def test_while_the_center_asks_the_scope_stays_as_it_was_sent(people, wandb):
    request = making.sent(people, wandb, "development", days=60)
    reviewing.ask_info(actor=people.dmitri, request=request, question="Which data?")
    for change in (
        {"versions": "!!"},
        {"environments": making.environments("production")},
        {"data_class": DataClass.RESTRICTED.value},
        {"requested_until": None},
        {"tool": None},
    ):
        with pytest.raises(Conflict, match="keeps its scope"):
            save_draft(actor=people.ben, request=request, changes=change)
    save_draft(actor=people.ben, request=request, changes={"objective": ""})
    with pytest.raises(Invalid):
        reviewing.answer_info(actor=people.ben, request=request, answer="None.")


def test_steps_of_the_first_round_are_over_in_an_appeal(people, wandb, mlflow):
    request = making.in_review(people, wandb, data_class=DataClass.RESTRICTED.value)
    making.reject(people, request, mlflow, security="ivan")
    old = making.step(request, "business")
    request.refresh_from_db()
    reviewing.appeal(actor=people.ada, request=request, reason="It is masked.")
    with pytest.raises(Conflict):
        reviewing.give_verdict(actor=people.farid, step=old, approves=True)


def test_a_package_that_stands_for_a_tool_means_that_tool(people, wandb):
    name_package(actor=SYSTEM, tool=wandb, ecosystem="pypi", name="wandb")
    request = making.sent(people, None, tool_name="WandB", ecosystem="pypi")
    assert request.tool == wandb
