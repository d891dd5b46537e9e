"""Every icon that templates and code name is one that lucide draws; a name that is none costs no page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from lucide import IconDoesNotExist, _load_icon
from structlog.testing import capture_logs

from apps.core.feed import Entry
from apps.core.plugs import FeedVerb, Hit, Item, NavItem
from portal.context import NavLink
from portal.marks import UNKNOWN_ICON, Mark
from portal.templatetags.parts import _icon, icon

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("apps", "portal")
IN_TEMPLATES = re.compile(
    r"""\{%[ ]icon[ ]"([^"]*)"|(?<![-\w])(?:action_)?icon="([^"]*)"|\bicon\|default:"([^"]*)\"""", re.VERBOSE
)
# Classes that hold an icon, with its place among their arguments.
PLACES = {
    cls.__name__: [field.name for field in fields(cls)].index("icon")
    for cls in (Mark, FeedVerb, NavItem, NavLink, Hit, Item, Entry)
}
# The admin is unfold's and draws with another set; parts.css describes icons, the parts' own comments too.
ELSEWHERE = ("admin", "admin_frame.py", "admin_site.py")


def files(ending: str) -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob(f"*{ending}")):
            if not set(path.relative_to(ROOT).parts) & set(ELSEWHERE):
                yield path


def in_templates() -> Iterator[tuple[str, str]]:
    for path in files(".html"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"))
        for found in IN_TEMPLATES.finditer(text):
            yield next(filter(None, found.groups()), ""), path.name


def in_code() -> Iterator[tuple[str, str]]:
    for path in files(".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for value in named(node):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value, f"{path.name}:{value.lineno}"


def named(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that stand where an icon is expected."""
    if isinstance(node, ast.Call):
        yield from (word.value for word in node.keywords if word.arg == "icon")
        place = PLACES.get(node.func.id if isinstance(node.func, ast.Name) else "", len(node.args))
        yield from node.args[place : place + 1]
    elif isinstance(node, ast.Dict):
        words = {key.value: value for key, value in zip(node.keys, node.values, strict=True)
                 if isinstance(key, ast.Constant)}  # fmt: skip
        yield from (value for key, value in words.items() if key == "icon")
    elif isinstance(node, ast.AnnAssign | ast.Assign):
        yield from assigned(node)


def assigned(node: ast.AnnAssign | ast.Assign) -> Iterator[ast.expr]:
    """Tables called ICONS, and the default of a field called icon."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    if any(name.endswith("ICONS") for name in names) and isinstance(node.value, ast.Dict):
        yield from node.value.values
    if names & {"icon", "UNKNOWN_ICON"} and node.value is not None:
        yield node.value


NAMED = sorted({(name, place) for name, place in [*in_templates(), *in_code()] if name})


def test_the_search_finds_what_is_there() -> None:
    names = {name for name, _ in NAMED}
    assert {"octagon-alert", "unlink", "building-2", UNKNOWN_ICON, "search-x"} <= names
    assert len(names) > 80


@pytest.mark.parametrize("name", sorted({name for name, _ in NAMED}))
def test_every_icon_that_is_named_exists(name: str) -> None:
    try:
        _load_icon(name)
    except IconDoesNotExist:
        pytest.fail(f"lucide has no “{name}”: {', '.join(place for one, place in NAMED if one == name)}")


def test_a_name_that_is_none_is_a_warning_and_a_neutral_icon() -> None:
    _icon.cache_clear()
    with capture_logs() as logs:
        drawn = icon("no-such-icon", label="What it means")
    neutral = icon(UNKNOWN_ICON, label="What it means")
    assert drawn.partition("<path")[2] == neutral.partition("<path")[2] != ""
    assert [(line["log_level"], line["name"]) for line in logs] == [("warning", "no-such-icon")]
