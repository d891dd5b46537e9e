"""What an administrator says about a source: a field per option, and where its secret stands."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.catalog.models import Source
from apps.catalog.source_config import REFERENCE
from apps.catalog.sources.kubernetes.config import OwnerRule
from apps.core.admin import PolicyForm

PREFIX = "config_"
PASTED = ("apiversion", "exec:", "client-key", "certificate-authority-data", "users:")


class UnechoedInput(UnfoldAdminTextInputWidget):
    """Shows a reference to a secret again, and nothing else: what was pasted may be the secret itself."""

    def format_value(self, value: Any) -> Any:
        shown = super().format_value(value)
        return shown if shown and REFERENCE.fullmatch(shown) else None


class AddressInput(UnfoldAdminTextInputWidget):
    """Shows an address again unless it carries a user or password."""

    def format_value(self, value: Any) -> Any:
        shown = super().format_value(value)
        return None if shown and "@" in shown else shown


def text(label: str, help_text: str = "", **kwargs: Any) -> forms.CharField:
    widget = kwargs.pop("widget", UnfoldAdminTextInputWidget)
    return forms.CharField(
        label=label, help_text=help_text, required=False, widget=widget, **{"max_length": 500, **kwargs}
    )


class Lines(forms.CharField):
    """A list of texts, one per line."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 4})
        super().__init__(**{"required": False, "max_length": 10_000, "widget": widget, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def secret(label: str, help_text: str) -> forms.CharField:
    return text(label, help_text, max_length=300, widget=UnechoedInput(attrs={"autocomplete": "off"}))


class SourceForm(PolicyForm):
    """The options of one kind of source; each field `config_<name>` becomes `config[<name>]`."""

    kind: ClassVar[str]
    secret_ref = secret(
        "Secret", "Where it stands on the worker: env:NAME or file:/path. Never the secret itself."
    )

    class Meta:
        model = Source
        fields: tuple[str, ...] = (
            "name", "enabled", "interval_minutes", "secret_ref", "default_owner", "default_unit",
            "default_visibility",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in (self.instance.config or {}).items():
            if PREFIX + name in self.fields:
                self.fields[PREFIX + name].initial = value

    def _post_clean(self) -> None:
        """The action validates the row, once its configuration is put together."""

    def config(self) -> dict[str, Any]:
        """The typed options that were given; empty ones are left out."""
        options = {
            name.removeprefix(PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(PREFIX)
        }
        return {name: value for name, value in options.items() if value not in (None, "", [])}

    def changes(self) -> dict[str, Any]:
        plain = {name: value for name, value in super().changes().items() if not name.startswith(PREFIX)}
        return {**plain, "config": self.config()}


class MlflowForm(SourceForm):
    kind = Source.Kind.MLFLOW
    config_url = text(
        "Tracking server", "As in https://mlflow.example.com.", max_length=1000, widget=AddressInput
    )
    config_username = text(
        "User name", "For basic sign-in, with the password as secret; empty for a token or none."
    )
    config_verify_tls = forms.BooleanField(
        label="Verify its certificate", required=False, initial=True, widget=UnfoldBooleanSwitchWidget
    )
    config_secret_over_http = forms.BooleanField(
        label="Send the secret without TLS",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Only for a network that nobody else reads; an https:// address needs no such promise.",
    )
    config_owner_tags = Lines(
        label="Owner tags",
        help_text="One per line; the first that a model carries names its team. Empty: team, owner.",
    )
    webhook_secret_ref = secret(
        "Webhook secret",
        "With which the server signs its webhooks: env:NAME or file:/path. Web processes read it, so it stands there.",
    )

    class Meta(SourceForm.Meta):
        fields = (*SourceForm.Meta.fields, "webhook_secret_ref")


class KubernetesForm(SourceForm):
    kind = Source.Kind.KUBERNETES
    config_cluster = text(
        "Cluster", "The name under which its workloads are shown, as in prod-fra.", max_length=63
    )
    config_url = text(
        "API server",
        "With the secret as its token. Or one of the two below.",
        max_length=1000,
        widget=AddressInput,
    )
    config_ca_file = text("CA file", "Path on the worker of the API server's certificate authority.")
    config_kubeconfig = text(
        "Kubeconfig file",
        "Its path on the worker. A pasted one is refused: with an exec plugin it could run programs there.",
        max_length=20_000,
    )
    config_context = text("Context", "Of the kubeconfig file; empty: its current one.")
    config_in_cluster = forms.BooleanField(
        label="The worker runs in this cluster", required=False, widget=UnfoldBooleanSwitchWidget
    )
    config_environment = text(
        "Environment", "Of every workload without one of its own, as in production.", max_length=63
    )
    config_environment_label = text(
        "Environment label", "The namespace label whose value is the environment."
    )
    config_page_size = forms.IntegerField(
        label="Page size",
        required=False,
        min_value=1,
        max_value=5000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Objects per request; empty: 500.",
    )
    config_owner_rules = Lines(
        label="Owner rules",
        help_text="One per line, as in: workload label team. The first that finds a team wins. "
        "Places are workload label, workload annotation, namespace label, namespace annotation. "
        "Empty: the keys team, then owner.",
    )
    config_ignored_namespaces = Lines(
        label="Namespaces left out", help_text="One per line, * stands for any letters. Empty: kube-*."
    )

    def clean_config_kubeconfig(self) -> str:
        given: str = self.cleaned_data["config_kubeconfig"]
        if "\n" in given or any(mark in given.lower() for mark in PASTED):
            raise forms.ValidationError(
                "Give the path of a kubeconfig file on the worker. A pasted kubeconfig is refused: "
                "with an exec plugin it could run programs there, and its keys would stand in the database."
            )
        return given

    def clean_config_owner_rules(self) -> list[str]:
        try:
            return [str(OwnerRule.parse(line)) for line in self.cleaned_data["config_owner_rules"]]
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


FORMS: dict[str, type[SourceForm]] = {form.kind: form for form in (MlflowForm, KubernetesForm)}
