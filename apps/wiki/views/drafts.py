"""What somebody has not saved: kept while they write, offered again, thrown away by them alone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST, require_safe

from apps.core.errors import PortalError
from apps.core.policies import require
from apps.wiki.actions.drafts import discard_draft, keep_draft
from apps.wiki.models import Draft, Page, Space
from apps.wiki.queries import writing
from apps.wiki.queries.pages import page_by_uid
from apps.wiki.views.writing import parent_of, refusal_json, revision_number

MOST = 200


@require_safe
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """All drafts of a person. What they may no longer edit has no way on, and the text is still theirs."""
    rows = list(writing.drafts(request.user)[:MOST])
    places = {row.page_id or row.parent_id for row in rows}
    open_ = set(
        Page.objects.filter(pk__in=places).allowed(request.user, "change").values_list("pk", flat=True)
    )
    seen = set(
        Space.objects.visible_to(request.user)
        .filter(pk__in={row.space_id for row in rows})
        .values_list("pk", flat=True)
    )
    context = {"drafts": [_row(row, open_, row.space_id in seen) for row in rows]}
    return render(request, "wiki/drafts.html", context)


def _row(draft: Draft, open_: set[int], space_seen: bool) -> dict[str, Any]:
    place = draft.page_id or draft.parent_id
    return {
        "draft": draft,
        "url": _address(draft) if place in open_ else "",
        "space": draft.space.title if space_seen else "",
        "stale": draft.page is not None and draft.base_id not in {None, draft.page.revision_id},
        "size": len(draft.text.encode()),
    }


def _address(draft: Draft) -> str:
    if draft.page is not None:
        return reverse("wiki:edit", args=[draft.page.uid])
    query = urlencode({"parent": draft.parent.uid}) if draft.parent else ""
    return f"{reverse('wiki:new', args=[draft.space.slug])}?{query}"


@require_POST
@login_required
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    draft = get_object_or_404(Draft.objects.visible_to(request.user), pk=pk)
    discard_draft(actor=request.user, draft=draft)
    messages.success(request, "The draft is gone.")
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    return redirect(target if safe else "wiki:drafts")


@require_POST
@login_required
def keep(request: HttpRequest, uid: str) -> JsonResponse:
    """Keeps what the editor holds; `{at}` says when (null: nothing to keep); refusals are problem documents."""
    try:
        page = page_by_uid(request.user, uid)
        base = revision_number(request.POST.get("base", ""))
        draft = keep_draft(actor=request.user, space=page.space, page=page, base=base, **_written(request))
    except PortalError as refusal:
        return refusal_json(refusal)
    return _kept(draft)


@require_POST
@login_required
def keep_new(request: HttpRequest, space: str) -> JsonResponse:
    try:
        parent = parent_of(request, space)
        template = request.POST.get("template", "")
        draft = keep_draft(
            actor=request.user, space=parent.space, parent=parent, template=template, **_written(request)
        )
    except PortalError as refusal:
        return refusal_json(refusal)
    return _kept(draft)


def _kept(draft: Draft | None) -> JsonResponse:
    return JsonResponse({"at": draft.updated_at.isoformat() if draft else None})


def _written(request: HttpRequest) -> dict[str, Any]:
    return {name: request.POST.get(name, "") for name in ("title", "text", "summary")}


@require_safe
@login_required
def writers(request: HttpRequest, uid: str) -> JsonResponse:
    """For those who may write on the page: who else writes on it right now, and which revision is its latest.

    `see` leads to what changed after `?base=`, the revision that the writer began with.
    """
    page = page_by_uid(request.user, uid)
    require(request.user, "change", page)
    names = [user.name for user in writing.writers(request.user, page)]
    return JsonResponse({"names": names, **_latest(request, page)})


def _latest(request: HttpRequest, page: Page) -> dict[str, Any]:
    revision, base = page.revision, revision_number(request.GET.get("base", ""))
    assert revision is not None
    if base is None or base >= revision.number:
        return {"revision": revision.number}
    query = urlencode({"old": base, "new": revision.number})
    by = "You" if revision.author_id == request.user.pk else getattr(revision.author, "name", "The portal")
    see = f"{reverse('wiki:compare', args=[page.uid])}?{query}"
    return {"revision": revision.number, "by": by, "see": see}
