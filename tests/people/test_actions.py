"""Who may change the organisation, what a change does, and what the database decides."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, PortalError
from apps.core.models import Event
from apps.core.policies import SYSTEM
from apps.people import actions
from apps.people.models import BusinessUnit, Committee, Membership, ServiceAccount, Team, User
from apps.people.standing import Standing, standing_of
from tests.personas import ALL, People
from tests.traces import nothing_changes

pytestmark = pytest.mark.django_db
Act = Callable[[People, User], Any]


def membership(people: People, name: str) -> Membership:
    return Membership.objects.get(user__username=name, ends=None)


def committee(slug: str) -> Committee:
    return Committee.objects.get(slug=slug)


def below(people: People, actor: User, unit: str, parent: str) -> BusinessUnit:
    return actions.update_unit(actor=actor, unit=people.unit(unit), changes={"parent": people.unit(parent)})


LONG_AGO = timezone.now() - timedelta(days=900)
ACTIONS: dict[str, Act] = {
    "create_unit": lambda p, u: actions.create_unit(actor=u, slug="wealth", name="Wealth"),
    "update_unit": lambda p, u: actions.update_unit(
        actor=u, unit=p.unit("insurance"), changes={"name": "Cover"}
    ),
    "create_team": lambda p, u: actions.create_team(actor=u, slug="new", name="New", kind="central"),
    "update_team": lambda p, u: actions.update_team(
        actor=u, team=p.team("risk-ml"), changes={"name": "Other"}
    ),
    "start_membership": lambda p, u: actions.start_membership(actor=u, user=p.kim, team=p.team("risk-ml")),
    "change_membership": lambda p, u: actions.start_membership(
        actor=u, user=p.ben, team=p.team("risk-ml"), role="lead"
    ),
    "end_membership": lambda p, u: actions.end_membership(actor=u, membership=membership(p, "ben")),
    "send_liaison": lambda p, u: actions.send_liaison(
        actor=u, user=p.dmitri, business_unit=p.unit("insurance")
    ),
    "create_committee": lambda p, u: actions.create_committee(
        actor=u, slug="new", name="New", purpose="ethics"
    ),
    "seat_member": lambda p, u: actions.seat_member(
        actor=u, user=p.kim, committee=committee("ethics"), seat="legal"
    ),
    "create_user": lambda p, u: actions.create_user(actor=u, username="new", name="New"),
    "deactivate_user": lambda p, u: actions.deactivate_user(actor=u, user=p.kim),
    "activate_user": lambda p, u: actions.activate_user(actor=u, user=p.grace),
    "create_service_account": lambda p, u: actions.create_service_account(
        actor=u, username="ci-new", name="CI", team=p.team("risk-ml")
    ),
    "update_profile": lambda p, u: actions.update_profile(
        actor=u, user=p.ben, changes={"time_zone": "Asia/Tokyo"}
    ),
}
# By hand. CoE leads and superusers administer the organisation; a team's lead keeps its people.
LEADS = {"esther", "root"}
KEEP_THE_TEAM = {"start_membership", "change_membership", "end_membership", "create_service_account"}
MAY: dict[str, set[str]] = dict.fromkeys(ACTIONS, LEADS)
MAY |= {name: LEADS | {"ada"} for name in KEEP_THE_TEAM} | {"update_profile": {"ben"}}


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_change_the_organisation(people: People, action: str) -> None:
    actions.deactivate_user(actor=SYSTEM, user=people.grace)
    for name in ALL:
        actor = people[name]
        count = Event.objects.count()
        if name not in MAY[action]:
            with nothing_changes(), pytest.raises((Forbidden, NotFound)):
                ACTIONS[action](people, actor)
            continue
        with transaction.atomic():
            ACTIONS[action](people, actor)
            recorded = Event.objects.all()[: Event.objects.count() - count]
            assert recorded
            assert {event.actor_id for event in recorded} <= {actor.pk, None}
            assert actor.pk in {event.actor_id for event in recorded}
            transaction.set_rollback(True)


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_and_inactive_people_change_nothing(people: People, action: str) -> None:
    from django.contrib.auth.models import AnonymousUser

    gone = people.esther
    gone.is_active = False
    for actor in (AnonymousUser(), gone):
        with nothing_changes(), pytest.raises(PortalError):
            ACTIONS[action](people, actor)  # type: ignore[arg-type]


REFUSED: dict[str, tuple[type[PortalError], str, Act]] = {
    "an embedded team without unit": (Conflict, "belongs to a business unit",
        lambda p, u: actions.create_team(actor=u, slug="x", name="X", kind="embedded")),
    "an embedded CoE office": (Conflict, "Only a central team",
        lambda p, u: actions.update_team(actor=u, team=p.team("risk-ml"), changes={"coe_office": True})),
    "a team that ends before it starts": (Conflict, "end must lie after",
        lambda p, u: actions.update_team(actor=u, team=p.team("risk-ml"), changes={"ends": LONG_AGO})),
    "a slug that is taken": (Invalid, "already exists",
        lambda p, u: actions.create_team(actor=u, slug="risk-ml", name="X", kind="central")),
    "a slug of another alphabet": (Invalid, "Use a-z",
        lambda p, u: actions.create_team(actor=u, slug="rısk", name="X", kind="central")),
    "a slug with a line end": (Invalid, "Use a-z",
        lambda p, u: actions.create_unit(actor=u, slug="risk\n", name="X")),
    "a unit below itself": (Conflict, "circle",
        lambda p, u: below(p, u, "insurance", "insurance")),
    "a unit below its child": (Conflict, "circle",
        lambda p, u: below(p, u, "group", "insurance")),
    "a member who has left": (Conflict, "is deactivated",
        lambda p, u: actions.start_membership(actor=u, user=p.grace, team=p.team("risk-ml"))),
    "an unknown role": (Invalid, "not a valid choice",
        lambda p, u: actions.start_membership(actor=u, user=p.kim, team=p.team("risk-ml"), role="king")),
    "an unknown craft": (Invalid, "not a valid choice",
        lambda p, u: actions.start_membership(actor=u, user=p.kim, team=p.team("risk-ml"), craft="alchemy")),
    "a second seat": (Conflict, "already has a seat",
        lambda p, u: actions.seat_member(
            actor=u, user=p.ivan, committee=committee("standards"), seat="legal")),
    "a second duty for one unit": (Conflict, "already the unit's liaison",
        lambda p, u: [ACTIONS["send_liaison"](p, u) for _ in "12"]),
    "a user name that is taken": (PortalError, "exists",
        lambda p, u: actions.create_user(actor=u, username="ada", name="Ada")),
    "a user name in capitals": (Invalid, "Use a-z",
        lambda p, u: actions.create_user(actor=u, username="ADA", name="Ada")),
    "deactivating oneself": (Invalid, "cannot deactivate yourself",
        lambda p, u: actions.deactivate_user(actor=u, user=u)),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_rules_refuse(people: People, case: str) -> None:
    error, sentence, act = REFUSED[case]
    actions.deactivate_user(actor=SYSTEM, user=people.grace)
    with nothing_changes(), pytest.raises(error, match=sentence), transaction.atomic():
        act(people, people.esther)


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "europe/berlin", "../../etc/passwd", "UTC\x00", "Europe"]
)
def test_a_time_zone_is_one_of_the_database(people: People, zone: str) -> None:
    with nothing_changes(), pytest.raises(Invalid):
        actions.update_profile(actor=people.ben, user=people.ben, changes={"time_zone": zone})


def test_a_profile_holds_name_mail_and_zone_and_nothing_else(people: People) -> None:
    changes = {"name": "Ben O.", "is_superuser": True, "username": "root2"}
    ben = actions.update_profile(actor=people.ben, user=people.ben, changes=changes)
    assert (ben.name, people.ben.is_superuser, people.ben.username) == ("Ben O.", False, "ben")


def test_a_new_team_has_a_group_and_its_lead(people: People) -> None:
    team = actions.create_team(actor=people.esther, slug="new", name="New", kind="central", lead=people.kim)
    assert team.group.name == "team:new"
    assert membership(people, "kim").role == "lead"
    assert standing_of(people.kim).led_teams == {team.pk}


def test_joining_twice_is_one_membership(people: People) -> None:
    risk = people.team("risk-ml")
    with nothing_changes():
        actions.start_membership(actor=people.ada, user=people.ben, team=risk)
    changed = actions.start_membership(actor=people.ada, user=people.ben, team=risk, role="lead")
    assert (changed.role, changed.craft) == ("lead", "data-scientist")
    assert Membership.objects.filter(user=people.ben).count() == 1


def test_ending_twice_changes_nothing_more(people: People) -> None:
    row = membership(people, "ben")
    actions.end_membership(actor=people.ada, membership=row)
    with nothing_changes():
        actions.end_membership(actor=people.ada, membership=row)
    actions.start_membership(actor=people.ada, user=people.ben, team=people.team("risk-ml"))
    assert Membership.objects.filter(user=people.ben).count() == 2


def test_leaving_ends_memberships_and_tokens_and_keeps_the_person(people: People) -> None:
    token, _ = actions.create_token(actor=people.ben, user=people.ben, name="mine", scopes=["read"])
    ben = actions.deactivate_user(actor=people.esther, user=people.ben)
    token.refresh_from_db()
    assert (ben.is_active, token.is_usable, standing_of(ben).teams) == (False, False, frozenset())
    assert ben.deactivated_at is not None
    with nothing_changes():
        actions.deactivate_user(actor=people.esther, user=people.ben)


def test_people_are_never_deleted(people: People) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError):
            cursor.execute("DELETE FROM people_user WHERE username = 'ada'")
        transaction.set_rollback(True)


# Standing, by hand: teams, led teams, units seen, roles.
STANDING = {
    "ada": ({"risk-ml"}, {"risk-ml"}, {"group", "retail-banking"}, []),
    "ben": ({"risk-ml"}, set(), {"group", "retail-banking"}, []),
    "chloe": ({"claims-ai"}, set(), {"group", "insurance"}, []),
    "dmitri": ({"ml-platform"}, set(), set(), ["platform_engineer"]),
    "esther": ({"coe-office"}, {"coe-office"}, set(), ["coe_lead", "platform_engineer"]),
    "farid": (set(), set(), {"retail-banking"}, ["sponsor"]),
    "grace": (set(), set(), set(), ["legal"]),
    "hana": (set(), set(), set(), ["finance"]),
    "ivan": (set(), set(), set(), ["security"]),
    "jo": (set(), set(), {"insurance"}, ["sponsor"]),
    "kim": (set(), set(), set(), []),
    "root": (set(), set(), set(), []),
    "ci-risk": ({"risk-ml"}, set(), {"group", "retail-banking"}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_standing_is_read_in_one_statement(people: People, name: str) -> None:
    teams = dict(Team.objects.values_list("pk", "slug"))
    units = dict(BusinessUnit.objects.values_list("pk", "slug"))
    user = people[name]
    with CaptureQueriesContext(connection) as statements:
        standing = standing_of(user)
        standing_of(user)
    assert len(statements) == 1
    found = (
        {teams[pk] for pk in standing.teams},
        {teams[pk] for pk in standing.led_teams},
        {units[pk] for pk in standing.units},
        standing.roles,
    )
    assert found == STANDING[name]


def test_what_has_ended_gives_no_standing(people: People) -> None:
    past, future = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(hours=1)
    before = timezone.now() - timedelta(days=9)
    committee = Committee.objects.get(slug="standards")
    liaison = actions.send_liaison(actor=SYSTEM, user=people.dmitri, business_unit=people.unit("insurance"))
    for rows in (Membership.objects.all(), committee.seats.all(), type(liaison).objects.all()):
        rows.update(starts=before, ends=future)
    held = {name: standing_of(people[name]) for name in ("ben", "dmitri", "ivan")}
    assert all(standing != Standing() for standing in held.values())
    for rows in (Membership.objects.all(), committee.seats.all(), type(liaison).objects.all()):
        rows.update(ends=past)
    assert [standing_of(people[name]) for name in held] == [Standing()] * 3


def test_what_has_not_begun_gives_no_standing(people: People) -> None:
    Membership.objects.update(starts=timezone.now() + timedelta(hours=1))
    assert standing_of(people.ben) == Standing()


def test_an_ended_team_gives_its_people_and_services_nothing(people: People) -> None:
    Team.objects.filter(slug="risk-ml").update(ends=timezone.now())
    assert [standing_of(people[name]) for name in ("ada", "ben", "ci-risk")] == [Standing()] * 3
    with nothing_changes(), pytest.raises(Forbidden):
        actions.start_membership(actor=people.ada, user=people.kim, team=people.team("risk-ml"))


def test_units_below_see_what_units_above_show(people: People) -> None:
    cards = actions.create_unit(
        actor=SYSTEM, slug="cards", name="Cards", parent=people.unit("retail-banking")
    )
    team = actions.create_team(
        actor=SYSTEM, slug="cards-ml", name="Cards ML", kind="embedded", business_unit=cards
    )
    actions.start_membership(actor=SYSTEM, user=people.kim, team=team)
    assert people.team("risk-ml").pk in standing_of(people.kim).unit_teams
    assert team.pk not in standing_of(people.ada).unit_teams


def test_a_service_account_belongs_to_its_team(people: People) -> None:
    account = actions.create_service_account(
        actor=people.ada, username="ci-two", name="CI", team=people.team("risk-ml")
    )
    assert (account.user.kind, account.user.has_usable_password()) == ("service", False)
    assert ServiceAccount.objects.allowed(people.ada, "change").filter(pk=account.pk).exists()
    assert not ServiceAccount.objects.allowed(people.ben, "change").exists()


@pytest.mark.django_db(transaction=True)
def test_two_people_create_the_same_team_at_once(people: People) -> None:
    """One team, one group, one event; the other hears why not."""
    actors = [people.esther, people.root]
    results = at_once(
        *(
            lambda actor=actor: actions.create_team(actor=actor, slug="new", name="New", kind="central")
            for actor in actors
        )
    )
    assert sorted(type(result).__name__ for result in results) in (["Conflict", "Team"], ["Invalid", "Team"])
    team = Team.objects.get(slug="new")
    assert Event.objects.filter(verb="people.team.created", target_id=team.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_add_the_same_member_at_once(people: People) -> None:
    risk, kim = people.team("risk-ml"), people.kim
    actors = [people.ada, people.esther]
    results = at_once(
        *(lambda actor=actor: actions.start_membership(actor=actor, user=kim, team=risk) for actor in actors)
    )
    assert [type(result) for result in results] == [Membership, Membership]
    assert Membership.objects.filter(user=kim).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_windows_of_one_person_sign_in_for_the_first_time(people: People) -> None:
    from apps.people.actions.signin import apply_group_claim, person_from_claims

    claims = {"sub": "1", "preferred_username": "mia"}

    def sign_in() -> User:
        user = person_from_claims(claims)
        apply_group_claim(user, ["risk-ml"])
        return user

    results = at_once(sign_in, sign_in)
    assert [type(result) for result in results] == [User, User]
    assert Membership.objects.filter(user__username="mia").count() == 1


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
