"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def mentions(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def add(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def change(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
