"""Proposals from the first word to the published revision: rights, votes, races, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.catalog.actions import set_visibility
from apps.catalog.models import Entity
from apps.core.errors import Conflict, Forbidden, Invalid, PortalError
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people import actions as people_actions
from apps.people.models import Committee, CommitteeSeat, User, Visibility
from apps.tooling.actions import proposals
from apps.tooling.models import Capability, Proposal, ProposalVote, Standard
from apps.tooling.queries import clock
from apps.tooling.queries.voting import majority, tally
from tests.personas import ALL, People
from tests.tooling import making
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db


@pytest.fixture
def mlflow(people: People) -> Entity:
    return making.tool(people, "mlflow")


@pytest.fixture
def tracking(people: People, mlflow: Entity) -> Capability:
    where = making.capability(people)
    making.standard(people, where, (mlflow, "recommended"))
    return where


@pytest.fixture
def committee(people: People) -> Committee:
    """ivan, dmitri, grace and hana; three of them must have voted."""
    found = Committee.objects.get(slug="standards")
    for name, seat in (("dmitri", "central"), ("grace", "legal"), ("hana", "finance")):
        people_actions.seat_member(actor=SYSTEM, user=people[name], committee=found, seat=seat)
    return found


@pytest.fixture
def proposal(people: People, tracking: Capability, mlflow: Entity) -> Proposal:
    return propose(people.ben, tracking, mlflow)


@pytest.fixture
def voting(people: People, proposal: Proposal, committee: Committee) -> Proposal:
    return proposals.open_vote(actor=people.esther, proposal=proposal)


def propose(actor: User, where: Capability, tool: Entity, **fields: Any) -> Proposal:
    written: dict[str, Any] = {
        "title": "MLflow for everybody",
        "reason": "Three teams keep runs in spreadsheets.",
        "rationale": "One place for all runs.",
        "rules": [{"tool": tool.ref, "ring": "mandatory", "versions": ">=2.9"}],
    }
    return proposals.propose_standard(actor=actor, capability=where, **written | fields)


def vote(people: People, name: str, proposal: Proposal, approves: bool = True) -> Proposal:
    comment = "" if approves else "It costs too much."
    return proposals.cast_vote(actor=people[name], proposal=proposal, approves=approves, comment=comment)


def fresh(row: Any) -> Any:
    return type(row)._base_manager.get(pk=row.pk)


def publish_meanwhile(people: People, where: Capability, tool: Entity) -> Standard:
    return making.standard(people, where, (tool, "trial"))


# Rights.


@pytest.mark.parametrize("name", sorted(set(ALL) - {"ci-risk"}))
def test_every_person_may_propose(people: People, tracking: Capability, mlflow: Entity, name: str) -> None:
    row = propose(people[name], tracking, mlflow)
    assert (row.state, row.base.revision, row.proposer) == ("open", 1, people[name])  # type: ignore[union-attr]
    assert row.rules == [
        {"tool": mlflow.ref, "versions": ">=2.9", "environment": None, "data_class": None, "ring": "mandatory",
         "note": ""}
    ]  # fmt: skip


def test_a_service_account_proposes_nothing(people: People, tracking: Capability, mlflow: Entity) -> None:
    with nothing_changes(), pytest.raises(Forbidden):
        propose(people["ci-risk"], tracking, mlflow)


Act = Callable[[User, Proposal], Any]
ACTS: dict[str, tuple[Act, set[str]]] = {
    "update": (
        lambda user, row: proposals.update_proposal(actor=user, proposal=row, changes={"title": "Other"}),
        {"ben"},
    ),
    "withdraw": (lambda user, row: proposals.withdraw_proposal(actor=user, proposal=row), {"ben"}),
    "open_vote": (
        lambda user, row: proposals.open_vote(actor=user, proposal=row),
        {"esther", "ivan", "dmitri", "grace", "hana"},
    ),
    "comment": (
        lambda user, row: proposals.comment_on_proposal(actor=user, proposal=row, text="Well"),
        set(ALL),
    ),
}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("act", ACTS)
def test_who_may_do_what_to_an_open_proposal(
    people: People, proposal: Proposal, committee: Committee, act: str, name: str
) -> None:
    perform, allowed = ACTS[act]
    if name in allowed:
        before = Event.objects.count()
        perform(people[name], proposal)
        assert Event.objects.count() == before + 1
    else:
        with nothing_changes(), pytest.raises(Forbidden):
            perform(people[name], proposal)


@pytest.mark.parametrize("name", ALL)
def test_only_seats_vote(people: People, voting: Proposal, name: str) -> None:
    if name in {"ivan", "dmitri", "grace", "hana"}:
        vote(people, name, voting)
        assert tally(voting).votes == (True,)
    else:
        with nothing_changes(), pytest.raises(Forbidden):
            vote(people, name, voting)


def test_the_proposer_never_votes_seat_or_not(
    people: People, tracking: Capability, mlflow: Entity, committee: Committee
) -> None:
    row = propose(people.ivan, tracking, mlflow)
    proposals.open_vote(actor=people.ivan, proposal=row)
    with nothing_changes(), pytest.raises(Forbidden):
        vote(people, "ivan", fresh(row))
    assert people.ivan not in tally(row).missing
    with pytest.raises(IntegrityError, match="proposal_vote_four_eyes"), transaction.atomic():
        ProposalVote._base_manager.create(proposal=row, user=people.ivan, proposer=people.ivan, approves=True)


def test_an_ended_seat_votes_no_more(people: People, voting: Proposal) -> None:
    seat = CommitteeSeat.objects.get(user=people.ivan)
    people_actions.end_period(actor=SYSTEM, row=seat, verb="people.seat.left", subject=seat.committee)
    with nothing_changes(), pytest.raises(Forbidden):
        vote(people, "ivan", voting)
    assert [user.username for user in tally(voting).missing] == ["dmitri", "grace", "hana"]


# Votes.


@pytest.mark.parametrize(
    ("votes", "answer"),
    [([], None), ([True], None), ([True, True], True), ([False, False], False), ([True, False], None),
     ([True, False, False], False)],
)  # fmt: skip
def test_one_reading_of_a_quorum(votes: list[bool], answer: bool | None) -> None:
    assert majority(votes, 2) is answer


def test_the_quorum_and_a_lead_publish_the_revision(people: People, voting: Proposal) -> None:
    vote(people, "ivan", voting)
    vote(people, "dmitri", voting)
    assert fresh(voting).state == "voting"
    vote(people, "grace", voting, approves=False)
    row = fresh(voting)
    standard = row.outcome
    assert (row.state, row.decided_at is not None) == ("accepted", True)
    assert (standard.revision, standard.author, standard.rationale) == (2, None, row.rationale)
    assert [(rule.ring, rule.versions) for rule in standard.rules.all()] == [("mandatory", ">=2.9")]
    event = Event.objects.get(verb="tooling.standard.published", target_id=standard.pk)
    assert (event.actor, event.actor_name) == (None, "portal")
    with nothing_changes(), pytest.raises(Conflict, match="accepted"):
        vote(people, "hana", voting)


def test_a_majority_against_rejects_and_publishes_nothing(people: People, voting: Proposal) -> None:
    for name, approves in (("ivan", False), ("dmitri", True), ("grace", False)):
        vote(people, name, voting, approves)
    row = fresh(voting)
    assert (row.state, row.outcome) == ("rejected", None)
    assert Standard.objects.filter(capability=row.capability).count() == 1


def test_a_tie_waits_and_rejects_when_everybody_has_voted(people: People, voting: Proposal) -> None:
    Committee.objects.filter(slug="standards").update(quorum=2)
    vote(people, "ivan", voting)
    vote(people, "dmitri", voting, approves=False)
    assert fresh(voting).state == "voting"  # 1 to 1, and two have not voted
    seat = CommitteeSeat.objects.get(user=people.hana, committee__slug="standards")
    people_actions.end_period(actor=SYSTEM, row=seat, verb="people.seat.left", subject=seat.committee)
    Committee.objects.filter(slug="standards").update(quorum=4)
    people_actions.seat_member(
        actor=SYSTEM, user=people.farid, committee=Committee.objects.get(slug="standards"), seat="business"
    )
    vote(people, "grace", voting)
    assert fresh(voting).state == "voting"
    vote(people, "farid", voting, approves=False)
    row = fresh(voting)
    assert (row.state, row.outcome) == ("rejected", None)


def test_a_quorum_beyond_reach_waits_and_says_so(people: People, voting: Proposal) -> None:
    Committee.objects.filter(slug="standards").update(quorum=5)
    for name in ("ivan", "dmitri", "grace", "hana"):
        vote(people, name, voting)
    assert fresh(voting).state == "voting"
    assert tally(voting).beyond_reach


def test_a_vote_is_given_once_with_a_reason_and_stays(people: People, voting: Proposal) -> None:
    with nothing_changes(), pytest.raises(Invalid, match="against"):
        proposals.cast_vote(actor=people.ivan, proposal=voting, approves=False)
    vote(people, "ivan", voting)
    with nothing_changes(), pytest.raises(Conflict, match="already"):
        vote(people, "ivan", voting, approves=False)
    with nothing_changes(), pytest.raises(DatabaseError), transaction.atomic():
        ProposalVote._base_manager.update(approves=False)


def test_nobody_votes_before_the_vote_or_writes_after_it_began(
    people: People, proposal: Proposal, committee: Committee
) -> None:
    with nothing_changes(), pytest.raises(Conflict, match="open to comments"):
        vote(people, "ivan", proposal)
    proposals.open_vote(actor=people.ivan, proposal=proposal)
    with nothing_changes(), pytest.raises(Conflict, match="voting"):
        proposals.open_vote(actor=people.esther, proposal=proposal)
    row = fresh(proposal)
    with nothing_changes(), pytest.raises(Conflict, match="voting"):
        proposals.update_proposal(actor=people.ben, proposal=row, changes={"title": "Other"})
    with nothing_changes(), pytest.raises(Conflict):  # read before the vote was called
        proposals.update_proposal(actor=people.ben, proposal=proposal, changes={"title": "Other"})
    proposals.withdraw_proposal(actor=people.ben, proposal=row)
    with nothing_changes(), pytest.raises(Conflict, match="withdrawn"):
        vote(people, "ivan", row)
    with nothing_changes(), pytest.raises(Conflict, match="withdrawn"):
        proposals.comment_on_proposal(actor=people.ada, proposal=row, text="Too late")


def test_who_calls_the_vote_has_read_the_text(
    people: People, proposal: Proposal, committee: Committee
) -> None:
    seen = proposal.version
    proposals.update_proposal(actor=people.ben, proposal=proposal, changes={"rationale": "Another one."})
    with nothing_changes(), pytest.raises(Conflict, match="Somebody changed this proposal"):
        proposals.open_vote(actor=people.ivan, proposal=proposal, expected_version=seen)


# The ground changes.


def test_an_open_proposal_is_edited_on_top_of_what_was_published(
    people: People, proposal: Proposal, tracking: Capability, mlflow: Entity, committee: Committee
) -> None:
    later = publish_meanwhile(people, tracking, mlflow)
    with nothing_changes(), pytest.raises(Conflict, match="Revision 2 was published meanwhile"):
        proposals.open_vote(actor=people.ivan, proposal=proposal)
    with nothing_changes(), pytest.raises(Conflict, match="Revision 2"):
        proposals.update_proposal(actor=people.ben, proposal=proposal, changes={}, base_revision=1)
    proposals.update_proposal(actor=people.ben, proposal=proposal, changes={}, base_revision=2)
    assert fresh(proposal).base == later
    proposals.open_vote(actor=people.ivan, proposal=fresh(proposal))


def test_a_vote_stops_when_its_ground_changes_and_goes_on_with_a_new_proposal(
    people: People, voting: Proposal, tracking: Capability, mlflow: Entity
) -> None:
    vote(people, "ivan", voting)
    vote(people, "dmitri", voting)
    publish_meanwhile(people, tracking, mlflow)
    with nothing_changes(), pytest.raises(Conflict, match="Revision 2 was published meanwhile"):
        vote(people, "grace", voting)
    with nothing_changes(), pytest.raises(Forbidden):
        propose(people.ada, tracking, mlflow, replaces=voting)
    new = propose(people.ben, tracking, mlflow, replaces=voting, base_revision=2)
    old = fresh(voting)
    assert (old.state, old.votes.count(), new.votes.count()) == ("withdrawn", 2, 0)
    assert new.get_absolute_url() in old.comments.get().text
    proposals.open_vote(actor=people.ivan, proposal=new)
    for name in ("ivan", "dmitri", "grace"):
        vote(people, name, new)
    assert fresh(new).outcome.revision == 3


def test_a_tool_that_left_the_companys_sight_stops_the_deciding_vote(
    people: People, voting: Proposal, mlflow: Entity
) -> None:
    vote(people, "ivan", voting)
    vote(people, "dmitri", voting)
    set_visibility(actor=people.esther, entity=fresh(mlflow), visibility=Visibility.RESTRICTED)
    with nothing_changes(), pytest.raises(Conflict, match="cannot be published any more") as refused:
        vote(people, "grace", voting)
    assert "not counted" in refused.value.next_step


def test_a_beginning_that_passed_during_the_vote_becomes_the_decisions(
    people: People, tracking: Capability, mlflow: Entity, committee: Committee
) -> None:
    with nothing_changes(), pytest.raises(Invalid, match="in the past"):
        propose(people.ben, tracking, mlflow, effective_from=clock.now() - timedelta(seconds=1))
    soon, late = clock.now() + timedelta(seconds=30), clock.now() + timedelta(days=30)
    for since in (soon, late):
        row = propose(people.ben, tracking, mlflow, effective_from=since)
        proposals.open_vote(actor=people.ivan, proposal=row)
        if since == soon:
            Proposal.objects.filter(pk=row.pk).update(effective_from=clock.now() - timedelta(hours=1))
        for name in ("ivan", "dmitri", "grace"):
            vote(people, name, row)
        standard = fresh(row).outcome
        assert standard.effective_from == (fresh(row).decided_at if since == soon else late)


# Bad input.


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"reason": ""}, "reason"),
        ({"rationale": ""}, "rationale"),
        ({"exit_criteria": "a\u202eb"}, "exit_criteria"),
        ({"rules": []}, "rules"),
        ({"rules": "tool:coe/mlflow"}, "rules"),
        ({"rules": [{"tool": "tool:coe/mlflow", "ring": "adopt"}]}, "rules"),
        ({"rules": [{"tool": "tool:coe/unknown", "ring": "hold"}]}, "rules"),
        ({"rules": [{"tool": "tool:coe/mlflow", "ring": "hold", "versions": "~~"}]}, "rules"),
    ],
)
def test_bad_proposals_are_refused(
    people: People, tracking: Capability, mlflow: Entity, fields: dict[str, Any], field: str
) -> None:
    with nothing_changes(), pytest.raises(Invalid) as refused:
        propose(people.ben, tracking, mlflow, **fields)
    assert list(refused.value.errors) == [field]


def test_a_state_is_no_field(people: People, proposal: Proposal) -> None:
    with nothing_changes(), pytest.raises(Invalid):
        proposals.update_proposal(actor=people.ben, proposal=proposal, changes={"state": "accepted"})


def test_the_first_standard_of_a_capability_may_be_proposed(
    people: People, mlflow: Entity, committee: Committee
) -> None:
    row = propose(people.kim, making.capability(people, "serving"), mlflow, base_revision=0)
    assert row.base is None
    proposals.open_vote(actor=people.esther, proposal=row)
    for name in ("ivan", "dmitri", "grace"):
        vote(people, name, row)
    assert fresh(row).outcome.revision == 1


# Races.


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Runs the calls in threads of their own connections; each one's result or refusal."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait(10)
            return call()
        except PortalError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_two_deciding_votes_are_both_counted_and_decide_once(
        self, people: People, voting: Proposal
    ) -> None:
        Committee.objects.filter(slug="standards").update(quorum=2)
        ivan, grace = people.ivan, people.grace
        results = at_once(
            lambda: proposals.cast_vote(actor=ivan, proposal=voting, approves=True),
            lambda: proposals.cast_vote(actor=grace, proposal=voting, approves=True),
        )
        assert not [each for each in results if isinstance(each, PortalError)], results
        row = fresh(voting)
        assert (row.state, row.votes.count(), row.outcome.revision) == ("accepted", 2, 2)
        assert Event.objects.filter(verb="tooling.proposal.accepted").count() == 1

    def test_one_person_twice_votes_once(self, people: People, voting: Proposal) -> None:
        ivan = people.ivan
        results = at_once(*[lambda: proposals.cast_vote(actor=ivan, proposal=voting, approves=True)] * 2)
        assert [type(each) for each in results].count(Conflict) == 1
        assert voting.votes.count() == 1

    def test_sixteen_at_once_decide_once(
        self, people: People, voting: Proposal, committee: Committee
    ) -> None:
        voters = [people[name] for name in ("ivan", "dmitri", "grace", "hana")]
        results = at_once(
            *[
                (lambda user=user: proposals.cast_vote(actor=user, proposal=voting, approves=True))
                for user in voters * 4
            ]
        )
        done = [each for each in results if isinstance(each, Proposal)]
        assert len(done) == 3 and all(isinstance(each, Proposal | Conflict) for each in results)
        row = fresh(voting)
        assert (row.state, row.votes.count()) == ("accepted", 3)
        assert Standard.objects.filter(capability=row.capability).count() == 2

    def test_a_vote_and_a_publication_never_both_make_the_next_revision(
        self, people: People, voting: Proposal, tracking: Capability, mlflow: Entity
    ) -> None:
        vote(people, "ivan", voting)
        vote(people, "dmitri", voting)
        grace, esther = people.grace, people.esther
        rules = [{"tool": mlflow.ref, "ring": "trial"}]
        results = at_once(
            lambda: proposals.cast_vote(actor=grace, proposal=voting, approves=True),
            lambda: making.publish_standard(
                actor=esther, capability=tracking, rationale="Mine", rules=rules, base_revision=1
            ),
        )
        assert [isinstance(each, Conflict) for each in results].count(True) == 1, results
        assert Standard.objects.filter(capability=tracking).count() == 2
        assert (fresh(voting).state == "accepted") == (not isinstance(results[0], Conflict))
