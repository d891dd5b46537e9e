"""Who sees which event: ask the policy of each target's model."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from apps.core.policies import NOTHING, rule


def event_models() -> list[type[models.Model]]:
    """Every model with a policy, the event itself excepted: events may have any of them as target."""
    return [model for model in apps.get_models() if hasattr(model, "policy") and model._meta.label != "core.Event"]


@rule("read")
def view_events(self: Any, user: Any) -> Q:
    """One branch per type of target; each asks that model's own `visible_to`."""
    answer = NOTHING
    for model in event_models():
        visible = model.objects.visible_to(user).order_by().values("pk")  # type: ignore[attr-defined]
        answer |= Q(target_type=model._meta.label_lower, target_id__in=visible)
    if getattr(user, "sees_deleted", False):
        answer |= vanished()
    return answer


def vanished() -> Q:
    """Events whose target no longer exists."""
    known = Q()
    for model in event_models():
        known |= Q(target_type=model._meta.label_lower, target_id__in=model._base_manager.values("pk"))
    return ~known
