"""The table of rights (`portal/decisions/0006-rights.md`): the organisation's own rows, and what is owned."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Q
from django.db.models.signals import post_migrate

from apps.core.policies import EVERYTHING, NOTHING, Policy, rule
from apps.people.standing import Standing, standing_of

_permission_ids: dict[tuple[str, tuple[str, ...]], tuple[int, ...]] = {}


def permission_ids(model: type[models.Model], actions: tuple[str, ...]) -> tuple[int, ...]:
    """Ids of guardian's permissions for `actions`, kept until the next migration or flush renumbers them.

    As literals they spare each statement two joins per grant table, more in planning than in execution.
    """
    key = (model._meta.label_lower, actions)
    found = _permission_ids.get(key, ())
    if len(found) < len(actions):
        names = [f"{action}_{model._meta.model_name}" for action in actions]
        rows = Permission.objects.filter(content_type__app_label=model._meta.app_label, codename__in=names)
        found = _permission_ids[key] = tuple(rows.order_by("pk").values_list("pk", flat=True))
    return found


def forget_permission_ids(**signal: Any) -> None:
    _permission_ids.clear()


post_migrate.connect(forget_permission_ids, dispatch_uid="people.permission_ids")


class OrganisationPolicy(Policy):
    """Units, teams, people: every active person sees them, CoE leads change them."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return EVERYTHING

    @rule()
    def change(self, user: Any) -> Q:
        return EVERYTHING if standing_of(user).administers_organisation else NOTHING


class TeamPolicy(OrganisationPolicy):
    """A team's lead keeps its membership too; the team's frame stays with CoE leads."""

    @rule()
    def change_members(self, user: Any) -> Q:
        if standing_of(user).administers_organisation:
            return EVERYTHING
        return Q(pk__in=standing_of(user).led_teams)


class MembershipPolicy(OrganisationPolicy):
    @rule()
    def change(self, user: Any) -> Q:
        if standing_of(user).administers_organisation:
            return EVERYTHING
        return Q(team__in=standing_of(user).led_teams)


class UserPolicy(OrganisationPolicy):
    """Deactivating somebody is a change; one's own time zone is one's own."""

    @rule()
    def change_profile(self, user: Any) -> Q:
        return Q(pk=user.pk)


def sees_contact(user: Any, person: Any) -> bool:
    """Whether `user` is shown the person's e-mail: their own, and everybody's to those who keep the organisation."""
    return bool(person.pk == user.pk or standing_of(user).administers_organisation)


class ServiceAccountPolicy(Policy):
    """Seen by everybody who may see people; kept by the lead of its team and CoE leads."""

    @rule("read")
    def view(self, user: Any) -> Q:
        return EVERYTHING

    @rule()
    def change(self, user: Any) -> Q:
        standing = standing_of(user)
        return EVERYTHING if standing.administers_organisation else Q(team__in=standing.led_teams)


class ApiTokenPolicy(Policy):
    """One's own tokens, those of service accounts of teams one leads; CoE leads see and revoke all."""

    def _own(self, user: Any) -> Q:
        standing = standing_of(user)
        if standing.administers_organisation:
            return EVERYTHING
        return Q(user=user.pk) | Q(user__service_account__team__in=standing.led_teams)

    @rule("read")
    def view(self, user: Any) -> Q:
        return self._own(user)

    @rule()
    def revoke(self, user: Any) -> Q:
        return self._own(user)


class OwnedPolicy(Policy):
    """The rights of everything with an owner team and a visibility (people.md, "Rights").

    A model says by its fields whether it also has an operating team, an accountable person and grant tables
    (`user_grants`, `group_grants`: guardian's direct foreign-key tables).
    """

    @rule("read")
    def view(self, user: Any) -> Q:
        standing = standing_of(user)
        if standing.sees_everything:
            return EVERYTHING
        return Q(visibility="company") | self._unit(standing) | self._involved(user, standing)

    @rule()
    def change(self, user: Any) -> Q:
        standing = standing_of(user)
        return Q(owner__in=standing.teams) | self._granted(user, standing, "change")

    @rule()
    def administer(self, user: Any) -> Q:
        """Grants, visibility, owner and retirement: the owner team's lead, and CoE leads."""
        standing = standing_of(user)
        return EVERYTHING if standing.coe_lead else Q(owner__in=standing.led_teams)

    def _unit(self, standing: Standing) -> Q:
        if standing.platform_engineer:
            return Q(visibility="unit")
        return Q(visibility="unit", owner__in=standing.unit_teams)

    def _involved(self, user: Any, standing: Standing) -> Q:
        fields = {field.name for field in self.model._meta.get_fields()}
        answer = Q(owner__in=standing.teams)
        if "operated_by" in fields:
            answer |= Q(operated_by__in=standing.teams)
        if "accountable" in fields:
            answer |= Q(accountable=user.pk)
        return answer | self._granted(user, standing, "view", "change")

    def _granted(self, user: Any, standing: Standing, *actions: str) -> Q:
        """`pk IN (subquery)` on the direct grant tables; a grant of any of `actions` counts."""
        permissions = permission_ids(self.model, actions)
        rows = self._grants("user_grants").filter(user=user.pk, permission__in=permissions)
        answer = Q(pk__in=rows.values("content_object"))
        if standing.groups:
            rows = self._grants("group_grants").filter(group__in=standing.groups, permission__in=permissions)
            answer |= Q(pk__in=rows.values("content_object"))
        return answer

    def _grants(self, name: str) -> Any:
        table: Any = self.model._meta.get_field(name).related_model
        return table._base_manager.all()
