"""Forms of a planning cycle: its frame, capacity by role, shares that add up, candidates, and the small acts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms

from apps.core.form_fields import FoundField, MomentField, PlainText, VersionField
from apps.people.models import BusinessUnit
from apps.people.queries.lookups import PEOPLE
from apps.roadmap.actions.framing import CHANGEABLE
from apps.roadmap.models import Capacity, Cycle, Request, Share
from apps.roadmap.queries.carrying import may_be_carried
from apps.roadmap.workflow import Entry, Role, State

PERCENT = Decimal(100)
STRATEGIC = "strategic"
LINE = {"autocomplete": "off"}


class PercentField(forms.DecimalField):
    """Percent with two digits, kept as basis points."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=100, max_digits=5, decimal_places=2, **kwargs)
        self.widget.attrs |= {"step": "0.01", "inputmode": "decimal"}

    def clean(self, value: Any) -> int | None:
        number = super().clean(value)
        return None if number is None else int(number * PERCENT)


class WeeksField(forms.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False, min_value=0, max_value=100_000, max_digits=9, decimal_places=3, **kwargs
        )
        self.widget.attrs |= {"step": "0.5", "inputmode": "decimal"}


class CycleForm(forms.Form):
    """The frame of a new cycle."""

    name = PlainText(
        100,
        label="Name",
        help_text="As people say it: “First quarter 2027”.",
        widget=forms.TextInput(attrs=LINE),
    )
    slug = forms.CharField(
        max_length=63,
        label="Short name",
        help_text="Part of its address and of commands: a-z, 0-9 and inner hyphens, as “2027-q1”.",
        widget=forms.TextInput(attrs=LINE | {"spellcheck": "false"}),
    )
    starts = forms.DateField(label="First day", widget=forms.DateInput(attrs={"type": "date"}))
    ends = forms.DateField(
        label="Ends before",
        help_text="The first day that is not in it.",
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    ballots_until = MomentField(
        required=False,
        label="Ballots until",
        help_text="After that no ballot is taken. Without it, until the freeze.",
    )
    mandatory_cap = PercentField(
        label="Most that mandatory items may take, in percent",
        initial=40,
        help_text="Of the whole capacity. What law and contracts ask for must leave room for everything else.",
    )


@dataclass(frozen=True, slots=True)
class RoleRow:
    label: str
    weeks: forms.BoundField
    reserve: forms.BoundField


class CapacityForm(forms.Form):
    """Two numbers a role; a role without a number is not in the cycle."""

    def __init__(self, data: Any = None, *, capacities: Iterable[Capacity], **kwargs: Any) -> None:
        known = {row.role: row for row in capacities}
        super().__init__(data, auto_id="capacity_%s", **kwargs)
        for role in Role.values:
            row = known.get(role)
            self.fields[f"weeks-{role}"] = WeeksField(initial=_plain(row.weeks) if row else None)
            self.fields[f"reserve-{role}"] = WeeksField(initial=_plain(row.reserve) if row else None)

    def rows(self) -> Iterator[RoleRow]:
        for role in Role:
            yield RoleRow(str(role.label), self[f"weeks-{role}"], self[f"reserve-{role}"])

    def weeks(self) -> dict[str, tuple[Decimal, Decimal]]:
        sent = {
            role: (self.cleaned_data[f"weeks-{role}"], self.cleaned_data[f"reserve-{role}"])
            for role in Role.values
        }
        return {
            role: (whole or Decimal(0), kept or Decimal(0))
            for role, (whole, kept) in sent.items()
            if whole or kept
        }


@dataclass(frozen=True, slots=True)
class ShareRow:
    label: str
    above: str
    field: forms.BoundField


class SharesForm(forms.Form):
    """A percentage for each unit that votes, and for the strategic wallet; 100 together."""

    def __init__(self, data: Any = None, *, shares: Iterable[Share], **kwargs: Any) -> None:
        known = {share.unit_id: share.basis_points for share in shares}
        super().__init__(data, auto_id="shares_%s", **kwargs)
        self.units = list(BusinessUnit._base_manager.select_related("parent").order_by("name"))
        for unit in self.units:
            self.fields[f"share-{unit.pk}"] = PercentField(
                required=False, initial=_percent(known.get(unit.pk))
            )
        self.fields[f"share-{STRATEGIC}"] = PercentField(required=False, initial=_percent(known.get(None)))

    def rows(self) -> Iterator[ShareRow]:
        for unit in self.units:
            yield ShareRow(unit.name, unit.parent.name if unit.parent else "", self[f"share-{unit.pk}"])
        yield ShareRow("Strategic wallet", "the steering committee's chair votes", self[f"share-{STRATEGIC}"])

    def total(self) -> Decimal:
        """What stands in the fields, also where some of it is no number."""
        return sum((_number(self[name].value()) for name in self.fields), Decimal(0))

    def shares(self) -> dict[BusinessUnit | None, int]:
        parts: dict[BusinessUnit | None, Any] = {
            unit: self.cleaned_data[f"share-{unit.pk}"] for unit in self.units
        }
        parts[None] = self.cleaned_data[f"share-{STRATEGIC}"]
        return {unit: part for unit, part in parts.items() if part}


class RequestChoice(forms.ModelChoiceField):
    """Requests that may come into the cycle, with what tells them apart."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} ({obj.unit})"


class CandidateForm(forms.Form):
    request = RequestChoice(
        Request._base_manager.none(),
        empty_label="Choose a request",
        error_messages={
            "required": "Choose a request.",
            "invalid_choice": "It is not ready, or it is in a cycle already.",
        },
    )
    entry = forms.ChoiceField(
        choices=[(Entry.OPEN, "To be voted on"), (Entry.MANDATORY, "Mandatory: planned before the vote")],
        initial=Entry.OPEN,
        label="How it comes in",
    )
    obligation = PlainText(
        300,
        required=False,
        label="Obligation",
        help_text="For a mandatory one: the law, contract or audit finding. The steering committee approves it.",
        widget=forms.TextInput(attrs=LINE),
    )

    def __init__(self, data: Any = None, *, user: Any, **kwargs: Any) -> None:
        super().__init__(data, auto_id="candidate_%s", **kwargs)
        rows = Request.objects.allowed(user, "plan").filter(state=State.READY)
        self.fields["request"].queryset = rows.select_related("unit").order_by("title", "pk")  # type: ignore[attr-defined]


class CarryChoice(RequestChoice):
    def label_from_instance(self, obj: Any) -> str:
        """With the cycle that left it over."""
        last = next(iter(obj.candidacies.all()), None)
        return f"{obj} ({obj.unit})" if last is None else f"{obj} ({obj.unit}), last in {last.cycle}"


class CarryForm(forms.Form):
    request = CarryChoice(
        Request._base_manager.none(),
        empty_label="Choose what is under way",
        error_messages={
            "required": "Choose a request.",
            "invalid_choice": "It is not under way, or it is in the cycle already.",
        },
    )

    def __init__(self, data: Any = None, *, user: Any, cycle: Cycle, **kwargs: Any) -> None:
        super().__init__(data, auto_id="carry_%s", **kwargs)
        self.fields["request"].queryset = may_be_carried(user, cycle)  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    """A button that says which version of the cycle it was made from."""

    version = VersionField()


class FrameForm(CycleForm):
    """The frame of a cycle that is there, as far as its state lets it be changed."""

    version = VersionField()

    def __init__(self, data: Any = None, *, cycle: Cycle, **kwargs: Any) -> None:
        kwargs["initial"] = _frame_of(cycle) | kwargs.get("initial", {})
        super().__init__(data, **kwargs)
        for name in set(self.fields) - {"version", *CHANGEABLE.get(cycle.state, ())}:
            del self.fields[name]

    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


def _frame_of(cycle: Cycle) -> dict[str, Any]:
    return {
        "name": cycle.name,
        "starts": cycle.starts.isoformat(),
        "ends": cycle.ends.isoformat(),
        "ballots_until": cycle.ballots_until,
        "mandatory_cap": _percent(cycle.mandatory_cap),
        "version": cycle.version,
    }


class ReopenForm(MoveForm):
    reason = PlainText(
        500,
        lines=True,
        rows=2,
        label="Why the vote is opened again",
        help_text="Every voter reads it. The plans of this freeze are put away.",
        error_messages={"required": "Say why; every voter reads it."},
    )


class PrepareForm(MoveForm):
    reason = PlainText(
        500,
        lines=True,
        rows=2,
        label="Why the vote is broken off",
        help_text="Every voter reads it. Ballots that are cast are kept, sealed.",
        error_messages={"required": "Say why; every voter reads it."},
    )


class RemoveForm(forms.Form):
    reason = PlainText(
        2_000,
        required=False,
        label="Why it leaves",
        help_text="Its team reads it.",
        widget=forms.TextInput(attrs=LINE),
    )


class DelegateForm(forms.Form):
    user = FoundField(
        PEOPLE,
        "A user name",
        label="Who may cast the ballot besides you",
        error_messages={"required": "Choose a person."},
    )

    def __init__(self, data: Any = None, *, user: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["user"].offer(user, self["user"].value())  # type: ignore[attr-defined]


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _percent(basis_points: int | None) -> str | None:
    return None if basis_points is None else _plain(Decimal(basis_points) / PERCENT)


def _number(value: Any) -> Decimal:
    text = str(value or "").strip()
    digits = text.replace(".", "", 1)
    return Decimal(text) if digits.isascii() and digits.isdigit() and len(digits) < 8 else Decimal(0)
