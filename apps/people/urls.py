"""Addresses of the people pages."""

from django.urls import path

from apps.people import views

app_name = "people"
urlpatterns = [
    path("", views.teams, name="teams"),
    path("options/<slug:what>", views.options, name="options"),
    path("committees/", views.committees, name="committees"),
    path("teams/<slug:slug>/", views.team, name="team"),
    path("teams/<slug:slug>/members/new/", views.member_new, name="member_new"),
    path("teams/<slug:slug>/members/<int:pk>/end/", views.member_end, name="member_end"),
    path("teams/<slug:slug>/accounts/new/", views.account_new, name="account_new"),
    path("units/<slug:slug>/", views.unit, name="unit"),
    path("units/<slug:slug>/liaisons/new/", views.liaison_new, name="liaison_new"),
    path("units/<slug:slug>/liaisons/<int:pk>/end/", views.liaison_end, name="liaison_end"),
    path("me/", views.profile, name="profile"),
    path("p/<str:username>/", views.person, name="person"),
    path("p/<str:username>/tokens/new/", views.token_new, name="token_new"),
    path("tokens/<int:pk>/revoke/", views.token_revoke, name="token_revoke"),
]
