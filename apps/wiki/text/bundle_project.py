"""The configuration of a documentation project (MkDocs, Zensical): its title, its folder, its navigation.

Tags such as `!!python/name:` are passed over; nothing in a configuration is ever run.
"""

from __future__ import annotations

import posixpath
import tomllib
from dataclasses import dataclass, field
from typing import Any

from apps.wiki.text import front_matter
from apps.wiki.text.bundle import Problem
from apps.wiki.text.bundle_opening import Opened
from apps.wiki.text.bundle_texts import text_of
from apps.wiki.text.naming import LONGEST_TITLE

PROJECTS = ("mkdocs.yml", "mkdocs.yaml", "zensical.toml")
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class NavItem:
    """A page (with a path within the project's folder) or a section (with items). The title may be ""."""

    title: str
    path: str = ""
    items: tuple[NavItem, ...] = ()


@dataclass(slots=True)
class Project:
    file: str = ""
    title: str = ""
    description: str = ""
    folder: str = ""  # where the texts are, "" for the top
    nav: tuple[NavItem, ...] = ()
    warnings: list[Problem] = field(default_factory=list)


def project_of(opened: Opened) -> Project:
    """The project that the files are; one without a name and navigation where there is no configuration."""
    file = next((name for name in PROJECTS if name in opened.entries), "")
    if not file:
        return Project()
    values = _values(opened, file)
    folder = posixpath.normpath(str(values.get("docs_dir") or "docs").strip())
    if folder.startswith(("..", "/")):
        opened.problems.add(file, "`docs_dir` leads out of the project.")
    project = Project(file, _line(values.get("site_name")), _line(values.get("site_description")))
    project.folder = "" if folder == "." else folder
    nav = values.get("nav")
    if nav is not None and not isinstance(nav, list):
        opened.problems.add(file, "`nav` must be a list.")
    project.nav = _items(nav if isinstance(nav, list) else [], project, 0)
    return project


def _values(opened: Opened, file: str) -> dict[str, Any]:
    text = text_of(opened, file) or ""
    if not file.endswith(".toml"):
        try:
            return front_matter.mapping(text, ignore_tags=True)
        except front_matter.FrontMatterError as error:
            opened.problems.add(file, error.sentence, error.line)
            return {}
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        opened.problems.add(file, f"This is not valid TOML: {error}.")
        return {}
    project = values.get("project", values)
    return project if isinstance(project, dict) else {}


def _items(values: list[Any], project: Project, depth: int) -> tuple[NavItem, ...]:
    found = [_item(value, project, depth) for value in values]
    return tuple(item for item in found if item)


def _item(value: Any, project: Project, depth: int) -> NavItem | None:
    title, target = "", value
    if isinstance(value, dict) and len(value) == 1:
        ((title, target),) = value.items()
    if isinstance(target, str) and "://" in target:
        project.warnings.append(
            Problem(project.file, f"The navigation's link to {target[:200]} is left out.")
        )
        return None
    if isinstance(target, str):
        return NavItem(_line(title), posixpath.normpath(target))
    if isinstance(target, list) and title and depth < _DEEPEST:
        return NavItem(_line(title), items=_items(target, project, depth + 1))
    project.warnings.append(
        Problem(project.file, f"An entry of `nav` is not understood: {str(value)[:100]}.")
    )
    return None


def _line(value: Any) -> str:
    words = " ".join(str(value).split()) if isinstance(value, (str, int, float)) else ""
    return words.replace("\x7f", "")[:LONGEST_TITLE]
