"""What a transfer of ownership would leave its actor with, before it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from apps.core.policies import can


@dataclass(frozen=True, slots=True)
class Outlook:
    """The actor's rights after the transfer."""

    sees: bool
    changes: bool


def outlook_after_transfer(
    *, actor: Any, row: models.Model, transfer: Callable[[Any], models.Model]
) -> Outlook:
    """Hands a copy of `row` to `transfer`, asks the policies and takes it back; raises what the transfer raises."""
    with transaction.atomic():
        moved = transfer(type(row)._base_manager.get(pk=row.pk))
        outlook = Outlook(sees=can(actor, "view", moved), changes=can(actor, "change", moved))
        transaction.set_rollback(True)
    return outlook
