"""Where two edits met: the page on which one chooses, and the page that shows what a clean merge took in.

The choice needs no script and no state on the server: the form carries one's own text, the revision it was begun on
and the revision that was seen, from which the same hunks come again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core.differences import Segment, diff
from apps.core.errors import Invalid, NotFound
from apps.core.matching import lines_of, normalised
from apps.wiki.actions.drafts import keep_draft
from apps.wiki.actions.editing import EditConflict
from apps.wiki.actions.revisions import checked_page_text
from apps.wiki.forms.pages import PageForm
from apps.wiki.models import Page, Revision
from apps.wiki.queries.pages import page_by_uid
from apps.wiki.queries.writing import authors_between, revision_if_there
from apps.wiki.text.merging import SIDES, Hunk, merge, resolved
from apps.wiki.views.writing import revision_number

OWN = "own"
CHOICES = (
    ("theirs", "Theirs"),
    ("mine", "Mine"),
    ("theirs+mine", "Both, theirs first"),
    ("mine+theirs", "Both, mine first"),
    (OWN, "My own words"),
)
EDGE = 3  # unchanged lines shown at each end of a long unchanged stretch


Line = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A hunk as the page shows it. `number` counts conflicts from 1; 0 where nothing is to be chosen."""

    at: int
    kind: str
    number: int
    base: str
    theirs: str
    mine: str
    lead: str
    tail: str
    folded: int
    chosen: str
    own: str
    theirs_lines: list[Line]
    mine_lines: list[Line]


def conflict_page(
    request: HttpRequest, page: Page, sent: dict[str, Any], conflict: EditConflict, problem: str = ""
) -> HttpResponse:
    """409: base, theirs and mine of every conflict, with a choice each. `sent` has the text as its writer left it."""
    names = authors_between(request.user, page, sent["base"], conflict.current.number)
    context = {
        "page": page,
        "space": page.space,
        "sent": sent,
        "current": conflict.current,
        "names": " and ".join(names) or "Somebody",
        "stretches": _stretches(request, conflict.hunks),
        "choices": CHOICES,
        "problem": problem,
    }
    return render(request, "wiki/conflict.html", context, status=409)


def _stretches(request: HttpRequest, hunks: Any) -> list[Stretch]:
    number, found = 0, []
    for at, hunk in enumerate(hunks):
        conflict = hunk.kind == "conflict"
        number += conflict
        found.append(_stretch(request, at, hunk, number if conflict else 0))
    return found


def _stretch(request: HttpRequest, at: int, hunk: Hunk, number: int) -> Stretch:
    same = hunk.kind == "same"
    long = same and len(hunk.lines) > 2 * EDGE + 1
    shown = hunk.lines if same else ()
    mine = "".join(hunk.mine)
    return Stretch(
        at=at,
        kind=hunk.kind,
        number=number,
        base="" if same else "".join(hunk.base),
        theirs="" if same else "".join(hunk.theirs),
        mine="" if same else mine,
        lead="".join(shown[:EDGE] if long else shown),
        tail="".join(shown[-EDGE:]) if long else "",
        folded=len(shown) - 2 * EDGE if long else 0,
        chosen=request.POST.get(f"choice-{at}", ""),
        own=request.POST.get(f"own-{at}", mine) if number else "",
        theirs_lines=_marked(hunk.base, hunk.theirs) if number else [],
        mine_lines=_marked(hunk.base, hunk.mine) if number else [],
    )


def _marked(base: Sequence[str], side: Sequence[str]) -> list[Line]:
    """A side's lines, with the words that are not in the lines before."""
    found = diff("".join(base), "".join(side), context=len(base) + len(side))
    return [row.new for block in found for row in block.rows if row.new_number] or _same(side)


def _same(side: Sequence[str]) -> list[Line]:
    return [(Segment(line.rstrip("\n"), "same"),) for line in side]


def resolution(request: HttpRequest, page: Page, form: PageForm) -> dict[str, Any] | HttpResponse:
    """What to save, on the revision that was seen; or the page again where a choice is missing.

    The draft then has the resolved text, so that a third edit in between costs nothing either.
    """
    sent = form.cleaned_data
    base, seen = revision_if_there(request.user, page, sent["base"]), _seen(request, page)
    assert base is not None
    hunks = merge(base.text, seen.text, sent["text"]).hunks
    try:
        text = checked_page_text(resolved(_with_own_words(request, hunks), _choices(request, hunks)))
    except ValueError as unfinished:
        return conflict_page(request, page, sent, EditConflict(seen, hunks), str(unfinished))
    settled = sent | {"text": text, "base": seen.number}
    keep_draft(actor=request.user, space=page.space, page=page, **settled)
    return settled


def _seen(request: HttpRequest, page: Page) -> Revision:
    number = revision_number(request.POST.get("seen", ""))
    found = revision_if_there(request.user, page, number) if number else None
    if found is None:
        raise Invalid(
            "The form lost the revision that it shows.", next_step="Save again: the choice comes back."
        )
    return found


def _choices(request: HttpRequest, hunks: tuple[Hunk, ...]) -> dict[int, str]:
    sides = {
        at: request.POST.get(f"choice-{at}", "") for at, hunk in enumerate(hunks) if hunk.kind == "conflict"
    }
    return {at: side for at, side in sides.items() if side in SIDES}


def _with_own_words(request: HttpRequest, hunks: tuple[Hunk, ...]) -> list[Hunk]:
    return [
        replace(hunk, kind="mine", mine=tuple(lines_of(normalised(request.POST.get(f"own-{at}", "")))))
        if hunk.kind == "conflict" and request.POST.get(f"choice-{at}") == OWN
        else hunk
        for at, hunk in enumerate(hunks)
    ]


@require_safe
@login_required
def merged(request: HttpRequest, uid: str, number: int) -> HttpResponse:
    """What others changed while somebody wrote, as a merge took it in; and what the writer changed themselves."""
    page = page_by_uid(request.user, uid)
    revision = revision_if_there(request.user, page, number)
    before = revision_if_there(request.user, page, number - 1)
    if revision is None or before is None or revision.base is None or not revision.merged:
        raise NotFound("This revision took in nobody else's change.")
    names = authors_between(request.user, page, revision.base.number, before.number)
    context = {
        "page": page,
        "space": page.space,
        "revision": revision,
        "names": " and ".join(names) or "Your",
        "came_in": diff(revision.base.text, before.text),
        "own": diff(before.text, revision.text),
    }
    return render(request, "wiki/merged.html", context)
