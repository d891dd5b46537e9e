"""The demo world: a bank-and-insurance group with six months of history, loaded through the same actions that
people use, each at its own moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from apps.core.policies import SYSTEM
from apps.people import actions as people
from apps.people.models import BusinessUnit, Committee, Scope, Team, User
from portal.demo_catalog import load_catalog
from portal.demo_files import read
from portal.demo_personas import PERSONAS, SERVICE_ACCOUNT
from portal.demo_roadmap import load_roadmap
from portal.demo_tooling import load_tooling
from portal.demo_wiki import load_wiki

TOKEN_LIFE = timedelta(hours=12)


def load(password: str | None = None) -> bool:
    """Loads the world into an empty portal in one transaction; False where people exist already."""
    with transaction.atomic():
        if User.objects.exists():
            return False
        now = timezone.now()
        _load_people(read("people.yaml"), now)
        if password:
            User.objects.filter(kind=User.Kind.PERSON).update(password=make_password(password))
        load_catalog(now)
        load_tooling(now)
        load_roadmap(now)
        load_wiki(now)
    return True


def tokens() -> Iterator[tuple[str, str]]:
    """A new token of 12 hours for every persona and `ci-risk`, with every scope that a person may use."""
    scopes = [Scope.READ, Scope.WRITE, Scope.EVIDENCE, Scope.TOOLING_DECIDE, Scope.LINEAGE, Scope.USAGE]
    for name in (*PERSONAS, SERVICE_ACCOUNT):
        user = User.objects.get(username=name)
        _, secret = people.create_token(
            actor=SYSTEM, user=user, name="demo", scopes=scopes, lifetime=TOKEN_LIFE
        )
        yield name, secret


def ago(now: datetime, days: float | None) -> datetime:
    return now - timedelta(days=float(days or 0))


def _load_people(data: dict[str, Any], now: datetime) -> None:
    users = {row["username"]: _user(row, ago(now, 700)) for row in data["users"]}
    units: dict[str, BusinessUnit] = {}
    for row in _parents_first(data["business_units"]):
        fields = row | {
            "parent": units.get(row.get("parent") or ""),
            "sponsor": users.get(row.get("sponsor") or ""),
        }
        units[row["slug"]] = people.create_unit(actor=SYSTEM, at=ago(now, 690), **fields)
    teams = {row["slug"]: _team(row, units, users, now) for row in data["teams"]}
    for row in data["memberships"]:
        people.start_membership(
            actor=SYSTEM,
            user=users[row["user"]],
            team=teams[row["team"]],
            role=row.get("role", "member"),
            craft=row.get("craft", ""),
            at=ago(now, row["days_ago"]),
        )
    for row in data["liaisons"]:
        unit, at = units[row["business_unit"]], ago(now, row["days_ago"])
        people.send_liaison(actor=SYSTEM, user=users[row["user"]], business_unit=unit, at=at)
    for row in data["committees"]:
        _committee(row, users, now)
    for row in data["service_accounts"]:
        people.create_service_account(actor=SYSTEM, **{**row, "team": teams[row["team"]]})


def _user(row: dict[str, Any], at: datetime) -> User:
    row = dict(row)
    is_root = row.pop("superuser", False)
    return people.create_user(actor=SYSTEM, at=at, is_superuser=is_root, is_staff=is_root, **row)


def _team(row: dict[str, Any], units: dict[str, BusinessUnit], users: dict[str, User], now: datetime) -> Team:
    starts = ago(now, row.get("starts_days_ago", 600))
    ends = now + timedelta(days=row["ends_in_days"]) if row.get("ends_in_days") else None
    return people.create_team(
        actor=SYSTEM,
        at=starts,
        slug=row["slug"],
        name=row["name"],
        description=row.get("description", ""),
        kind=row["kind"],
        business_unit=units.get(row.get("business_unit") or ""),
        lead=users.get(row.get("lead") or ""),
        coe_office=row.get("coe_office", False),
        starts=starts,
        ends=ends,
    )


def _committee(row: dict[str, Any], users: dict[str, User], now: datetime) -> Committee:
    committee = people.create_committee(
        actor=SYSTEM,
        at=ago(now, 400),
        slug=row["slug"],
        name=row["name"],
        purpose=row["purpose"],
        chair=users[row["chair"]],
        quorum=row["quorum"],
    )
    for seat in row["seats"]:
        at = ago(now, seat["days_ago"])
        people.seat_member(
            actor=SYSTEM, user=users[seat["user"]], committee=committee, seat=seat["seat"], at=at
        )
    return committee


def _parents_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    placed: list[dict[str, Any]] = []
    while len(placed) < len(rows):
        names = {row["slug"] for row in placed} | {None}
        placed += [row for row in rows if row not in placed and row.get("parent") in names]
    return placed
