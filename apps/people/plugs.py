"""What people offer to the other rooms."""

from __future__ import annotations

from apps.core.plugs import FeedVerb, NavItem, register


def register_all() -> None:
    register(
        NavItem("Teams", "people:teams", "users", "/people/", order=80),
        FeedVerb("people.team.created", "created the team", "users"),
        FeedVerb("people.team.changed", "changed the team", "users"),
        FeedVerb("people.membership.started", "added {user} to", "user-plus"),
        FeedVerb("people.membership.ended", "ended the membership of {user} in", "user-minus"),
        FeedVerb("people.membership.changed", "changed the role of {user} in", "user-cog"),
        FeedVerb("people.service_account.created", "made the service account {user} for", "bot"),
        FeedVerb("people.liaison.started", "sent {user} as liaison to", "handshake"),
        FeedVerb("people.liaison.ended", "ended the duty of {user} as liaison for", "handshake"),
        FeedVerb("people.unit.created", "created the unit", "building-2"),
        FeedVerb("people.unit.changed", "changed the unit", "building-2"),
        FeedVerb("people.committee.created", "created the committee", "landmark"),
        FeedVerb("people.seat.taken", "seated {user} in", "armchair"),
        FeedVerb("people.user.created", "added the account of", "user-plus"),
        FeedVerb("people.user.changed", "changed the profile of", "user"),
        FeedVerb("people.user.linked", "linked the sign-in of", "link"),
        FeedVerb("people.user.activated", "activated the account of", "user-check"),
        FeedVerb("people.password.changed", "changed the password of", "lock-keyhole"),
        FeedVerb("people.user.deactivated", "deactivated the account of", "user-x"),
        FeedVerb("people.token.created", "created a token for", "key-round"),
        FeedVerb("people.token.revoked", "revoked a token of", "key-round"),
    )
