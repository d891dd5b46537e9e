"""The organisation in the browser."""

from apps.people.views.accounts import account_new, profile, token_new, token_revoke
from apps.people.views.choices import options
from apps.people.views.duties import liaison_end, liaison_new, member_end, member_new
from apps.people.views.organisation import committees, person, team, teams, unit

__all__ = [
    "account_new",
    "committees",
    "liaison_end",
    "liaison_new",
    "member_end",
    "member_new",
    "options",
    "person",
    "profile",
    "team",
    "teams",
    "token_new",
    "token_revoke",
    "unit",
]
