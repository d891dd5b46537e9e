"""Units, teams, memberships, liaisons and committees."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from apps.core.concurrency import refused_as
from apps.core.errors import Conflict, Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import (
    BusinessUnit,
    Committee,
    CommitteeSeat,
    Liaison,
    Membership,
    Team,
    User,
)
from apps.people.working_days import checked_calendar, checked_zone

REFUSALS = {
    "team_embedded_has_unit": "An embedded team belongs to a business unit; choose one.",
    "team_coe_office_is_central": "Only a central team can be the CoE office.",
    "team_ends_after_start": "The team's end must lie after its start.",
    "unit_not_its_own_parent": "A unit cannot be its own parent.",
    "membership_once": "This person is already a member of the team.",
    "liaison_once": "This person is already the unit's liaison.",
    "seat_once": "This person already has a seat in the committee.",
}


def validated(row: models.Model) -> models.Model:
    """Checks the row's fields (not its constraints, which the database decides); raises Invalid."""
    try:
        row.full_clean(validate_constraints=False, exclude=["group", "password"])
    except ValidationError as error:
        raise Invalid(errors=error.message_dict) from error
    return row


@transaction.atomic
def create_unit(*, actor: Any, at: datetime | None = None, **fields: Any) -> BusinessUnit:
    unit = BusinessUnit(**fields)
    _check_days(fields)
    return _save_new(unit, actor, "people.unit.created", at)


@transaction.atomic
def update_unit(*, actor: Any, unit: BusinessUnit, changes: Mapping[str, Any]) -> BusinessUnit:
    """Changes a unit; a parent that lies below the unit is refused."""
    require(actor, "change", unit)
    _check_days(changes)
    parent = changes.get("parent")
    if parent is not None:  # two moves at once could close a circle together, so they wait for each other
        list(BusinessUnit.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    while parent is not None:
        if parent.pk == unit.pk:
            raise Conflict("The parent lies below this unit; that would be a circle.")
        parent = BusinessUnit.objects.filter(pk=parent.parent_id).first()
    return _save_changes(unit, actor, changes, "people.unit.changed")


def _check_days(fields: Mapping[str, Any]) -> None:
    """Deadlines are counted by the unit's calendar in its time zone; both must be known."""
    if "time_zone" in fields:
        checked_zone(str(fields["time_zone"]))
    if "holiday_calendar" in fields:
        checked_calendar(str(fields["holiday_calendar"]))


@transaction.atomic
def create_team(*, actor: Any, at: datetime | None = None, **fields: Any) -> Team:
    """A team with its group; its lead becomes a member with the role lead."""
    team = Team(**fields)
    validated(team)
    with refused_as(auth_group_name_key="A team with this slug exists."):
        team.group = Group.objects.create(name=f"team:{team.slug}")
    _save_new(team, actor, "people.team.created", at)
    if team.lead:
        _write_membership(actor, team.lead, team, Membership.Role.LEAD, "", at)
    return team


@transaction.atomic
def update_team(*, actor: Any, team: Team, changes: Mapping[str, Any]) -> Team:
    require(actor, "change", team)
    return _save_changes(team, actor, changes, "people.team.changed")


@transaction.atomic
def start_membership(
    *, actor: Any, user: User, team: Team, role: str = "member", craft: str = "", at: datetime | None = None
) -> Membership:
    """Somebody joins a team; where they are in it already, role and craft change."""
    require(actor, "change_members", team)
    if not user.is_active:
        raise Conflict(f"{user} is deactivated and cannot join a team.")
    return _write_membership(actor, user, team, role, craft, at)


@transaction.atomic
def end_membership(*, actor: Any, membership: Membership, at: datetime | None = None) -> Membership:
    require(actor, "change", membership)
    return end_period(
        actor=actor, row=membership, verb="people.membership.ended", subject=membership.team, at=at
    )


@transaction.atomic
def send_liaison(
    *, actor: Any, user: User, business_unit: BusinessUnit, at: datetime | None = None
) -> Liaison:
    liaison = Liaison(user=user, business_unit=business_unit, starts=at or timezone.now())
    return _save_new(liaison, actor, "people.liaison.started", at, subject=business_unit)


@transaction.atomic
def create_committee(*, actor: Any, at: datetime | None = None, **fields: Any) -> Committee:
    return _save_new(Committee(**fields), actor, "people.committee.created", at)


@transaction.atomic
def seat_member(
    *, actor: Any, user: User, committee: Committee, seat: str, at: datetime | None = None
) -> CommitteeSeat:
    row = CommitteeSeat(user=user, committee=committee, seat=seat, starts=at or timezone.now())
    return _save_new(row, actor, "people.seat.taken", at, subject=committee)


@transaction.atomic
def end_period(
    *, actor: Any, row: Any, verb: str, subject: models.Model | None = None, at: datetime | None = None
) -> Any:
    """Ends a membership, liaison or seat now (or at `at`); ending twice changes nothing."""
    require(actor, "change", row)
    moment = max(at or timezone.now(), row.starts)
    if type(row)._base_manager.filter(pk=row.pk).filter(_still_open(moment)).update(ends=moment):
        record(verb, actor=actor, target=row, subject=subject, data={"user": row.user_id}, at=at)
    row.refresh_from_db()
    return row


def _still_open(moment: datetime) -> models.Q:
    return models.Q(ends__isnull=True) | models.Q(ends__gt=moment, starts__lte=F("ends"))


def _write_membership(
    actor: Any, user: User, team: Team, role: str, craft: str, at: datetime | None
) -> Membership:
    membership, created = Membership.objects.get_or_create(
        user=user,
        team=team,
        ends=None,
        defaults={"role": role, "craft": craft, "starts": at or timezone.now()},
    )
    if not created and (membership.role, membership.craft) == (role, craft or membership.craft):
        return membership
    membership.role, membership.craft = role, craft or membership.craft
    validated(membership)
    membership.save()
    verb = "people.membership.started" if created else "people.membership.changed"
    record(verb, actor=actor, target=membership, subject=team, data={"user": user.pk, "role": role}, at=at)
    return membership


def _save_new(
    row: Any, actor: Any, verb: str, at: datetime | None, subject: models.Model | None = None
) -> Any:
    """Saves a new row if its own policy lets the actor change it afterwards."""
    validated(row)
    with refused_as(**REFUSALS):
        row.save(force_insert=True)
    require(actor, "change", row)
    record(verb, actor=actor, target=row, subject=subject, at=at)
    return row


def _save_changes(row: Any, actor: Any, changes: Mapping[str, Any], verb: str) -> Any:
    before = {name: _plain(getattr(row, name)) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    validated(row)
    after = {name: _plain(getattr(row, name)) for name in changes}
    changed = {name: [before[name], after[name]] for name in changes if before[name] != after[name]}
    if changed:
        with refused_as(**REFUSALS):
            row.save()
        record(verb, actor=actor, target=row, data={"changes": changed})
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    return value.isoformat() if isinstance(value, datetime) else value
