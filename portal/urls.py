"""Every address, from top to bottom."""

from django.contrib import admin
from django.urls import include, path

from apps.catalog.views import backstage, webhooks
from apps.tooling.views.backstage import tech_radar
from portal import parts_page
from portal.graphql_view import GraphQLView, sdl
from portal.health import healthz, metrics, readyz
from portal.well_known import favicon, robots

urlpatterns = [
    path("", include("apps.activity.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("portal.accounts")),
    path("people/", include("apps.people.urls")),
    path("catalog/", include("apps.catalog.urls")),
    path("search/", include("apps.search.urls")),
    path("roadmap/", include("apps.roadmap.urls")),
    path("tooling/", include("apps.tooling.urls")),
    path("wiki/", include("apps.wiki.urls")),
    path("hooks/mlflow/<slug:source>", webhooks.mlflow, name="mlflow-webhook"),
    path("api/ml-portal/catalog-info.yaml", backstage.catalog_info, name="backstage-catalog-info"),
    path("api/ml-portal/tech-radar", tech_radar, name="backstage-tech-radar"),
    path("robots.txt", robots),
    path("favicon.ico", favicon),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api/v1/", include("portal.rest")),
    path("about/parts/", parts_page.page, name="parts"),
    path("graphql", GraphQLView.as_view(), name="graphql"),
    path("graphql/schema.graphql", sdl, name="graphql-sdl"),
]

handler400 = "portal.error_pages.bad_request"
handler403 = "portal.error_pages.forbidden"
handler404 = "portal.error_pages.not_found"
handler429 = "portal.error_pages.too_many"
handler500 = "portal.error_pages.server_error"
