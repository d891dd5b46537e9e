"""Operations: a button, a page that asks what it must know, an action. Rights are the policy's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.enums import ActionVariant

from apps.core.admin.forms import (
    VERSION,
    ChooseField,
    VersionField,
    expected_version,
    seen_version,
    show_refusal,
)
from apps.core.concurrency import Versioned
from apps.core.errors import Forbidden, PortalError

MOST_AT_ONCE = 200
MOST_BUTTONS = 3


class OperationForm(forms.Form):
    """What an operation asks for; subclasses add fields."""

    seen_version = VersionField()

    def __init__(self, *args: Any, actor: Any, site: Any, row: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor, self.row = actor, row
        if isinstance(row, Versioned):
            self.fields[VERSION].initial = seen_version(row)
        for field in self.fields.values():
            if isinstance(field, ChooseField):
                field.offer(actor, site)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if isinstance(self.row, Versioned) and not cleaned.get(VERSION):
            self.add_error(None, "The form lost the version it was made from; load the page again.")
        return cleaned

    def answers(self) -> dict[str, Any]:
        """The fields for the action, with `expected_version` where the row has one."""
        cleaned = {name: value for name, value in self.cleaned_data.items() if name != VERSION}
        if isinstance(self.row, Versioned):
            cleaned["expected_version"] = expected_version(self.row, self.cleaned_data[VERSION])
        return cleaned


@dataclass(frozen=True, slots=True)
class ShownOnce:
    """A result that must be shown and never stored: a page of its own instead of a sentence."""

    title: str
    template: str
    context: Mapping[str, Any]


Perform = Callable[[Any, Any, Mapping[str, Any]], "str | ShownOnce"]  # (actor, row, answers)


@dataclass(frozen=True, slots=True)
class Operation:
    """Something that can be done to a row. `abilities` are actions of its policy, any of which shows the
    button; `perform` calls the action, which decides, and returns the sentence to show or a `ShownOnce`.

    `applies` says whether it makes sense for this row now (a revoked token cannot be revoked), never who may.
    """

    name: str
    label: str
    perform: Perform
    abilities: tuple[str, ...] = ("change",)
    form: type[OperationForm] = OperationForm
    explain: str = ""
    icon: str = "bolt"
    applies: Callable[[Any], bool] = lambda row: True
    in_bulk: bool = False
    danger: bool = False


def offered(admin: Any, request: HttpRequest, row: models.Model) -> list[dict[str, Any]]:
    """The row's operations as unfold's buttons; beyond three, the later ones share a menu."""
    usable = [
        one for one in admin.operations if one.applies(row) and admin.may(request.user, one.abilities, row)
    ]
    buttons = [
        {
            "title": one.label,
            "icon": one.icon,
            "path": address(admin, row, one),
            "variant": ActionVariant.DANGER if one.danger else ActionVariant.DEFAULT,
            "attrs": {},
        }
        for one in usable
    ]
    if len(buttons) <= MOST_BUTTONS:
        return buttons
    menu = {
        "title": "More",
        "icon": "more_horiz",
        "variant": ActionVariant.DEFAULT,
        "items": buttons[2:],
        "attrs": {},
    }
    return [*buttons[:2], menu]


def address(admin: Any, row: models.Model, operation: Operation) -> str:
    return reverse(
        f"admin:{admin.opts.app_label}_{admin.opts.model_name}_operation", args=[row.pk, operation.name]
    )


def respond(admin: Any, request: HttpRequest, row: Any, operation: Operation) -> HttpResponse:
    """GET asks, POST does."""
    if not admin.may(request.user, operation.abilities, row):
        raise Forbidden(f"You see this {row._meta.verbose_name} and may not do that.")
    form = operation.form(
        request.POST if request.method == "POST" else None, actor=request.user, site=admin.admin_site, row=row
    )
    if request.method != "POST":
        return page(admin, request, operation, form, [row])
    if form.is_valid():
        try:
            with transaction.atomic():
                outcome = operation.perform(request.user, row, form.answers())
        except PortalError as refusal:
            show_refusal(form, refusal)
            return page(admin, request, operation, form, [row], refusal.status)
        return finished(admin, request, row, outcome)
    return page(admin, request, operation, form, [row], 400)


def finished(admin: Any, request: HttpRequest, row: Any, outcome: str | ShownOnce) -> HttpResponse:
    if isinstance(outcome, ShownOnce):
        frame = {
            **admin.admin_site.each_context(request),
            "title": outcome.title,
            "opts": admin.opts,
            "row": row,
        }
        return TemplateResponse(
            request, outcome.template, {**frame, **outcome.context}, headers={"Cache-Control": "no-store"}
        )
    admin.message_user(request, outcome)
    still_seen = admin.get_queryset(request).filter(pk=row.pk).exists()
    name = f"admin:{admin.opts.app_label}_{admin.opts.model_name}_{'change' if still_seen else 'changelist'}"
    return HttpResponseRedirect(reverse(name, args=[row.pk] if still_seen else []))


def respond_in_bulk(
    admin: Any, request: HttpRequest, rows: models.QuerySet[Any], operation: Operation
) -> Any:
    """The same for several rows of a list: one page asks once, each row is an action of its own."""
    chosen = list(rows[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        admin.message_user(request, f"Choose at most {MOST_AT_ONCE} rows at once.", level="warning")
        return None
    confirmed = "confirmed" in request.POST
    form = operation.form(request.POST if confirmed else None, actor=request.user, site=admin.admin_site)
    if not confirmed or not form.is_valid():
        return page(admin, request, operation, form, chosen, 400 if confirmed else 200)
    refusals = [
        refused for row in chosen if (refused := _refusal(request.user, row, operation, form.answers()))
    ]
    for sentence in refusals[:10]:
        admin.message_user(request, sentence, level="error")
    if done := len(chosen) - len(refusals):
        admin.message_user(request, f"{operation.label}: {done} done.")
    return None


def _refusal(user: Any, row: Any, operation: Operation, answers: Mapping[str, Any]) -> str:
    try:
        with transaction.atomic():
            operation.perform(user, row, answers)
    except PortalError as refusal:
        return f"{row}: {refusal.detail}"
    return ""


def page(
    admin: Any,
    request: HttpRequest,
    operation: Operation,
    form: OperationForm,
    rows: list[Any],
    status: int = 200,
) -> TemplateResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": operation.label,
        "opts": admin.opts,
        "operation": operation,
        "form": form,
        "rows": rows,
        "single": rows[0] if len(rows) == 1 and form.row is not None else None,
        "media": admin.media + form.media,
    }
    request.current_app = admin.admin_site.name
    return TemplateResponse(request, "admin/operation.html", context, status=status)
