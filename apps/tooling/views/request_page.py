"""What the page of a request shows to one person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Prefetch

from apps.catalog.models import Entity
from apps.core.errors import NotFound
from apps.core.feed import about
from apps.core.ids import row_of
from apps.core.moments import last_day
from apps.core.plugs import referred
from apps.core.policies import abilities, visible_relation
from apps.tooling.forms.compound import trade_off_rows
from apps.tooling.forms.reviewing import EvidenceForm, NothingForm, ReturnForm, VerdictForm
from apps.tooling.models import Condition, ExceptionRequest, Grant, ReviewStep, Standard, Verdict
from apps.tooling.queries.completeness import SCORES
from apps.tooling.queries.outlook import exact_version
from apps.tooling.queries.reminding import RENEWAL_DAYS
from apps.tooling.queries.requests import requests, who_is_next, with_now
from apps.tooling.views.acts import ACTS, possible
from apps.tooling.views.beside import answers_now, told
from apps.tooling.views.spans import spans_of
from apps.tooling.views.steps import stepper
from apps.tooling.workflow import HOLDING

HISTORY_ROWS = 50
MOST_RENEWALS = 10


def load(user: Any, pk: int, at: datetime) -> Any:
    """The request as it is at `at`, with its review. NotFound for those who may not know of it."""
    named = visible_relation("alternative", Entity, user)
    verdicts = Verdict._base_manager.select_related("user").prefetch_related(named).order_by("at", "id")
    steps = Prefetch(
        "steps", ReviewStep._base_manager.order_by("id").prefetch_related(Prefetch("verdicts", verdicts))
    )
    rows = requests(user).prefetch_related(None).prefetch_related("environments", steps, named)
    joined = ("standard__capability", "renews", "support_owner__business_unit")
    row = row_of(with_now(rows, at).select_related(*joined), pk)
    if row is None:
        raise NotFound("There is no such request, or it is not shown to you.")
    return row


def context_of(user: Any, row: Any, at: datetime, opened: dict[str, forms.Form]) -> dict[str, Any]:
    """`opened` holds forms that were refused, by act: they stand open, with what was typed."""
    can = abilities(user, row)
    grants = list(Grant.objects.visible_to(user).filter(request=row).select_related("environment"))
    shown = [(act, opened.get(act.do) or act.make(row), act.do in opened) for act in possible(can, row, at)]
    offered = {act.do for act, *_ in shown} | ({"verdict"} if can["decide"] else set())
    hidden = [form for do, form in opened.items() if do in {*ACTS, "verdict"} and do not in offered]
    return {
        "row": row,
        "can": can,
        "at": at,
        "tied": referred(user, row.tied_to) if row.tied_to else None,
        "turn": who_is_next(row),
        "due_day": last_day(row.due_at) if row.due_at else None,
        "steps": stepper(row, at),
        "acts": {act.do: (act, form, open_) for act, form, open_ in shown},
        "menu": [each for each in shown if each[0].do not in ("comment", "answer")],
        "refused": hidden,
        "verdict": _verdict(user, row, can, opened),
        "verdicts": [verdict for step in row.steps.all() for verdict in step.verdicts.all()],
        "recusals": row.recusals.select_related("user"),
        "trade_offs": trade_off_rows(row.trade_offs),
        "scale": SCORES,
        "spans": spans_of(grants, at),
        "grants": grants,
        "conditions": _conditions(user, row, at, opened),
        "comments": row.comments.select_related("author"),
        "history": about(user, row, limit=HISTORY_ROWS),
        "renewals": ExceptionRequest.objects.visible_to(user)
        .filter(renews=row)
        .order_by("pk")[:MOST_RENEWALS],
        "renewable_from": _renewable_from(row, can, at),
        **_standards(user, row, at),
    }


def _verdict(user: Any, row: Any, can: dict[str, bool], opened: dict[str, forms.Form]) -> forms.Form | None:
    if not can["decide"]:
        return None
    if "verdict" in opened:
        return opened["verdict"]
    steps = ReviewStep.objects.allowed(user, "decide").filter(request=row)
    return VerdictForm(user=user, steps=steps, auto_id="verdict_%s")


def _conditions(user: Any, row: Any, at: datetime, opened: dict[str, forms.Form]) -> list[dict[str, Any]]:
    rows = (
        Condition.objects.visible_to(user)
        .filter(request=row)
        .select_related("owner", "evidence_by", "met_by")
    )
    kinds: dict[str, type[forms.Form]] = {"prove": EvidenceForm, "confirm": NothingForm, "return": ReturnForm}
    return [
        {
            "row": each,
            "due_day": last_day(each.due),
            "overdue": each.met_at is None and each.due <= at,
            **{
                do: opened.get(f"{do}-{each.pk}") or kind(auto_id=f"{do}{each.pk}_%s")
                for do, kind in kinds.items()
            },
            "opened": [do for do in kinds if f"{do}-{each.pk}" in opened],
        }
        for each in rows.with_can(user, "prove", "confirm")
    ]


def _renewable_from(row: Any, can: dict[str, bool], at: datetime) -> datetime | None:
    """From when on it may be renewed, where that is still to come."""
    if not can["renew"] or row.ends is None or row.shown_state not in HOLDING:
        return None
    since: datetime = row.ends - timedelta(days=RENEWAL_DAYS)
    return since if since > at else None


def _standards(user: Any, row: Any, at: datetime) -> dict[str, Any]:
    """The standard as it was when the request was sent and as it is now, and what is answered now without a grant."""
    now = None
    if row.standard is not None:
        revisions = Standard._base_manager.filter(
            capability=row.standard.capability_id, effective_from__lte=at
        )
        now = revisions.select_related("capability").order_by("-revision").first()
    environments = list(row.environments.all())
    answers = []
    if row.tool is not None:
        version = exact_version(row)
        answers = told(user, answers_now(row.team, row.tool, "", version, environments, row.data_class))
    bans = row.bans.select_related("standard__capability", "environment", "tool")
    return {
        "standard_now": now,
        "standard_changed": now is not None and now.pk != row.standard_id,
        "decisions": answers,
        "bans": bans,
    }
