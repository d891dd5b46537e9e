"""What somebody writes into the editor, parsed. Texts stay as they were typed; the actions decide what is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.core.errors import Invalid, TooLarge
from apps.core.form_fields import PlainText, VersionField
from apps.wiki.actions.revisions import checked_page_text
from apps.wiki.models import Page
from apps.wiki.queries.writing import revision_if_there
from apps.wiki.text.naming import LONGEST_TITLE
from apps.wiki.vocabulary import LONGEST_SUMMARY, Template

NO_BASE = "The form lost the revision that it was made from. Copy your text, then load the page again."


class MarkdownField(forms.CharField):
    """The page's text. One that is too long is refused with its size and stays in the form."""

    def __init__(self) -> None:
        attrs = {
            "rows": 18, "class": "mono", "spellcheck": "true", "autocapitalize": "sentences", "data-editor-text": "",
        }  # fmt: skip
        super().__init__(
            required=False,
            strip=False,
            label="Text",
            widget=forms.Textarea(attrs=attrs),
        )

    def clean(self, value: Any) -> str:
        text = super().clean(value) or ""
        try:
            return checked_page_text(text)
        except TooLarge as refusal:
            raise ValidationError(f"{refusal.detail} {refusal.next_step}", code="too_large") from refusal
        except Invalid as refusal:
            raise ValidationError(refusal.detail) from refusal


class PageForm(forms.Form):
    """A page that exists; `base` is the number of the revision that the writer began with."""

    title = PlainText(
        LONGEST_TITLE,
        error_messages={"required": "Give the page a title."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = MarkdownField()
    summary = PlainText(
        LONGEST_SUMMARY,
        required=False,
        label="What changed",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    base = VersionField()

    def __init__(self, *args: Any, user: Any, page: Page, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.page = user, page

    def clean_base(self) -> int:
        number = self.cleaned_data["base"]
        if revision_if_there(self.user, self.page, number) is None:
            raise ValidationError(NO_BASE)
        return int(number)

    @property
    def too_large(self) -> bool:
        return self.has_error("text", "too_large")

    def written(self) -> dict[str, Any]:
        """Title, text and summary as they were typed, whether they are valid or not."""
        return {name: str(self.data.get(name, "")) for name in ("title", "text", "summary")}


class NewPageForm(PageForm):
    """A page that is to be; its template decides the text that it begins with."""

    template = forms.ChoiceField(choices=Template.choices, required=False, label="Kind of page")

    def __init__(self, *args: Any, user: Any, page: Page, **kwargs: Any) -> None:
        super().__init__(*args, user=user, page=page, **kwargs)
        del self.fields["base"]
        self.fields["summary"].label = "Why this page"

    def clean_template(self) -> str:
        return self.cleaned_data["template"] or Template.PAGE
