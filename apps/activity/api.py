"""What happened, over REST: events as far as the caller sees their targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from apps.core.models import Event
from apps.core.pagination import Order
from apps.core.policies import visible_relation
from apps.core.rest_fields import AnyObject, QueryParameters, Text, WholeNumber
from apps.core.viewsets import Listed, PolicyViewSet, Retrieved
from apps.people.api import Username
from apps.people.models import User

LABEL = r"^[a-z_]{1,30}\.[a-z_]{1,33}$"


class EventRow(serializers.Serializer):
    """One thing that somebody did. `target` decides who sees it; `subject` is whose history it belongs to."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    verb = serializers.CharField()
    actor = serializers.CharField(source="actor.username", allow_null=True)
    actor_name = serializers.CharField(
        help_text="Who it was where it was no user: the portal itself, a source."
    )
    target_type = serializers.CharField()
    target_id = serializers.IntegerField()
    subject_type = serializers.CharField()
    subject_id = serializers.IntegerField()
    data = AnyObject()  # type: ignore[assignment]


class EventQuery(QueryParameters):
    verb = Text(required=False, max_length=64, help_text="As in catalog.entity.created.")
    actor = Username(required=False)
    subject_type = Text(pattern=LABEL, says="Give a type such as catalog.entity.", required=False)
    subject_id = WholeNumber(min_value=1, required=False)


class EventViewSet(Listed, Retrieved, PolicyViewSet):
    """The audit trail, newest first."""

    model = Event
    order = Order("-id", descending=True)
    query = EventQuery
    serializer_class = EventRow

    def rows(self, visible: Any) -> Any:
        return visible.prefetch_related(visible_relation("actor", User, self.request.user))

    def narrowed(self, rows: Any, wanted: Mapping[str, Any]) -> Any:
        columns = {"verb": "verb", "actor": "actor__username"}
        return rows.filter(**{columns.get(name, name): value for name, value in wanted.items()})
