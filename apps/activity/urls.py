"""Addresses of the home page and the feed."""

from django.urls import path

from apps.activity import views

app_name = "activity"
urlpatterns = [
    path("", views.home, name="home"),
    path("activity/", views.activity, name="feed"),
]
