"""Requests come in: begun as drafts, never lost, submitted complete, supported by others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from apps.catalog.models import Entity
from apps.core.checking import checked_choice, checked_fields, checked_text, refuse
from apps.core.concurrency import differing, swap
from apps.core.errors import Conflict, Forbidden, Invalid
from apps.core.events import record
from apps.core.policies import require
from apps.people.models import BusinessUnit, Team, Visibility
from apps.people.standing import standing_of
from apps.roadmap.actions.figures import exact_number
from apps.roadmap.actions.moving import locked, moment, move
from apps.roadmap.actions.searching import index_request
from apps.roadmap.actions.showing import renew_minutes
from apps.roadmap.models import (
    Follow,
    Request,
    RequestComment,
    RequestKpi,
    RequestLink,
    ScoreLine,
    Support,
)
from apps.roadmap.queries.completeness import missing
from apps.roadmap.queries.planner_words import listed
from apps.roadmap.workflow import Approach, Category, Direction, RequestType, State

LONGEST = 10_000
MOST_KPIS = 20
MOST_LINKS = 30
MOST_REACH = 2_000_000_000
LARGEST = Decimal(10) ** 18
MEANING = ("category", "measure", "direction")  # of a figure: what a score of it was given for


@transaction.atomic
def begin_request(*, actor: Any, owner: Team, at: datetime | None = None, **fields: Any) -> Request:
    """A new draft of one of the actor's teams; `unit` defaults to the team's own.

    Raises Forbidden for another's team, Invalid where a central team names no unit.
    """
    if owner.pk not in standing_of(actor).teams:
        raise Forbidden("You ask for your own teams only.", next_step="Choose a team that you belong to.")
    unit = fields.pop("unit", None) or owner.business_unit
    if unit is None:
        raise refuse("unit", "Choose the business unit that needs it.")
    when, kpis, links = moment(at), fields.pop("kpis", None), fields.pop("links", None)
    request = Request(
        owner=owner,
        unit=unit,
        requester_id=actor.pk,
        created_at=when,
        updated_at=when,
        state_since=when,
        **checked_fields(fields, CLEAN),
    )
    request.save(force_insert=True)
    require(actor, "change", request)
    _write_parts(actor, request, kpis, links)
    Follow._base_manager.create(request=request, user_id=actor.pk, at=when)
    record("roadmap.request.begun", actor=actor, target=request, at=at)
    return request


@transaction.atomic
def save_request(
    *, actor: Any, request: Request, changes: Mapping[str, Any], expected_version: int | None = None
) -> Request:
    """Keeps what was typed, complete or not; refuses only what could not be kept."""
    require(actor, "change", request)
    request = locked(request, expected_version)
    require(actor, "change", request)
    new = dict(changes)
    kpis, links = new.pop("kpis", None), new.pop("links", None)
    cleaned = checked_fields(new, CLEAN)
    changed = differing(request, cleaned)
    if "visibility" in changed and request.state != State.DRAFT:
        require(actor, "administer", request)
    touched = _write_parts(actor, request, kpis, links)
    if changed or touched:
        swap(request, None, changed)
        if request.state != State.DRAFT:
            index_request(request)
            names = sorted({*changed, *touched})
            record("roadmap.request.amended", actor=actor, target=request, data={"changes": names})
            if "visibility" in changed:
                renew_minutes(request)
    return request


@transaction.atomic
def submit_request(
    *, actor: Any, request: Request, expected_version: int | None = None, at: datetime | None = None
) -> Request:
    """Sends a complete draft to the center."""
    require(actor, "submit", request)
    request, when = locked(request, expected_version), moment(at)
    require(actor, "submit", request)
    _require_whole(request)
    move(actor, request, State.SUBMITTED, when, "submitted", submitted_at=when)
    index_request(request)
    return request


def _require_whole(request: Request) -> None:
    lacking = missing(request)
    if lacking:
        raise Invalid("The request is not complete.", errors=lacking)


@transaction.atomic
def answer_info(*, actor: Any, request: Request, answer: str, at: datetime | None = None) -> Request:
    """The team answers what the center asked."""
    require(actor, "answer", request)
    text, when = _said("answer", answer), moment(at)
    request = locked(request)
    _require_whole(request)
    move(actor, request, State.TRIAGE, when, "info_given", reason="")
    RequestComment._base_manager.create(request=request, author_id=actor.pk, text=text, at=when)
    return request


@transaction.atomic
def withdraw(*, actor: Any, request: Request, reason: str = "", at: datetime | None = None) -> Request:
    """The team does not want it any more. One that was frozen into a cycle stays in that cycle's record."""
    require(actor, "withdraw", request)
    why = checked_text("reason", reason or "No longer needed.", 2_000, lines=True)
    request = locked(request)
    move(actor, request, State.WITHDRAWN, moment(at), "withdrawn", reason=why)
    return request


@transaction.atomic
def confirm_sponsorship(*, actor: Any, request: Request, at: datetime | None = None) -> Request:
    """The unit's sponsor answers for the business value."""
    require(actor, "sponsor", request)
    request, when = locked(request), moment(at)
    if request.sponsored_at is not None:
        raise Conflict(f"{request.sponsor} answers for it already.")
    swap(request, None, {"sponsor_id": actor.pk, "sponsored_at": when}, at=when)
    record("roadmap.request.sponsored", actor=actor, target=request, at=at)
    return request


@transaction.atomic
def support(
    *, actor: Any, request: Request, unit: BusinessUnit, note: str = "", at: datetime | None = None
) -> Support:
    """Another unit needs it too: said by its sponsor or a lead of one of its teams, once a unit."""
    require(actor, "support", request)
    _require_speaks_for(actor, unit)
    if unit.pk == request.unit_id:
        raise Conflict("The unit asks for it itself; support comes from another one.")
    text = checked_text("note", note, 500)
    locked(request)
    if Support._base_manager.filter(request=request, unit=unit).exists():
        raise Conflict(f"{unit} supports it already.")
    row = Support._base_manager.create(request=request, unit=unit, user_id=actor.pk, note=text, at=moment(at))
    record("roadmap.request.supported", actor=actor, target=request, data={"unit": unit.name}, at=at)
    return row


def speaks_for(user: Any) -> Any:
    """The units in whose name somebody supports: those they sponsor, and those whose teams they lead."""
    standing = standing_of(user)
    led = Team._base_manager.filter(pk__in=standing.led_teams).values_list("business_unit", flat=True)
    return BusinessUnit._base_manager.filter(pk__in={*standing.sponsored_units, *(pk for pk in led if pk)})


def _require_speaks_for(actor: Any, unit: BusinessUnit) -> None:
    if not speaks_for(actor).filter(pk=unit.pk).exists():
        raise Forbidden(
            f"The sponsor of {unit} or the lead of one of its teams says that.",
            next_step="Ask one of them, or leave a comment.",
        )


@transaction.atomic
def follow(*, actor: Any, request: Request, wanted: bool = True) -> None:
    """Hears of a request, or no longer."""
    require(actor, "follow", request)
    if wanted:
        Follow._base_manager.get_or_create(request=request, user_id=actor.pk)
    else:
        Follow._base_manager.filter(request=request, user=actor.pk).delete()


@transaction.atomic
def comment(*, actor: Any, request: Request, text: str, at: datetime | None = None) -> RequestComment:
    require(actor, "comment", request)
    said = _said("text", text)
    row = RequestComment._base_manager.create(request=request, author_id=actor.pk, text=said, at=moment(at))
    record("roadmap.request.commented", actor=actor, target=request, at=at)
    return row


def _said(field: str, text: str) -> str:
    return checked_text(field, text, LONGEST, lines=True, empty="Write something.")


def _write_parts(
    actor: Any, request: Request, kpis: Sequence[Any] | None, links: Iterable[Entity] | None
) -> list[str]:
    """Replaces KPI lines and links where they are given; returns which were."""
    touched = []
    if kpis is not None:
        _write_kpis(request, kpis)
        touched.append("kpis")
    if links is not None:
        _write_links(actor, request, list(links))
        touched.append("links")
    return touched


def _write_kpis(request: Request, rows: Sequence[Any]) -> None:
    """A line with an id changes that one; lines that are left out are removed while nothing was scored on them."""
    if len(rows) > MOST_KPIS:
        raise refuse("kpis", f"At most {MOST_KPIS} figures.")
    known = {kpi.pk: kpi for kpi in request.kpis.all()}
    scored = set(ScoreLine._base_manager.filter(kpi__in=known).values_list("kpi", flat=True))
    kept = set()
    for number, row in enumerate(rows, start=1):
        fields = checked_kpi(row, number)
        kpi = known.get(row.get("id") or 0)
        if kpi is None:
            kept.add(RequestKpi._base_manager.create(request=request, **fields).pk)
        else:
            if kpi.pk in scored and any(getattr(kpi, name) != fields[name] for name in MEANING):
                raise refuse("kpis", f"Figure {number} was scored in its unit; add another figure instead.")
            RequestKpi._base_manager.filter(pk=kpi.pk).update(**fields)
            kept.add(kpi.pk)
    gone = set(known) - kept
    if gone & scored:
        raise Conflict("A figure that was scored cannot be removed; change it, and say so in a comment.")
    RequestKpi._base_manager.filter(pk__in=gone).delete()


def checked_kpi(row: Any, number: int) -> dict[str, Any]:
    """The columns of a figure; Invalid names the figure by its `number`."""
    if not isinstance(row, Mapping):
        raise refuse("kpis", "Each figure is an object.")
    try:
        fields = {
            "category": checked_choice("kpis", row.get("category"), Category.values),
            "name": checked_text("kpis", row.get("name") or "", 200),
            "measure": checked_text("kpis", row.get("measure") or "", 30),
            "direction": checked_choice("kpis", row.get("direction") or Direction.UP, Direction.values),
            "baseline": _number(row.get("baseline"), signed=True),
            "measured_how": checked_text("kpis", row.get("measured_how") or "", 500),
            "review_at": _date(row.get("review_at")),
            "owner": row.get("owner"),
        }
        low, middle, high = (_number(row.get(name)) for name in ("p10", "p50", "p90"))
        needed = {"a name": fields["name"], "a unit of measure": fields["measure"], "P50": middle is not None}
        lacking = [name for name, there in needed.items() if not there]
        if middle is None or lacking:
            raise refuse(
                "kpis",
                f"add {listed(lacking)}; a figure is kept once it has a name, a unit of measure and at least P50.",
            )
        low, high = low if low is not None else middle, high if high is not None else middle
        if not low <= middle <= high:
            raise refuse("kpis", "P10 is at most P50, and P50 at most P90.")
    except Invalid as error:
        raise refuse("kpis", f"Figure {number}: {error.errors['kpis'][0]}") from error
    return {**fields, "p10": low, "p50": middle, "p90": high}


def _write_links(actor: Any, request: Request, entities: list[Entity]) -> None:
    if len(entities) > MOST_LINKS:
        raise refuse("links", f"At most {MOST_LINKS} links.")
    for entity in entities:
        require(actor, "view", entity)
    visible = Entity.objects.visible_to(actor).order_by().values("pk")
    RequestLink._base_manager.filter(request=request, entity__in=visible).delete()  # unseen ones stay
    for entity in dict.fromkeys(entities):
        RequestLink._base_manager.get_or_create(request=request, entity=entity)


def _number(value: Any, *, signed: bool = False) -> Decimal | None:
    if value in (None, ""):
        return None
    number = exact_number("kpis", value)
    if abs(number) >= LARGEST or (number < 0 and not signed):
        raise refuse("kpis", "a number is not too large and, but for a baseline, not negative.")
    return number


def _date(value: Any) -> date | None:
    if value in (None, "") or isinstance(value, date):
        return value or None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise refuse("kpis", "a day is written as 2026-12-31.") from error


def _reach(value: Any) -> int | None:
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_REACH:
        raise refuse("reach", "Give a whole number of people or cases.")
    return value


def _text(name: str) -> Callable[[Any], str]:
    return lambda value: checked_text(name, value or "", LONGEST, lines=True)


CLEAN: dict[str, Callable[[Any], Any]] = {
    "title": lambda value: checked_text("title", value or "", 200),
    "type": lambda value: checked_choice("type", value, RequestType.values),
    "problem": _text("problem"),
    "decision_changed": _text("decision_changed"),
    "if_nothing": _text("if_nothing"),
    "why_now": _text("why_now"),
    "approach": lambda value: checked_choice("approach", value, Approach.values) if value else "",
    "approach_reason": _text("approach_reason"),
    "reach": _reach,
    "visibility": lambda value: checked_choice("visibility", value, Visibility.values),
    "signal": lambda value: checked_text("signal", value or "", 300),
}
