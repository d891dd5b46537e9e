"""May my team use this? For one tool by its address, so that an answer can be sent; for a file by a form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.core.errors import PortalError
from apps.core.form_fields import show_refusal
from apps.core.strict_json import dumps
from apps.tooling.actions.counting import check_file, decide_use
from apps.tooling.decide import Decision
from apps.tooling.forms.checking import FileForm, UseForm, packed
from apps.tooling.manifests import ManifestError
from apps.tooling.models import Grant
from apps.tooling.queries.deciding import Asked, Checked
from apps.tooling.queries.lookups import tools_by_ref
from apps.tooling.reports import Finding, written
from apps.tooling.views.tabs import room_tabs
from apps.tooling.vocabulary import meaning_of

FORM = ("GET", "HEAD", "POST")
MOST_ROWS = 500
ENDINGS = {"sarif": "sarif", "json": "json", "text": "txt"}
CURL = (
    'curl --fail-with-body -H "Authorization: Bearer $TOKEN" --data-binary @requirements.txt '
    '"{}?environment=production&format=text&filename=requirements.txt"'
)
DOWNLOADS = (("sarif", "SARIF"), ("json", "JSON"), ("text", "Text"))


@require_http_methods(FORM)
@login_required
def check(request: HttpRequest) -> HttpResponse:
    return _file(request) if request.method == "POST" else _use(request)


def _use(request: HttpRequest) -> HttpResponse:
    asks = "tool" in request.GET or "name" in request.GET
    form = UseForm(request.GET if asks else None, user=request.user, initial={"environment": "production"})
    context: dict[str, Any] = {
        "form": form,
        "file_form": FileForm(user=request.user, initial=_initial(request)),
    }
    status = 200
    if asks and form.is_valid():
        try:
            context |= _answer(request, form)
        except PortalError as refusal:
            show_refusal(form, refusal)
            status = refusal.status
    elif asks:
        status = 400
    return _page(request, context, status)


def _initial(request: HttpRequest) -> dict[str, str]:
    return {"environment": request.GET.get("environment", "production")[:63]}


def _answer(request: HttpRequest, form: UseForm) -> dict[str, Any]:
    version = form.cleaned_data["version"] or None
    answer = decide_use(request.user, "page", tool=form.asked, version=version, **form.place())
    decision = answer.decision
    refs = [*decision.alternatives, *([answer.tool.ref] if answer.tool else [])]
    known = tools_by_ref(request.user, refs) if refs else {}
    return {
        "answer": answer,
        "decision": decision,
        "tool": known.get(answer.tool.ref) if answer.tool else None,
        "meaning": meaning_of(decision.reason, version),
        "alternatives": [known[ref] for ref in decision.alternatives if ref in known],
        "exception": _exception(request, decision),
        "told": _where(answer, form),
    }


def _where(answer: Asked, form: UseForm) -> list[str]:
    place = answer.place
    return [form.teams[place.team.slug], str(place.environment), f"{place.data_class.name.lower()} data"]


def _exception(request: HttpRequest, decision: Decision) -> Grant | None:
    if decision.grant is None:
        return None
    rows = Grant.objects.visible_to(request.user).select_related("request")
    return rows.filter(pk=decision.grant.id).first()


def _file(request: HttpRequest) -> HttpResponse:
    form = FileForm(request.POST, request.FILES, user=request.user)
    context: dict[str, Any] = {"form": UseForm(user=request.user, initial={"environment": "production"})}
    context |= {"file_form": form, "of_file": True}
    if not form.is_valid():
        return _page(request, context, 400)
    sent = form.cleaned_data
    try:
        name, strict = sent["filename"], sent["strict"]
        checked = check_file(request.user, "page", sent["content"], name, strict=strict, **form.place())
    except PortalError as refusal:
        if not isinstance(refusal, ManifestError):
            show_refusal(form, refusal, "file")
        return _page(request, context | {"refusal": refusal}, refusal.status)
    if sent["form"]:
        return _download(checked, sent["form"])
    return _page(request, context | _report(request, checked, sent["content"]), 200)


def _download(checked: Checked, form: str) -> HttpResponse:
    content_type, body = written(checked.report, form)
    content = body if isinstance(body, str) else dumps(body)
    headers = {
        "Content-Disposition": f'attachment; filename="tools.{ENDINGS[form]}"',
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=content_type, headers=headers)


def _report(request: HttpRequest, checked: Checked, content: bytes) -> dict[str, Any]:
    report = checked.report
    wanting = [each for each in report.findings if each.level != "none"]
    shown = list(report.findings if len(report.findings) <= MOST_ROWS else wanting)[:MOST_ROWS]
    known = tools_by_ref(request.user, {each.tool for each in shown} | _alternatives(shown))
    return {
        "report": report,
        "rows": [_row(each, known) for each in shown],
        "denied": sum(not each.decision.allowed for each in report.findings),
        "excepted": sum(each.decision.excepted for each in report.findings),
        "hidden": len(report.findings) - len(shown),
        "packed": packed(content),
        "downloads": DOWNLOADS,
    }


def _alternatives(findings: Iterable[Finding]) -> set[str]:
    return {ref for each in findings for ref in each.decision.alternatives}


def _row(finding: Finding, known: dict[str, Any]) -> dict[str, Any]:
    decision = finding.decision
    return {
        "finding": finding,
        "decision": decision,
        "tool": known.get(finding.tool),
        "meaning": finding.meaning,
        "alternatives": [known[ref] for ref in decision.alternatives if ref in known],
        "request": finding.request_url.removeprefix(settings.BASE_URL),
    }


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    address = request.build_absolute_uri(reverse("api-tooling-check"))
    whole = {"tabs": room_tabs(request, "check"), "curl": CURL.format(address), **context}
    return render(request, "tooling/check.html", whole, status=status)
