"""What the pages of the editor share: what a form shows, answers for scripts, texts that are never lost."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from apps.core.errors import NotFound, PortalError, problem
from apps.wiki.forms.pages import PageForm
from apps.wiki.models import Page
from apps.wiki.page_templates import missing_sections, starting_text
from apps.wiki.queries.pages import page_at, page_by_uid
from apps.wiki.text.rendering import render as render_text
from apps.wiki.vocabulary import LARGEST_ATTACHMENT, LARGEST_PAGE, Template

HIGHEST = 2**31 - 1


def revision_number(text: str) -> int | None:
    """A revision's number as an address or a form has it; None for anything else."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else 0
    return number if 0 < number <= HIGHEST else None


def wants_json(request: HttpRequest) -> bool:
    """Whether the editor's script asks, or a person who sent a form."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def refusal_json(refusal: PortalError) -> JsonResponse:
    return JsonResponse(problem(refusal), status=refusal.status)


def still_theirs(request: HttpRequest, refusal: PortalError) -> HttpResponse:
    """Somebody may not save here any more: the refusal, and their own text to take away. Nothing of the page."""
    if wants_json(request):
        return refusal_json(refusal)
    context = {
        "error": refusal,
        "title": request.POST.get("title", ""),
        "text": request.POST.get("text", ""),
    }
    return render(request, "wiki/still_theirs.html", context, status=refusal.status)


def editor(form: PageForm, template: str, **context: Any) -> dict[str, Any]:
    """The context of the editor's page."""
    text = str(form["text"].value() or "")
    return context | {
        "form": form,
        "missing": missing(template, text),
        "template": template,
        "template_label": Template(template).label,
        "largest": LARGEST_PAGE,
        "largest_file": LARGEST_ATTACHMENT,
    }


def missing(template: str, text: str) -> list[str]:
    """The required sections that a text lacks; a text beyond the limit is not read."""
    if template == Template.PAGE or len(text.encode("utf-8", "ignore")) > LARGEST_PAGE:
        return []
    return missing_sections(template, render_text(text).sections)


def addresses(page: Page) -> dict[str, str]:
    """Where the editor's script of an existing page sends what."""
    return {
        "edit": reverse("wiki:edit", args=[page.uid]),
        "draft": reverse("wiki:draft", args=[page.uid]),
        "writers": reverse("wiki:writers", args=[page.uid]),
        "upload": reverse("wiki:attachments", args=[page.uid]),
        "page": page.get_absolute_url(),
    }


def parent_of(request: HttpRequest, space: str) -> Page:
    """Below which page a new one is to stand: the one that is named, else the space's home."""
    uid = request.POST.get("parent") or request.GET.get("parent", "")
    if not uid:
        return page_at(request.user, space)
    parent = page_by_uid(request.user, uid)
    if parent.space.slug != space:
        raise NotFound("There is no such page in this space, or it is not shown to you.")
    return parent


def starting_texts() -> dict[str, str]:
    return {template: starting_text(template) for template in Template.values}


def known_template(value: str) -> str:
    return value if value in Template.values else Template.PAGE
