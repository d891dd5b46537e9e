"""Every REST route, from top to bottom."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from apps.activity.api import EventViewSet
from apps.catalog.api import (
    DeploymentViewSet,
    EntityViewSet,
    FindingViewSet,
    RelationViewSet,
    SourceViewSet,
    SyncRunViewSet,
    VersionViewSet,
)
from apps.core.errors import NotFound
from apps.core.rest_problems import problem_page
from apps.people.api import MeView, PersonViewSet, TeamViewSet, TokenViewSet, UnitViewSet
from apps.roadmap.api import CycleViewSet, ScoringPolicyViewSet
from apps.roadmap.api import RequestViewSet as RoadmapRequestViewSet
from apps.roadmap.api.estimating import EstimatesView
from apps.roadmap.api.outlook import HorizonView, LessonsView, OpportunitiesView, RankingView
from apps.search.api import SearchView
from apps.tooling.api import (
    CapabilityViewSet,
    ConditionViewSet,
    EnvironmentViewSet,
    GrantViewSet,
    PackageViewSet,
    ProfileViewSet,
    ProposalViewSet,
    RequestViewSet,
    StandardViewSet,
    TierRuleViewSet,
    TierViewSet,
    UseViewSet,
)
from apps.tooling.api.admission import CLUSTER, AdmissionView, ClusterAdmissionView
from apps.tooling.api.deciding import CheckView, DecideView
from apps.wiki.api import (
    OF_PAGE,
    OF_SPACE,
    AttachmentViewSet,
    BacklinkViewSet,
    BrokenLinkViewSet,
    CommentViewSet,
    PageCommentViewSet,
    PageViewSet,
    ReaderViewSet,
    RevisionViewSet,
    SpaceViewSet,
)


class Router(SimpleRouter):
    """Addresses end with a slash and work without it too, so that no write is lost in a redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trailing_slash = "/?"


router = Router()
router.register("units", UnitViewSet, "api-unit")
router.register("teams", TeamViewSet, "api-team")
router.register("people", PersonViewSet, "api-person")
router.register("tokens", TokenViewSet, "api-token")
router.register("entities", EntityViewSet, "api-entity")
router.register("versions", VersionViewSet, "api-version")
router.register("deployments", DeploymentViewSet, "api-deployment")
router.register("relations", RelationViewSet, "api-relation")
router.register("findings", FindingViewSet, "api-finding")
router.register("sources", SourceViewSet, "api-source")
router.register("sync-runs", SyncRunViewSet, "api-sync-run")
router.register("tooling/capabilities", CapabilityViewSet, "api-tooling-capability")
router.register("tooling/standards", StandardViewSet, "api-tooling-standard")
router.register("tooling/proposals", ProposalViewSet, "api-tooling-proposal")
router.register("tooling/requests", RequestViewSet, "api-tooling-request")
router.register("tooling/conditions", ConditionViewSet, "api-tooling-condition")
router.register("tooling/grants", GrantViewSet, "api-tooling-grant")
router.register("tooling/uses", UseViewSet, "api-tooling-use")
router.register("tooling/tools", ProfileViewSet, "api-tooling-tool")
router.register("tooling/packages", PackageViewSet, "api-tooling-package")
router.register("tooling/environments", EnvironmentViewSet, "api-tooling-environment")
router.register("tooling/tiers", TierViewSet, "api-tooling-tier")
router.register("tooling/tier-rules", TierRuleViewSet, "api-tooling-tier-rule")
router.register("roadmap/requests", RoadmapRequestViewSet, "api-roadmap-request")
router.register("roadmap/cycles", CycleViewSet, "api-roadmap-cycle")
router.register("roadmap/scoring-policies", ScoringPolicyViewSet, "api-roadmap-scoring-policy")
router.register("wiki-spaces", SpaceViewSet, "api-wiki-space")
router.register(f"{OF_SPACE}/broken-links", BrokenLinkViewSet, "api-wiki-broken-link")
router.register("wiki-pages", PageViewSet, "api-wiki-page")
router.register(f"{OF_PAGE}/revisions", RevisionViewSet, "api-wiki-revision")
router.register(f"{OF_PAGE}/comments", PageCommentViewSet, "api-wiki-page-comment")
router.register(f"{OF_PAGE}/attachments", AttachmentViewSet, "api-wiki-attachment")
router.register(f"{OF_PAGE}/backlinks", BacklinkViewSet, "api-wiki-backlink")
router.register(f"{OF_PAGE}/acknowledgements", ReaderViewSet, "api-wiki-reader")
router.register("wiki-comments", CommentViewSet, "api-wiki-comment")
router.register("events", EventViewSet, "api-event")


class SchemaView(SpectacularJSONAPIView):
    """The OpenAPI 3.1 document; public, because it holds no data."""

    authentication_classes: list[Any] = []


class DocsView(SpectacularSwaggerSplitView):
    """The document as a page, where a signed-in person may try each call."""

    template_name = "rest/docs.html"
    url_name = "api-schema"


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Unknown addresses below the API answer as the API does."""
    return problem_page(request, NotFound("There is no such address.", next_step="See /api/v1/docs/."))


urlpatterns = [
    re_path(r"^schema/?$", SchemaView.as_view(), name="api-schema"),
    re_path(r"^docs/?$", DocsView.as_view(), name="api-docs"),
    re_path(r"^me/?$", MeView.as_view(), name="api-me"),
    re_path(r"^search/?$", SearchView.as_view(), name="api-search"),
    re_path(r"^tooling/decide/?$", DecideView.as_view(), name="api-tooling-decide"),
    re_path(r"^tooling/check/?$", CheckView.as_view(), name="api-tooling-check"),
    re_path(r"^tooling/admission/?$", AdmissionView.as_view(), name="api-tooling-admission"),
    re_path(rf"^tooling/admission/(?P<cluster>{CLUSTER})/?$", ClusterAdmissionView.as_view()),
    re_path(r"^roadmap/ranking/?$", RankingView.as_view(), name="api-roadmap-ranking"),
    re_path(r"^roadmap/estimates/?$", EstimatesView.as_view(), name="api-roadmap-estimates"),
    re_path(r"^roadmap/horizon/?$", HorizonView.as_view(), name="api-roadmap-horizon"),
    re_path(r"^roadmap/opportunities/?$", OpportunitiesView.as_view(), name="api-roadmap-opportunities"),
    re_path(r"^roadmap/lessons/?$", LessonsView.as_view(), name="api-roadmap-lessons"),
    *router.urls,
    re_path("", nothing_here),
]
