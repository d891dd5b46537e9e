"""Pages of several small forms, each with its own action: what was done is said, what was refused stands there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, QueryDict

from apps.core.errors import Conflict, PortalError
from apps.core.form_fields import show_refusal

DONE = 200
Act = Callable[[dict[str, Any]], str]  # takes what the form holds, returns the sentence to say


def carried_out(request: HttpRequest, form: forms.Form, act: Act, field: str | None = None) -> int:
    """Acts where the form is valid. Returns 200 for done, else the status of the answer that shows the form again.

    A form that lost a race keeps what was typed and gets the version that is there now: saving it again means it.
    """
    if not form.is_valid():
        return 400
    try:
        messages.success(request, act(form.cleaned_data))
    except PortalError as refusal:
        show_refusal(form, refusal, None if isinstance(refusal, Conflict) else field)
        if current := refusal.extra.get("current_version"):
            _renew(form, current)
        return refusal.status
    return DONE


def lost(form: forms.Form) -> bool:
    """Whether the form was written on a version that is no longer there."""
    return getattr(form, "lost_a_race", False)


def _renew(form: forms.Form, version: int) -> None:
    data: Any = QueryDict(mutable=True)
    data.update(form.data)
    data["version"] = str(version)
    form.data = data
    form.lost_a_race = True  # type: ignore[attr-defined]
