"""What the wiki offers to the other rooms."""

from __future__ import annotations

from apps.core.plugs import DocumentStore, NavItem, register
from apps.wiki import cards, feed_verbs, offers
from apps.wiki.actions.documents import save_document


def register_all() -> None:
    """Search, panels, facts and demand signals stand in `offers`."""
    offers.register()
    register(
        NavItem("Wiki", "wiki:home", "book-open", "/wiki/", order=50), *cards.cards(), *feed_verbs.verbs()
    )
    register(DocumentStore("wiki", save_document))
