"""What tooling offers to the other rooms."""

from __future__ import annotations

from apps.core.plugs import NavItem, register
from apps.tooling import cards, feed_verbs, offers


def register_all() -> None:
    """Search, panels, facts, demand signals and figures stand in `offers`."""
    offers.register()
    register(
        NavItem("Tooling", "tooling:home", "radar", "/tooling/", order=30),
        *cards.cards(),
        *feed_verbs.verbs(),
    )
