"""What a transfer of ownership would leave its actor with, before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction

from apps.catalog.actions.rights import transfer_ownership
from apps.catalog.models import Entity
from apps.core.policies import can
from apps.people.models import Team


@dataclass(frozen=True, slots=True)
class Outlook:
    """The actor's rights after the transfer."""

    sees: bool
    changes: bool


def outlook_after_transfer(*, actor: Any, entity: Entity, owner: Team) -> Outlook:
    """Does the transfer, asks the policies and takes it back; raises what the transfer would raise."""
    with transaction.atomic():
        moved = transfer_ownership(actor=actor, entity=Entity.objects.get(pk=entity.pk), owner=owner)
        outlook = Outlook(sees=can(actor, "view", moved), changes=can(actor, "change", moved))
        transaction.set_rollback(True)
    return outlook
