"""Addresses of the tooling room."""

from django.urls import path

from apps.tooling.views import (
    asking,
    checking,
    choices,
    leads,
    listing,
    proposals,
    radar,
    requests,
    standards,
    tools,
    use,
    waiting,
)

app_name = "tooling"

urlpatterns = [
    path("", radar.home, name="home"),
    path("capabilities/<slug:slug>/", standards.capability, name="capability"),
    path("capabilities/<slug:slug>/publish/", standards.publish, name="publish"),
    path("capabilities/<slug:slug>/compare/", standards.compare, name="compare"),
    path("capabilities/<slug:slug>/propose/", proposals.propose, name="propose"),
    path("capabilities/<slug:slug>/<int:revision>/", standards.standard, name="standard"),
    path("tools/<str:namespace>/<str:name>/", tools.tool, name="tool"),
    path("tools/<str:namespace>/<str:name>/profile/", tools.profile, name="profile"),
    path("proposals/", proposals.proposals, name="proposals"),
    path("proposals/<int:pk>/", proposals.proposal, name="proposal"),
    path("proposals/<int:pk>/edit/", proposals.edit, name="proposal-edit"),
    path("proposals/<int:pk>/act/", proposals.act, name="proposal-act"),
    path("requests/", listing.register, name="requests"),
    path("requests/export.csv", listing.export, name="requests-csv"),
    path("requests/facets/", listing.facets, name="requests-facets"),
    path("requests/mine/", listing.mine, name="mine"),
    path("requests/inbox/", waiting.inbox, name="inbox"),
    path("requests/calendar/", waiting.calendar, name="calendar"),
    path("requests/new/", asking.new, name="request-new"),
    path("requests/precedents/", asking.precedents, name="precedents"),
    path("requests/<int:pk>/", requests.request, name="request"),
    path("requests/<int:pk>/edit/", asking.edit, name="request-edit"),
    path("requests/<int:pk>/save/", asking.save, name="request-save"),
    path("requests/<int:pk>/act/", requests.act, name="request-act"),
    path("requests/<int:pk>/review/", requests.review, name="request-review"),
    path("conditions/<int:pk>/", requests.condition, name="condition"),
    path("options/<slug:what>/", choices.options, name="options"),
    path("check/", checking.check, name="check"),
    path("use/", use.use, name="use"),
    path("leads/", leads.leads, name="leads"),
]
