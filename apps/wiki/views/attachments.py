"""Files of a page: the list, adding and removing, and the download, which is as visible as the page."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.core.errors import Invalid, NotFound, PortalError, TooLarge, Unavailable
from apps.core.policies import can
from apps.wiki.actions.attachments import attach, remove_attachment
from apps.wiki.file_types import ENDINGS, SHOWN_INLINE, TAKEN
from apps.wiki.models import Attachment, Page
from apps.wiki.queries import writing
from apps.wiki.queries.pages import page_by_uid
from apps.wiki.views.surroundings import FORM
from apps.wiki.views.writing import refusal_json, wants_json
from apps.wiki.vocabulary import LARGEST_ATTACHMENT

MOST_AT_ONCE = 20
SANDBOX = "sandbox; default-src 'none'"


@require_http_methods(FORM)
@login_required
def page(request: HttpRequest, uid: str) -> HttpResponse:
    """The files of a page; POST adds what `file` holds."""
    try:
        found = page_by_uid(request.user, uid)
        if request.method == "POST":
            return _added(request, found)
    except PortalError as refusal:
        if not wants_json(request):
            raise
        return refusal_json(refusal)
    return _list(request, found)


def _list(request: HttpRequest, page: Page, refusals: list[str] | None = None) -> HttpResponse:
    context = {
        "page": page,
        "space": page.space,
        "files": [_row(each) for each in writing.attachments(request.user, page)],
        "may_change": can(request.user, "change", page),
        "taken": TAKEN,
        "accept": ",".join(f".{ending}" for ending in ENDINGS),
        "largest": LARGEST_ATTACHMENT // 2**20,
        "refusals": refusals,
    }
    return render(request, "wiki/attachments.html", context, status=400 if refusals else 200)


def _row(attachment: Attachment) -> dict[str, Any]:
    return {"file": attachment, "markdown": markdown(attachment)}


def markdown(attachment: Attachment) -> str:
    """How the page's text shows a picture, or links to another file."""
    sign = "!" if attachment.content_type in SHOWN_INLINE else ""
    label = attachment.name.rpartition(".")[0] if sign else attachment.name
    return f"{sign}[{label}]({quote(attachment.name)})"


def _added(request: HttpRequest, page: Page) -> HttpResponse:
    files = request.FILES.getlist("file")[:MOST_AT_ONCE]
    if not files:
        raise Invalid(errors={"file": ["Choose a file."]})
    if wants_json(request):
        row = attach(actor=request.user, page=page, name=files[0].name or "", data=files[0].read())
        about = {
            "name": row.name,
            "url": row.get_absolute_url(),
            "markdown": markdown(row),
            "size": row.blob.size,
        }
        return JsonResponse(about, status=201)
    refusals = [sentence for file in files if (sentence := _refusal(request, page, file))]
    if refusals:
        return _list(request, page, refusals)
    messages.success(request, "Attached." if len(files) == 1 else f"{len(files)} files are attached.")
    return redirect("wiki:attachments", uid=page.uid)


def _refusal(request: HttpRequest, page: Page, file: Any) -> str:
    """Attaches one of several files; what is wrong with it otherwise."""
    try:
        attach(actor=request.user, page=page, name=file.name or "", data=file.read())
    except (Invalid, TooLarge) as refusal:
        sentences = getattr(refusal, "errors", {}).get("file", [refusal.detail])
        return f"{str(file.name)[:100]}: {' '.join(sentences)}"
    return ""


@require_POST
@login_required
def remove(request: HttpRequest, uid: str, pk: int) -> HttpResponse:
    found = page_by_uid(request.user, uid)
    attachment = get_object_or_404(writing.attachments(request.user, found), pk=pk)
    remove_attachment(actor=request.user, attachment=attachment)
    messages.success(request, f"“{attachment.name}” is no longer attached.")
    return redirect("wiki:attachments", uid=uid)


@require_safe
@login_required
def download(request: HttpRequest, uid: str, name: str) -> HttpResponse | FileResponse:
    """The bytes: pictures to look at, everything else to keep; in a sandbox and never guessed at."""
    page = page_by_uid(request.user, uid)
    found = writing.attachments(request.user, page).filter(name=name[:200]).first()
    if found is None:
        raise NotFound(
            "There is no such file on this page.", next_step="It may have been removed or renamed."
        )
    tag = f'"{found.blob.sha256}"'
    asked = [each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")]
    response = HttpResponseNotModified() if tag in asked else _bytes(found)
    response["ETag"] = tag
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _bytes(attachment: Attachment) -> FileResponse:
    content_type = attachment.content_type
    charset = "; charset=utf-8" if content_type.startswith("text/") else ""
    try:
        opened = attachment.blob.file.open("rb")
    except FileNotFoundError as gone:
        raise Unavailable(
            "The file is not where it should be.", next_step="Tell who runs the portal."
        ) from gone
    return FileResponse(
        opened,
        as_attachment=content_type not in SHOWN_INLINE,
        filename=attachment.name,
        content_type=content_type + charset,
    )


def attachments_context(request: HttpRequest, page: Page) -> dict[str, Any]:
    """For the list at the foot of a page: the files that the text itself does not show."""
    files = list(writing.attachments(request.user, page))
    pictures = [file for file in files if file.content_type in SHOWN_INLINE]
    text = page.revision.text if pictures and page.revision else ""
    shown = {file.pk for file in pictures if _shows(text, file.name)}
    return {"files": [file for file in files if file.pk not in shown]}


def _shows(text: str, name: str) -> bool:
    """Whether a text shows the picture, as the editor or a person writes it."""
    written = "|".join(re.escape(each) for each in {name, quote(name)})
    return re.search(rf"!\[[^\]\n]*\]\(<?(?:\./)?(?:{written})>?(?:\s[^)\n]*)?\)", text) is not None
