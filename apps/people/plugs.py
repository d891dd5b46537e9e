"""What people offer to the other rooms."""

from __future__ import annotations

from apps.core.plugs import FeedVerb, NavItem, register


def register_all() -> None:
    register(
        NavItem("Teams", "people:teams", "users", "/people/", order=80),
        FeedVerb("people.team.created", "created the team", "users"),
        FeedVerb("people.team.changed", "changed the team", "users"),
        FeedVerb("people.membership.started", "added somebody to", "user-plus"),
        FeedVerb("people.membership.ended", "ended a membership of", "user-minus"),
        FeedVerb("people.user.deactivated", "deactivated", "user-x"),
        FeedVerb("people.token.created", "created the token", "key-round"),
        FeedVerb("people.token.revoked", "revoked the token", "key-round"),
    )
