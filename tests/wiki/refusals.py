"""Every page of the wiki that writes, with a form that would be accepted from somebody with the right."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from apps.wiki import models as wiki
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import create_page
from tests.personas import People

# Pages that only show, among them those that take a text to show it and keep nothing.
READING = {
    "home", "changes", "search", "search-choices", "search-fruitless", "drafts", "verification", "policies", "mentions",
    "watching", "transfer", "transfer-file", "preview", "complete", "help", "permanent", "merged", "writers", "history",
    "revision", "compare", "links", "acknowledgements", "attachment", "space", "broken", "page",
}  # fmt: skip
OWN = {"mentions-seen"}  # changes the person's own rows alone, and everybody may


def with_more(page: wiki.Page, people: People) -> None:
    """A neighbour to stand beside, and somebody's draft and import."""
    create_page(actor=people.ada, space=page.space, title="Secret neighbour")
    keep_draft(actor=people.ada, space=page.space, page=page, text="Half a thought.", base=2)
    wiki.Transfer.objects.create(user=people.ada, space=page.space, kind="import")


def page_writes() -> dict[str, tuple[list[Any], dict[str, Any]]]:
    """Route -> its arguments and its form, for a page with two revisions, a comment, a file and a draft."""
    page = wiki.Page.objects.get(title="Secret page")
    space, other = page.space, wiki.Page.objects.get(title="Secret neighbour")
    uid, version = [page.uid], page.version
    text = {"title": "Mine", "text": "Mine.", "base": 2}
    grant = {"grantee": "team:claims-ai", "permission": "view"}
    routes: dict[str, tuple[list[Any], dict[str, Any]]] = {
        "edit": (uid, text | {"do": "save"}),
        "draft": (uid, text),
        "restore": (uid, {"number": 1}),
        "redact": ([page.uid, 1], {"reason": "A key"}),
        "move": (uid, {"target": other.uid, "position": "last-child", "version": version}),
        "order": (uid, {"direction": "down"}),
        "rename": (uid, {"do": "rename", "slug": "mine", "version": version}),
        "archive": (uid, {"do": "archive", "version": version}),
        "settings": (uid, {"do": "tags", "tags": "mine", "version": version}),
        "access": (uid, grant),
        "verify": (uid, {"revision": 2}),
        "acknowledge": (uid, {"revision": 2}),
        "comments": (uid, {"text": "Mine."}),
        "seen": (uid, {}),
        "watch": (uid, {"watch": "page"}),
        "attachments": (uid, {"file": SimpleUploadedFile("mine.txt", b"Mine.")}),
        "attachment-remove": ([page.uid, wiki.Attachment.objects.get(page=page).pk], {}),
        "comment": ([wiki.Comment.objects.get(page=page).pk], {"do": "resolve"}),
        "transfer-stop": ([wiki.Transfer.objects.get().pk], {}),
        "draft-discard": ([wiki.Draft.objects.get(page=page).pk], {}),
    }
    slug = [space.slug]
    routes |= {
        "space-new": (
            [],
            {"title": "Mine", "slug": "mine", "owner": "risk-ml", "visibility": "company"},
        ),
        "new": (slug, {"title": "Mine", "text": "Mine.", "do": "save"}),
        "draft-new": (slug, {"title": "Mine", "text": "Mine."}),
        "space-settings": (slug, {"do": "frame", "title": "Mine", "version": space.version}),
        "space-access": (slug, grant),
        "space-watch": (slug, {"watch": "space"}),
        "import": (slug, {"file": SimpleUploadedFile("mine.zip", b"PK\x05\x06" + bytes(18))}),
        "export": (slug, {}),
    }
    return {f"wiki:{name}": line for name, line in routes.items()}
