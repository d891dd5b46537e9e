"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def progress(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def file(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def start_import(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def start_export(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
