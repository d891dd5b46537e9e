"""Related rows on a page: shown as far as the person may see them; changed by operations only."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from apps.core.policies import policy_of


class ShownFormSet(PaginationInlineFormSet):
    """Rows that are shown only: nothing that a form sends can make them wrong."""

    def is_valid(self) -> bool:
        return True


class PolicyInline(TabularInline):
    """A read-only table of related rows. `fields` are columns, methods among them."""

    formset = ShownFormSet
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    view_on_site = False
    tab = True
    per_page = 20

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = self.model.objects.visible_to(request.user).order_by(
            *(self.ordering or self.model._meta.ordering)
        )
        return rows.select_related(*self.joined()) if self.joined() else rows

    def joined(self) -> tuple[str, ...]:
        """Foreign keys that the columns show."""
        return ()

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        return list(self.fields or ())

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return obj is None or "view" in policy_of(self.model).rules

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False
