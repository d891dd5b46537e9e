"""The one admin site: who may open it follows from their standing, and it holds our own pages only."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.templatetags.static import static
from django.urls import URLPattern, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from unfold.dataclasses import Favicon
from unfold.sites import UnfoldAdminSite

from apps.core.errors import Forbidden
from apps.people.standing import standing_of
from portal.admin_frame import COLOURS, dashboard


class AdminSite(UnfoldAdminSite):
    """Unfold's site with our door. Installed by `portal.apps.AdminConfig.default_site`."""

    index_template = "admin/dashboard.html"
    index_title = "What waits"
    enable_nav_sidebar = True

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only models of the house: groups, queue tables and sign-in tables are nobody's work."""
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        own = [model for model in models if model.__module__.startswith("apps.")]
        super().register(own, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return bool(user.is_authenticated and user.is_active and standing_of(user).opens_admin)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Whoever is signed in and has no business here is told so, not asked to sign in again."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Forbidden(
                    "The administration is for CoE leads and platform engineers.",
                    next_step="Ask a CoE lead for what you need.",
                )
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return update_wrapper(guarded, view)

    def get_urls(self) -> list[Any]:
        """Without Django's detour to an object's page, which would answer for any row of any table."""
        urls = super().get_urls()
        return [url for url in urls if not isinstance(url, URLPattern) or url.name != "view_on_site"]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one sign-in, the portal's."""
        target = request.GET.get("next", "")
        if not url_has_allowed_host_and_scheme(
            target, {request.get_host()}, require_https=request.is_secure()
        ):
            target = reverse("admin:index")
        if request.user.is_authenticated:
            return HttpResponseRedirect(reverse("admin:index"))
        return redirect_to_login(target, resolve_url(settings.LOGIN_URL))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_change_password")

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        """There are no pages per app; the rail leads to the work."""
        return redirect("admin:index")

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The rail's search; it has one page of results."""
        kept = request.GET.copy()
        kept.pop("page", None)
        request.GET = kept  # type: ignore[assignment]
        response: HttpResponse = super().search(request, extra_context)
        return response

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        icon = Favicon(href=static("portal/favicon.svg"), rel="icon", type="image/svg+xml")
        ours = {"colors": COLOURS, "site_favicons": [icon], "styles": [static("portal/css/admin.css")]}
        return {**super().each_context(request), **ours}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().index(request, {**(extra_context or {}), **dashboard(request)})
        return response
