"""What forms offer to choose from: people, teams and entities, found by typing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, JsonResponse, QueryDict
from django.utils import timezone
from django.views.decorators.http import require_safe

from apps.catalog import queries
from apps.catalog.forms.fields import FoundField, Lookup
from apps.catalog.models import Entity
from apps.core.errors import NotFound
from apps.people.models import Team, User
from apps.people.queries import people as all_people
from apps.people.standing import standing_of

MOST = 30
LONGEST = 200
Option = dict[str, str]


@require_safe
@login_required
def options(request: HttpRequest, what: str) -> JsonResponse:
    """`[{value, label, more}]` for the combobox; without words the nearest."""
    if what not in LISTS:
        raise NotFound
    words = request.GET.get("q", "").strip()[:LONGEST]
    return JsonResponse(LISTS[what](request.user, words), safe=False)


def offer(form: Any, name: str, user: Any) -> None:
    """Fills a found field of the form for this person; keeps what they chose before."""
    field: FoundField = form.fields[name]
    nearest = [(row["value"], _label(row)) for row in LISTS[field.what](user, "")]
    value = form[name].value()
    field.offer(FINDERS[field.what](user), nearest, str(value)[:300].replace("\x00", "") if value else None)


def posted(request: HttpRequest) -> QueryDict | None:
    """A form's data: None where the page is only looked at."""
    return request.POST if request.method == "POST" else None


def _label(row: Option) -> str:
    return f"{row['label']} ({row['more']})" if row["more"] else row["label"]


def _people(user: Any, words: str) -> list[Option]:
    rows = all_people(user).filter(is_active=True)
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(username__icontains=words))
    else:
        rows = rows.filter(Q(memberships__team__in=standing_of(user).teams) | Q(pk=user.pk)).distinct()
    return [
        {"value": row.username, "label": row.name, "more": row.username}
        for row in rows.order_by("name")[:MOST]
    ]


def _running_teams(user: Any) -> Any:
    return Team.objects.visible_to(user).filter(Q(ends=None) | Q(ends__gt=timezone.now()))


def _teams(user: Any, words: str) -> list[Option]:
    rows = _running_teams(user)
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(slug__icontains=words))
    shown = rows.select_related("business_unit").order_by("name")[:MOST]
    return [
        {"value": row.slug, "label": row.name, "more": str(row.business_unit or "Center")} for row in shown
    ]


def _grantees(user: Any, words: str) -> list[Option]:
    teams = [row | {"value": f"team:{row['value']}"} for row in _teams(user, words)]
    persons = [row | {"value": f"user:{row['value']}"} for row in _people(user, words)] if words else []
    return (teams[:20] + persons)[:MOST]


def _entities(user: Any, words: str) -> list[Option]:
    return _entity_options(Entity.objects.visible_to(user), user, words)


def _editable(user: Any, words: str) -> list[Option]:
    return _entity_options(Entity.objects.allowed(user, "change"), user, words)


def _entity_options(rows: Any, user: Any, words: str) -> list[Option]:
    if words:
        found = [entity for entity, _ in queries.search_entities(rows, words, MOST)]
    else:
        mine = rows.filter(owner__in=standing_of(user).teams, tombstoned_at=None)
        found = list(mine.order_by("-updated_at", "-id")[:MOST])
    return [{"value": row.ref, "label": str(row), "more": row.get_kind_display().lower()} for row in found]


LISTS: dict[str, Callable[[Any, str], list[Option]]] = {
    "people": _people,
    "teams": _teams,
    "grantees": _grantees,
    "entities": _entities,
    "editable": _editable,
}


def _find_person(user: Any) -> Lookup:
    return lambda text: all_people(user).filter(is_active=True, username=text.lower()).first()


def _find_team(user: Any) -> Lookup:
    return lambda text: (
        _running_teams(user).select_related("business_unit", "group").filter(slug=text.lower()).first()
    )


def _find_grantee(user: Any) -> Lookup:
    def find(text: str) -> Team | User | None:
        kind, _, name = text.partition(":")
        finder = {"team": _find_team, "user": _find_person}.get(kind)
        found: Team | User | None = finder(user)(name) if finder else None
        return found

    return find


def _find_entity(user: Any) -> Lookup:
    def find(ref: str) -> Entity | None:
        try:
            return queries.entity_by_ref(user, ref)
        except NotFound:
            return None

    return find


FINDERS: dict[str, Callable[[Any], Lookup]] = {
    "people": _find_person,
    "teams": _find_team,
    "grantees": _find_grantee,
    "entities": _find_entity,
    "editable": _find_entity,
}
