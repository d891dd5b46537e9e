"""What is sent to say whose an owned thing is and who sees it."""

from __future__ import annotations

from apps.core.rest_fields import Choice, Versioned
from apps.people.api.fields import Slug
from apps.people.models import Visibility


class VisibilityChange(Versioned):
    visibility = Choice(choices=Visibility.choices)


class OwnerChange(Versioned):
    owner = Slug(help_text="Slug of the team that takes it over.")
