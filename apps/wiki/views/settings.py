"""A page's settings: one page of sections, each a form with an action of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.core.deciding import DONE, carried_out, lost
from apps.core.errors import Invalid
from apps.core.form_fields import offer
from apps.core.policies import abilities, can
from apps.people.models import Visibility
from apps.wiki.actions.placing import narrow_page
from apps.wiki.actions.settings import update_page
from apps.wiki.forms.settings import (
    AudienceForm,
    DocumentForm,
    KindForm,
    NarrowForm,
    TagsForm,
    VerificationForm,
)
from apps.wiki.models import Page
from apps.wiki.page_templates import required_sections
from apps.wiki.queries.filtering import documented
from apps.wiki.queries.pages import ancestors, page_by_uid
from apps.wiki.queries.people import shown_to
from apps.wiki.views.surroundings import FORM, frame, load
from apps.wiki.views.writing import missing
from apps.wiki.vocabulary import WIDTH, narrowest

SECTIONS = ("kind", "tags", "documents", "remove", "verification", "audience", "visibility")


@require_http_methods(FORM)
@login_required
def page(request: HttpRequest, uid: str) -> HttpResponse:
    found = load(request, uid)
    if request.method != "POST":
        return _answer(request, found)
    section = request.POST.get("do", "")
    if section not in SECTIONS:
        raise Invalid("The form lost its section.", next_step="Load the page again.")
    form = _form(request, found, "documents" if section == "remove" else section, request.POST)
    if section == "remove":
        del form.fields["entity"]
    status = carried_out(request, form, lambda sent: _act(request, found, section, form))
    if status == DONE:
        return redirect("wiki:settings", uid) if can(request.user, "change", found) else redirect("wiki:home")
    return _answer(request, page_by_uid(request.user, uid), status, section, form)


def _act(request: HttpRequest, page: Page, section: str, form: Any) -> str:
    version = form.cleaned_data["version"]
    if section == "visibility":
        narrowed = form.cleaned_data["narrowed"]
        narrow_page(actor=request.user, page=page, narrowed=narrowed, expected_version=version)
        return f"“{page.title}” is shown to {shown_to(page)}."
    if section in {"documents", "remove"}:
        return _documented(request, page, section, form)
    update_page(actor=request.user, page=page, changes=form.changes(), expected_version=version)
    return SAID[section]


SAID = {
    "kind": "The kind of page is saved.",
    "tags": "The tags are saved.",
    "verification": "Who verifies it, and how often, is saved.",
    "audience": "Who must acknowledge it is saved.",
}


def _documented(request: HttpRequest, page: Page, section: str, form: Any) -> str:
    """The list with one more or one less; entities that the person does not see stay, the action sees to that."""
    refs = [entity.ref for entity in documented(request.user, page)]
    chosen = form.cleaned_data["entity"].ref if section == "documents" else request.POST.get("ref", "")
    kept = [ref for ref in refs if ref != chosen] + ([chosen] if section == "documents" else [])
    update_page(
        actor=request.user,
        page=page,
        changes={},
        documents=kept,
        expected_version=form.cleaned_data["version"],
    )
    return f"It {'documents' if section == 'documents' else 'no longer documents'} {chosen[:200]}."


def _kind(request: HttpRequest, page: Page, data: Any) -> forms.Form:
    return KindForm(data, auto_id="kind_%s", initial={"template": page.template, "version": page.version})


def _tags(request: HttpRequest, page: Page, data: Any) -> forms.Form:
    return TagsForm(data, auto_id="tags_%s", initial={"tags": page.tags, "version": page.version})


def _documents(request: HttpRequest, page: Page, data: Any) -> forms.Form:
    form = DocumentForm(data, auto_id="documents_%s", initial={"version": page.version})
    offer(form, "entity", request.user)
    return form


def _verification(request: HttpRequest, page: Page, data: Any) -> forms.Form:
    initial = {"verifier": _verifier_key(page), "verify_every_days": page.verify_every_days}
    form = VerificationForm(data, auto_id="verification_%s", initial=initial | {"version": page.version})
    offer(form, "verifier", request.user)
    return form


def _verifier_key(page: Page) -> str:
    if page.verifier is not None:
        return f"user:{page.verifier.username}"
    return f"team:{page.verifier_team.slug}" if page.verifier_team is not None else ""


def _audience(request: HttpRequest, page: Page, data: Any) -> forms.Form:
    initial = {"acknowledged_by": page.acknowledged_by, "version": page.version}
    return AudienceForm(data, auto_id="audience_%s", initial=initial, owned=page.owner_id is not None)


def _visibility(request: HttpRequest, page: Page, data: Any) -> forms.Form:
    """As its place shows it, or narrower."""
    above = widest(request.user, page)
    labels = dict(Visibility.choices)
    choices = [("", f"As above it: {labels[above].lower()}")]
    choices += [(each, NARROWER[each]) for each in WIDTH[WIDTH.index(above) + 1 :]]
    if page.narrowed and page.narrowed not in dict(choices):
        choices.append((page.narrowed, NARROWER[page.narrowed]))
    return NarrowForm(
        data,
        auto_id="visibility_%s",
        choices=choices,
        initial={"narrowed": page.narrowed, "version": page.version},
    )


NARROWER = {"unit": "Its business unit only", "restricted": "Its owner team and those with a grant only"}


def widest(user: Any, page: Page) -> str:
    """What the page would be visible to if nothing narrowed it."""
    above = ancestors(user, page)
    return narrowest(page.space.visibility, *(each.visibility for each in above[-1:]))


FORMS: dict[str, Callable[[HttpRequest, Page, Any], forms.Form]] = {
    "kind": _kind,
    "tags": _tags,
    "documents": _documents,
    "verification": _verification,
    "audience": _audience,
    "visibility": _visibility,
}


def _form(request: HttpRequest, page: Page, section: str, data: Any = None) -> Any:
    return FORMS[section](request, page, data)


def _answer(
    request: HttpRequest, page: Page, status: int = DONE, section: str = "", bound: Any = None
) -> HttpResponse:
    shown = {f"{name}_form": _form(request, page, name) for name in FORMS if name != section}
    if bound is not None and section != "remove":
        shown[f"{section}_form"] = bound
    context = frame(request, page, "Settings") | shown | _facts(request, page)
    context |= {
        "lost": section if bound is not None and lost(bound) else "",
        "refused": bound if section == "remove" else None,
    }
    return render(request, "wiki/settings.html", context, status=status)


def _facts(request: HttpRequest, page: Page) -> dict[str, Any]:
    text = page.revision.text if page.revision else ""
    return {
        "can": abilities(request.user, page),
        "documents": documented(request.user, page),
        "required": required_sections(page.template),
        "missing": missing(page.template, text),
        "verifier": page.verifier or page.verifier_team,
    }
