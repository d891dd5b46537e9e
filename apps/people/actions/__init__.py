"""Every write to the organisation: require, change, record."""

from apps.people.actions.organisation import (
    create_committee,
    create_team,
    create_unit,
    end_membership,
    end_period,
    seat_member,
    send_liaison,
    start_membership,
    update_team,
    update_unit,
)
from apps.people.actions.signin import apply_group_claim, username_from_claim
from apps.people.actions.tokens import create_service_account, create_token, revoke_token
from apps.people.actions.users import activate_user, create_user, deactivate_user, update_profile

__all__ = [
    "activate_user",
    "apply_group_claim",
    "create_committee",
    "create_service_account",
    "create_team",
    "create_token",
    "create_unit",
    "create_user",
    "deactivate_user",
    "end_membership",
    "end_period",
    "revoke_token",
    "seat_member",
    "send_liaison",
    "start_membership",
    "update_profile",
    "update_team",
    "update_unit",
    "username_from_claim",
]
