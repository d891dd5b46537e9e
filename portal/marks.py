"""Words, icons and meanings of the states that the whole portal shows alike, a table for each kind.

A meaning is one of good, warn, bad, info, or empty for neutral. It is never shown by colour alone: each mark
has an icon and a word. A state that a table does not know is shown neutrally by its own name.
"""

from __future__ import annotations

from dataclasses import dataclass

UNKNOWN_ICON = "circle-dashed"  # stands for what no table knows


@dataclass(frozen=True, slots=True)
class Mark:
    word: str
    icon: str
    meaning: str = ""
    help: str = ""


STAGES = {
    "idea": Mark("Idea", "lightbulb", help="Written down, nothing built yet"),
    "experiment": Mark("Experiment", "flask-conical", help="Somebody tries whether it works"),
    "pilot": Mark("Pilot", "sprout", "info", "In use by a few, with a measurement plan"),
    "production": Mark("Production", "circle-check", "good", "Passed its gate and serves the business"),
    "deprecated": Mark("Deprecated", "sunset", "warn", "Still runs; use its successor"),
    "retired": Mark("Retired", "archive", help="No longer runs"),
    "stopped": Mark("Stopped", "circle-stop", help="Ended on purpose; the lessons are written down"),
    "suspended": Mark("Suspended", "circle-pause", "bad", "Taken out of use until its problem is solved"),
}
VISIBILITIES = {
    "company": Mark("Company", "building-2", help="Everybody inside the company sees it"),
    "unit": Mark("Business unit", "network", help="The owner's business unit and the center see it"),
    "restricted": Mark(
        "Restricted", "lock", "warn", "Only the owner team and those it was granted to see it"
    ),
}
SEVERITIES = {
    "critical": Mark("Critical", "octagon-alert", "bad", "Act today"),
    "high": Mark("High", "triangle-alert", "bad", "Act this week"),
    "error": Mark("Error", "triangle-alert", "bad", "Something is wrong"),
    "medium": Mark("Medium", "circle-alert", "warn", "Plan a fix"),
    "warning": Mark("Warning", "circle-alert", "warn", "Plan a fix"),
    "low": Mark("Low", "info", "info", "Worth knowing"),
    "info": Mark("Info", "info", "info", "Worth knowing"),
}
RINGS = {
    "mandatory": Mark("Mandatory", "badge-check", "good", "Use this one; another needs an exception"),
    "recommended": Mark("Recommended", "thumbs-up", "good", "Use it without asking"),
    "trial": Mark("Trial", "flask-conical", "info", "Use it outside production and tell what you learn"),
    "assess": Mark("Assess", "telescope", help="Worth exploring; use needs an exception"),
    "hold": Mark("Hold", "hand", "warn", "Start nothing new on it"),
    "banned": Mark("Banned", "ban", "bad", "Stop using it"),
}
LEVELS = {
    "gold": Mark("Gold", "trophy", "good", "All checks of the level gold pass"),
    "silver": Mark("Silver", "medal", "good", "All checks of the level silver pass"),
    "bronze": Mark("Bronze", "award", "info", "All checks of the level bronze pass"),
    "none": Mark("No level", "circle-dashed", help="A check of the level bronze does not pass"),
}
RESULTS = {
    "pass": Mark("Pass", "circle-check", "good"),
    "fail": Mark("Fail", "circle-x", "bad"),
    "unknown": Mark(
        "Unknown", "circle-question-mark", "warn", "A fact is missing or stale, and unknown never passes"
    ),
    "not_applicable": Mark("Not applicable", "circle-minus"),
    "waived": Mark("Waived", "shield", "info", "An exception holds until its date"),
}
RUNS = {
    "queued": Mark("Queued", "clock"),
    "running": Mark("Running", "loader", "info"),
    "succeeded": Mark("Succeeded", "circle-check", "good"),
    "partial": Mark(
        "Partial", "circle-alert", "warn", "Some of the source was not read; nothing was deleted"
    ),
    "failed": Mark("Failed", "circle-x", "bad", "The source was not read; nothing was deleted"),
    "cancelled": Mark("Cancelled", "circle-stop"),
}
HEALTH = {
    "healthy": Mark("Healthy", "circle-check", "good"),
    "degraded": Mark("Degraded", "circle-alert", "warn"),
    "unhealthy": Mark("Unhealthy", "circle-x", "bad"),
    "unknown": Mark("Unknown", "circle-question-mark"),
    "gone": Mark("Gone", "circle-minus"),
}
FRESHNESS = {
    "verified": Mark("Verified", "badge-check", "good", "Somebody vouches for this text"),
    "due": Mark("Verification due", "clock-alert", "warn", "The verification ends soon"),
    "expired": Mark("Verification expired", "badge-alert", "bad", "Nobody has checked this text lately"),
    "unverified": Mark("Not verified", "circle-dashed", help="Nobody vouches for this text"),
}
REQUESTS = {
    "draft": Mark("Draft", "file-pen", help="Only its team sees it"),
    "submitted": Mark("Submitted", "send", "info", "Waits for the center to look at it"),
    "triage": Mark("Triage", "list-filter", "info", "The center looks whether it can be reviewed"),
    "needs_info": Mark("Needs information", "message-circle-question-mark", "warn", "Its team has to answer"),
    "in_review": Mark("In review", "scale", "info", "Several people decide"),
    "appealed": Mark("Appealed", "gavel", "info", "Other people decide once more"),
    "approved": Mark("Approved", "calendar-clock", "good", "Granted, begins later"),
    "active": Mark("Active", "circle-check", "good", "The exception holds"),
    "renewal_pending": Mark(
        "Renewal pending", "refresh-cw", "good", "The exception holds; its renewal is being decided"
    ),
    "expired": Mark("Expired", "hourglass", "warn", "Ended on its day; going on needs a new review"),
    "revoked": Mark("Revoked", "ban", "bad", "Ended early against the will of its team"),
    "closed": Mark("Closed", "archive", help="Given back before its end"),
    "promoted": Mark("Promoted", "badge-check", "good", "The standard allows it now"),
    "rejected": Mark("Rejected", "circle-x", "bad", "Not granted; an alternative is named"),
    "withdrawn": Mark("Withdrawn", "undo-2", help="Its team took it back"),
}
RISKS = {
    "low": Mark("Low risk", "signal-low", help="Granted at once for a short time"),
    "medium": Mark("Medium risk", "signal-medium", "info", "The center and the business side decide"),
    "high": Mark("High risk", "signal-high", "warn", "Security and the standards committee decide too"),
}
PROPOSALS = {
    "open": Mark("Open to comments", "message-square", "info", "Everybody may speak about it"),
    "voting": Mark("Voting", "vote", "warn", "The standards committee votes"),
    "accepted": Mark("Accepted", "circle-check", "good", "Published as the next revision"),
    "rejected": Mark("Rejected", "circle-x", "bad", "The standard stays as it is"),
    "withdrawn": Mark("Withdrawn", "undo-2", help="Its proposer took it back"),
}
ROADMAP = {
    "draft": Mark("Draft", "file-pen", help="Only its team sees it"),
    "submitted": Mark("Submitted", "send", "info", "Waits for the center's first look"),
    "triage": Mark("Triage", "list-filter", "info", "The center looks whether it is worth scoring"),
    "needs_info": Mark("Needs information", "message-circle-question-mark", "warn", "Its team has to answer"),
    "scoring": Mark("Scoring", "scale", "info", "Scored blind, estimated, sponsored and supported"),
    "ready": Mark("Ready", "circle-check", "good", "May come into the next planning cycle"),
    "in_cycle": Mark("In a cycle", "vote", "info", "The units vote on it"),
    "planned": Mark("Planned", "calendar-check", "good", "The steering committee took it"),
    "in_progress": Mark("In progress", "hammer", "good", "The center works on it"),
    "delivered": Mark("Delivered", "package-check", "good", "A team runs it; its outcome is still open"),
    "outcome_review": Mark("Outcome review", "chart-line", "info", "What came of it is measured"),
    "closed": Mark("Closed", "archive", help="Delivered, measured, done"),
    "duplicate": Mark("Duplicate", "copy", help="Another request goes on with its supporters"),
    "declined": Mark("Declined", "circle-x", "bad", "Its reason stands on its page"),
    "deferred": Mark("Deferred", "clock", "warn", "Not now; its reason stands on its page"),
    "withdrawn": Mark("Withdrawn", "undo-2", help="Its team took it back"),
    "cancelled": Mark("Cancelled", "circle-stop", "warn", "Work ended before delivery"),
}
MARKS = {
    "stage": STAGES,
    "visibility": VISIBILITIES,
    "severity": SEVERITIES,
    "ring": RINGS,
    "level": LEVELS,
    "result": RESULTS,
    "run": RUNS,
    "health": HEALTH,
    "freshness": FRESHNESS,
    "proposal": PROPOSALS,
    "request": REQUESTS,
    "risk": RISKS,
    "roadmap": ROADMAP,
}


def mark_of(value: object, kind: str) -> Mark:
    """How a state is shown; `kind` is a key of MARKS."""
    text = str(value or "")
    return MARKS[kind].get(text.lower()) or Mark(
        text.replace("_", " ").capitalize() or "Unknown", UNKNOWN_ICON
    )
