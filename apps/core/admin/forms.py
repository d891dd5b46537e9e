"""Forms of the admin: they carry the version that they were read with, and show what an action refused."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import construct_instance
from unfold import widgets

from apps.core.concurrency import Versioned
from apps.core.errors import Conflict, PortalError

VERSION = "seen_version"
# Not part of what two editors can overwrite for one another.
_OWN_BUSINESS = {"password", "last_login", "version", "updated_at"}


def seen_version(row: models.Model) -> str:
    """What a form remembers of the row it shows: its version, else a digest of its editable fields."""
    if isinstance(row, Versioned):
        return str(row.version)
    fields = [
        field for field in row._meta.concrete_fields if field.editable and field.name not in _OWN_BUSINESS
    ]
    text = repr([(field.attname, str(getattr(row, field.attname))) for field in fields])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def expected_version(row: models.Model, seen: str) -> int | None:
    """The version to hand to an action's compare-and-swap.

    Rows without a version column are locked and compared here, inside the action's transaction. Raises
    Conflict where the row is no longer what the form showed.
    """
    if isinstance(row, Versioned):
        return int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
    current = type(row)._base_manager.select_for_update().get(pk=row.pk)
    if seen_version(current) != seen:
        raise Conflict(
            f"Somebody changed this {row._meta.verbose_name} while you were editing.",
            next_step="Load it again, look at what changed, and save your change on top.",
        )
    return None


def show_refusal(form: forms.BaseForm, refusal: PortalError) -> None:
    """Puts what an action refused at the fields it named, the rest above the form."""
    errors = getattr(refusal, "errors", {})
    for name, sentences in errors.items():
        form.add_error(name if name in form.fields else None, list(sentences))
    if not errors:
        form.add_error(None, f"{refusal.detail} {refusal.next_step}".strip())


class VersionField(forms.CharField):
    """Hidden; absent on a form for a new row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.HiddenInput(), required=False, max_length=32, label="", **kwargs)


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The base of every change form. Uniqueness and constraints are left to the action and the database."""

    seen_version = VersionField()
    refusal: PortalError | None = None
    actor: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields[VERSION].initial = seen_version(self.instance)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.instance.pk and not cleaned.get(VERSION):
            self.add_error(None, "The form lost the version it was made from; load the page again.")
        if self.refusal is not None:
            show_refusal(self, self.refusal)
        return cleaned

    def _post_clean(self) -> None:
        """Checks each field; uniqueness and constraints are decided by the database, in the action."""
        form: Any = self
        self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        try:
            self.instance.full_clean(
                form._get_validation_exclusions(), validate_unique=False, validate_constraints=False
            )
        except ValidationError as error:
            form._update_errors(error)

    def changes(self) -> dict[str, Any]:
        """The fields that the person touched, with their new values."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != VERSION}


class Chooser(AutocompleteSelect):
    """Finds a row by typing; what can be no row's id is shown as no choice and never reaches the database."""

    def __init__(self, key: Any, site: Any) -> None:
        super().__init__(key, site, attrs={"class": "unfold-admin-autocomplete"})

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        possible = [one for one in value if str(one).isascii() and str(one).isdigit() and len(str(one)) < 19]
        return super().optgroups(name, possible, attr)


class ChooseField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Finds a row by typing, in a form that is no model form: among those that the person may see.

    `model` and `field` name the foreign key through which the admin's autocomplete asks.
    """

    def __init__(self, model: type[models.Model], field: str, **kwargs: Any) -> None:
        self.key = model._meta.get_field(field)
        super().__init__(queryset=self._target()._default_manager.none(), **kwargs)

    def _target(self) -> Any:
        return self.key.related_model

    def offer(self, user: Any, site: Any) -> None:
        self.queryset = self._target().objects.visible_to(user)
        widget = Chooser(self.key, site)
        widget.choices = self.choices
        widget.is_required = self.required
        self.widget = widget

    def __deepcopy__(self, memo: dict[int, Any]) -> ChooseField:
        copied = super().__deepcopy__(memo)
        copied.key = self.key
        return copied


class WordsField(forms.CharField):
    """Words separated by commas or lines, as a list without repetition."""

    widget = widgets.UnfoldAdminTextareaWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=kwargs.pop("required", False), max_length=20_000, **kwargs)
        self.widget.attrs["rows"] = 2

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        words = [word.strip() for word in text.replace("\n", ",").split(",")]
        return list(dict.fromkeys(word for word in words if word))

    def validate(self, value: Any) -> None:
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")

    def run_validators(self, value: Any) -> None:
        super().run_validators(",".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != self.to_python(data)


class NoteField(forms.CharField):
    """Why somebody does this; kept on record."""

    widget = widgets.UnfoldAdminTextareaWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=5_000, **{"label": "Note", **kwargs})
        self.widget.attrs["rows"] = 3
