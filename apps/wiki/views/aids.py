"""What the editor asks while somebody writes: how it will look, what a half-written name may become."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import NotFound, PortalError
from apps.wiki.actions.revisions import checked_page_text
from apps.wiki.models import Page, Space
from apps.wiki.queries import reading
from apps.wiki.queries.pages import page_by_uid, space_at
from apps.wiki.queries.writing import offers
from apps.wiki.views.writing import known_template, missing, refusal_json

LONGEST_WORDS = 200


@require_POST
@login_required
def preview(request: HttpRequest) -> JsonResponse:
    """`{html, missing}`: the text as its writer would read it, and the required sections that it lacks."""
    try:
        space, page = _place(request, request.POST)
        text = checked_page_text(request.POST.get("text", ""))
    except PortalError as refusal:
        return refusal_json(refusal)
    shown = reading.preview(request.user, space, page, text)
    lacks = missing(known_template(request.POST.get("template", "")), text)
    return JsonResponse({"html": shown.html, "missing": lacks})


@require_safe
@login_required
def complete(request: HttpRequest) -> JsonResponse:
    """`[{value, label, more}]` for `?what=page|person|entity&q=`, from what the person sees."""
    space, _ = _place(request, request.GET)
    words = request.GET.get("q", "").replace("\x00", "")[:LONGEST_WORDS]
    return JsonResponse(offers(request.user, space, request.GET.get("what", ""), words), safe=False)


def _place(request: HttpRequest, data: Any) -> tuple[Space, Page | None]:
    """The page that is edited; for a new one its parent, whose space counts."""
    if uid := data.get("page"):
        page = page_by_uid(request.user, uid)
        return page.space, page
    if slug := data.get("space"):
        return space_at(request.user, slug), None
    raise NotFound("Say which page or space the text is for.")
