"""The words of the radar and of decisions: data classes, rings, reason codes, and the next step of each code."""

from __future__ import annotations

import re
from enum import IntEnum, StrEnum

PRODUCTION = "production"
_MAJOR_MINOR = re.compile(r"v?[0-9]+\.[0-9]+")


class DataClass(IntEnum):
    """From the least to the most sensitive."""

    PUBLIC = 0
    INTERNAL = 1
    CONFIDENTIAL = 2
    RESTRICTED = 3


class Ring(StrEnum):
    MANDATORY = "mandatory"
    RECOMMENDED = "recommended"
    TRIAL = "trial"
    ASSESS = "assess"
    HOLD = "hold"
    BANNED = "banned"


class Reason(StrEnum):
    """Why; the codes are part of the API and never change their meaning."""

    MANDATORY = "mandatory"
    RECOMMENDED = "recommended"
    TRIAL = "trial"
    EXCEPTED = "excepted"
    TRIAL_NOT_IN_PRODUCTION = "trial_not_in_production"
    OTHER_TOOL_MANDATORY = "other_tool_mandatory"
    ASSESS = "assess"
    HOLD = "hold"
    BANNED = "banned"
    UNKNOWN_TOOL = "unknown_tool"
    NOT_COVERED = "not_covered"
    UNKNOWN_VERSION = "unknown_version"
    GRANT_EXPIRED = "grant_expired"
    GRANT_REVOKED = "grant_revoked"
    PROVISIONAL_NOT_IN_PRODUCTION = "provisional_not_in_production"
    CONDITION_OVERDUE = "condition_overdue"


PERMISSIONS = frozenset({Ring.MANDATORY, Ring.RECOMMENDED, Ring.TRIAL})
ALLOWING = frozenset({Reason.MANDATORY, Reason.RECOMMENDED, Reason.TRIAL, Reason.EXCEPTED})
STRICTNESS = {  # rising; decides between rules that are equally specific
    reason: place
    for place, reason in enumerate(
        (
            Reason.RECOMMENDED,
            Reason.MANDATORY,
            Reason.TRIAL,
            Reason.TRIAL_NOT_IN_PRODUCTION,
            Reason.OTHER_TOOL_MANDATORY,
            Reason.ASSESS,
            Reason.HOLD,
            Reason.BANNED,
        )
    )
}
GRANT_PREFERENCE = (  # rising; which of a team's grants the answer speaks of
    Reason.GRANT_REVOKED,
    Reason.GRANT_EXPIRED,
    Reason.PROVISIONAL_NOT_IN_PRODUCTION,
    Reason.CONDITION_OVERDUE,
    Reason.EXCEPTED,
)
REQUEST = "Request an exception; the form is pre-filled with this use."
NEXT_STEPS = {
    Reason.MANDATORY: "",
    Reason.RECOMMENDED: "",
    Reason.TRIAL: "Tell the tool's owner what you learn; a trial ends with a decision.",
    Reason.EXCEPTED: "Plan the exit or a renewal before the exception expires.",
    Reason.TRIAL_NOT_IN_PRODUCTION: f"Keep the trial out of production, or take an alternative. Else: {REQUEST}",
    Reason.OTHER_TOOL_MANDATORY: f"Use the mandatory tool. If it cannot meet the need: {REQUEST}",
    Reason.ASSESS: f"The tool is still being assessed. {REQUEST}",
    Reason.HOLD: f"Do not start with this tool. For the time of a move to an alternative: {REQUEST}",
    Reason.BANNED: "Stop using it. An exception counts only if its request names this ban.",
    Reason.UNKNOWN_TOOL: f"No standard speaks of this tool yet. {REQUEST}",
    Reason.NOT_COVERED: f"The standard does not cover this context. {REQUEST}",
    Reason.UNKNOWN_VERSION: "Say the exact version: the standard tells versions of this tool apart.",
    Reason.GRANT_EXPIRED: "The exception has expired. Move to an alternative, or ask for a new review.",
    Reason.GRANT_REVOKED: "The exception was revoked. Move to an alternative, or ask for a new review.",
    Reason.PROVISIONAL_NOT_IN_PRODUCTION: "Wait for the review: a provisional exception holds outside production.",
    Reason.CONDITION_OVERDUE: "Meet the overdue condition and add its evidence; the exception holds again then.",
}
MEANINGS = {
    Reason.MANDATORY: "The standard mandates it here.",
    Reason.RECOMMENDED: "The standard recommends it here.",
    Reason.TRIAL: "The standard allows it here for a trial.",
    Reason.EXCEPTED: "The standard does not allow it here; the team has an exception.",
    Reason.TRIAL_NOT_IN_PRODUCTION: "It is on trial, and the trial does not reach production.",
    Reason.OTHER_TOOL_MANDATORY: "The standard mandates another tool here.",
    Reason.ASSESS: "The standard still assesses it; it is not for use yet.",
    Reason.HOLD: "The standard holds it: no new use.",
    Reason.BANNED: "The standard bans it here.",
    Reason.UNKNOWN_TOOL: "No standard speaks of this tool, so it is to be assessed.",
    Reason.NOT_COVERED: "The standard speaks of this tool, but not of this version, environment or data class.",
    Reason.UNKNOWN_VERSION: "The answer hangs on the version, which is missing or cannot be read.",
    Reason.GRANT_EXPIRED: "The team's exception has expired.",
    Reason.GRANT_REVOKED: "The team's exception was revoked.",
    Reason.PROVISIONAL_NOT_IN_PRODUCTION: "The team's exception is provisional, which never holds in production.",
    Reason.CONDITION_OVERDUE: "A condition of the team's exception is overdue.",
}


def meaning_of(reason: Reason, asked: str | None) -> str:
    """As MEANINGS, and of a version that was said but names no release, what it leaves open."""
    if reason is not Reason.UNKNOWN_VERSION or not asked:
        return MEANINGS[reason]
    what = "patch release" if _MAJOR_MINOR.fullmatch(asked) else "release"
    return f'The answer hangs on the version, and "{asked}" does not say which {what} it is.'
