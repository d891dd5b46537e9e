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
        FeedVerb("people.membership.changed", "changed a role in", "user-cog"),
        FeedVerb("people.service_account.created", "made a service account for", "bot"),
        FeedVerb("people.liaison.started", "sent a liaison to", "handshake"),
        FeedVerb("people.liaison.ended", "ended a liaison's duty for", "handshake"),
        FeedVerb("people.unit.created", "created the unit", "building-2"),
        FeedVerb("people.unit.changed", "changed the unit", "building-2"),
        FeedVerb("people.committee.created", "created", "landmark"),
        FeedVerb("people.seat.taken", "seated somebody in", "armchair"),
        FeedVerb("people.user.created", "entered", "user-plus"),
        FeedVerb("people.user.changed", "changed the profile of", "user"),
        FeedVerb("people.user.linked", "linked the sign-in of", "link"),
        FeedVerb("people.user.activated", "activated", "user-check"),
        FeedVerb("people.password.changed", "changed the password of", "lock-keyhole"),
        FeedVerb("people.user.deactivated", "deactivated", "user-x"),
        FeedVerb("people.token.created", "created the token", "key-round"),
        FeedVerb("people.token.revoked", "revoked the token", "key-round"),
    )
