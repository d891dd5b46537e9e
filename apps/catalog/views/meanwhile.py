"""When somebody else saved first: what they changed, and a form that keeps what this person wrote.

A field that only they changed takes their value; one that both changed keeps this person's words and shows
theirs beside. Saving again writes on top of what is now known.
"""

from __future__ import annotations

from difflib import unified_diff
from typing import Any

from django.http import HttpRequest

from apps.catalog.forms import EntityForm, marks_of
from apps.catalog.forms.entities import as_read, mark, marks_in
from apps.catalog.forms.fields import plain
from apps.catalog.models import Entity
from apps.catalog.queries import entity_by_id
from apps.core.errors import Conflict
from apps.core.feed import Entry, feed
from apps.core.models import Event

MOST_EVENTS = 10


def merged(
    request: HttpRequest, entity: Entity, form: EntityForm, lost: Conflict
) -> tuple[EntityForm, dict[str, Any]]:
    """The form for another try, and what its page says: who did what meanwhile, which fields both changed."""
    now = entity_by_id(request.user, entity.pk)
    base, theirs, touched = marks_in(form.cleaned_data["base"]), as_read(now), form.touched()
    changed = {name for name, value in theirs.items() if base.get(name) != mark(value)}
    both = [
        name
        for name in form.fields
        if name in changed & touched and mark(theirs[name]) != mark(form.values()[name])
    ]
    data = _data(request, form, theirs, changed - touched)
    data["version"], data["base"] = str(now.version), marks_of(now)
    again = EntityForm(data, kind=now.kind, entity=now)
    missed = now.version - form.cleaned_data["version"]
    return again, {
        "lost": lost,
        "events": _since(request, now, missed),
        "both": [_both(again, name, theirs[name], form) for name in both],
        "taken": [
            form.fields[name].label or again[name].label for name in form.fields if name in changed - touched
        ],
    }


def _data(request: HttpRequest, form: EntityForm, theirs: dict[str, Any], names: set[str]) -> Any:
    """What was posted, with their value in the fields `names`."""
    data = request.POST.copy()
    for name in names & set(form.fields):
        value = form.fields[name].prepare_value(theirs[name])
        if name in {"links", "facts"}:
            data.setlist(f"{name}_first", [first for first, _ in value or []])
            data.setlist(f"{name}_second", [second for _, second in value or []])
        elif value in (False, None):
            data.pop(name, None)
        else:
            data[name] = str(value)
            data.pop(f"{name}_typed", None)
    return data


def _since(request: HttpRequest, entity: Entity, missed: int) -> list[Entry]:
    """The events behind the versions that the form did not know."""
    rows = Event.objects.filter(
        subject_type="catalog.entity", subject_id=entity.pk, verb__startswith="catalog.entity."
    )
    return feed(request.user, limit=min(max(missed, 1), MOST_EVENTS), events=rows)


def _both(form: EntityForm, name: str, theirs: Any, mine: EntityForm) -> dict[str, Any]:
    left, right = _text(theirs), _text(mine.values()[name])
    return {
        "name": name,
        "label": form[name].label,
        "lines": list(_diff(left, right)),
        "id": form[name].auto_id,
    }


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {plain(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "\n".join(
            f"{one['title']} {one['url']}" if isinstance(one, dict) else str(one) for one in value
        )
    return plain(getattr(value, "username", None) or getattr(value, "slug", None) or value)


def _diff(theirs: str, mine: str) -> Any:
    old = new = 0
    for line in list(unified_diff(theirs.split("\n"), mine.split("\n"), lineterm="", n=1))[2:]:
        sign, text = line[0], line[1:]
        if sign == "@":
            old, new = (int(part.lstrip("+-").split(",")[0]) for part in line.split()[1:3])
            continue
        yield {
            "sign": sign,
            "text": text,
            "old": old if sign != "+" else None,
            "new": new if sign != "-" else None,
        }
        old, new = old + (sign != "+"), new + (sign != "-")
