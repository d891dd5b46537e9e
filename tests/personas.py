"""The thirteen personas, always the same: three business units, four teams, two kinds of central work.

ada leads and ben works in `risk-ml` (Retail Banking); chloe works in `claims-ai` (Insurance); dmitri is a platform
engineer; esther leads the CoE office; farid and jo sponsor the two units; grace, hana and ivan speak for legal,
finance and security; kim has no team; ci-risk works for `risk-ml`; root is the superuser.
"""

from __future__ import annotations

from collections.abc import Callable

from django.apps import apps
from django.db import connection, transaction

from apps.core.policies import SYSTEM
from apps.people import actions
from apps.people.models import BusinessUnit, Committee, Team, User

NAMES = ("ada", "ben", "chloe", "dmitri", "esther", "farid", "grace", "hana", "ivan", "jo", "kim", "root")
ALL = (*NAMES, "ci-risk")


class People(dict[str, User]):
    """Personas by name, fresh from the database at every look, so that no cached standing outlives a change."""

    def __getitem__(self, name: str) -> User:
        return User.objects.get(pk=super().__getitem__(name.replace("_", "-")).pk)

    def __getattr__(self, name: str) -> User:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    @staticmethod
    def team(slug: str) -> Team:
        return Team.objects.get(slug=slug)

    @staticmethod
    def unit(slug: str) -> BusinessUnit:
        return BusinessUnit.objects.get(slug=slug)


def make_world() -> People:
    """The personas with their units, teams and committees, made once per process and copied after that.

    Thousands of tests begin with them. The copy has the same ids each time: sequences only ever go forward, in a
    test's transaction and after a flush, so that nothing else gets them.
    """
    if not image:
        return _kept(_made_by_actions, into=image)
    with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are checked at its end
        for table, rows in image.items():
            with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                copy.write(rows)
    return People({user.username: user for user in User.objects.filter(username__in=ALL)})


image: dict[str, bytes] = {}  # by table, in PostgreSQL's copy format


def _kept(make: Callable[[], People], into: dict[str, bytes]) -> People:
    """What `make` puts into empty tables is kept; where they hold something already, the next call makes it again."""
    before = _filled()
    people = make()
    if not any(table.startswith(("people_", "core_", "auth_group")) for table in before):
        with connection.cursor() as cursor:
            for table in sorted(_filled() - before):
                with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                    into[table] = b"".join(copy)
    return people


def _filled() -> set[str]:
    """The tables that hold rows."""
    tables = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    }
    with connection.cursor() as cursor:
        parts = " UNION ALL ".join(f"(SELECT '{table}' FROM \"{table}\" LIMIT 1)" for table in sorted(tables))
        cursor.execute(parts)
        return {name for (name,) in cursor.fetchall()}


def _made_by_actions() -> People:
    """Creates everything through actions, as the product does."""
    people = People({name: _person(name) for name in NAMES})
    group = actions.create_unit(actor=SYSTEM, slug="group", name="Group")
    retail = actions.create_unit(
        actor=SYSTEM, slug="retail-banking", name="Retail Banking", sponsor=people.farid, parent=group
    )
    insurance = actions.create_unit(
        actor=SYSTEM, slug="insurance", name="Insurance", sponsor=people.jo, parent=group
    )
    risk = _team("risk-ml", "Risk ML", "embedded", retail, people.ada)
    _team("claims-ai", "Claims AI", "embedded", insurance, None, members=[people.chloe])
    _team("ml-platform", "ML Platform", "central", None, None, members=[people.dmitri])
    _team("coe-office", "CoE Office", "central", None, people.esther, coe_office=True)
    actions.start_membership(actor=SYSTEM, user=people.ben, team=risk, craft="data-scientist")
    account = actions.create_service_account(
        actor=SYSTEM, username="ci-risk", name="CI of Risk ML", team=risk
    )
    people["ci-risk"] = account.user
    for slug, purpose, chair, seat in COMMITTEES:
        _committee(people, slug, purpose, chair, seat)
    return people


COMMITTEES = (
    ("steering", "steering", "farid", {"farid": "business", "hana": "finance"}),
    ("ethics", "ethics", "grace", {"grace": "legal"}),
    ("standards", "standards", "ivan", {"ivan": "security"}),
)


def _person(name: str) -> User:
    full = {"root": "Root Administrator"}.get(name, name.capitalize())
    extra = {"is_superuser": True, "is_staff": True} if name == "root" else {}
    return actions.create_user(actor=SYSTEM, username=name, name=full, email=f"{name}@example.com", **extra)


def _team(
    slug: str,
    name: str,
    kind: str,
    unit: BusinessUnit | None,
    lead: User | None,
    *,
    coe_office: bool = False,
    members: list[User] | None = None,
) -> Team:
    team = actions.create_team(
        actor=SYSTEM, slug=slug, name=name, kind=kind, business_unit=unit, lead=lead, coe_office=coe_office
    )
    for member in members or []:
        actions.start_membership(actor=SYSTEM, user=member, team=team)
    return team


def _committee(people: People, slug: str, purpose: str, chair: str, seats: dict[str, str]) -> Committee:
    committee = actions.create_committee(
        actor=SYSTEM,
        slug=slug,
        name=f"{purpose.capitalize()} committee",
        purpose=purpose,
        chair=people[chair],
    )
    for name, seat in seats.items():
        actions.seat_member(actor=SYSTEM, user=people[name], committee=committee, seat=seat)
    return committee
