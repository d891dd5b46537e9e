"""Every address, from top to bottom."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("people/", include("apps.people.urls")),
    path("catalog/", include("apps.catalog.urls")),
]
