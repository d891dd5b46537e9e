"""Markdown in templates: `{% load prose %}{{ entity.description|markdown }}`."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from apps.core.markdown import first_sentence, render

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    return render(text or "")


@register.filter
def beginning(text: str, limit: int = 200) -> str:
    return first_sentence(text or "", limit)
