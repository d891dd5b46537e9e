"""One tool: where it stands and why, who uses it, who holds exceptions; and its profile."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from apps.catalog.models import Entity
from apps.core.deciding import DONE, carried_out
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.core.form_fields import offer
from apps.core.ids import row_of
from apps.core.policies import can
from apps.people.standing import standing_of
from apps.tooling.actions.tools import forget_package, name_package, set_profile
from apps.tooling.forms.tools import ForgetForm, PackageForm, ProfileForm
from apps.tooling.models import Package
from apps.tooling.policies import keeps_standards
from apps.tooling.queries import tools as reading
from apps.tooling.queries.book import snapshot
from apps.tooling.queries.radar import radar
from apps.tooling.queries.rings import contexts, turns
from apps.tooling.vocabulary import DataClass

FORM = ["GET", "HEAD", "POST"]


@require_safe
@login_required
def tool(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """`?version=` asks for the rings of one version; without it those of the newest that the rules tell apart."""
    user, now = request.user, snapshot()
    found = reading.tool_by_parts(user, namespace, name)
    drawn = radar(user, at=now.at)
    version = reading.asked_version(request.GET.get("version", ""))
    stand = reading.stand_of(now, found, drawn.environments, version)
    standards = reading.standards_of(user, found, now)
    within = contexts([each.slug for each in drawn.environments])
    context = {
        "tool": found,
        "blip": next((blip for blip in drawn.blips if blip.tool.pk == found.pk), None),
        "version": version,
        "stand": stand,
        "rings": reading.table_of_rings(stand, drawn.environments) if stand else [],
        "classes": [each.name.capitalize() for each in DataClass],
        "standards": standards,
        "turns": turns(now.book, found.ref, within, now.at)[::-1],
        "uses": reading.uses_of(user, found, now, drawn.environments),
        "versions": reading.versions_seen(user, found),
        "exceptions": reading.exceptions_of(user, found, now),
        "alternatives": reading.alternatives(drawn, stand),
        "profile": reading.profile_of(user, found),
        "packages": reading.packages_of(user, found),
        "may_keep": _may_keep(user, found),
    }
    return render(request, "tooling/tools/tool.html", context)


def _may_keep(user: Any, tool: Entity) -> bool:
    """Whether to offer the profile's form; the actions decide by the same rule."""
    return keeps_standards(standing_of(user)) or can(user, "change", tool)


@require_http_methods(FORM)
@login_required
def profile(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Three small forms, told apart by `do`: profile, name, forget."""
    found = reading.tool_by_parts(request.user, namespace, name)
    if not _may_keep(request.user, found):
        raise Forbidden("A tool's profile is kept by its owner team and by CoE leads.")
    if request.method != "POST":
        return _profile_page(request, found)
    do = request.POST.get("do", "")
    if do not in FORMS:
        raise Invalid("The form lost its section.", next_step="Load the page again.")
    form = FORMS[do](request.POST)
    if do == "profile":
        offer(form, "supported_by", request.user)
    status = carried_out(request, form, lambda sent: _act(request, found, do, sent))
    if status == DONE:
        return redirect("tooling:profile", found.namespace, found.name)
    return _profile_page(request, found, status, do, form)


FORMS: dict[str, type[forms.Form]] = {"profile": ProfileForm, "name": PackageForm, "forget": ForgetForm}


def _act(request: HttpRequest, tool: Entity, do: str, sent: dict[str, Any]) -> str:
    if do == "profile":
        set_profile(actor=request.user, tool=tool, **sent)
        return "The profile is saved."
    if do == "name":
        package = name_package(actor=request.user, tool=tool, **sent)
        return f"{package} stands for {tool} now."
    row = row_of(Package.objects.visible_to(request.user).filter(tool=tool), sent["package"])
    if row is None:
        raise NotFound("This name does not stand for the tool any more.")
    forget_package(actor=request.user, package=row)
    return f"{row} does not stand for {tool} any more."


def _profile_page(
    request: HttpRequest, tool: Entity, status: int = 200, do: str = "", sent: forms.Form | None = None
) -> HttpResponse:
    known = reading.profile_of(request.user, tool)
    initial = {
        "scheme": known.scheme if known else "pep440",
        "supported_by": known.supported_by.slug if known and known.supported_by else None,
        "support": known.support if known else "",
    }
    made: dict[str, forms.Form] = {"profile": ProfileForm(initial=initial), "name": PackageForm()}
    offer(made["profile"], "supported_by", request.user)
    if sent is not None:
        made[do] = sent
    context = {
        "tool": tool,
        "profile_form": made["profile"],
        "name_form": made["name"],
        "refused": made.get("forget"),
        "packages": reading.packages_of(request.user, tool),
    }
    return render(request, "tooling/tools/profile.html", context, status=status)
