"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def spaces(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def changes(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def help_page(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def permanent(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def space(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def page(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
