"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def policies(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def acknowledge(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def page(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
