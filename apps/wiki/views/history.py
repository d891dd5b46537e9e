"""To be written."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.core.errors import NotFound


def revisions(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def revision(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def compare(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def restore(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound


def redact(request: HttpRequest, **address: Any) -> HttpResponse:
    raise NotFound
