"""The organisation in the admin: teams and their people, units, committees, accounts and tokens."""

from apps.people.admin import accounts, committees, teams, units, users

__all__ = ["accounts", "committees", "teams", "units", "users"]
