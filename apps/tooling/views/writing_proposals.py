"""The form of a proposal with its rows of rules: made, checked, shown again with what was refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from apps.core.deciding import DONE
from apps.core.errors import Conflict, PortalError
from apps.core.form_fields import posted, show_refusal
from apps.tooling.forms.proposals import ProposalEditForm, ProposalForm, written_on
from apps.tooling.forms.rules import RuleRows, unfinished
from apps.tooling.models import Capability, Proposal
from apps.tooling.queries.rules import last_revision, rules_of


class WrittenProposal:
    """What one request shows or sends: the texts and the rules. `begun` is the proposal that it begins with."""

    def __init__(
        self, request: HttpRequest, capability: Capability, begun: Proposal | None, *, edited: bool = False
    ) -> None:
        self.request, self.capability, self.begun, self.edited = request, capability, begun, edited
        self.last = last_revision(capability)
        self.moved = begun is not None and begun.base != self.last
        sent, rules = posted(request), begun.rules if begun else rules_of(request.user, self.last)
        self.rows = RuleRows(request.user, sent, rules)
        self.form = self._form(sent)

    def _form(self, sent: Any) -> ProposalForm:
        kind = ProposalEditForm if self.edited else ProposalForm
        if sent is not None and self.rows.editing:
            return unfinished(kind, sent)
        initial = written_on(self.last, self.begun)
        if self.edited and self.begun is not None:
            initial["version"] = self.begun.version
        return kind(sent, initial=initial)

    def carried_out(self, act: Callable[[dict[str, Any]], Proposal]) -> tuple[Proposal | None, int]:
        """The proposal that the action returned, or None with the status of the answer that shows the form again."""
        if self.request.method != "POST" or self.rows.editing:
            return None, DONE
        both = [self.form.is_valid(), self.rows.is_valid()]
        if not all(both):
            return None, 400
        fields = self.form.fields_of_action() | {
            name: self.form.cleaned_data[name]
            for name in ("base_revision", "version")
            if name in self.form.cleaned_data
        }
        try:
            return act(fields | {"rules": self.rows.rules()}), DONE
        except PortalError as refusal:
            self._show(refusal)
            return None, refusal.status

    def _show(self, refusal: PortalError) -> None:
        """A lost race keeps what was typed; saving it again means it, on top of what is there now."""
        if not self.rows.show(refusal):
            show_refusal(self.form, refusal)
        if isinstance(refusal, Conflict):
            data = cast(QueryDict, self.form.data).copy()
            for extra, name in (("current_revision", "base_revision"), ("current_version", "version")):
                if extra in refusal.extra:
                    data[name] = str(refusal.extra[extra])
            self.form.data = data

    def page(self, title: str, status: int) -> HttpResponse:
        where = self.capability
        context = {
            "title": title,
            "form": self.form,
            "rows": self.rows,
            "capability": where,
            "base": self.last,
            "moved": self.moved,
            "begun": self.begun,
            "edited": self.edited,
            "crumbs": [
                ("Tooling", reverse("tooling:home")),
                (where.name, where.get_absolute_url()),
                (title, ""),
            ],
        }
        return render(self.request, "tooling/proposals/form.html", context, status=status)
