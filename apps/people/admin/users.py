"""People: they come, leave and come back; no password and no hash is ever shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from apps.core.admin import Operation, PolicyAdmin, PolicyForm, PolicyInline
from apps.core.admin.policy import link_to
from apps.people import actions
from apps.people.admin.accounts import state_of
from apps.people.admin.periods import span
from apps.people.models import ApiToken, Membership, User


class NewUserForm(PolicyForm):
    """The first password is for people outside the identity provider, mostly in a trial."""

    password = forms.CharField(
        label="First password",
        required=False,
        max_length=128,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Leave it empty for people who sign in through the identity provider.",
    )

    class Meta:
        model = User
        fields = ("username", "name", "email", "time_zone")

    def clean_password(self) -> str | None:
        password = self.cleaned_data.get("password") or None
        if password is not None:
            validate_password(password, User(username=self.cleaned_data.get("username") or ""))
        return password


def deactivate(actor: Any, user: User, answers: Mapping[str, Any]) -> str:
    actions.deactivate_user(actor=actor, user=user)
    return f"{user} is deactivated; memberships and tokens ended."


def activate(actor: Any, user: User, answers: Mapping[str, Any]) -> str:
    actions.activate_user(actor=actor, user=user)
    return f"{user} is active again; add them to their teams."


class OwnMembershipInline(PolicyInline):
    model = Membership
    fields = ("membership", "role", "craft", "holds")
    ordering = ("-starts",)
    verbose_name_plural = "memberships"

    def joined(self) -> tuple[str, ...]:
        return ("team", "user")

    @display(description="Team")
    def membership(self, row: Membership) -> str:
        return link_to(row, str(row.team))

    @display(description="Holds")
    def holds(self, row: Membership) -> str:
        return span(row)


class TokenInline(PolicyInline):
    model = ApiToken
    fk_name = "user"
    fields = ("token", "scopes_shown", "state", "expires", "last_used_at")
    verbose_name_plural = "tokens"

    def joined(self) -> tuple[str, ...]:
        return ("user",)

    @display(description="Token")
    def token(self, row: ApiToken) -> str:
        return link_to(row)

    @display(description="Scopes")
    def scopes_shown(self, row: ApiToken) -> str:
        return ", ".join(row.scopes)

    @display(description="State")
    def state(self, row: ApiToken) -> str:
        return state_of(row)


@admin.register(User)
class UserAdmin(PolicyAdmin):
    """A person changes their own profile; CoE leads enter, deactivate and activate people."""

    list_display = ("name", "username", "email", "kind_shown", "state", "date_joined")
    list_filter = (("kind", ChoicesDropdownFilter), ("is_active", BooleanRadioFilter))
    search_fields = ("name", "username", "email")
    change_ability = "change_profile"
    fields = (
        "username",
        "name",
        "email",
        "time_zone",
        "kind_shown",
        "state",
        "date_joined",
        "deactivated_at",
        "last_login",
    )
    readonly_fields = ("username", "kind_shown", "state", "date_joined", "deactivated_at", "last_login")
    inlines = (OwnMembershipInline, TokenInline)
    operations = (
        Operation("deactivate", "Deactivate", deactivate, icon="person_off", danger=True,
                  applies=lambda user: user.is_active,
                  explain="Ends all memberships and revokes all tokens. What they answer for is listed as "
                          "orphaned. The person stays on record."),
        Operation("activate", "Activate", activate, icon="person_check",
                  applies=lambda user: not user.is_active),
    )  # fmt: skip

    def create(self, actor: Any, data: dict[str, Any]) -> User:
        return actions.create_user(actor=actor, **data)

    def update(self, actor: Any, row: User, changes: dict[str, Any], version: int | None) -> User:
        return actions.update_profile(actor=actor, user=row, changes=changes)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **({} if obj else {"form": NewUserForm}), **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields if obj else ("username", "name", "email", "time_zone", "password")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if obj else ()

    @display(description="Kind", ordering="kind", label={"Person": "info", "Service account": "primary"})
    def kind_shown(self, user: User) -> str:
        return user.get_kind_display()

    @display(description="State", ordering="is_active", label={"Active": "success", "Deactivated": "warning"})
    def state(self, user: User) -> str:
        return "Active" if user.is_active else "Deactivated"
