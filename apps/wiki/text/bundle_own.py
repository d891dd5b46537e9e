"""An export of ours on its way back: read as it is, so that the next export is the same bytes."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from functools import partial

from apps.core.matching import normalised
from apps.wiki.text import front_matter
from apps.wiki.text.bundle import (
    ATTACHMENTS,
    DEEP,
    HOME,
    SPACE_FILE,
    Bundle,
    BundleFile,
    BundlePage,
    BundleSpace,
    Problem,
    in_tree_order,
)
from apps.wiki.text.bundle_fields import (
    identity,
    line,
    name_problem,
    number,
    page_fields,
    slug_problem,
    stored_names,
    visibility,
)
from apps.wiki.text.bundle_missing import missing_files, remark
from apps.wiki.text.bundle_opening import Opened
from apps.wiki.text.bundle_texts import derived_id, note_duplicates, note_size, text_of, values_of


@dataclass(slots=True)
class OwnFiles:
    """An export of ours on its way back."""

    opened: Opened
    warnings: list[Problem] = field(default_factory=list)
    stored: dict[str, dict[str, str]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    body_lines: dict[str, int] = field(default_factory=dict)

    def bundle(self) -> Bundle:
        problems = self.opened.problems
        space = self._space()
        paths = sorted(self.opened.entries)
        attached = [path for path in paths if path.startswith(f"{ATTACHMENTS}/")]
        rest = [path for path in paths if path not in set(attached) and path != SPACE_FILE]
        by_key = self._pages([path for path in rest if path.endswith(".md")], space.slug)
        self.warnings += [
            Problem(path, "Not a page; it is left out.") for path in rest if not path.endswith(".md")
        ]
        pages = self._in_place(by_key)
        note_duplicates(pages, problems)
        files = self._files(attached, by_key)
        self._note_missing(pages, files)
        problems.stop_if_any()
        ordered = in_tree_order(pages, problems)
        problems.stop_if_any()
        return Bundle(space, ordered, files, tuple(self.warnings))

    def _space(self) -> BundleSpace:
        note = partial(self.opened.problems.add, SPACE_FILE)
        values = values_of(text_of(self.opened, SPACE_FILE), note, first_line=1)
        return BundleSpace(
            slug=line(values, "slug", 63, note),
            title=line(values, "title", 200, note),
            description=line(values, "description", 500, note),
            verify_every_days=number(values, "verify_every_days", 1, 3650, note),
            visibility=visibility(values, note),
        )

    def _pages(self, paths: list[str], seed: str) -> dict[str, BundlePage]:
        """Pages by their place: the path without `.md` or `/index.md`, "" for the home page."""
        found: dict[str, BundlePage] = {}
        for path in paths:
            key = path.removesuffix(".md")
            key = "" if key == HOME else key.removesuffix(f"/{HOME}")
            text = text_of(self.opened, path)
            if text is None:
                continue
            if key in found:
                self.opened.problems.add(path, f"{found[key].source} is the same page. Remove one of them.")
            found[key] = self._page(path, key, text, seed)
        return found

    def _page(self, path: str, key: str, text: str, seed: str) -> BundlePage:
        note = partial(self.opened.problems.add, path)
        matter, body = front_matter.split(text)
        if matter is None and text.startswith("---\n"):
            note("The front matter is not closed by a line `---`.", 1)
        values = values_of(matter, note)
        uid = identity(values, "id", note) or derived_id(seed, path)
        slug = HOME if key == "" else line(values, "slug", 400, note) or posixpath.basename(key)
        if slug_problem(slug):
            note(slug_problem(slug))
        fields = page_fields(values, note)
        if not fields["title"]:
            note("The page has no title. Begin the file with front matter that has a `title`.")
        if values.get("parent") is not None:
            self.parents[key] = identity(values, "parent", note)
        self.stored[uid] = stored_names(values, note)
        body = body.removeprefix("\n") if matter is not None else body
        self.body_lines[uid] = text.count("\n") - body.count("\n")
        body = normalised(body)
        note_size(path, body, self.opened.problems)
        return BundlePage(id=uid, slug=slug, text=body, source=path, **fields)

    def _in_place(self, by_key: dict[str, BundlePage]) -> list[BundlePage]:
        return [replace(page, parent_id=self._parent(key, page, by_key)) for key, page in by_key.items()]

    def _parent(self, key: str, page: BundlePage, by_key: dict[str, BundlePage]) -> str | None:
        if key in self.parents:
            return self.parents[key]
        above = posixpath.dirname(key)
        if above in by_key and key:
            return by_key[above].id
        if above and above != DEEP:
            self.opened.problems.add(page.source, f"Its folder has no page. Add {above}/{HOME}.md.")
        return None

    def _files(self, paths: list[str], by_key: dict[str, BundlePage]) -> tuple[BundleFile, ...]:
        stems = {posixpath.basename(key) or HOME: page for key, page in by_key.items()}
        files: dict[tuple[str, str], BundleFile] = {}
        for path in paths:
            _, stem, name = (*path.split("/", 2), "")[:3]
            page = stems.get(stem)
            if page is None:
                self.opened.problems.add(path, f"There is no page {stem}.md that this file could belong to.")
                continue
            name = self.stored[page.id].get(name, name)
            weight = self.opened.weighed(path)
            if name_problem(name):
                self.opened.problems.add(path, name_problem(name))
            elif (page.id, name) in files:
                self.opened.problems.add(path, "The page has another attachment of this name.")
            elif weight:
                files[page.id, name] = BundleFile(
                    page.id, name, *weight, partial(self.opened.again, path, weight[0])
                )
        return tuple(files[key] for key in sorted(files))

    def _note_missing(self, pages: list[BundlePage], files: tuple[BundleFile, ...]) -> None:
        names: dict[str, set[str]] = {}
        for file in files:
            names.setdefault(file.page_id, set()).add(file.name)
        for page in pages:
            for link in missing_files(page.text, names.get(page.id, ())):
                line = link.line + self.body_lines[page.id]
                self.warnings.append(remark(page.source, link, line))
