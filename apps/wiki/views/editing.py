"""Writing a page: a new one, or a text that others may be changing at the same time.

Every save keeps the draft first, in a transaction of its own, so that whatever happens next loses no word.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from apps.core.form_fields import show_refusal
from apps.core.policies import require
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import EditConflict, Saved, create_page, save_page
from apps.wiki.forms.pages import NewPageForm, PageForm
from apps.wiki.models import Draft, Page, Space
from apps.wiki.page_templates import starting_text
from apps.wiki.queries.pages import page_by_uid
from apps.wiki.queries.reading import preview
from apps.wiki.queries.writing import authors_between, draft_of, draft_of_new
from apps.wiki.views.conflicts import conflict_page, resolution
from apps.wiki.views.surroundings import FORM
from apps.wiki.views.writing import (
    addresses,
    editor,
    known_template,
    parent_of,
    refusal_json,
    starting_texts,
    still_theirs,
    wants_json,
)


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, uid: str) -> HttpResponse:
    """The editor of a page; POST saves (`do=save`), shows (`do=preview`) or settles a conflict (`do=resolve`)."""
    try:
        page = page_by_uid(request.user, uid)
        require(request.user, "change", page)
        return _written(request, page) if request.method == "POST" else _opened(request, page)
    except (NotFound, Forbidden) as refusal:
        if request.method != "POST":
            raise
        return still_theirs(request, refusal)


def _opened(request: HttpRequest, page: Page) -> HttpResponse:
    """With the draft where there is one: it is the writer's latest word, and saving merges what came meanwhile."""
    revision, draft = page.revision, draft_of(request.user, page)
    assert revision is not None
    initial: dict[str, Any] = {"title": revision.title, "text": revision.text, "base": revision.number}
    if draft is not None and (draft.title, draft.text) in {(revision.title, revision.text), ("", "")}:
        draft = None
    if draft is not None:
        base = draft.base or revision
        initial = {"title": draft.title, "text": draft.text, "summary": draft.summary, "base": base.number}
    form = PageForm(user=request.user, page=page, initial=initial)
    return render(request, "wiki/edit.html", _page(request, page, form, draft=draft))


def _page(
    request: HttpRequest, page: Page, form: PageForm, draft: Draft | None = None, **more: Any
) -> dict[str, Any]:
    stale = draft is not None and draft.base_id not in {None, page.revision_id}
    context = {
        "page": page,
        "space": page.space,
        "addresses": addresses(page),
        "draft": draft,
        "stale": stale,
    }
    return editor(form, page.template, **context, **more)


def _written(request: HttpRequest, page: Page) -> HttpResponse:
    do = request.POST.get("do", "save")
    form = PageForm(request.POST, user=request.user, page=page)
    valid = form.is_valid()
    if do == "preview":
        return _shown(request, page, form)
    try:
        if do == "resolve" and valid:
            sent = resolution(request, page, form)
            return sent if isinstance(sent, HttpResponse) else _save(request, page, sent)
        _keep(request, page, form)
        if valid:
            return _save(request, page, form.cleaned_data)
    except (Invalid, TooLarge) as refusal:
        show_refusal(form, refusal, "text" if isinstance(refusal, TooLarge) else None)
    return _refused(request, form, "wiki/edit.html", _page(request, page, form))


def _keep(request: HttpRequest, page: Page, form: PageForm) -> None:
    """The words as they were typed, also where the form is refused; only what is too long for any draft is not kept."""
    if not form.has_error("text") and not form.has_error("base"):
        base = form.cleaned_data["base"]
        keep_draft(actor=request.user, space=page.space, page=page, base=base, **form.written())


def _save(request: HttpRequest, page: Page, sent: dict[str, Any]) -> HttpResponse:
    try:
        saved = save_page(actor=request.user, page=page, **sent)
    except EditConflict as conflict:
        if wants_json(request):
            return refusal_json(conflict)
        return conflict_page(request, page, sent, conflict)
    if wants_json(request):
        return _saved_json(request, saved, sent["base"])
    if saved.merged and saved.changed:
        names = (
            " and ".join(authors_between(request.user, page, sent["base"], saved.revision.number))
            or "Somebody"
        )
        messages.success(
            request, f"Saved as revision {saved.revision.number}, with what {names} changed meanwhile."
        )
        return redirect("wiki:merged", uid=page.uid, number=saved.revision.number)
    word = (
        f"Saved as revision {saved.revision.number}."
        if saved.changed
        else "Nothing was different; nothing was saved."
    )
    messages.success(request, word)
    return redirect(saved.page)


def _saved_json(request: HttpRequest, saved: Saved, base: int, created: bool = False) -> JsonResponse:
    page, revision = saved.page, saved.revision
    answer: dict[str, Any] = {
        "revision": revision.number,
        "changed": saved.changed,
        "merged": saved.merged,
        "addresses": addresses(page),
    }
    if saved.merged:
        names = authors_between(request.user, page, base, revision.number)
        came_in = reverse("wiki:merged", args=[page.uid, revision.number]) if saved.changed else ""
        answer |= {"text": revision.text, "title": revision.title, "by": names, "came_in": came_in}
    return JsonResponse(answer, status=201 if created else 200)


def _shown(request: HttpRequest, page: Page, form: PageForm) -> HttpResponse:
    """The preview for browsers without scripts: the form again, with the text as readers will see it."""
    if form.has_error("text"):
        return _refused(request, form, "wiki/edit.html", _page(request, page, form))
    shown = preview(request.user, page.space, page, form.cleaned_data["text"])
    context = _page(request, page, form, reading=shown)
    form.errors.clear()
    return render(request, "wiki/edit.html", context)


def _refused(request: HttpRequest, form: PageForm, template: str, context: dict[str, Any]) -> HttpResponse:
    status = 413 if form.too_large else 400
    if wants_json(request):
        sentences = {name: [str(each) for each in errors] for name, errors in form.errors.items()}
        refusal = Invalid(errors=sentences)
        return JsonResponse({"detail": refusal.detail, "errors": sentences}, status=status)
    return render(request, template, context, status=status)


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest, space: str) -> HttpResponse:
    """The editor of a page that is to be, below `?parent=` (default: the space's home)."""
    try:
        parent = parent_of(request, space)
        require(request.user, "change", parent)
        return _written_new(request, parent) if request.method == "POST" else _opened_new(request, parent)
    except (NotFound, Forbidden) as refusal:
        if request.method != "POST":
            raise
        return still_theirs(request, refusal)


def _opened_new(request: HttpRequest, parent: Page) -> HttpResponse:
    template = known_template(request.GET.get("template", ""))
    draft = draft_of_new(request.user, parent.space, parent)
    initial = {
        "title": request.GET.get("title", "")[:200],
        "text": starting_text(template),
        "template": template,
    }
    if draft is not None and not (draft.title or draft.text):
        draft = None
    if draft is not None:
        template = known_template(draft.template)
        initial = {"title": draft.title, "text": draft.text, "summary": draft.summary, "template": template}
    form = NewPageForm(user=request.user, page=parent, initial=initial)
    return render(request, "wiki/edit.html", _new_page(parent, form, template, draft=draft))


def _new_page(parent: Page, form: PageForm, template: str, **more: Any) -> dict[str, Any]:
    space = parent.space
    targets = {
        "edit": reverse("wiki:new", args=[space.slug]),
        "draft": reverse("wiki:draft-new", args=[space.slug]),
    }
    context = {"space": space, "parent": parent, "addresses": targets, "starting_texts": starting_texts()}
    return editor(form, template, **context, **more)


def _written_new(request: HttpRequest, parent: Page) -> HttpResponse:
    form = NewPageForm(request.POST, user=request.user, page=parent)
    valid, do = form.is_valid(), request.POST.get("do", "save")
    template = known_template(request.POST.get("template", ""))
    if do == "template" and not form.has_error("text"):
        return _begun(request, parent, form, template)
    if do == "preview" and not form.has_error("text"):
        shown = preview(request.user, parent.space, parent, form.cleaned_data["text"])
        context = _new_page(parent, form, template, reading=shown)
        form.errors.clear()
        return render(request, "wiki/edit.html", context)
    try:
        _keep_new(request, parent.space, parent, form, template)
        if valid:
            return _create(request, parent, form.cleaned_data)
    except (Invalid, TooLarge, Conflict) as refusal:
        show_refusal(form, refusal)
    return _refused(request, form, "wiki/edit.html", _new_page(parent, form, template))


def _begun(request: HttpRequest, parent: Page, form: NewPageForm, template: str) -> HttpResponse:
    """The starting text of another template, as long as nobody has written anything of their own."""
    text = form.cleaned_data["text"]
    untouched = not text.strip() or text.strip() in {each.strip() for each in starting_texts().values()}
    written = form.written() | {"template": template}
    written["text"] = starting_text(template) if untouched else text
    again = NewPageForm(user=request.user, page=parent, initial=written)
    return render(request, "wiki/edit.html", _new_page(parent, again, template))


def _keep_new(request: HttpRequest, space: Space, parent: Page, form: PageForm, template: str) -> None:
    if not form.has_error("text"):
        keep_draft(actor=request.user, space=space, parent=parent, template=template, **form.written())


def _create(request: HttpRequest, parent: Page, sent: dict[str, Any]) -> HttpResponse:
    page = create_page(actor=request.user, space=parent.space, parent=parent, **sent)
    if wants_json(request):
        assert page.revision is not None
        return _saved_json(request, Saved(page, page.revision), 0, created=True)
    messages.success(request, f"“{page.title}” is written.")
    return redirect(page)
