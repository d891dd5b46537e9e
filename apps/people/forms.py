"""What people enter about themselves and their teams, and about whose a thing is and who sees it; what an action
refuses comes back as an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms

from apps.core.errors import Conflict, Invalid
from apps.core.form_fields import FoundField, PlainText, VersionField, show_refusal
from apps.people.models import Membership, Scope, User, Visibility
from apps.people.queries.lookups import GRANTEES, TEAMS
from apps.people.queries.organisation import active_people, central_people

SCOPE_WORDS = {
    Scope.READ: "Read what you may see",
    Scope.WRITE: "Change what you may change",
    Scope.EVIDENCE: "Submit evidence: results of tests and evaluations",
    Scope.TOOLING_DECIDE: "Ask whether a tool may be used",
    Scope.LINEAGE: "Send lineage: which run read and wrote which data",
    Scope.USAGE: "Send usage: what was called how often",
    Scope.ADMISSION: "Answer for a cluster which workloads it may admit",
}
LIFETIMES = {1: "1 day", 7: "7 days", 30: "30 days", 90: "90 days", 180: "180 days", 365: "1 year"}


class ActionForm(forms.Form):
    """A form in front of an action."""

    def carry_out(self, action: Callable[..., Any], **arguments: Any) -> Any:
        """What the action returns; None where it refused, with its sentences as errors of the form."""
        try:
            return action(**arguments)
        except (Invalid, Conflict) as refusal:
            show_refusal(self, refusal)
            return None


class PersonChoice(forms.ModelChoiceField):
    """A select to type in: name first, then the user name that tells two of a name apart."""

    widget = forms.Select(attrs={"data-combobox": ""})

    def label_from_instance(self, person: Any) -> str:
        return f"{person.name} ({person.username})"


class ProfileForm(ActionForm):
    name = forms.CharField(label="Full name", max_length=150)
    email = forms.EmailField(label="E-mail", required=False, help_text="Seen by you and by CoE leads.")
    time_zone = forms.ChoiceField(widget=forms.Select(attrs={"data-combobox": ""}))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["time_zone"].choices = [(zone, zone) for zone in sorted(available_timezones())]  # type: ignore[attr-defined]


class TokenForm(ActionForm):
    name = forms.CharField(
        max_length=100, help_text="Where it is used, so that you know what stops when you revoke it."
    )
    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=list(SCOPE_WORDS.items()),
        widget=forms.CheckboxSelectMultiple,
        initial=[Scope.READ],
        help_text="Always within what its account may do.",
    )
    days = forms.TypedChoiceField(label="Lives for", choices=list(LIFETIMES.items()), coerce=int, initial=90)

    @property
    def lifetime(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


class MemberForm(ActionForm):
    user = PersonChoice(queryset=User.objects.none(), label="Person")
    role = forms.ChoiceField(
        choices=Membership.Role.choices,
        help_text="A lead keeps the members, the service accounts and the team's things.",
    )
    craft = forms.ChoiceField(choices=[("", "Not said"), *Membership.Craft.choices], required=False)

    def __init__(self, *args: Any, viewer: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["user"].queryset = active_people(viewer)  # type: ignore[attr-defined]


class AccountForm(ActionForm):
    username = forms.CharField(
        label="User name", max_length=63, help_text="Small letters, digits and hyphens, as in ci-risk."
    )
    name = forms.CharField(label="Full name", max_length=150)
    description = forms.CharField(max_length=300, required=False, help_text="What it does and where it runs.")


class LiaisonForm(ActionForm):
    user = PersonChoice(queryset=User.objects.none(), label="Person of the center")

    def __init__(self, *args: Any, viewer: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["user"].queryset = central_people(viewer)  # type: ignore[attr-defined]


class VisibilityForm(forms.Form):
    """Who sees an owned thing."""

    visibility = forms.ChoiceField(choices=Visibility.choices, widget=forms.RadioSelect)
    version = VersionField()


class OwnerForm(forms.Form):
    """Which team takes an owned thing over."""

    owner = FoundField(
        TEAMS, "A team's short name", label="New owner", error_messages={"required": "Choose a team first."}
    )
    version = VersionField()


class GrantForm(forms.Form):
    """Who may see or change one owned thing beyond its owner and its visibility."""

    grantee = FoundField(GRANTEES, "team:name or user:name", label="Team or person")
    permission = forms.ChoiceField(
        choices=[("view", "See it"), ("change", "See and change it")],
        widget=forms.RadioSelect,
        initial="view",
    )
    note = PlainText(500, required=False, label="Why", help_text="Stays in the history.")


class RevokeForm(forms.Form):
    """Which grant ends; `grantee` is `team:slug` or `user:name`."""

    grantee = forms.CharField(max_length=80)
    permission = forms.ChoiceField(choices=[("view", "view"), ("change", "change")])
