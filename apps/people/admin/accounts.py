"""Service accounts and tokens: a secret is shown once, at its making, and never again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models.functions import Now
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin import Operation, OperationForm, PolicyAdmin, PolicyForm
from apps.core.admin.operations import ShownOnce
from apps.people import actions
from apps.people.models import ApiToken, Scope, ServiceAccount


class TokenForm(OperationForm):
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget, help_text="Where it is used.")
    scopes = forms.MultipleChoiceField(choices=Scope.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget)
    days = forms.IntegerField(
        label="Lives for (days)", min_value=1, max_value=365, initial=90, widget=UnfoldAdminIntegerFieldWidget
    )


def create_token(actor: Any, account: ServiceAccount, answers: Mapping[str, Any]) -> ShownOnce:
    lifetime = timedelta(days=answers["days"])
    token, secret = actions.create_token(
        actor=actor, user=account.user, name=answers["name"], scopes=answers["scopes"], lifetime=lifetime
    )
    return ShownOnce("Token created", "admin/secret.html", {"token": token, "secret": secret})


def revoke(actor: Any, token: ApiToken, answers: Mapping[str, Any]) -> str:
    actions.revoke_token(actor=actor, token=token)
    return f"Revoked: {token}. Whatever uses it is refused from now on."


class AccountForm(PolicyForm):
    """The account's user is made with it."""

    username = forms.CharField(max_length=63, widget=UnfoldAdminTextInputWidget, help_text="As in ci-risk.")
    name = forms.CharField(max_length=150, widget=UnfoldAdminTextInputWidget)

    class Meta:
        model = ServiceAccount
        fields = ("team", "description")

    def _post_clean(self) -> None:
        """The action validates the row, once it has its user."""


def state_of(token: ApiToken) -> str:
    """Usable, Expired or Revoked."""
    if token.revoked_at is not None:
        return "Revoked"
    return "Usable" if token.is_usable else "Expired"


@admin.register(ServiceAccount)
class ServiceAccountAdmin(PolicyAdmin):
    form = AccountForm
    list_display = ("user", "full_name", "team", "description", "usable_tokens")
    list_filter = (("team", AutocompleteSelectFilter),)
    list_select_related = ("user", "team")
    search_fields = ("user__username", "user__name", "team__name")
    autocomplete_fields = ("team",)
    fields = ("username", "name", "team", "description")
    operations = (
        Operation("token", "Create token", create_token, form=TokenForm, icon="vpn_key",
                  explain="The secret is shown once, on the next page."),
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> ServiceAccount:
        return actions.create_service_account(actor=actor, **data)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        usable = models.Q(user__api_tokens__revoked_at=None, user__api_tokens__expires__gt=Now())
        return (
            super()
            .get_queryset(request)
            .annotate(token_count=models.Count("user__api_tokens", filter=usable))
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({"form": PolicyForm} if obj else {}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "full_name", "team", "description", "tokens") if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("user", "full_name", "tokens") if obj else ()

    @display(description="Full name", ordering="user__name")
    def full_name(self, account: ServiceAccount) -> str:
        return account.user.name

    @display(description="Usable tokens", ordering="token_count")
    def usable_tokens(self, account: Any) -> int:
        return int(account.token_count)

    @display(description="Tokens")
    def tokens(self, account: ServiceAccount) -> str:
        url = f"{reverse('admin:people_apitoken_changelist')}?user__id__exact={account.user_id}"
        return format_html('<a class="underline" href="{}">{}</a>', url, "See its tokens")


class TokenState(DropdownFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("usable", "Usable"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        now = Now()
        conditions = {
            "usable": models.Q(revoked_at=None, expires__gt=now),
            "expired": models.Q(revoked_at=None, expires__lte=now),
            "revoked": models.Q(revoked_at__isnull=False),
        }
        return queryset.filter(conditions.get(self.value() or "", models.Q()))


@admin.register(ApiToken)
class ApiTokenAdmin(PolicyAdmin):
    list_display = ("name", "prefix", "user", "scopes_shown", "state", "expires", "last_used_at")
    list_filter = (TokenState, ("user", AutocompleteSelectFilter))
    list_select_related = ("user",)
    search_fields = ("name", "prefix", "user__username")
    fields = (
        "name",
        "prefix",
        "user",
        "scopes_shown",
        "state",
        "created_by",
        "created_at",
        "expires",
        "revoked_at",
        "last_used_at",
    )
    readonly_fields = fields
    operations = (
        Operation("revoke", "Revoke", revoke, ("revoke",), icon="key_off", in_bulk=True, danger=True,
                  applies=lambda token: token.revoked_at is None,
                  explain="Whatever uses it is refused from now on. This cannot be undone."),
    )  # fmt: skip

    @display(description="Scopes")
    def scopes_shown(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @display(description="State", label={"Usable": "success", "Expired": "warning", "Revoked": "danger"})
    def state(self, token: ApiToken) -> str:
        return state_of(token)
