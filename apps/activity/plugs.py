"""What activity offers to the frame."""

from apps.core.plugs import NavItem, register


def register_all() -> None:
    register(NavItem("Home", "activity:home", "house", "/", order=0))
