"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def move(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def rename(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def archive(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
