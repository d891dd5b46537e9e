"""Asking for central capacity: where it begins, and the guided form whose every state is worth keeping."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.catalog.models import Entity
from apps.catalog.queries.lookups import ENTITIES
from apps.core.form_fields import PlainText, VersionField
from apps.people.models import BusinessUnit, Team, Visibility
from apps.people.standing import standing_of
from apps.roadmap.actions.intake import LONGEST, MOST_LINKS, MOST_REACH
from apps.roadmap.forms.figures import FiguresField, kept_rows, rows_of
from apps.roadmap.models import Request
from apps.roadmap.workflow import Approach, RequestType

PLAIN = {"autocomplete": "off"}
TEXTS = ("title", "problem", "decision_changed", "if_nothing", "why_now", "approach_reason")
TYPES = {
    RequestType.USE_CASE: "a model or a service that a unit will use",
    RequestType.PLATFORM: "something that several teams build on",
    RequestType.SUPPORT: "hands or advice for a while; figures are optional",
    RequestType.COMPLIANCE: "an obligation that names its source",
}


class TypeField(forms.ChoiceField):
    def __init__(self) -> None:
        choices = [(each.value, f"{each.label}: {TYPES[each]}") for each in RequestType]
        super().__init__(choices=choices, initial=RequestType.USE_CASE, label="What kind it is")


class BeginForm(forms.Form):
    """What cannot change later: the team that asks, and the unit that needs it."""

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
    unit = forms.ModelChoiceField(
        BusinessUnit._base_manager.order_by("name"),
        to_field_name="slug",
        required=False,
        empty_label="The team's own unit",
        label="Business unit that needs it",
        help_text="Its sponsor answers for the value, and it votes on the request.",
        error_messages={"invalid_choice": "There is no such unit; choose among those shown."},
    )
    title = PlainText(
        200,
        label="What you want, in a few words",
        help_text="As “Sort fraud alerts by risk”. It can be changed later.",
        widget=forms.TextInput(attrs=PLAIN),
        error_messages={"required": "Give it a title; it can be changed later."},
    )
    type = TypeField()
    signal = PlainText(300, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Team._base_manager.filter(pk__in=standing_of(user).teams).order_by("name")
        self.fields["team"].queryset = own.select_related("business_unit")  # type: ignore[attr-defined]


class EntitiesSelect(forms.SelectMultiple):
    """Without scripts, references can be typed beside those that are chosen."""

    template_name = "core/found.html"
    typed_help = "More references, as model:retail-banking/fraud, separated by spaces"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["typed_help"] = self.typed_help
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        typed = (data.get(f"{name}_typed") or "").split()
        return [ref[:300].replace("\x00", "") for ref in [*data.getlist(name), *typed] if ref]


class EntitiesField(forms.MultipleChoiceField):
    """Entities of the catalog, found by typing; only those that the person may see."""

    def __init__(self, **kwargs: Any) -> None:
        self.user: Any = None
        super().__init__(widget=EntitiesSelect(attrs={"data-combobox": ""}), **kwargs)

    def offer(self, user: Any, refs: Any) -> None:
        self.user = user
        nearest = [(row["value"], f"{row['label']} ({row['more']})") for row in ENTITIES.offered(user, "")]
        known = {ref: str(found) for ref in refs or () if (found := ENTITIES.find(user, ref)) is not None}
        self.choices = [*known.items(), *(pair for pair in nearest if pair[0] not in known)]
        self.widget.attrs["data-combobox-url"] = f"{ENTITIES.url}?q="

    def valid_value(self, value: Any) -> bool:
        return True

    def clean(self, value: Any) -> list[Entity]:
        refs = list(dict.fromkeys(super().clean(value)))[: MOST_LINKS + 1]
        found = [ENTITIES.find(self.user, ref) for ref in refs]
        lacking = [ref for ref, entity in zip(refs, found, strict=True) if entity is None]
        if lacking:
            raise forms.ValidationError(f"There is no {lacking[0][:80]}, or it is not shown to you.")
        return [entity for entity in found if entity is not None]


def _lines(label: str, help_text: str = "", rows: int = 3) -> PlainText:
    return PlainText(LONGEST, lines=True, rows=rows, required=False, label=label, help_text=help_text)


class RequestForm(forms.Form):
    """The whole request. Nothing is required here: what may be kept is kept, what is missing says `completeness`."""

    title = PlainText(200, required=False, label="Title", widget=forms.TextInput(attrs=PLAIN))
    type = TypeField()
    problem = _lines("Problem", "Whose problem it is, how often it happens, and what it costs now.", 4)
    decision_changed = _lines("Decision that changes", "Who decides what differently once this is there.")
    if_nothing = _lines("What if we do nothing", "What happens in the next year, as concretely as you know.")
    why_now = _lines("Why now", "What is different from last year, and what is lost by waiting.")
    approach = forms.ChoiceField(
        choices=[("", "Not decided yet"), *Approach.choices], required=False, label="Build, buy or reuse"
    )
    approach_reason = _lines("Why so", "What you looked at, and why it does or does not do.")
    links = EntitiesField(
        required=False,
        label="What it is about",
        help_text="Models, data, services of the catalog. Type a name.",
    )
    reach = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_REACH,
        label="Reach",
        help_text="People or cases in a quarter that it touches.",
        error_messages={"invalid": "Give a whole number of people or cases."},
    )
    visibility = forms.ChoiceField(
        choices=Visibility.choices,
        label="Who sees it",
        help_text="Company is best: others can support it. Business unit and center, or only your team and leads. "
        "In a cycle its weeks, value and points count in totals that everybody sees.",
    )
    kpis = FiguresField(required=False, label="Figures that should move")
    version = VersionField()

    def __init__(self, data: Any = None, *, user: Any, draft: Request) -> None:
        super().__init__(data, initial=initial_of(user, draft))
        self.user, self.draft = user, draft
        self.lost_to: int | None = None  # the version that somebody else saved meanwhile
        self.figures: list[dict[str, Any]] | None = None
        self.fields["links"].offer(user, self["links"].value())  # type: ignore[attr-defined]

    def clean_kpis(self) -> list[dict[str, Any]]:
        saved = {kpi.pk: kpi for kpi in self.draft.kpis.select_related("owner")}
        self.figures, refusals = kept_rows(self.user, self.cleaned_data["kpis"], saved)
        if refusals:
            raise forms.ValidationError(refusals)
        return self.figures

    def changes(self) -> dict[str, Any]:
        """What may be kept: every field that can be read, also where another one cannot."""
        sent = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        if "kpis-shown" in self.data and self.figures is not None:
            sent["kpis"] = self.figures
        return sent

    @property
    def version_sent(self) -> int | None:
        number: int | None = self.cleaned_data.get("version")
        return number


def initial_of(user: Any, draft: Request) -> dict[str, Any]:
    """The draft as the form's fields take it."""
    entities = Entity.objects.visible_to(user).filter(roadmap_links__request=draft).order_by("pk")
    return {
        name: getattr(draft, name) for name in (*TEXTS, "type", "approach", "reach", "visibility", "version")
    } | {
        "links": [entity.ref for entity in entities],
        "kpis": rows_of(draft),
    }
