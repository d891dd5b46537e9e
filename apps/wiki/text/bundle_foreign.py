"""Markdown that was not written for this wiki: a plain folder, or a project of MkDocs or Zensical.

The navigation says order and titles where there is one; else the folders do, by name. Folders and sections without
a page of their own become one, so that the tree is kept. A title comes from the navigation, the front matter, the
first heading or the file's name, in this order; a first heading that says the same is dropped, because a page shows
its title.
Links between the files become `[[slug#anchor|words]]`, linked files become attachments of the page that links them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import chain, count
from typing import Any

from apps.wiki.text import front_matter
from apps.wiki.text.bundle import (
    HOME,
    LONGEST_NAME,
    Bundle,
    BundleFile,
    BundlePage,
    BundleSpace,
    Problem,
    in_tree_order,
)
from apps.wiki.text.bundle_fields import name_problem, page_fields
from apps.wiki.text.bundle_links import MARKDOWN, Link, addressed, rewritten
from apps.wiki.text.bundle_missing import remark
from apps.wiki.text.bundle_opening import Opened
from apps.wiki.text.bundle_project import NavItem, Project, project_of
from apps.wiki.text.bundle_texts import derived_id, note_duplicates, note_size, text_of, values_of
from apps.wiki.text.naming import LONGEST_SLUG, LONGEST_TITLE, page_key

_OWN_ID = re.compile(r"[a-z2-7]{16}")
_HEADING = re.compile(r"\s*# +(.+?)(?: +#+)?[ \t]*(?:\n|$)")
_LABEL = re.compile(r"[^\[\]|\n]{1,200}")


@dataclass(slots=True, eq=False)
class _Draft:
    """A page on its way: `key` is its place in the folders without ending, `path` its file ("" for a section)."""

    key: str
    path: str = ""
    title: str = ""
    text: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    id: str = ""
    slug: str = ""
    parent: _Draft | None = None
    is_placed: bool = False
    names: dict[str, str] = field(default_factory=dict)  # of attachments, by the file's path
    first_line: int = 1


@dataclass(slots=True)
class ForeignFiles:
    """Foreign files as a bundle. Pages whose files stay where they are keep their ids from import to import."""

    opened: Opened
    seed: str
    warnings: list[Problem] = field(default_factory=list)
    drafts: dict[str, _Draft] = field(default_factory=dict)  # by path
    by_key: dict[str, _Draft] = field(default_factory=dict)
    order: list[_Draft] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)  # the file that has each id of ours
    weights: dict[str, tuple[str, int] | None] = field(default_factory=dict)

    def bundle(self) -> Bundle:
        project = project_of(self.opened)
        self.warnings += project.warnings
        self._read(project)
        if not self.drafts and not self.opened.problems.found:
            self.opened.problems.add("", "There is no Markdown file (*.md) here.")
        self._place(project)
        self._name()
        pages = self._pages()
        files = tuple(self._files())
        note_duplicates(pages, self.opened.problems)
        self.opened.problems.stop_if_any()
        ordered = in_tree_order(pages, self.opened.problems)
        self.opened.problems.stop_if_any()
        space = BundleSpace(title=project.title, description=project.description)
        return Bundle(space, ordered, files, tuple(self.warnings), foreign=True)

    def _read(self, project: Project) -> None:
        top = f"{project.folder}/" if project.folder else ""
        for path in sorted(self.opened.entries):
            if path.startswith(top) and path.lower().endswith(MARKDOWN):
                text = text_of(self.opened, path)
                if text is not None:
                    self._keep(self._draft(path, top, text))

    def _draft(self, path: str, top: str, text: str) -> _Draft:
        matter, body = front_matter.split(text)
        values = values_of(matter, partial(self.opened.problems.add, path))
        key = posixpath.splitext(path.removeprefix(top))[0]
        folder, name = posixpath.split(key)
        has_index = posixpath.join(posixpath.dirname(path), "index.md") in self.opened.entries
        if name == HOME or (name.lower() == "readme" and not has_index):
            key = folder
        draft = _Draft(key, path, text=body, first_line=text.count("\n") - body.count("\n"))
        draft.fields = page_fields(values, lambda sentence: self.warnings.append(Problem(path, sentence)))
        draft.id = self._identity(path, values.get("id"))
        return draft

    def _identity(self, path: str, written: Any) -> str:
        """The id of a page of ours, once; every other file is found again by its path."""
        is_ours = isinstance(written, str) and _OWN_ID.fullmatch(written)
        twin = self.ids.setdefault(str(written), path) if is_ours else ""
        if twin == path:
            return str(written)
        if written not in (None, ""):
            shown = f"The id “{str(written)[:60]}”"
            why = f"is that of {twin} too" if is_ours else "is not one of this wiki"
            self._warn(path, f"{shown} {why} and is not used. The file is found again by its path.")
        return derived_id(self.seed, path)

    def _keep(self, draft: _Draft) -> None:
        self.drafts[draft.path] = draft
        if self.by_key.setdefault(draft.key, draft) is not draft:
            self.by_key[draft.path] = draft

    # Places

    def _place(self, project: Project) -> None:
        home = self.by_key.get("")
        if home:
            self._put(home, None)
        self._follow(project.nav, None, project, "")
        for key in sorted(self.by_key):
            if not self.by_key[key].is_placed:
                self._put(self.by_key[key], self._above(key, make=not project.nav))
        for draft in self.order:
            if home and draft is not home and draft.parent is None:
                draft.parent = home

    def _put(self, draft: _Draft, parent: _Draft | None) -> None:
        draft.parent, draft.is_placed = parent, True
        self.order.append(draft)

    def _above(self, key: str, *, make: bool) -> _Draft | None:
        """The page of the folder that a place is in. Where it has none, one is made, or the next above is taken."""
        folder = posixpath.dirname(key)
        if not folder:
            return None
        found = self.by_key.get(folder)
        if found is None and make:
            found = self.by_key[folder] = self._section(folder, _words_of(folder))
        if found is None:
            return self._above(folder, make=make)
        if not found.is_placed:
            self._put(found, self._above(folder, make=make))
        return found

    def _section(self, key: str, title: str) -> _Draft:
        fields = page_fields({}, lambda sentence: None)
        return _Draft(key, title=title, fields=fields, id=derived_id(self.seed, f"section {key}"))

    def _follow(
        self, items: tuple[NavItem, ...], parent: _Draft | None, project: Project, above: str
    ) -> None:
        for item in items:
            if not item.items:
                self._nav_page(item, parent, project)
                continue
            own, rest = self._index_of(item, project)
            section = own or self._section(f"{above}{item.title}/nav", item.title)
            section.title = item.title
            self._put(section, parent)
            self._follow(rest, section, project, f"{above}{item.title}/")

    def _index_of(self, item: NavItem, project: Project) -> tuple[_Draft | None, tuple[NavItem, ...]]:
        """The page that stands for a section: an index that is first in it."""
        first = item.items[0]
        draft = self.drafts.get(posixpath.join(project.folder, first.path)) if first.path else None
        if draft and draft.key and not draft.is_placed and posixpath.dirname(first.path) == draft.key:
            return draft, item.items[1:]
        return None, item.items

    def _nav_page(self, item: NavItem, parent: _Draft | None, project: Project) -> None:
        draft = self.drafts.get(posixpath.join(project.folder, item.path)) if item.path else None
        if draft is None:
            self._warn(project.file, f"The navigation names {item.path or item.title}, which is not there.")
            return
        draft.title = draft.title or item.title
        if not draft.is_placed:
            self._put(draft, parent)
        elif draft.key:
            self._warn(project.file, f"The navigation names {item.path} twice; the first place holds.")

    # Names

    def _name(self) -> None:
        taken = {HOME}
        for draft in self.order:
            heading = _HEADING.match(draft.text)
            named = draft.title or draft.fields["title"] or (_plain(heading[1]) if heading else "")
            draft.title = (named or _words_of(draft.key) or "Home").strip()[:LONGEST_TITLE]
            if heading and _plain(heading[1]) == draft.title:
                dropped = draft.text[: heading.end()]
                draft.first_line += dropped.count("\n")
                draft.text = draft.text[heading.end() :]
            if draft.key or draft.path == "":
                draft.slug = self._slug(draft, taken)
                taken.add(draft.slug)
            else:
                draft.slug = HOME

    def _slug(self, draft: _Draft, taken: set[str]) -> str:
        key = draft.key.removesuffix("/nav") if not draft.path else draft.key
        wishes = [page_key(posixpath.basename(key)), page_key(key)]
        stem = (wishes[1] or draft.id)[: LONGEST_SLUG - 6].rstrip("-")
        numbered = (f"{stem}-{number}" for number in count(2))
        return next(wish for wish in chain(wishes, numbered) if wish and wish not in taken)

    # Texts and what they link

    def _pages(self) -> list[BundlePage]:
        counts: dict[str | None, int] = {}
        pages = []
        for draft in self.order:
            above = draft.parent.id if draft.parent else None
            counts[above] = counts.get(above, 0) + 1
            text = rewritten(draft.text, partial(self._link, draft)).strip("\n")
            text = text + "\n" if text else ""
            note_size(draft.path, text, self.opened.problems)
            fields = draft.fields | {"title": draft.title, "position": counts[above]}
            source = draft.path or draft.key
            pages.append(
                BundlePage(draft.id, draft.slug, parent_id=above, text=text, source=source, **fields)
            )
        return pages

    def _link(self, draft: _Draft, link: Link) -> str | None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(draft.path), link.path))
        candidates = (target, f"{target}/index.md", f"{target}/README.md", f"{target}.md")
        page = next((self.drafts[path] for path in candidates if path in self.drafts), None)
        if page:
            return self._page_link(draft, link, page)
        if target in self.opened.entries:
            return self._file_link(draft, link, target)
        self._missing(draft, link)
        return None

    def _page_link(self, draft: _Draft, link: Link, page: _Draft) -> str | None:
        label = " ".join(link.label.split())
        if link.is_image or link.is_definition or (label and not _LABEL.fullmatch(label)):
            self._warn(
                draft.path, f"The link to {link.path} stays as it is; write [[{page.slug}]].", draft, link
            )
            return None
        anchor = f"#{link.fragment}" if _LABEL.fullmatch(link.fragment) else ""
        bar = r"\|" if link.in_table else "|"
        words = bar + label if label and label != page.title else ""
        return f"[[{page.slug}{anchor}{words}]]"

    def _file_link(self, draft: _Draft, link: Link, target: str) -> str | None:
        if target not in self.weights:
            self.weights[target] = self.opened.weighed(target)
        if self.weights[target] is None:
            return None
        if target not in draft.names:
            draft.names[target] = _free_name(target, {name.casefold() for name in draft.names.values()})
        address = addressed(draft.names[target]) + (f"#{addressed(link.fragment)}" if link.fragment else "")
        if link.is_definition:
            return address
        return f"{'!' if link.is_image else ''}[{link.label}]({address}{link.title})"

    def _missing(self, draft: _Draft, link: Link) -> None:
        self.warnings.append(remark(draft.path, link, draft.first_line + link.line))

    def _warn(self, path: str, sentence: str, draft: _Draft | None = None, link: Link | None = None) -> None:
        place = draft.first_line + link.line if draft and link else None
        self.warnings.append(Problem(path, sentence, place))

    def _files(self) -> Iterator[BundleFile]:
        for draft in sorted(self.order, key=lambda draft: draft.id):
            for target, name in sorted(draft.names.items(), key=lambda item: item[1]):
                weight = self.weights[target]
                if weight:
                    yield BundleFile(draft.id, name, *weight, partial(self.opened.again, target, weight[0]))


def _free_name(path: str, taken: set[str]) -> str:
    """The file's own name; where the page has that already, its folders before it."""
    name, ending = posixpath.basename(path), posixpath.splitext(path)[1]
    for wish in (name, path.replace("/", "-")):
        if not name_problem(wish) and wish.casefold() not in taken:
            return wish
    return sha256(path.encode()).hexdigest()[:16] + ending[: LONGEST_NAME - 16]


def _plain(heading: str) -> str:
    return re.sub(r"[*_`]", "", heading).strip()


def _words_of(key: str) -> str:
    words = " ".join(re.split(r"[-_\s]+", posixpath.basename(key))).strip()
    return words[:1].upper() + words[1:]
