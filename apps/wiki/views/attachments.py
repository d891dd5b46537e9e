"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def page(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def remove(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def download(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
