"""What every move of a request over REST has in common: read the body, call one action, answer with the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.response import Response

from apps.core.rest_fields import Body
from apps.core.rest_problems import rules_are_conflicts
from apps.core.viewsets import PolicyViewSet
from apps.roadmap.api.references import part_named


class Acting(PolicyViewSet):
    """Shared by the groups of moves below."""

    def done(self, act: Callable[..., Any], status: int = 200, /, **arguments: Any) -> Response:
        """Does it to the request of the address and answers with the request as it is then."""
        return self.did(act, self.get_object(), status, **arguments)

    def did(self, act: Callable[..., Any], row: Any, status: int = 200, /, **arguments: Any) -> Response:
        with rules_are_conflicts():
            act(actor=self.request.user, request=row, **arguments)
        return self.answer(row, status=status)

    def bare(self, act: Callable[..., Any]) -> Response:
        self.parameters()
        return self.done(act)

    def to_part(
        self, act: Callable[..., Any], form: type[Body], name: str, model: Any, **to: str
    ) -> Response:
        """Does it to the row of the request that the body names; `to` says as what the action takes it."""
        fields, row = self.body(form), self.get_object()
        part = part_named(self.request.user, model, fields.pop(name), request=row)
        with rules_are_conflicts():
            act(actor=self.request.user, **{to.get("into", name): part}, **fields)
        return self.answer(row)
