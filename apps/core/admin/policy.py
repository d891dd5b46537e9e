"""`PolicyAdmin`: an admin page that decides nothing: rights come from policies, writes from actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin

from apps.core.admin import operations as doing
from apps.core.admin.forms import VERSION, Chooser, PolicyForm, expected_version
from apps.core.admin.operations import Operation
from apps.core.admin.paging import CappedPaginator
from apps.core.errors import Forbidden, NotFound, PortalError
from apps.core.policies import can, policy_of

ANSWERS = "_possible_in_admin"


def _is_possible(user: Any, model: type[models.Model], ability: str) -> bool:
    """Whether the policy allows it on any row. One page asks this of every model several times: the request's user
    keeps the answers."""
    answers = getattr(user, ANSWERS, None)
    if answers is None:
        answers = {}
        setattr(user, ANSWERS, answers)
    if (model, ability) not in answers:
        answers[model, ability] = policy_of(model).is_possible(user, ability)
    return bool(answers[model, ability])


class PolicyAdmin(ModelAdmin):
    """The base of every admin page of the house's own models (system check coe.E010).

    A subclass that lets people add rows defines `create(actor, data)`, one that lets them edit defines
    `update(actor, row, changes, version)`; both call an action and return the row. `change_ability` is the
    policy's action that editing asks for. Everything else that can be done to a row is an `Operation`.
    """

    form = PolicyForm
    change_ability: ClassVar[str] = "change"
    operations: ClassVar[Sequence[Operation]] = ()
    create: ClassVar[Callable[..., models.Model] | None] = None
    update: ClassVar[Callable[..., models.Model] | None] = None

    actions = None
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    list_filter_submit = True
    list_fullwidth = True
    warn_unsaved_form = True

    # Rights: the policy's answers, translated.

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = self.model.objects.visible_to(request.user)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def may(self, user: Any, abilities: Sequence[str], row: models.Model | None = None) -> bool:
        """Whether any of the policy's actions is allowed on the row; without a row, on any at all."""
        if row is None:
            return any(_is_possible(user, self.model, ability) for ability in abilities)
        return any(can(user, ability, row) for ability in abilities)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.may(request.user, ["view"], obj)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self.update is not None and self.may(request.user, [self.change_ability], obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.create is not None and self.may(request.user, ["change"])

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> models.Model:
        row: models.Model | None = super().get_object(request, object_id, from_field)
        if row is None:
            raise NotFound(f"There is no such {self.opts.verbose_name}, or it is not shown to you.")
        return row

    # Writes: actions, and their refusals on the form.

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (Forbidden, NotFound) as refusal:
            if request.method != "POST" or object_id is not None:
                raise
            return self._refused(request, refusal, object_id, form_url, extra_context)
        except PortalError as refusal:
            if request.method != "POST":
                raise
            return self._refused(request, refusal, object_id, form_url, extra_context)

    def _refused(self, request: HttpRequest, refusal: PortalError, *arguments: Any) -> HttpResponse:
        """The form again, with what the action said; nothing was written."""
        request.refusal = refusal  # type: ignore[attr-defined]
        response: HttpResponse = super().changeform_view(request, *arguments)
        response.status_code = refusal.status
        return response

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal, form.actor = getattr(request, "refusal", None), request.user
        return form

    def groups(self, request: HttpRequest, obj: Any) -> list[Any]:
        """The page's groups of fields, as Django's fieldsets."""
        return list(super().get_fieldsets(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Adds the hidden version to the first group of an editable page."""
        groups = [(title, dict(options)) for title, options in self.groups(request, obj)]
        if self.has_change_permission(request, obj) if obj else self.has_add_permission(request):
            groups[0][1]["fields"] = [*groups[0][1]["fields"], VERSION]
        return groups

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Hands the form to the action; `obj` becomes the row that the action returns."""
        if change:
            row = self.get_object(request, str(obj.pk))
            version = expected_version(row, form.cleaned_data[VERSION])
            saved = self.update(request.user, row, self.changes(form), version)  # type: ignore[misc]
        else:
            saved = self.create(request.user, self.data(form))  # type: ignore[misc]
        obj.__dict__.update(saved.__dict__)

    def data(self, form: Any) -> dict[str, Any]:
        """What `create` gets."""
        return {name: value for name, value in form.cleaned_data.items() if name != VERSION}

    def changes(self, form: Any) -> dict[str, Any]:
        """What `update` gets."""
        changes: dict[str, Any] = form.changes()
        return changes

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Related rows are shown and never saved here."""

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """Without what was sent: tables of related rows are made from the database alone."""
        arguments = super().get_formset_kwargs(request, obj, inline, prefix)
        return {
            name: value for name, value in arguments.items() if name not in {"data", "files", "save_as_new"}
        }

    def construct_change_message(self, *arguments: Any, **options: Any) -> list[Any]:
        """Actions record events; Django's own log stays empty."""
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Actions record events; Django's own log stays empty."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Actions record events; Django's own log stays empty."""

    # Operations and pages.

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_operation"
        view = self.admin_site.admin_view(self.operation_view)
        return [path("<path:object_id>/do/<slug:name>/", view, name=name), *super().get_urls()]

    def operation_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        operation = next((one for one in self.operations if one.name == name), None)
        row = self.get_object(request, unquote(object_id))
        if operation is None:
            raise NotFound("There is no such operation.")
        return doing.respond(self, request, row, operation)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Operations that can be done to several rows of the list at once."""
        if "_popup" in request.GET:
            return {}
        usable = [one for one in self.operations if one.in_bulk and self.may(request.user, one.abilities)]
        return {one.name: (partial(_in_bulk, one), one.name, one.label) for one in usable}

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        """Only numbers can choose rows; anything else is dropped before it reaches the database."""
        data = request.POST.copy()
        chosen = [value for value in data.getlist("_selected_action") if value.isascii() and value.isdigit()]
        data.setlist("_selected_action", chosen[: doing.MOST_AT_ONCE + 1])
        request.POST = data  # type: ignore[assignment]
        return super().response_action(request, queryset)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        row = kwargs.get("obj") or context.get("original")
        if row is not None and row.pk:
            context["actions_detail"] = doing.offered(self, request, row)
        context |= {"show_save_and_add_another": False, "show_delete": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A new row has nothing that hangs on it."""
        return self.inlines if obj is not None else ()

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """An object's history is the audit log, narrowed to it."""
        row = self.get_object(request, unquote(object_id))
        query = f"subject_type={row._meta.label_lower}&subject_id={row.pk}"
        return HttpResponseRedirect(f"{reverse('admin:core_event_changelist')}?{query}")

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Straight to the object's page: Django's detour answers for rows that the person may not see."""
        if obj is None or not obj.pk or not hasattr(obj, "get_absolute_url"):
            return None
        return str(obj.get_absolute_url())

    # Fields.

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only rows that the person may see can be chosen."""
        target = db_field.remote_field.model
        kwargs.setdefault("queryset", target.objects.visible_to(request.user))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", Chooser(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the buttons that open other forms in windows."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field


def _in_bulk(
    operation: Operation, admin: PolicyAdmin, request: HttpRequest, rows: models.QuerySet[Any]
) -> Any:
    return doing.respond_in_bulk(admin, request, rows, operation)


def link_to(row: models.Model | None, text: str = "") -> str:
    """A link to the row's admin page, or a dash."""
    if row is None:
        return "–"
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html(
        '<a class="underline" href="{}">{}</a>', reverse(name, args=[row.pk]), text or str(row)
    )
