"""The organisation over REST, and what every app needs to speak of teams, people and grants. Routes stand in
`portal/rest.py`."""

from apps.people.api.fields import Slug, Username
from apps.people.api.organisation import MeView, PersonViewSet, TeamViewSet, TokenViewSet, UnitViewSet

__all__ = [
    "MeView",
    "PersonViewSet",
    "Slug",
    "TeamViewSet",
    "TokenViewSet",
    "UnitViewSet",
    "Username",
]
