"""How the wiki's events read in a feed. Remarks hold values of the event, and name nothing that is not its target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.core.plugs import FeedVerb, text_of
from apps.people.models import Visibility
from apps.wiki.text.wording import shortened

LONGEST_REMARK = 140
SETTINGS = {
    "acknowledged_by": "who acknowledges it",
    "verify_every_days": "how often it is verified",
    "verifier": "who verifies it",
    "verifier_team": "who verifies it",
    "template": "kind",
}


def verbs() -> Iterator[FeedVerb]:
    yield from _of_pages()
    yield from _of_talk()
    yield FeedVerb("wiki.space.created", "opened the space", "book-open")
    yield FeedVerb("wiki.space.changed", "changed the space", "settings", _settings)
    yield FeedVerb("wiki.space.visibility_changed", "changed who sees the space", "eye", _visibility)
    yield FeedVerb("wiki.space.owner_changed", "gave a new owner to the space", "arrow-right-left")
    yield FeedVerb("wiki.space.imported", "imported pages into", "upload", _import)
    yield FeedVerb("wiki.space.grant_given", "granted access to the space", "key-round", _grant)
    yield FeedVerb("wiki.space.grant_revoked", "revoked access to the space", "key-round", _grant)


def _of_pages() -> Iterator[FeedVerb]:
    yield FeedVerb("wiki.page.created", "wrote the page", "file-plus")
    yield FeedVerb("wiki.page.edited", "edited", "pencil", _edit)
    yield FeedVerb("wiki.page.restored", "restored an old text of", "history", _restored)
    yield FeedVerb("wiki.page.renamed", "changed the address of", "text-cursor-input")
    yield FeedVerb("wiki.page.moved", "moved", "folder-input")
    yield FeedVerb("wiki.page.visibility_changed", "changed who sees", "eye", _visibility)
    yield FeedVerb("wiki.page.archived", "archived", "archive")
    yield FeedVerb("wiki.page.unarchived", "brought back", "archive-restore")
    yield FeedVerb("wiki.page.settings_changed", "changed the settings of", "settings", _settings)
    yield FeedVerb("wiki.page.attachment_added", "attached a file to", "paperclip", text_of("name"))
    yield FeedVerb("wiki.page.attachment_removed", "took a file off", "paperclip", text_of("name"))
    yield FeedVerb("wiki.page.grant_given", "granted access to", "key-round", _grant)
    yield FeedVerb("wiki.page.grant_revoked", "revoked access to", "key-round", _grant)
    yield FeedVerb("wiki.revision.redacted", "redacted a revision of", "eraser", _revision)


def _of_talk() -> Iterator[FeedVerb]:
    yield FeedVerb("wiki.page.verified", "verified", "badge-check", _revision)
    yield FeedVerb("wiki.page.unverified", "took back the verification of", "badge-alert", _note)
    yield FeedVerb("wiki.page.acknowledged", "acknowledged", "clipboard-check", _revision)
    yield FeedVerb("wiki.page.commented", "commented on", "message-square")
    yield FeedVerb("wiki.page.comment_withdrawn", "withdrew a comment on", "message-square-x")
    yield FeedVerb("wiki.page.comment_resolved", "resolved a thread on", "check-check")
    yield FeedVerb("wiki.page.comment_reopened", "reopened a thread on", "rotate-ccw")


def _edit(data: dict[str, Any]) -> str:
    """What was edited is said by the revision's summary, which can be redacted; an event could not."""
    return _revision(data) + (", merged with another's edit" if data.get("merged") else "")


def _restored(data: dict[str, Any]) -> str:
    return f"Revision {data['restored']}" if data.get("restored") else ""


def _revision(data: dict[str, Any]) -> str:
    return f"Revision {data['revision']}" if data.get("revision") else ""


def _note(data: dict[str, Any]) -> str:
    return shortened(str(data.get("note") or ""), LONGEST_REMARK)


def _settings(data: dict[str, Any]) -> str:
    names = [SETTINGS.get(str(name), str(name).replace("_", " ")) for name in data.get("changes") or []]
    return ", ".join(dict.fromkeys(names))


def _visibility(data: dict[str, Any]) -> str:
    """A space has a visibility; a page is narrowed to one, or ("") follows its space."""
    words = {**dict(Visibility.choices), "": "As its space"}
    changes = data.get("changes")
    ends = next(iter(changes.values()), ()) if isinstance(changes, dict) else ()
    return " to ".join(str(words.get(end, end)) for end in ends)


def _import(data: dict[str, Any]) -> str:
    counts = [f"{data[name]} {name}" for name in ("created", "updated") if isinstance(data.get(name), int)]
    return ", ".join(counts)


def _grant(data: dict[str, Any]) -> str:
    return {"view": "to see it", "change": "to see and change it"}.get(data.get("permission", ""), "")
