"""A decided meeting leaves its minutes wherever documents are kept, in words that everybody may read.

A request that not everybody sees stands in them by its number only. Seats are named and people are not: names can be
taken back on the meeting's page, not in a document's history.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from apps.core.plugs import DocumentStore, registered
from apps.core.policies import SYSTEM
from apps.people.models import CommitteeSeat, Visibility
from apps.roadmap.actions.meetings import decided_items
from apps.roadmap.models import Candidate, Meeting, Override
from apps.roadmap.queries.meetings import quorum, role_use
from apps.roadmap.queries.plans import instance_of_run
from apps.roadmap.workflow import PlanKind
from apps.tooling.actions.records import as_text


@transaction.atomic
def keep_minutes(*, meeting: int) -> str:
    """Writes the minutes of a decided meeting, or writes them anew; their address, empty where none are kept."""
    stores = registered(DocumentStore)
    row = Meeting._base_manager.select_for_update(of=("self",)).select_related("cycle", "run").get(pk=meeting)
    if not stores or row.decided_at is None:
        return ""
    url = stores[0].save(
        actor=SYSTEM,
        key=f"roadmap.meeting.{row.pk}",
        title=f"Decision on {row.cycle}"[:200],
        body=minutes_of(row),
        subject=None,
    )
    Meeting._base_manager.filter(pk=row.pk).update(minutes_url=url)
    return url


def minutes_of(meeting: Meeting) -> str:
    """The minutes as Markdown."""
    candidates = list(
        Candidate._base_manager.filter(cycle=meeting.cycle)
        .select_related("request__unit")
        .order_by("request")
    )
    parts = (
        _head(meeting),
        _present(meeting),
        _items(candidates),
        _overrides(meeting),
        _roles(meeting),
        _notes(meeting),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(meeting: Meeting) -> Iterator[str]:
    assert meeting.decided_at is not None
    url = meeting.cycle.get_absolute_url()
    yield "## Decision\n"
    yield (
        f"Decided on {meeting.decided_at:%-d %B %Y}: {PlanKind(meeting.chosen).label.lower()} for "
        f"[{as_text(str(meeting.cycle))}]({url}), with the overrides below.\n"
    )
    yield f"- Plans: `{meeting.run.result_sha256}`"
    yield f"- Frozen inputs: `{meeting.run.snapshot.sha256}`\n"


def _present(meeting: Meeting) -> Iterator[str]:
    yield "## Present\n"
    yield f"{meeting.attendances.count()} there, {quorum()} needed.\n"
    for row in meeting.attendances.prefetch_related("recused_from__request").order_by("pk"):
        seats = CommitteeSeat._base_manager.filter(
            user=row.user_id, committee__purpose="steering", starts__lte=row.at
        )
        seat = seats.order_by("pk").values_list("seat", flat=True).last() or "a seat"
        kept_out = ", ".join(_name(each) for each in row.recused_from.all())
        yield f"- {as_text(str(seat)).capitalize()}" + (f", kept out of {kept_out}" if kept_out else "")
    yield ""


def _items(candidates: list[Candidate]) -> Iterator[str]:
    for title, planned in (("Planned", True), ("Not planned", False)):
        yield f"## {title}\n"
        rows = [row for row in candidates if bool(row.planned) is planned]
        for row in rows:
            yield f"- {_name(row)}"
        yield "" if rows else "None.\n"


def _overrides(meeting: Meeting) -> Iterator[str]:
    """Those that were decided with; of those that were taken back before, how many."""
    moved_items = meeting.overrides.select_related("takes__request__unit", "displaces__request__unit")
    rows = list(moved_items.filter(taken_back_at=None).order_by("pk"))
    gone = moved_items.exclude(taken_back_at=None).count()
    yield "## Overrides\n"
    for row in rows:
        moved = [
            f"takes {_name(row.takes)}" if row.takes else "",
            f"displaces {_name(row.displaces)}" if row.displaces else "",
        ]
        told = ", ".join(filter(None, moved))
        yield f"- {told[0].upper()}{told[1:]}: {_reason(row)}"
    yield "" if rows else "None.\n"
    if gone:
        yield f"{gone} more {'was' if gone == 1 else 'were'} taken back before the decision.\n"


def _reason(row: Override) -> str:
    """Words about a request that not everybody sees stay on the meeting's page."""
    items = [each for each in (row.takes, row.displaces) if each is not None]
    if all(_is_open(each) for each in items):
        return " ".join(as_text(row.reason).split())
    return "the reason stands on the meeting's page."


def _roles(meeting: Meeting) -> Iterator[str]:
    """Totals of what was decided; they tell nothing of a single request."""
    yield "## Use of each role\n"
    yield "| Role | Planned of what there is |\n|---|---|"
    for each in role_use(instance_of_run(meeting.run), decided_items(meeting, meeting.chosen)):
        yield f"| {as_text(each.name)} | {each.text} |"
    yield ""


def _notes(meeting: Meeting) -> Iterator[str]:
    if meeting.notes:
        yield "## Notes\n"
        yield as_text(meeting.notes)


def _is_open(candidate: Candidate) -> bool:
    return candidate.request.visibility == Visibility.COMPANY


def _name(candidate: Candidate) -> str:
    request = candidate.request
    if not _is_open(candidate):
        return f"request {request.pk}, which is not shown to everybody"
    title = as_text(" ".join(request.title.split()))
    return f"[{title}]({request.get_absolute_url()}), {as_text(str(request.unit))}"
