"""Where a page shall stand, parsed."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.core.form_fields import PlainText, VersionField
from apps.wiki.actions.placing import POSITIONS
from apps.wiki.text.naming import LONGEST_SLUG

WHERE = {
    "last-child": "Below it, as the last",
    "first-child": "Below it, as the first",
    "left": "Beside it, just before",
    "right": "Beside it, just after",
}
assert set(WHERE) == set(POSITIONS)


class MoveForm(forms.Form):
    """`target` is a page's permanent id."""

    target = forms.CharField(max_length=40, error_messages={"required": "Choose a page first."})
    position = forms.ChoiceField(
        choices=list(WHERE.items()), widget=forms.RadioSelect, initial="last-child", label="Where there"
    )
    keep = forms.BooleanField(
        required=False,
        initial=True,
        label="Keep its links",
        help_text="Links in the moved pages to pages that stay get the name of this space, as new revisions.",
    )
    version = VersionField()

    def __init__(self, *args: Any, elsewhere: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not elsewhere:
            del self.fields["keep"]


class OrderForm(forms.Form):
    direction = forms.ChoiceField(choices=[("up", "Up"), ("down", "Down")])


class RenameForm(forms.Form):
    slug = PlainText(
        LONGEST_SLUG,
        label="Address",
        help_text="Letters and digits joined by hyphens; capitals and spaces are turned into these.",
        error_messages={"required": "Give it an address."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )
    version = VersionField()


class StateForm(forms.Form):
    do = forms.ChoiceField(choices=[("archive", "Archive"), ("unarchive", "Bring back")])
    version = VersionField()
