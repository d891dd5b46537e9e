"""Asking for an exception: where it begins, and the guided form whose every state is worth keeping."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from apps.core.form_fields import FoundField, PlainText, VersionField, checked
from apps.people.models import Team
from apps.people.queries.lookups import TEAMS
from apps.people.standing import standing_of
from apps.tooling.actions.drafts import checked_date
from apps.tooling.forms.compound import AlternativesField, TradeOffsField
from apps.tooling.models import Capability, Environment, ExceptionRequest
from apps.tooling.models.context import DATA_CLASSES
from apps.tooling.models.standards import ECOSYSTEMS
from apps.tooling.queries.lookups import TOOLS
from apps.tooling.versions import LONGEST_SPECIFIER
from apps.tooling.vocabulary import DataClass

PLAIN = {"autocomplete": "off", "spellcheck": "false"}
CLASS_HELP = {
    DataClass.PUBLIC: "may be read by anybody",
    DataClass.INTERNAL: "for everybody inside",
    DataClass.CONFIDENTIAL: "customer or business data",
    DataClass.RESTRICTED: "harm if it leaks: health, payment, credentials",
}
CLASSES = [(value, f"{label}: {CLASS_HELP[DataClass(value)]}") for value, label in DATA_CLASSES]


class EnvironmentsField(forms.ModelMultipleChoiceField):
    """Checkboxes; a request may name several places."""

    def __init__(self) -> None:
        super().__init__(
            Environment._base_manager.order_by("position", "slug"),
            to_field_name="slug",
            required=False,
            label="Where it is to run",
            widget=forms.CheckboxSelectMultiple,
            error_messages={
                "invalid_choice": "There is no such environment; choose among those shown.",
                "invalid_list": "Choose among the environments shown.",
            },
        )


class ClassField(forms.TypedChoiceField):
    def __init__(self) -> None:
        super().__init__(
            choices=CLASSES,
            coerce=int,
            required=False,
            label="Most sensitive data that it touches",
        )

    def clean(self, value: Any) -> int:
        chosen = super().clean(value)
        return DataClass.INTERNAL.value if chosen in self.empty_values else int(chosen)


class ToolFields(forms.Form):
    """Which tool, where and with what data."""

    tool = FoundField(
        TOOLS,
        "A reference such as tool:coe/mlflow",
        required=False,
        label="Tool",
        help_text="Type a part of its name.",
    )
    tool_name = PlainText(
        63,
        required=False,
        label="Its name, if the catalog does not know it",
        help_text="As its package or image is called. It gets a place in the catalog when you send the request.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    ecosystem = forms.ChoiceField(
        choices=[("", "Not a package"), *ECOSYSTEMS], required=False, label="Where it comes from"
    )
    versions = PlainText(
        LONGEST_SPECIFIER,
        required=False,
        label="Versions",
        help_text="As >=2.9,<3 or ==2.9.1; * for every version.",
        widget=forms.TextInput(attrs=PLAIN | {"class": "mono"}),
    )
    environments = EnvironmentsField()
    data_class = ClassField()


class BeginForm(ToolFields):
    """The one thing that cannot change later is the team that asks."""

    team = forms.ModelChoiceField(
        Team._base_manager.none(),
        to_field_name="slug",
        empty_label=None,
        label="Team that asks",
        error_messages={
            "required": "Choose your team.",
            "invalid_choice": "Choose a team that you belong to.",
        },
    )

    field_order = ("team", "tool", "tool_name", "ecosystem", "versions", "environments", "data_class")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Team._base_manager.filter(pk__in=standing_of(user).teams).order_by("name")
        self.fields["team"].queryset = own.select_related("business_unit")  # type: ignore[attr-defined]
        self.fields["tool"].offer(user, self["tool"].value())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        sent = super().clean() or self.cleaned_data
        nothing = not sent.get("tool") and not sent.get("tool_name")
        if nothing and not self.errors.keys() & {"tool", "tool_name"}:
            self.add_error("tool", "Choose the tool, or name one that the catalog does not know.")
        return sent

    def fields_of_draft(self) -> dict[str, Any]:
        sent = dict(self.cleaned_data)
        sent.pop("team")
        return sent | {
            "tool_name": "" if sent["tool"] else sent["tool_name"],
            "versions": sent["versions"] or "*",
        }


class RequestForm(ToolFields):
    """The whole request. Nothing is required here: what may be kept is kept, what is missing says `completeness`."""

    capability = forms.ModelChoiceField(
        Capability._base_manager.order_by("name"),
        to_field_name="slug",
        required=False,
        empty_label="None of these, or not sure",
        label="What it is for",
        help_text="The capability whose standard you would leave.",
        error_messages={"invalid_choice": "There is no such capability; choose among those shown."},
    )
    requested_until = forms.DateField(
        required=False,
        label="Until when you need it",
        help_text="Every exception ends; plan for it.",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": "Give a day as 2026-12-31."},
    )
    emergency = forms.BooleanField(
        required=False,
        label="It is an emergency",
        help_text="You may use it at once, for at most 72 hours; the review goes on meanwhile and decides what "
        "follows. Once in 90 days for a tool. It is shown in the public register.",
    )
    objective = PlainText(
        5_000,
        lines=True,
        rows=4,
        required=False,
        label="What the business wants to reach",
        help_text="One or two sentences that somebody outside of your team understands.",
    )
    kpi = PlainText(
        300,
        required=False,
        label="The figure that will show it",
        help_text="As “hours until a run is explained, from 6 to 2”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    cost_of_refusal = PlainText(
        5_000, lines=True, rows=3, required=False, label="What happens if it is not granted"
    )
    alternatives = AlternativesField(required=False, label="Alternatives")
    trade_offs = TradeOffsField(required=False, label="Value and costs")
    support_owner = FoundField(
        TEAMS,
        "The team's short name, as risk-ml",
        required=False,
        label="Team that supports it",
        help_text="Who is called when it breaks.",
    )
    exit_plan = PlainText(
        5_000,
        lines=True,
        rows=3,
        required=False,
        label="How you leave it again",
        help_text="Where the data goes, who moves it, how long that takes.",
    )
    controls = PlainText(
        5_000,
        lines=True,
        rows=3,
        required=False,
        label="What makes up for the missing standard",
        help_text="Backups, reviews, limits of access, monitoring.",
    )
    version = VersionField()

    def __init__(self, data: Any = None, *, user: Any, draft: ExceptionRequest) -> None:
        super().__init__(data, initial=initial_of(draft))
        self.lost_to: int | None = None  # the version that somebody else saved meanwhile
        for name in ("tool", "support_owner"):
            self.fields[name].offer(user, self[name].value())  # type: ignore[attr-defined]

    def clean_requested_until(self) -> date | None:
        until: date | None = checked(lambda: checked_date(self.cleaned_data["requested_until"]))
        return until

    def changes(self) -> dict[str, Any]:
        """What may be kept: every field that can be read, also where another one cannot."""
        sent = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        if sent.get("tool") is not None and sent.get("tool_name"):
            sent["tool_name"] = ""
        return sent

    @property
    def version_sent(self) -> int | None:
        number: int | None = self.cleaned_data.get("version")
        return number


def initial_of(draft: ExceptionRequest) -> dict[str, Any]:
    """The draft as the form's fields take it."""
    plain = (
        "tool_name", "ecosystem", "versions", "data_class", "objective", "kpi", "cost_of_refusal", "exit_plan",
        "controls", "requested_until", "emergency", "alternatives", "trade_offs", "version",
    )  # fmt: skip
    return {name: getattr(draft, name) for name in plain} | {
        "tool": draft.tool.ref if draft.tool else "",
        "capability": draft.capability.slug if draft.capability else "",
        "support_owner": draft.support_owner.slug if draft.support_owner else "",
        "environments": [each.slug for each in draft.environments.all()],
    }
