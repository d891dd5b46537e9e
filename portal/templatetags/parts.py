"""Small tags of the design system; settings make them built in, so that no template has to load them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

import structlog
from django import template
from django.template import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lucide import IconDoesNotExist, _render_icon

from apps.core.moments import last_day, told_within
from portal.marks import UNKNOWN_ICON, Mark, mark_of
from portal.moments import exact, relative
from portal.pictures import Number, Spark, spark, stacked

log = structlog.get_logger(__name__)
register = template.Library()


@register.simple_tag
def icon(name: str, size: int = 16, label: str = "") -> SafeString:
    """A lucide icon, hidden from readers unless it has a label of its own. An unknown name costs a warning,
    never the page; a test finds the names that templates and code spell wrongly."""
    return _icon(str(name), size, str(label))


@lru_cache(maxsize=1024)
def _icon(name: str, size: int, label: str) -> SafeString:
    told = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    attributes = {"class": f"icon icon-{name}", "stroke_width": "1.75", "focusable": "false"} | told
    return mark_safe(_drawn(name, size, attributes))  # noqa: S308 - drawn from the package's own file


def _drawn(name: str, size: int, attributes: dict[str, str]) -> str:
    try:
        return _render_icon(name, size, **attributes)
    except IconDoesNotExist:
        log.warning("unknown icon", name=name)
        return _render_icon(UNKNOWN_ICON, size, **attributes)


@register.filter
def mark(value: object, kind: str) -> Mark:
    """Word, icon and meaning of a state: `{% with m=entity.stage|mark:"stage" %}`."""
    return mark_of(value, kind)


@register.simple_tag
def when(moment: datetime | date | None, empty: str = "never") -> str:
    """A relative time with the exact one on hover."""
    if not moment:
        return empty
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact(moment), relative(moment)
    )


@register.simple_tag(name="until")
def until_(end: datetime, empty: str = "") -> str:
    """The last day before an end, with the exact instant on hover: `until {% until grant.ends %}`."""
    if not end:
        return empty
    day = last_day(end)
    return format_html(
        '<time datetime="{}" title="{}">{} {}</time>', end.isoformat(), exact(end), day.day, f"{day:%b %Y}"
    )


@register.filter
def exactly(moment: datetime | date) -> str:
    """The exact time as text, for prints and sentences."""
    return exact(moment)


@register.filter
def instants(text: str) -> str:
    """Another system's text with its ISO instants in the portal's form."""
    return told_within(str(text))


@register.simple_tag(takes_context=True)
def again(context: Context, name: str) -> str:
    """The block `name` once more: the page's title also heads the page."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    block = blocks.get_block(name) if blocks else None
    return SafeString(block.render(context)) if block else ""


@register.filter
def initials(name: object) -> str:
    """Up to two letters for a person's or a team's mark."""
    words = [word for word in str(name).replace("-", " ").split() if word[:1].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


@register.filter
def sparkline(values: Sequence[Number]) -> Spark | None:
    """The geometry of a sparkline; see `portal.pictures.spark`."""
    return spark(values)


@register.filter
def share(value: Number, whole: Number) -> str:
    """Percent of the whole from 0 to 100, as an SVG width; nothing of nothing is 0."""
    percent = float(value) / float(whole) * 100 if whole else 0.0
    return f"{min(100.0, max(0.0, percent)):g}"


@register.filter
def segments(parts: Sequence[tuple[str, Number, str]], total: Number) -> list[dict[str, object]]:
    """The geometry of a stacked bar; see `portal.pictures.stacked`."""
    return stacked(parts, total)


@register.filter
def widget_kind(field: object) -> str:
    """Which form of label and control a bound field needs: `check`, `group`, `select`, `text` or `hidden`."""
    widget = field.field.widget  # type: ignore[attr-defined]
    if widget.is_hidden:
        return "hidden"
    kinds = {"checkbox": "check", "radio": "group", "checkboxselectmultiple": "group", "radioselect": "group"}
    return kinds.get(field.widget_type, "text")  # type: ignore[attr-defined]


@register.filter
def item(sequence: Sequence[object], index: int) -> object | None:
    """The element at `index`, None beyond the end: a series may be shorter than its labels."""
    return sequence[index] if 0 <= index < len(sequence) else None
