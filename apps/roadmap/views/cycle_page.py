"""What the page of a cycle shows to one person, in each of its states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from apps.core.feed import about
from apps.core.policies import abilities
from apps.people.standing import standing_of
from apps.roadmap.forms.cycles import DelegateForm, FrameForm, MoveForm, PrepareForm, RemoveForm, ReopenForm
from apps.roadmap.models import Cycle, Meeting
from apps.roadmap.pictures import Drawing, Part, bar, dependencies
from apps.roadmap.planning.instance import Instance
from apps.roadmap.queries import cycles as reading
from apps.roadmap.queries.carrying import unfinished, unfinished_of
from apps.roadmap.queries.cycles import Candidacy, Voter
from apps.roadmap.queries.failing import stopped
from apps.roadmap.queries.frozen import frozen_of, snapshot_of
from apps.roadmap.queries.instance import micro
from apps.roadmap.queries.planner_words import figure
from apps.roadmap.workflow import REVEALED, CycleState, Entry

HISTORY_ROWS = 30
STEPS = (
    (CycleState.PREPARING, "Prepared", "capacity, shares, candidates"),
    (CycleState.VOTING, "Vote", "sealed ballots"),
    (CycleState.FROZEN, "Freeze", "inputs kept with a hash"),
    (CycleState.PROPOSED, "Plans", "three, side by side"),
    (CycleState.DECIDED, "Decision", "by the steering committee"),
    (CycleState.CLOSED, "Closed", ""),
)


def context_of(request: HttpRequest, cycle: Cycle, refused: Mapping[str, forms.Form]) -> dict[str, Any]:
    """`refused` holds forms by act (and row): they stand open, with what was typed."""
    user = request.user
    can = abilities(user, cycle)
    frozen = frozen_of(cycle)
    shares, found = reading.voters(user, cycle), reading.candidacies(user, cycle, frozen=frozen)
    run = reading.last_run(cycle)
    failure = stopped(user, run)
    revealed = cycle.state in REVEALED
    context = {
        "cycle": cycle,
        "can": can,
        "mandatory": f"{cycle.mandatory_cap / 100:g}",
        "steps": steps(cycle),
        "turn": reading.next_turn(cycle, shares, failure),
        "voters": shares,
        "cast": sum(each.cast_at is not None for each in shares),
        "mine": [each for each in shares if each.mine],
        "advises": [each for each in shares if each.advises and each.share.unit_id and not each.mine],
        "offers": capacity_rows(cycle, frozen),
        "frozen": frozen is not None,
        "candidates": [shown(each) for each in found],
        "approves": any(each.can_approve for each in found),
        "hidden": reading.hidden_candidates(cycle, len(found)),
        "drawing": drawing_of(found),
        "run": run,
        "failure": failure,
        "left": left_over(user, cycle),
        "snapshot": snapshot_of(cycle),
        "meetings": list(Meeting.objects.visible_to(user).filter(cycle=cycle)[:5]),
        "delegating": [
            _delegating(user, each, refused) for each in shares if _may_delegate(user, cycle, each)
        ],
        "menu": menu(cycle, can, run is None or failure is not None, refused),
        "ballots": ballot_table(user, cycle, found, shares) if revealed else None,
        "history": about(user, cycle, limit=HISTORY_ROWS),
    }
    return {**context, "refused": _homeless(context, refused)}


def _homeless(context: Mapping[str, Any], refused: Mapping[str, forms.Form]) -> list[forms.Form]:
    """Refused forms without a place here: a bare button, taking out (it stands where one sets up), what came too late."""
    places = {each["do"] for each in context["menu"] if each["form"].visible_fields()}
    places |= {f"delegate-{each['voter'].share.pk}" for each in context["delegating"]}
    return [form for place, form in refused.items() if place not in places]


def steps(cycle: Cycle) -> list[dict[str, str]]:
    place = [state for state, *_ in STEPS].index(CycleState(cycle.state))
    return [
        {
            "label": label,
            "more": more,
            "state": "done" if number < place else "now" if number == place else "next",
        }
        for number, (_, label, more) in enumerate(STEPS)
    ]


def capacity_rows(cycle: Cycle, frozen: Instance | None = None) -> list[dict[str, Any]]:
    """Each role as a bar to one scale: reserve, off the top, asked by the vote, and where the capacity ends."""
    offers = reading.offers(cycle, frozen)
    scale = max((micro(max(each.weeks, each.reserve + each.top + each.asked)) for each in offers), default=0)
    rows = []
    for each in offers:
        parts = [
            Part("reserve", micro(each.reserve), "quiet"),
            Part("off the top", micro(each.top), "info"),
            Part("asked for", micro(each.asked), "accent"),
        ]
        picture = bar(each.label, parts, scale, micro(each.weeks))
        over = each.reserve + each.top + each.asked - each.weeks
        figures = {
            name: figure(micro(getattr(each, name))) for name in ("weeks", "reserve", "top", "asked", "left")
        }
        rows.append(
            {"offer": each, "bar": picture, "over": figure(micro(over)) if over > 0 else "", **figures}
        )
    return rows


def shown(found: Candidacy) -> dict[str, Any]:
    return {"found": found, "remove": RemoveForm(auto_id=f"remove{found.row.pk}_%s")}


def drawing_of(found: list[Candidacy]) -> Drawing | None:
    """Needs and exclusions among the candidates that the reader sees, and what they need outside."""
    titles, needs, excludes = {}, {}, []
    for each in found:
        name = str(each.row.request_id)
        titles[name] = str(each.row.request)
        titles |= {str(other.pk): str(other) for other in (*each.needs, *each.excludes)}
        needs[name] = [str(other.pk) for other in each.needs]
        excludes += [(name, str(other.pk)) for other in each.excludes]
    drawing = dependencies(titles, needs, excludes)
    return drawing if drawing.boxes else None


def ballot_table(user: Any, cycle: Cycle, found: list[Candidacy], shares: list[Voter]) -> dict[str, Any]:
    """After the freeze: what each ballot gave to what; a column a voter, and what went to requests not shown."""
    points = reading.ballots(user, cycle)
    rows = [each for each in found if each.row.entry == Entry.OPEN]
    shown = [
        {
            "row": each.row,
            "cells": [(voter.name, points.get((each.row.pk, voter.share.pk))) for voter in shares],
        }
        for each in rows
    ]
    totals = [
        None if voter.cast_at is None else sum(points.get((each.row.pk, voter.share.pk), 0) for each in rows)
        for voter in shares
    ]
    return {"rows": shown, "voters": shares, "totals": totals}


def _may_delegate(user: Any, cycle: Cycle, voter: Voter) -> bool:
    unit = voter.share.unit
    return (
        unit is not None
        and unit.sponsor_id == user.pk
        and cycle.state in (CycleState.PREPARING, CycleState.VOTING)
    )


def _delegating(user: Any, voter: Voter, refused: Mapping[str, forms.Form]) -> dict[str, Any]:
    name = f"delegate-{voter.share.pk}"
    form = refused.get(name) or DelegateForm(user=user, auto_id=f"delegate{voter.share.pk}_%s")
    named = list(voter.share.delegates.all())
    return {"voter": voter, "form": form, "open": name in refused, "delegates": named}


def menu(
    cycle: Cycle, can: Mapping[str, bool], unplanned: bool, refused: Mapping[str, forms.Form]
) -> list[dict[str, Any]]:
    """What whoever runs the cycle can do with it now. `unplanned`: nobody computes its plans."""
    if not can["run"]:
        return []
    again = [_act("plan_again", "Plan again", "rotate-cw", MoveForm)] if unplanned else []
    acts = {
        CycleState.PREPARING: [
            _act("open_voting", "Open the vote", "vote", MoveForm),
            _act("change", "Change the frame", "pencil", partial(FrameForm, cycle=cycle)),
        ],
        CycleState.VOTING: [
            _act("freeze", "Freeze the cycle", "snowflake", MoveForm, FREEZE_TEXT),
            _act("change", "Change name or end", "pencil", partial(FrameForm, cycle=cycle)),
            _act("prepare", "Back to preparation", "undo-2", PrepareForm),
        ],
        CycleState.FROZEN: [
            _act("reopen", "Open the vote again", "undo-2", ReopenForm),
            *again,
        ],
        CycleState.PROPOSED: [
            _act("meeting", "Call the meeting", "gavel", MoveForm),
            _act("reopen", "Open the vote again", "undo-2", ReopenForm),
        ],
        CycleState.DECIDED: [_act("close", "Close the cycle", "archive", MoveForm, CLOSE_TEXT)],
    }
    return [
        {
            **each,
            "form": refused.get(each["do"]) or each["form"](initial={"version": cycle.version}),
            "open": each["do"] in refused,
        }
        for each in acts.get(CycleState(cycle.state), [])
    ]


FREEZE_TEXT = (
    "The vote ends, all ballots are opened at once, and the inputs are kept byte for byte with their hash. "
    "The worker begins to plan."
)


CLOSE_TEXT = (
    "Nothing of the cycle changes after that. What is not finished goes on, and the next cycle offers it to be carried "
    "over. A closed cycle is not opened again."
)


def left_over(user: Any, cycle: Cycle) -> dict[str, Any] | None:
    """What was planned and is not finished, once the committee has decided."""
    if cycle.state not in (CycleState.DECIDED, CycleState.CLOSED):
        return None
    rows = list(unfinished(user, cycle))
    return {"rows": rows, "hidden": max(0, unfinished_of(cycle).count() - len(rows))}


def _act(do: str, label: str, icon: str, form: Callable[..., forms.Form], text: str = "") -> dict[str, Any]:
    return {"do": do, "label": label, "icon": icon, "form": form, "text": text}


def crumbs(cycle: Cycle, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [
        ("Roadmap", reverse("roadmap:home")),
        ("Cycles", reverse("roadmap:cycles")),
        (str(cycle), cycle.get_absolute_url()),
        *more,
    ]


def runs_cycles(user: Any) -> bool:
    return standing_of(user).coe_lead
