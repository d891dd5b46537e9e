"""Addresses of the catalog pages. An entity's is its reference: `/catalog/<kind>/<namespace>/<name>`."""

from django.urls import path

from apps.catalog.views import (
    access,
    browse,
    choices,
    deployments,
    edit,
    entity,
    exchange,
    operations,
    relations,
    sources,
    stage,
)

app_name = "catalog"
ENTITY = "<slug:kind>/<str:namespace>/<str:name>"

writing = [
    path("new", edit.new, name="new"),
    path("new/<slug:kind>", edit.new_of_kind, name="new-of-kind"),
    path("similar", edit.similar, name="similar"),
    path("preview", edit.preview, name="preview"),
    path("row/<slug:name>", edit.pair_row, name="pair-row"),
    path("options/<slug:what>", choices.options, name="options"),
    path("import", exchange.bring_in, name="import"),
    path(f"{ENTITY}/catalog-info.yaml", exchange.export, name="export"),
    path(f"{ENTITY}/edit", edit.edit, name="edit"),
    path(f"{ENTITY}/stage", stage.stage, name="stage"),
    path(f"{ENTITY}/access", access.access, name="access"),
    path(f"{ENTITY}/access/visibility", access.visibility, name="set-visibility"),
    path(f"{ENTITY}/access/owner", access.owner, name="transfer"),
    path(f"{ENTITY}/access/grant", access.grant, name="grant"),
    path(f"{ENTITY}/access/revoke", access.revoke, name="revoke"),
    path(f"{ENTITY}/relations/add", relations.add, name="relate"),
    path(f"{ENTITY}/relations/<int:pk>/end", relations.end, name="unrelate"),
]
operating = [
    path("findings/", operations.findings, name="findings"),
    path("findings/<int:pk>/", operations.handle, name="finding"),
    path("unowned/", operations.unowned, name="unowned"),
    path("deployments/", deployments.all_deployments, name="all-deployments"),
    path("deployments/<int:pk>/link", deployments.link, name="link-deployment"),
    path("sources/", sources.sources, name="sources"),
    path("sources/<slug:name>/", sources.source, name="source"),
    path("sources/<slug:name>/sync", sources.sync, name="sync"),
    path("sources/<slug:name>/runs/<int:pk>/", sources.run, name="run"),
]
reading = [
    path("", browse.entity_list, name="list"),
    path("facets", browse.facets, name="facets"),
    path("count", browse.count, name="count"),
    path(ENTITY, entity.overview, name="entity"),
    path(f"{ENTITY}/versions", entity.versions, name="versions"),
    path(f"{ENTITY}/versions/compare", entity.compare, name="compare"),
    path(f"{ENTITY}/deployments", entity.deployments, name="deployments"),
    path(f"{ENTITY}/lineage", entity.lineage, name="lineage"),
    path(f"{ENTITY}/relations", entity.relations, name="relations"),
    path(f"{ENTITY}/activity", entity.activity, name="activity"),
]
# An entity's address takes any three words, so it comes last.
urlpatterns = [*writing, *operating, *reading]
