"""What writers send about planning cycles, meetings and the scoring policy."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.rest_fields import Body, Choice, Text, WholeNumber
from apps.people.api import Slug, Username
from apps.roadmap.api.bodies import prose
from apps.roadmap.api.fields import Exact, Part, Points, Voter, Weeks
from apps.roadmap.workflow import Category, Entry, PlanKind, Role
from apps.tooling.api.fields import Day, Instant

LATEST = 2**31 - 1


def request_id(**options: Any) -> WholeNumber:
    return WholeNumber(min_value=1, **{"help_text": "Id of a request of this cycle.", **options})


class CycleCreate(Body):
    """A new cycle, in preparation."""

    slug = Slug()
    name = Text(max_length=100)
    starts = Day()
    ends = Day(help_text="The first day after it.")
    mandatory_cap = WholeNumber(
        max_value=10_000, required=False, help_text="Basis points of the capacity; 4,000 where not given."
    )
    ballots_until = Instant(required=False, allow_null=True)


class CycleChange(Body):
    """What shall be different; all in preparation, name and `ballots_until` while the vote is open."""

    name = Text(max_length=100, required=False)
    starts = Day(required=False)
    ends = Day(required=False, help_text="The first day after it.")
    mandatory_cap = WholeNumber(max_value=10_000, required=False, help_text="Basis points of the capacity.")
    ballots_until = Instant(required=False, allow_null=True, help_text="Null: until the freeze.")
    version = WholeNumber(min_value=1, max_value=LATEST, required=False)


class CapacityBody(Body):
    role = Choice(choices=Role.choices)
    weeks = Weeks()
    reserve = Weeks(required=False, help_text="How many of them are kept back; 0 where not given.")


class CycleCapacities(Body):
    """All roles at once; what is left out has none."""

    capacities = serializers.ListField(child=CapacityBody(), max_length=20)


class ShareBody(Body):
    voter = Voter()
    basis_points = WholeNumber(min_value=1, max_value=10_000)


class CycleShares(Body):
    """All wallets at once, 10,000 basis points together."""

    shares = serializers.ListField(child=ShareBody(), max_length=200)


class CandidateCreate(Body):
    """A ready request comes into the cycle."""

    request = request_id(help_text="Id of a ready request.")
    entry = Choice(choices=[(word, word) for word in (Entry.OPEN, Entry.MANDATORY)], required=False)
    obligation = Text(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="What makes it mandatory: law, contract, finding.",
    )


class CandidateRemove(Body):
    request = request_id()
    reason = prose(2_000, required=False, allow_blank=True)


class CandidateName(Body):
    request = request_id()


class CarryOver(Body):
    request = request_id(help_text="Id of a request under way.")


class BallotPoints(Body):
    request = request_id()
    points = Points()


class BallotCast(Body):
    """The whole ballot, 100 points together at most; it replaces the one before. Sealed until the freeze."""

    voter = Voter()
    lines = serializers.ListField(child=BallotPoints(), max_length=500)
    version = WholeNumber(
        max_value=LATEST, required=False, help_text="Of the ballot that you read; 0 for the first one."
    )


class AdviceGive(Body):
    """What you would give; only the voter reads it."""

    voter = Voter()
    request = request_id()
    points = Points()
    note = Text(max_length=300, required=False, allow_blank=True)


class DelegateName(Body):
    voter = Voter()
    user = Username()


class CycleReopen(Body):
    reason = prose(500, help_text="Every voter reads it.")
    version = WholeNumber(min_value=1, max_value=LATEST, required=False)


class CyclePrepareAgain(Body):
    reason = prose(500, help_text="Every voter reads it.")
    version = WholeNumber(min_value=1, max_value=LATEST, required=False)


class CapacityMove(Body):
    role = Choice(choices=Role.choices)
    weeks = Weeks()


class ShareMove(Body):
    voter = Voter()
    basis_points = WholeNumber(max_value=10_000)


class SandboxTry(Body):
    """Other capacities, other shares, or both; what is left out stays as it was frozen."""

    capacities = serializers.ListField(child=CapacityMove(), max_length=20, required=False)
    shares = serializers.ListField(child=ShareMove(), max_length=200, required=False)


class MeetingAttend(Body):
    recused_from = serializers.ListField(
        child=request_id(), max_length=200, required=False, help_text="Items that you keep out of."
    )


class MeetingOverride(Body):
    """Another item than the plan's: what it takes, what it displaces, and why."""

    takes = request_id(required=False, allow_null=True)
    displaces = request_id(required=False, allow_null=True)
    reason = prose(5_000)


class MeetingTakeBack(Body):
    override = WholeNumber(
        min_value=1, max_value=LATEST, help_text="The id of an override of the cycle's last meeting."
    )


class MeetingDecide(Body):
    """The chosen plan with the overrides. `sha256` is the hash of the plans that were looked at."""

    chosen = Choice(choices=PlanKind.choices)
    sha256 = Text(pattern=r"^[0-9a-f]{64}$", says="Give the result's hash as `plans` gives it.")
    notes = prose(20_000, required=False, allow_blank=True)


class RateBody(Body):
    """What one unit of a figure is worth, in points a year."""

    category = Choice(choices=Category.choices)
    measure = Text(max_length=30)
    value = Exact()


class LadderBody(Body):
    """Kind of evidence to probability."""

    opinion = Part()
    survey = Part()
    prototype = Part()
    pilot = Part()


class DecayBody(Body):
    """Urgency to the part of the value that a quarter's wait costs."""

    steady = Part()
    fading = Part()
    deadline = Part()
    patient = Part()


class ScoringPolicyPublish(Body):
    """A whole revision; nothing of the one before it stays."""

    rates = serializers.ListField(child=RateBody(), max_length=200)
    rationale = prose()
    ladder = LadderBody(required=False)
    decay = DecayBody(required=False)
    stale_after_days = WholeNumber(min_value=1, max_value=3_650, required=False)
    base_number = WholeNumber(
        max_value=LATEST, required=False, help_text="The policy that you built on; 0 for the first."
    )
