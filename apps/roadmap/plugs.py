"""What the roadmap offers to the other rooms."""

from __future__ import annotations

from apps.core.plugs import NavItem, register
from apps.roadmap import cards, feed_verbs, offers


def register_all() -> None:
    """Search, panels, exports and figures stand in `offers`."""
    offers.register()
    register(
        NavItem("Roadmap", "roadmap:home", "map", "/roadmap/", order=20),
        *cards.cards(),
        *feed_verbs.verbs(),
    )
