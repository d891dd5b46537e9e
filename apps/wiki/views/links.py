"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def backlinks(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def broken(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
