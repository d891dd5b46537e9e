"""Addresses of the catalog pages. An entity's address is its reference: `/catalog/<kind>/<namespace>/<name>`."""

from django.urls import path

from apps.catalog.views import browse, entity

app_name = "catalog"
ENTITY = "<slug:kind>/<str:namespace>/<str:name>"

urlpatterns = [
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
