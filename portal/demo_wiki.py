"""The demo world's wiki: spaces and pages with six months of edits, verifications, remarks and readers, played back
in the order in which they happened, through the same actions that people use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import F

from apps.people.actions import grants
from apps.people.models import Team, User
from apps.wiki.actions.acknowledgements import acknowledge_page
from apps.wiki.actions.attachments import attach
from apps.wiki.actions.comments import add_comment, resolve_comment
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import create_page, restore_revision, save_page
from apps.wiki.actions.placing import archive_page
from apps.wiki.actions.redaction import redact_revision
from apps.wiki.actions.settings import update_page
from apps.wiki.actions.spaces import create_space
from apps.wiki.actions.verification import verify_page
from apps.wiki.actions.watching import watch
from apps.wiki.models import Comment, FruitlessSearch, Mention, Page, Space
from apps.wiki.vocabulary import HOME
from portal.demo_charts import line_chart
from portal.demo_wiki_files import PageFile, dated, page_files, searches, space_files

Row = Mapping[str, Any]
FRAME = ("verify_every_days", "acknowledged_by")
DAYS_UNREAD = 21


class WikiLoader:
    """Collects what happened as (moment, order, action), as the catalog's loader does, and plays it back."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.users = {user.username: user for user in User.objects.all()}
        self.teams = {team.slug: team for team in Team.objects.select_related("business_unit", "group")}
        self.homes = {page.space: page for page in page_files() if page.slug == HOME}
        self.happened: list[tuple[datetime, int, Callable[[datetime], None]]] = []

    def ago(self, days: float) -> datetime:
        return self.now - timedelta(days=float(days))

    def later(self, row: Row, action: Callable[[Row, datetime], Any]) -> None:
        """`action` takes place `days_ago` of the row."""
        moment = self.ago(row["days_ago"])
        self.happened.append((moment, len(self.happened), lambda at: action(row, at)))

    def play(self) -> None:
        for moment, _, action in sorted(self.happened, key=lambda item: item[:2]):
            action(moment)

    def space(self, row: Row) -> None:
        self.later(row, self._create_space)
        for grant in row.get("grants") or ():
            self.later(grant, partial(self._grant_space, row["slug"]))
        for draft in row.get("drafts") or ():
            self.later(draft, partial(self._draft, row["slug"]))
        for watcher in row.get("watched_by") or ():
            self.later(watcher, partial(self._watch_space, row["slug"]))

    def page(self, file: PageFile) -> None:
        first, *rest = file.front["history"]
        if file.slug != HOME:
            self.later(first, partial(self._create, file))
        for step in rest:
            self.later(step, partial(self._save, file))
        self._frame(file, first)
        happenings: tuple[tuple[str, Callable[[PageFile, Row, datetime], Any]], ...] = (
            ("charts", self._attach), ("verified", self._verify), ("acknowledged", self._acknowledge),
            ("comments", self._comment), ("grants", self._grant_page), ("redacted", self._redact),
            ("watched_by", self._watch_page), ("archived", self._archive),
        )  # fmt: skip
        for name, action in happenings:
            for row in file.front.get(name) or ():
                self.later(row, partial(action, file))

    def _create_space(self, row: Row, at: datetime) -> None:
        home = self.homes[row["slug"]]
        create_space(
            actor=self.users[row["by"]],
            slug=row["slug"],
            title=row["title"],
            owner=self.teams[row["owner"]],
            visibility=row["visibility"],
            description=row["description"],
            verify_every_days=row.get("verify_every_days"),
            home_text=self._text(home, home.front["history"][0]),
            at=at,
        )

    def _create(self, file: PageFile, step: Row, at: datetime) -> None:
        parent = file.front.get("parent")
        create_page(
            actor=self.users[step["by"]],
            space=Space.objects.get(slug=file.space),
            parent=self._page(file.space, parent) if parent else None,
            title=file.front["title"],
            slug=file.slug,
            text=self._text(file, step),
            tags=file.front.get("tags") or (),
            template=file.front.get("template", "page"),
            narrowed=file.front.get("narrowed", ""),
            summary=step.get("summary", ""),
            at=at,
        )

    def _frame(self, file: PageFile, first: Row) -> None:
        """Who vouches for the page, what it documents: set a few minutes after it was begun."""
        front = file.front
        changes = {name: front[name] for name in FRAME if name in front}
        if "verifier" in front:
            changes["verifier"] = self.users[front["verifier"]]
        if "verifier_team" in front:
            changes["verifier_team"] = self.teams[front["verifier_team"]]
        documents = front.get("documents")
        if changes or documents:
            row = {**first, "days_ago": first["days_ago"] - 0.003}
            self.later(row, partial(self._set_frame, file, changes, documents))

    def _set_frame(
        self, file: PageFile, changes: Row, documents: list[str] | None, row: Row, at: datetime
    ) -> None:
        page = self._page_of(file)
        update_page(actor=self.users[row["by"]], page=page, changes=changes, documents=documents, at=at)

    def _save(self, file: PageFile, step: Row, at: datetime) -> None:
        actor, page = self.users[step["by"]], self._page_of(file)
        if "restore" in step:
            restore_revision(actor=actor, page=page, number=step["restore"], at=at)
            return
        assert page.revision is not None
        save_page(
            actor=actor,
            page=page,
            text=self._text(file, step),
            base=step.get("base") or page.revision.number,
            summary=step.get("summary", ""),
            at=at,
        )

    def _attach(self, file: PageFile, row: Row, at: datetime) -> None:
        data = line_chart(*row["series"])
        attach(actor=self.users[row["by"]], page=self._page_of(file), name=row["name"], data=data, at=at)

    def _verify(self, file: PageFile, row: Row, at: datetime) -> None:
        page = self._page_of(file)
        assert page.revision is not None
        number, note = page.revision.number, row.get("note", "")
        verify_page(actor=self.users[row["by"]], page=page, revision=number, note=note, at=at)

    def _acknowledge(self, file: PageFile, row: Row, at: datetime) -> None:
        page = self._page_of(file)
        assert page.revision is not None
        acknowledge_page(actor=self.users[row["by"]], page=page, revision=page.revision.number, at=at)

    def _comment(self, file: PageFile, row: Row, at: datetime) -> None:
        first = self._say(file, row, None, at)
        for answer in row.get("answers") or ():
            self._say(file, answer, first, self.ago(answer["days_ago"]))
        if "resolved" in row:
            done = row["resolved"]
            resolve_comment(actor=self.users[done["by"]], comment=first, at=self.ago(done["days_ago"]))

    def _say(self, file: PageFile, row: Row, answers: Comment | None, at: datetime) -> Comment:
        text = dated(row["text"], self.now)
        return add_comment(
            actor=self.users[row["by"]], page=self._page_of(file), text=text, answers=answers, at=at
        )

    def _grant_page(self, file: PageFile, row: Row, at: datetime) -> None:
        self._grant(self._page_of(file), "wiki.page.grant_given", row, at)

    def _grant_space(self, slug: str, row: Row, at: datetime) -> None:
        self._grant(Space.objects.get(slug=slug), "wiki.space.grant_given", row, at)

    def _grant(self, obj: Page | Space, verb: str, row: Row, at: datetime) -> None:
        """As the wiki's own actions do it, which take no moment."""
        grantee = self.teams[row["team"]] if "team" in row else self.users[row["user"]]
        grants.give(
            actor=self.users[row["by"]], obj=obj, grantee=grantee, permission=row["permission"], verb=verb, at=at,
            note=row.get("note", ""),
        )  # fmt: skip

    def _redact(self, file: PageFile, row: Row, at: datetime) -> None:
        revision = self._page_of(file).revisions.get(number=row["number"])
        redact_revision(actor=self.users[row["by"]], revision=revision, reason=row["reason"], at=at)

    def _archive(self, file: PageFile, row: Row, at: datetime) -> None:
        archive_page(actor=self.users[row["by"]], page=self._page_of(file), at=at)

    def _watch_page(self, file: PageFile, row: Row, at: datetime) -> None:
        subtree = row.get("subtree", False)
        watch(actor=self.users[row["by"]], page=self._page_of(file), subtree=subtree)

    def _watch_space(self, slug: str, row: Row, at: datetime) -> None:
        watch(actor=self.users[row["by"]], space=Space.objects.get(slug=slug))

    def _draft(self, slug: str, row: Row, at: datetime) -> None:
        page = self._page(slug, row["page"]) if "page" in row else None
        text = (
            row["text"] if page is None or page.revision is None else f"{page.revision.text}\n{row['text']}"
        )
        keep_draft(
            actor=self.users[row["by"]],
            space=Space.objects.get(slug=slug),
            page=page,
            title=row.get("title") or (page.title if page else ""),
            text=dated(text, self.now),
            summary=row.get("summary", ""),
            template=row.get("template", ""),
            base=page.revision.number if page and page.revision else None,
        )

    def _text(self, file: PageFile, step: Row) -> str:
        return dated(file.text_of(step), self.now)

    def _page_of(self, file: PageFile) -> Page:
        return self._page(file.space, file.slug)

    def _page(self, space: str, slug: str) -> Page:
        return Page.objects.select_related("space", "revision").get(space__slug=space, slug=slug)


def load_wiki(now: datetime) -> None:
    loader = WikiLoader(now)
    for row in space_files():
        loader.space(row)
    for file in page_files():
        loader.page(file)
    loader.play()
    old = Mention._base_manager.filter(at__lt=loader.ago(DAYS_UNREAD))
    old.update(seen_at=F("at"))  # whoever was named long ago has looked since
    for row in searches():
        _search(loader, row)


def _search(loader: WikiLoader, row: Row) -> None:
    """What each person looked for in vain, and how often; the last time on the row's day."""
    last = loader.ago(row["days_ago"])
    for name, times in row["by"].items():
        FruitlessSearch.objects.create(
            user=loader.users[name],
            words=row["words"],
            times=times,
            first_at=last - timedelta(days=3 * times),
            last_at=last,
        )
