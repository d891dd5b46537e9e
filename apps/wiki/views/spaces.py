"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def new(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def settings(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
