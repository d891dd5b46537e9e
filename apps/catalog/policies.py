"""Who sees and changes what in the catalog. Entities are owned (people.md); the rest follows its entity."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from apps.core.policies import EVERYTHING, NOTHING, Policy, Through, rule
from apps.people.policies import OwnedPolicy
from apps.people.standing import standing_of


class EntityPolicy(OwnedPolicy):
    """Nothing beyond the table of rights."""


class RelationPolicy(Policy):
    """An edge shows both its ends, so it needs the sight of both; its source's editors keep it."""

    @rule("read")
    def view(self, user: Any) -> Q:
        visible = self.related("source").visible_to(user).order_by().values("pk")
        return Q(source__in=visible) & Q(target__in=visible)

    @rule()
    def change(self, user: Any) -> Q:
        editable = self.related("source").allowed(user, "change").order_by().values("pk")
        return Q(source__in=editable) & self.view(user)


class DeploymentPolicy(Policy):
    """A deployment of an entity follows it; one that no entity claims is seen by the team that the cluster's
    labels name, by platform engineers and by CoE leads."""

    @rule("read")
    def view(self, user: Any) -> Q:
        standing = standing_of(user)
        visible = self.related("entity").visible_to(user).order_by().values("pk")
        unclaimed = Q(entity__isnull=True)
        if not (standing.sees_everything or standing.platform_engineer):
            unclaimed &= Q(owner__in=standing.teams)
        return Q(entity__in=visible) | unclaimed

    @rule()
    def change(self, user: Any) -> Q:
        """Linking it to an entity: whoever sees it unclaimed, or may change its present entity."""
        standing = standing_of(user)
        editable = self.related("entity").allowed(user, "change").order_by().values("pk")
        unclaimed = Q(entity__isnull=True)
        if not (standing.coe_lead or standing.platform_engineer):
            unclaimed &= Q(owner__in=standing.teams)
        return Q(entity__in=editable) | unclaimed


class FindingPolicy(Policy):
    """A finding is as visible as what it is about; handled by those who may change that, and by CoE leads."""

    @rule("read")
    def view(self, user: Any) -> Q:
        entities = self.related("entity").visible_to(user).order_by().values("pk")
        deployments = self.related("deployment").visible_to(user).order_by().values("pk")
        about_nothing = Q(entity__isnull=True, deployment__isnull=True)
        answer = Q(entity__in=entities) | Q(entity__isnull=True, deployment__in=deployments)
        return answer | about_nothing if self._leads(user) else answer

    @rule()
    def change(self, user: Any) -> Q:
        if standing_of(user).coe_lead:
            return EVERYTHING
        entities = self.related("entity").allowed(user, "change").order_by().values("pk")
        deployments = self.related("deployment").allowed(user, "change").order_by().values("pk")
        return Q(entity__in=entities) | Q(entity__isnull=True, deployment__in=deployments)

    def _leads(self, user: Any) -> bool:
        standing = standing_of(user)
        return standing.sees_everything or standing.platform_engineer


class SourcePolicy(Policy):
    """Sources and their runs are the center's business: its engineers see and start them, CoE leads edit them."""

    @rule("read")
    def view(self, user: Any) -> Q:
        standing = standing_of(user)
        return EVERYTHING if standing.sees_everything or standing.platform_engineer else NOTHING

    @rule()
    def sync(self, user: Any) -> Q:
        return self.view(user)

    @rule()
    def change(self, user: Any) -> Q:
        return EVERYTHING if standing_of(user).administers_organisation else NOTHING


class ThroughEntity(Through):
    """Versions, aliases, details and stage events: the rights are the entity's."""

    def __init__(self) -> None:
        super().__init__("entity")


class ThroughDeployment(Through):
    def __init__(self) -> None:
        super().__init__("deployment")


class ThroughSource(Through):
    def __init__(self) -> None:
        super().__init__("source")
