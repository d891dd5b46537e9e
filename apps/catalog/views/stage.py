"""The page on which an entity moves from stage to stage."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from apps.catalog.actions import change_stage
from apps.catalog.actions.stages import LEADS_DECIDE
from apps.catalog.forms import StageForm
from apps.catalog.models import Entity
from apps.catalog.queries import entity_by_id
from apps.catalog.views.entity import load
from apps.catalog.vocabulary import MOVES, Stage
from apps.core.errors import Conflict, PortalError
from apps.core.form_fields import posted, show_refusal
from apps.core.policies import abilities, can, require

# What the step means from where it is taken; a stage's general meaning stands in portal.marks.
MEANINGS: dict[tuple[str, str], str] = {
    (Stage.IDEA, Stage.EXPERIMENT): "Somebody starts to try whether it works.",
    (Stage.EXPERIMENT, Stage.IDEA): "Nobody works on it now; it waits as an idea.",
    (Stage.EXPERIMENT, Stage.PILOT): "A few people use it for real, with a plan what is measured.",
    (Stage.PILOT, Stage.EXPERIMENT): "Back to trying; nobody relies on it.",
    (Stage.PILOT, Stage.PRODUCTION): "The business relies on it from now on.",
    (Stage.PRODUCTION, Stage.PILOT): "Back to a few users while something is put right.",
    (Stage.PRODUCTION, Stage.DEPRECATED): "It still runs; readers are told to use its successor.",
    (Stage.SUSPENDED, Stage.PILOT): "Its problem is solved as far as a few users can tell.",
    (Stage.SUSPENDED, Stage.PRODUCTION): "Its problem is solved; the business relies on it again.",
    (Stage.SUSPENDED, Stage.DEPRECATED): "It will not come back; readers are told to use its successor.",
    (Stage.DEPRECATED, Stage.PRODUCTION): "It is kept after all.",
    (Stage.DEPRECATED, Stage.RETIRED): "It no longer runs. This is an end: it cannot be moved again.",
}
ALWAYS: dict[str, str] = {
    Stage.SUSPENDED: "Taken out of use until its problem is solved.",
    Stage.STOPPED: "Ended on purpose, with what was learned. This is an end: it cannot be moved again.",
}


@login_required
def stage(request: HttpRequest, kind: str, namespace: str, name: str) -> HttpResponse:
    entity = load(request, kind, namespace, name)
    if not can(request.user, "administer", entity):
        require(request.user, "change", entity)
    form = StageForm(posted(request), moves=_moves(entity), initial={"version": entity.version})
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                return _move(request, entity, form)
            except PortalError as refusal:
                status = refusal.status
                entity = entity_by_id(request.user, entity.pk)
                form = _again(request, entity, refusal)
    rights = abilities(request.user, entity)
    moves = [
        move for move in MOVES[entity.stage] if rights["administer" if move in LEADS_DECIDE else "change"]
    ]
    closed = [move for move in MOVES[entity.stage] if move not in moves]
    context = {
        "entity": entity,
        "form": form,
        "moves": _described(entity, moves),
        "closed": closed,
        "chosen": form["stage"].value(),
    }
    return render(request, "catalog/edit/stage.html", context, status=status)


def _move(request: HttpRequest, entity: Entity, form: StageForm) -> HttpResponse:
    data = form.cleaned_data
    change_stage(
        actor=request.user,
        entity=entity,
        to=data["stage"],
        note=data["note"],
        expected_version=data["version"],
    )
    messages.success(request, f"{entity} is in {data['stage']} now.")
    return redirect(entity)


def _again(request: HttpRequest, entity: Entity, refusal: PortalError) -> StageForm:
    """The note is kept; the moves are those from where it stands now."""
    data = request.POST.copy()
    data["version"] = str(entity.version)
    if data.get("stage") not in MOVES[entity.stage]:
        data.pop("stage", None)
    form = StageForm(data, moves=_moves(entity))
    form.is_valid()
    form.errors.pop("stage", None)
    show_refusal(form, refusal, "note" if not isinstance(refusal, Conflict) else None)
    return form


def _moves(entity: Entity) -> list[tuple[str, str]]:
    return [(move, Stage(move).label) for move in MOVES[entity.stage]]


def _described(entity: Entity, moves: list[str]) -> list[tuple[str, str]]:
    """Stages, each with what it means from here."""
    return [(move, MEANINGS.get((entity.stage, move)) or ALWAYS.get(move, "")) for move in moves]
