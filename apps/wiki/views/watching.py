"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def mine(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def watch_page(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def watch_space(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
