"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def mine(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def discard(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def keep(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def writers(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def keep_new(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
