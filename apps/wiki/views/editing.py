"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def preview(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def complete(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def edit(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def new(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
