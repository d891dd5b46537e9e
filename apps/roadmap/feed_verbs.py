"""How the events of the roadmap read in a feed. Remarks hold values of the event, and name nothing but its target."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from apps.core.plugs import FeedVerb, text_of, words_of
from apps.core.words import counted
from apps.people.models import Visibility
from apps.roadmap.models import OutcomeReview
from apps.roadmap.queries.numbers import person_weeks
from apps.roadmap.workflow import Link, PlanKind, Role


def verbs() -> Iterator[FeedVerb]:
    yield from _asking()
    yield from _answering()
    yield from _scoring()
    yield from _planning()
    yield from _cycles()
    yield from _delivering()
    yield from _looking_back()


def _request(
    verb: str, phrase: str, icon: str, describe: Any = None, *, impersonal: bool = False
) -> FeedVerb:
    return FeedVerb(f"roadmap.request.{verb}", phrase, icon, describe or (lambda data: ""), impersonal)


def _cycle(verb: str, phrase: str, icon: str, describe: Any = None, *, impersonal: bool = False) -> FeedVerb:
    return FeedVerb(f"roadmap.cycle.{verb}", phrase, icon, describe or (lambda data: ""), impersonal)


def _asking() -> Iterator[FeedVerb]:
    yield _request("begun", "drafted", "file-pen")
    yield _request("amended", "amended", "pencil", words_of("changes"))
    yield _request("submitted", "asked for", "send")
    yield _request("info_given", "answered the question on", "message-circle-reply")
    yield _request("withdrawn", "withdrew", "undo-2", text_of("reason"))
    yield _request("sponsored", "answers for the value of", "hand-coins")
    yield _request("supported", "supports", "thumbs-up", _unit)
    yield _request("commented", "commented on", "message-square")
    yield _request("visibility_changed", "changed who sees", "eye", _visibility)


def _answering() -> Iterator[FeedVerb]:
    yield _request("triaged", "looks at", "eye")
    yield _request("info_asked", "asked for more about", "message-circle-question-mark", text_of("reason"))
    yield _request("accepted", "accepted {subject} for scoring", "circle-check")
    yield _request("declined", "declined", "circle-x", text_of("reason"))
    yield _request("deferred", "deferred", "clock", text_of("reason"))
    yield _request("strategic_set", "said whether the strategic wallet stands for", "landmark", _strategic)
    yield _request("merged", "merged {subject} into another request", "copy")
    yield _request("merge_received", "merged a duplicate into", "merge", _inherited)


def _scoring() -> Iterator[FeedVerb]:
    """Who gave a sealed score is not said, as little as what is in it."""
    yield _request("scored", "A blind score of {subject} is in", "lock", impersonal=True)
    yield _request("revealed", "revealed the scores of", "eye", _scores)
    yield _request("ready", "declared {subject} ready for a cycle", "circle-check")
    yield _request("rescored", "sent {subject} back to scoring", "refresh-cw", text_of("reason"))
    yield _request("estimated", "estimated the effort of", "ruler", _role)
    yield _request("dependency_added", "added a dependency of", "link", _link)
    yield _request("dependency_removed", "removed a dependency of", "unlink", _link)
    yield FeedVerb("roadmap.policy.published", "published", "scale")


def _planning() -> Iterator[FeedVerb]:
    yield _request("in_cycle", "took {subject} into a planning cycle", "calendar-plus")
    yield _request(
        "left_cycle", "took {subject} out of a planning cycle", "calendar-minus", text_of("reason")
    )
    yield _request("carried", "carried {subject} over into the next cycle", "calendar-sync")
    yield _request("mandate_approved", "approved {subject} as mandatory", "gavel")
    took, left = (
        f"The steering committee {said}" for said in ("planned {subject}", "did not plan {subject}")
    )
    yield _request("planned", took, "calendar-check", impersonal=True)
    yield _request("not_planned", left, "calendar-x", text_of("reason"), impersonal=True)


def _cycles() -> Iterator[FeedVerb]:
    yield _cycle("created", "opened the planning cycle", "calendar-range")
    yield _cycle("capacity_set", "set the capacity of", "users")
    yield _cycle("changed", "changed the frame of", "pencil", words_of("changes"))
    yield _cycle("shares_set", "set the shares of", "chart-pie", _left)
    yield _cycle("voting_opened", "opened the vote of", "vote")
    yield _cycle("delegate_named", "named a delegate for the vote of", "user-check")
    yield _cycle("delegate_taken_back", "took a delegate for the vote back in", "user-x")
    yield _cycle("ballot_cast", "cast a sealed ballot in", "vote")
    yield _cycle("frozen", "froze", "snowflake", _hash)
    yield _cycle("reopened", "opened the vote again of", "lock-open", text_of("reason"))
    yield _cycle("planned", "Three plans of {subject} are computed", "chart-gantt", _hash, impersonal=True)
    yield _cycle("planned_late", "Plans of {subject} came too late to count", "clock-alert", impersonal=True)
    yield _cycle("plan_failed", "Plans of {subject} could not be computed", "octagon-alert", impersonal=True)
    yield _cycle("planned_again", "had the plans computed again of", "rotate-cw")
    yield _cycle("preparing_again", "broke off the vote of", "undo-2", text_of("reason"))
    yield _cycle("meeting_called", "called the meeting on", "users-round")
    yield _cycle("overridden", "moved an item of the plan of", "shuffle")
    yield _cycle("override_taken_back", "took an override back in", "undo-2")
    committee = "The steering committee decided on {subject}"  # its chair only says what
    yield _cycle("decided", committee, "gavel", _decision, impersonal=True)
    yield _cycle("closed", "closed the planning cycle", "archive", _unfinished)


def _delivering() -> Iterator[FeedVerb]:
    yield _request("started", "began the work on", "hammer")
    yield _request("cancelled", "stopped the work on", "circle-stop", text_of("reason"))
    yield _request("milestone_added", "added a milestone of", "milestone", text_of("title"))
    yield _request("milestone_done", "reached a milestone of", "flag", text_of("title"))
    yield _request("blocked", "reported a block of", "octagon-pause")
    yield _request("unblocked", "ended a block of", "circle-play")
    yield _request("actual_recorded", "recorded the effort spent on", "timer", _spent)
    yield _request("handover_offered", "offered a hand-over from", "package", text_of("team"))
    yield _request("handover_accepted", "accepted the hand-over from", "package-check", text_of("team"))
    yield _request("delivered", "delivered", "rocket")


def _looking_back() -> Iterator[FeedVerb]:
    yield _request("outcome_recorded", "recorded an outcome of", "chart-line", text_of("kpi"))
    yield _request("outcome_confirmed", "confirmed an outcome of", "badge-check", text_of("kpi"))
    yield _request("review_due", "A look back at {subject} is due", "calendar-clock", _days, impersonal=True)
    yield _request("reviewed", "looked back at", "history", _verdict)
    yield _request("closed", "closed", "archive")


def _visibility(data: dict[str, Any]) -> str:
    changes, words = data.get("changes"), dict(Visibility.choices)
    moved = changes.get("visibility") if isinstance(changes, dict) else None
    return " to ".join(str(words.get(each, each)) for each in moved or [])


def _left(data: dict[str, Any]) -> str:
    """Whose delegates and advice went with their share."""
    left = [str(name) for name in data.get("left") or []]
    return f"No share any more: {', '.join(left)}" if left else ""


def _unit(data: dict[str, Any]) -> str:
    return f"For {data['unit']}" if data.get("unit") else ""


def _strategic(data: dict[str, Any]) -> str:
    return {True: "It does", False: "It does not"}.get(data.get("strategic"), "")  # type: ignore[arg-type]


def _inherited(data: dict[str, Any]) -> str:
    said = ["The strategic wallet stands for it now"] if data.get("strategic") is True else []
    left = data.get("left")
    if isinstance(left, int) and left > 0:
        said.append(f"{left} of the duplicate's dependencies could not join it")
    return "; ".join(said)


def _scores(data: dict[str, Any]) -> str:
    return counted(data["scores"], "score") if data.get("scores") else ""


def _role(data: dict[str, Any]) -> str:
    role = dict(Role.choices).get(data.get("role", ""), "")
    return f"{role}: {_weeks(data.get('p50'))}" if role else ""


def _weeks(text: Any) -> str:
    """Events hold exact numbers as text."""
    return person_weeks(Decimal(str(text or 0)))


def _link(data: dict[str, Any]) -> str:
    return dict(Link.choices).get(data.get("kind", ""), "")


def _hash(data: dict[str, Any]) -> str:
    return f"Hash {str(data['sha256'])[:12]}" if data.get("sha256") else ""


def _decision(data: dict[str, Any]) -> str:
    plan = dict(PlanKind.choices).get(data.get("plan", ""), "")
    items, overrides = (data.get(name, 0) for name in ("items", "overrides"))
    return f"{plan}: {counted(items, 'item')}, {counted(overrides, 'override')}" if plan else ""


def _unfinished(data: dict[str, Any]) -> str:
    number = data.get("unfinished")
    if not isinstance(number, int):
        return ""
    return f"{number or 'Nothing'} left to carry over" if number != 1 else "1 request left to carry over"


def _spent(data: dict[str, Any]) -> str:
    role = dict(Role.choices).get(data.get("role", ""), "")
    return f"{role}, {data.get('month', '')}: {_weeks(data.get('weeks'))}" if role else ""


def _days(data: dict[str, Any]) -> str:
    return f"{counted(data['days'], 'day')} after delivery" if data.get("days") else ""


def _verdict(data: dict[str, Any]) -> str:
    verdict = dict(OutcomeReview.Verdict.choices).get(data.get("verdict", ""), "")
    when = "Before the look back after" if data.get("early") else "After"
    return f"{when} {data.get('days', '')} days: {verdict.lower()}" if verdict else ""
