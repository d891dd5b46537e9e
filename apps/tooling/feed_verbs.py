"""How the events of tooling read in a feed. Remarks hold values of the event, and name nothing that is not its target."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from apps.core.plugs import FeedVerb, text_of, words_of
from apps.tooling.workflow import Level, StepRole


def verbs() -> Iterator[FeedVerb]:
    yield from _asking()
    yield from _reviewing()
    yield from _holding()
    yield from _conditions()
    yield from _standards()
    yield from _proposals()
    yield from _settings()


def _asking() -> Iterator[FeedVerb]:
    yield FeedVerb("tooling.request.begun", "drafted the exception", "file-pen")
    yield FeedVerb("tooling.request.amended", "amended the exception", "pencil", words_of("changes"))
    yield FeedVerb("tooling.request.submitted", "asked for the exception", "send", _level)
    yield FeedVerb("tooling.request.withdrawn", "withdrew the exception", "undo-2")
    yield FeedVerb("tooling.request.appealed", "appealed against the rejection of", "scale")
    yield FeedVerb("tooling.request.commented", "commented on the exception", "message-square")
    yield FeedVerb("tooling.request.renewal_asked", "asked to renew the exception", "refresh-cw")
    yield FeedVerb("tooling.request.renewal_ended", "ended the renewal of the exception", "refresh-cw-off")
    yield FeedVerb(
        "tooling.request.emergency_granted", "took the emergency exception {subject} for 72 hours", "siren"
    )


def _reviewing() -> Iterator[FeedVerb]:
    yield FeedVerb("tooling.request.triaged", "looks at the exception", "eye")
    yield FeedVerb(
        "tooling.request.info_asked", "asked for more about the exception", "message-circle-question-mark"
    )
    yield FeedVerb("tooling.request.info_given", "answered about the exception", "message-circle-reply")
    yield FeedVerb("tooling.request.review_opened", "opened the review of the exception", "users")
    yield FeedVerb("tooling.request.reviewed", "reviewed the exception", "gavel", _verdict)
    yield FeedVerb("tooling.request.recused", "keeps out of the review of the exception", "user-x")
    yield FeedVerb(
        "tooling.request.sides_differ", "The sides differ on {subject}; the committee decides", "split", impersonal=True
    )  # fmt: skip
    yield FeedVerb("tooling.request.approved", "granted the exception", "shield-check", _until)
    yield FeedVerb("tooling.request.rejected", "rejected the exception", "shield-x")
    yield FeedVerb(
        "tooling.request.overdue", "The decision on {subject} is overdue", "clock-alert", _overdue, True
    )
    yield FeedVerb(
        "tooling.request.review_due", "The emergency {subject} is over and waits for its review", "siren", impersonal=True
    )  # fmt: skip


def _holding() -> Iterator[FeedVerb]:
    yield FeedVerb(
        "tooling.request.activated", "The exception {subject} began", "shield-check", impersonal=True
    )
    yield FeedVerb(
        "tooling.request.expired", "The exception {subject} expired", "shield-off", impersonal=True
    )
    yield FeedVerb("tooling.request.revoked", "revoked the exception", "shield-ban")
    yield FeedVerb(
        "tooling.request.revocation_noticed", "gave notice of the end of the exception", "shield-alert", _ends
    )
    yield FeedVerb(
        "tooling.request.notice_ended", "The notice on {subject} ran out; it is revoked", "shield-ban", impersonal=True
    )  # fmt: skip
    yield FeedVerb("tooling.request.closed", "gave back the exception", "circle-check")
    yield FeedVerb(
        "tooling.request.promoted", "The standard allows {subject} now; no exception is needed", "trending-up",
        impersonal=True,
    )  # fmt: skip
    yield FeedVerb(
        "tooling.grant.expiring", "The exception {subject} ends soon", "clock-alert", _expiring, True
    )


def _conditions() -> Iterator[FeedVerb]:
    yield FeedVerb(
        "tooling.request.condition_attached", "attached a condition to the exception", "list-plus", _due
    )
    yield FeedVerb(
        "tooling.request.condition_proved", "added evidence to a condition of the exception", "file-check"
    )
    yield FeedVerb("tooling.request.condition_met", "confirmed a condition of the exception", "check-check")
    yield FeedVerb("tooling.request.condition_returned", "returned the evidence on a condition of", "undo-2")


def _standards() -> Iterator[FeedVerb]:
    yield FeedVerb("tooling.capability.created", "added the capability", "plus")
    yield FeedVerb("tooling.capability.changed", "changed the capability", "pencil", words_of("changes"))
    yield FeedVerb("tooling.standard.published", "published the standard for", "radar", _revision)
    yield FeedVerb("tooling.tool.profiled", "described the support of", "life-buoy")
    yield FeedVerb("tooling.tool.package_named", "named a package of", "package-plus", text_of("package"))
    yield FeedVerb(
        "tooling.tool.package_forgotten", "took a package's name from", "package-minus", text_of("package")
    )


def _proposals() -> Iterator[FeedVerb]:
    yield FeedVerb("tooling.proposal.opened", "proposed a change of a standard:", "lightbulb")
    yield FeedVerb("tooling.proposal.changed", "changed the proposal", "pencil", words_of("changes"))
    yield FeedVerb("tooling.proposal.commented", "commented on the proposal", "message-square")
    yield FeedVerb("tooling.proposal.vote_opened", "called the vote on the proposal", "vote")
    yield FeedVerb("tooling.proposal.voted", "voted on the proposal", "vote", _vote)
    yield FeedVerb("tooling.proposal.withdrawn", "withdrew the proposal", "undo-2")
    yield FeedVerb(
        "tooling.proposal.accepted", "The committee accepted {subject}", "circle-check", impersonal=True
    )
    yield FeedVerb(
        "tooling.proposal.rejected", "The committee rejected {subject}", "circle-x", impersonal=True
    )


def _settings() -> Iterator[FeedVerb]:
    yield FeedVerb(
        "tooling.tier.changed",
        "changed how requests are decided at the tier",
        "sliders-horizontal",
        words_of("changes"),
    )
    yield FeedVerb("tooling.tier.rule_added", "added a rule to the tier", "list-plus", text_of("rule"))
    yield FeedVerb("tooling.tier.rule_removed", "removed a rule of the tier", "list-minus", text_of("rule"))
    yield FeedVerb("tooling.environment.created", "added the environment", "plus")
    yield FeedVerb("tooling.environment.changed", "changed the environment", "pencil", words_of("changes"))
    yield FeedVerb(
        "tooling.closed_day.added", "added a day on which nobody works:", "calendar-plus", text_of("day")
    )
    yield FeedVerb(
        "tooling.closed_day.removed", "removed a day on which nobody works:", "calendar-minus", text_of("day")
    )


def _level(data: dict[str, Any]) -> str:
    word = dict(Level.choices).get(data.get("level", ""), "")
    return f"{word} risk" if word else ""


def _verdict(data: dict[str, Any]) -> str:
    side = dict(StepRole.choices).get(data.get("step", ""), "")
    return f"{side}: {_vote(data)}" if side else ""


def _vote(data: dict[str, Any]) -> str:
    approves = data.get("approves")
    return "in favour" if approves is True else "against" if approves is False else ""


def _until(data: dict[str, Any]) -> str:
    return f"until {_instant(data['until'])}" if data.get("until") else ""


def _ends(data: dict[str, Any]) -> str:
    return f"on {_instant(data['ends'])}" if data.get("ends") else ""


def _due(data: dict[str, Any]) -> str:
    return f"due {_instant(data['due'])}" if data.get("due") else ""


def _overdue(data: dict[str, Any]) -> str:
    places = ", ".join(str(place) for place in data.get("environments") or [])
    return f"provisional exception for {places}, {_until(data)}".rstrip(", ") if places else _level(data)


def _expiring(data: dict[str, Any]) -> str:
    days, places = data.get("days"), ", ".join(str(place) for place in data.get("environments") or [])
    left = "" if not isinstance(days, int) else "in 1 day" if days == 1 else f"in {days} days"
    return f"{left}: {places}" if left and places else left


def _revision(data: dict[str, Any]) -> str:
    return f"Revision {data['revision']}" if data.get("revision") else ""


def _instant(text: Any) -> str:
    """Events hold instants as ISO text."""
    return f"{datetime.fromisoformat(str(text)):%-d %B %Y}"
