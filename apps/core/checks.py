"""System checks that keep the laws: a model without a policy stops the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.db import models

from apps.core.policies import Policy, PolicyManager


def own_models() -> list[type[models.Model]]:
    """The models of the house's own apps, grant tables and automatic many-to-many tables excepted."""
    return [
        model
        for model in apps.get_models()
        if model.__module__.startswith("apps.") and not getattr(model, "is_grant_table", False)
    ]


@register
def every_model_has_a_policy(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for model in own_models():
        policy = vars(model).get("policy")
        if not isinstance(policy, Policy):
            hint = "Assign `policy = SomePolicy()` in the model's own body (decision 0005)."
            found.append(Error(f"{model._meta.label} has no policy.", hint=hint, obj=model, id="coe.E001"))
        elif "view" not in policy.rules:
            found.append(Error(f"{model._meta.label}'s policy has no rule for “view”.", obj=model, id="coe.E002"))
        if not isinstance(model._default_manager, PolicyManager):
            hint = "Assign `objects = PolicyManager()` or a manager made from a PolicyQuerySet."
            found.append(Error(f"{model._meta.label} has no policy manager.", hint=hint, obj=model, id="coe.E003"))
    return found
