"""Rules as rows of a form, added and removed without a script: for publishing a revision and for proposing one.

A view makes `RuleRows(user, posted(request), rules_of(...))`. While `rows.editing` the person only added or removed
a row: show the page again, nothing is wrong yet (`unfinished` gives the form beside the rows). Else check
`rows.is_valid()` and hand `rows.rules()` to the action; `rows.show(refusal)` puts what it refused at its row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from apps.catalog.models import Entity
from apps.core.errors import Invalid, PortalError
from apps.core.form_fields import FoundField, PlainText, checked
from apps.tooling.models import Environment, ToolProfile
from apps.tooling.models.context import RINGS
from apps.tooling.queries.lookups import TOOLS, tools_by_ref
from apps.tooling.versions import LONGEST_SPECIFIER, Scheme, Specifier
from apps.tooling.vocabulary import DataClass

MOST_ROWS = 200
ANY = ("", "Any")
NUMBER = re.compile(r"[0-9]{1,4}", re.ASCII)
NAMES_A_RULE = re.compile(r"^Rule (\d+)(?::| )\s*(.*)$", re.DOTALL)
F = TypeVar("F", bound=forms.Form)


class ToolField(FoundField):
    """A tool among those that were read for all rows at once."""

    def __init__(self) -> None:
        self.known: Mapping[str, Entity] = {}
        super().__init__(
            TOOLS,
            "A reference such as tool:coe/mlflow",
            label="Tool",
            error_messages={"required": "Choose the tool."},
        )

    def offer_among(self, choices: list[tuple[str, str]], known: Mapping[str, Entity], value: Any) -> None:
        self.known, chosen = known, known.get(str(value))
        missing = [] if chosen is None or chosen.ref in dict(choices) else [(chosen.ref, str(chosen))]
        self.choices = [("", ""), *missing, *choices]
        self.widget.attrs["data-combobox-url"] = f"{self.lookup.url}?q="

    def _found(self, text: str) -> Entity | None:
        return self.known.get(text)


class RuleForm(forms.Form):
    """One rule. A row in which nothing but defaults stands is no rule and is left out."""

    tool = ToolField()
    versions = PlainText(
        LONGEST_SPECIFIER,
        required=False,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )
    ring = forms.ChoiceField(
        choices=[("", "Choose a ring"), *RINGS], error_messages={"required": "Choose the ring."}
    )
    environment = forms.ChoiceField(required=False)
    data_class = forms.ChoiceField(
        choices=[ANY, *((each.name.lower(), each.name.capitalize()) for each in DataClass)], required=False
    )
    note = PlainText(300, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, schemes: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schemes = schemes

    @property
    def number(self) -> str:
        return str(self.prefix).rpartition("-")[2]

    @property
    def blank(self) -> bool:
        return not any(self[name].data for name in ("tool", "ring", "note")) and self["versions"].data in (
            None,
            "",
            "*",
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        tool, versions = cleaned.get("tool"), cleaned.get("versions") or "*"
        scheme = Scheme(self.schemes.get(tool.pk, Scheme.PEP440)) if tool else Scheme.PEP440
        try:
            checked(lambda: Specifier(versions, scheme))
        except ValidationError as error:
            self.add_error("versions", error)
        return cleaned

    def rule(self) -> dict[str, Any]:
        """In the form of `RuleDraft.as_json`."""
        sent = self.cleaned_data
        return {
            "tool": sent["tool"].ref,
            "versions": sent["versions"] or "*",
            "environment": sent["environment"] or None,
            "data_class": sent["data_class"] or None,
            "ring": sent["ring"],
            "note": sent["note"],
        }


class RuleRows:
    """The rows of one page. Environments, tools and what the list offers are read once for all of them."""

    def __init__(
        self, user: Any, data: QueryDict | None = None, rules: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        self.user, self.data = user, data
        self.errors: list[str] = []
        pressed = (data.get("rows") or "") if data is not None else ""
        self.editing = bool(pressed)
        initial = _sent(data) if data is not None else {str(n): dict(rule) for n, rule in enumerate(rules)}
        if pressed.startswith("remove-"):
            initial.pop(pressed.removeprefix("remove-"), None)
        if not initial or (pressed == "add" and len(initial) < MOST_ROWS):
            initial[str(max(map(int, initial), default=-1) + 1)] = {"versions": "*"}
        self.forms = self._made(initial, bound=data is not None and not self.editing)

    def _made(self, initial: Mapping[str, Mapping[str, Any]], bound: bool) -> list[RuleForm]:
        known = tools_by_ref(self.user, {str(row.get("tool") or "") for row in initial.values()})
        offered = [(row["value"], f"{row['label']} ({row['more']})") for row in TOOLS.offered(self.user, "")]
        places = [ANY, *Environment.objects.visible_to(self.user).values_list("slug", "name")]
        schemes = dict(
            ToolProfile._base_manager.filter(tool__in=known.values()).values_list("tool", "scheme")
        )
        made = []
        for number, row in initial.items():
            form = RuleForm(
                self.data if bound else None, initial=dict(row), prefix=f"rule-{number}", schemes=schemes
            )
            form.fields["environment"].choices = places  # type: ignore[attr-defined]
            form.fields["tool"].offer_among(offered, known, row.get("tool"))  # type: ignore[attr-defined]
            made.append(form)
        return made

    def is_valid(self) -> bool:
        """Drops the rows without content; the rest must each be a rule, and there must be one."""
        kept = [form for form in self.forms if not form.blank]
        if not kept:
            self.errors.append("Give at least one rule.")
            return False
        self.forms = kept
        return all(form.is_valid() for form in kept)

    def rules(self) -> list[dict[str, Any]]:
        return [form.rule() for form in self.forms]

    def show(self, refusal: PortalError) -> bool:
        """Puts a refusal of the rules at the row that it names; False where it is about something else."""
        sentences = refusal.errors.pop("rules", []) if isinstance(refusal, Invalid) else []
        for sentence in sentences:
            named = NAMES_A_RULE.match(sentence)
            place = int(named[1]) - 1 if named else -1
            if named and 0 <= place < len(self.forms):
                self.forms[place].add_error(None, named[2] if ":" in sentence[:12] else sentence)
            else:
                self.errors.append(sentence)
        return bool(sentences) and not getattr(refusal, "errors", {})


def _sent(data: QueryDict) -> dict[str, dict[str, Any]]:
    """What each row holds, by its number, in the order of the page; hostile numbers and repetitions are dropped."""
    numbers = dict.fromkeys(number for number in data.getlist("row") if NUMBER.fullmatch(number))
    return {number: _row(data, f"rule-{number}-") for number in list(numbers)[:MOST_ROWS]}


def _row(data: QueryDict, prefix: str) -> dict[str, Any]:
    row: dict[str, Any] = {name: data.get(prefix + name, "") for name in RuleForm.base_fields}
    typed = (data.get(f"{prefix}tool_typed") or "").strip()
    return row | ({"tool": typed} if typed else {})


def unfinished(form: type[F], data: QueryDict, **kwargs: Any) -> F:
    """The form beside the rows with what was typed so far, without judging it."""
    return form(initial=data.dict(), **kwargs)
