"""Who somebody is for the roadmap: of the center, a service, a seat or the chair of the steering committee."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.people.models import Committee, CommitteeSeat
from apps.people.standing import Standing


def is_central(standing: Standing) -> bool:
    return standing.platform_engineer or standing.coe_lead


def is_service(user: Any) -> bool:
    return getattr(user, "kind", "") == "service"


def chairs_steering(user: Any) -> bool:
    return bool(chaired_by(user).exists())


def chaired_by(user: Any) -> Any:
    return Committee._base_manager.filter(purpose=Committee.Purpose.STEERING, chair=user.pk)


def sits_on_steering(user: Any, committee: Committee | None = None) -> bool:
    """A running seat on a steering committee, or on that one."""
    now = timezone.now()
    seats = CommitteeSeat._base_manager.filter(user=user.pk, committee__purpose="steering", starts__lte=now)
    if committee is not None:
        seats = seats.filter(committee=committee)
    return seats.filter(Q(ends=None) | Q(ends__gt=now)).exists()
