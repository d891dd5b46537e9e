"""What writers send. The document says each field's exact form; everything beyond is a rule of an action."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.catalog.api.references import EntityName
from apps.core.rest_fields import Body, Choice, Flag, Tags, Text, Versioned, WholeNumber
from apps.people.api import Slug, Username
from apps.people.models import Visibility
from apps.wiki.actions.placing import POSITIONS
from apps.wiki.text.naming import UID
from apps.wiki.vocabulary import (
    LARGEST_PAGE,
    LONGEST_COMMENT,
    LONGEST_INTERVAL,
    LONGEST_SUMMARY,
    Audience,
    Template,
)

PAGE = rf"[0-9]{{1,19}}|{UID.pattern}"  # for routes: a number is an id, all else a permanent id
UID_SENTENCE = "Give a page's permanent id, the `uid` of an answer."
LATEST = 2**31 - 1
LARGEST_BODY = 4 * 2**20  # a page of the largest size has six bytes for one where a client writes \u escapes
MOVED = {
    "space": "A page moves by POST …/move/.",
    "slug": "An address changes by POST …/rename/.",
    "title": "Title and text change by POST …/revisions/.",
    "text": "Title and text change by POST …/revisions/.",
    "state": "Pages are archived by POST …/archive/.",
    "visibility": "Visibility changes by POST …/visibility/.",
    "owner": "A page belongs to its space's team.",
}


class Uid(Text):
    """A page's permanent id."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", UID_SENTENCE)
        super().__init__(pattern=rf"^{UID.pattern}$", says=UID_SENTENCE, **options)


class PageText(Text):
    """Markdown as it was typed: unlike short texts it may hold any character but NUL."""

    def __init__(self, **options: Any) -> None:
        options = {"max_length": LARGEST_PAGE, "allow_blank": True} | options
        super().__init__(pattern=r"^[^\x00]*$", says="The text has a NUL character; remove it.", **options)


def interval() -> WholeNumber:
    return WholeNumber(
        min_value=1,
        max_value=LONGEST_INTERVAL,
        required=False,
        allow_null=True,
        help_text="Days; null for none.",
    )


def revision_number(**options: Any) -> WholeNumber:
    return WholeNumber(min_value=1, max_value=LATEST, **options)


class SpaceFields(Body):
    description = Text(max_length=500, required=False, allow_blank=True)
    verify_every_days = interval()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A space",
            value={
                "slug": "fraud-models",
                "title": "Fraud models",
                "team": "risk-ml",
                "verify_every_days": 180,
            },
            request_only=True,
        )
    ]
)
class SpaceCreate(SpaceFields):
    """A new space of one of the caller's teams, with its home page."""

    refusals = {"owner": "The owner is your team; name it in `team`."}
    slug = Slug()
    title = Text(max_length=200)
    team = Slug(required=False, help_text="For which of your teams; needed by those in several.")
    visibility = Choice(choices=Visibility.choices, required=False)
    text = PageText(required=False, help_text="The home page's text.")


class SpaceChange(SpaceFields):
    """The fields to change, and the version that was read; the header If-Match may stand for it."""

    refusals = {
        "slug": "A space keeps its address.",
        "visibility": "Visibility changes by POST …/visibility/.",
        "owner": "Ownership moves by POST …/owner/.",
    }
    demanded = ("version",)
    title = Text(max_length=200, required=False)
    version = WholeNumber(min_value=1, max_value=LATEST, required=False, help_text="As you read it.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A runbook",
            value={
                "space": "fraud-models",
                "title": "Roll back the fraud score",
                "text": "## When to use it\n\nThe score drifts.\n",
                "template": "runbook",
                "tags": ["on-call"],
            },
            request_only=True,
        )
    ]
)
class PageCreate(Body):
    """A new page with its first revision: below `parent`, or below its space's home page."""

    space = Slug(help_text="Slug of the space.")
    title = Text(max_length=200)
    text = PageText(required=False)
    parent = Uid(required=False)  # type: ignore[assignment]
    slug = Text(
        max_length=100, required=False, help_text="The last part of its address; made from the title else."
    )
    template = Choice(choices=Template.choices, required=False)
    tags = Tags()
    narrowed = Choice(
        choices=["unit", "restricted"], required=False, help_text="To show it to fewer than its space."
    )
    summary = Text(max_length=LONGEST_SUMMARY, required=False, allow_blank=True)


class PageChange(Body):
    """The page's frame. Fields that are left out stay; `documents` replaces what the caller sees of them."""

    refusals = MOVED
    demanded = ("version",)
    template = Choice(choices=Template.choices, required=False)
    tags = Tags()
    verifier = Username(required=False, allow_null=True, help_text="User name of who vouches for it.")
    verifier_team = Slug(required=False, allow_null=True, help_text="Slug of the team that vouches for it.")
    verify_every_days = interval()
    acknowledged_by = Choice(
        choices=[value for value in Audience.values if value], required=False, allow_null=True
    )
    documents = serializers.ListField(child=EntityName(), max_length=50, required=False)
    version = WholeNumber(min_value=1, max_value=LATEST, required=False, help_text="As you read it.")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A correction",
            value={
                "base": 3,
                "text": "## When to use it\n\nThe score drifts by 5 %.\n",
                "summary": "Threshold",
            },
            request_only=True,
        )
    ]
)
class RevisionCreate(Body):
    """A text and the number of the revision that it was written on."""

    text = PageText()
    base = revision_number(help_text="The revision that you read before you wrote.")
    title = Text(max_length=200, required=False)
    summary = Text(max_length=LONGEST_SUMMARY, required=False, allow_blank=True)


class VersionOnly(Versioned):
    """Nothing but the version that was read."""


class Restore(Body):
    revision = revision_number()


class Redact(Body):
    revision = revision_number()
    reason = Text(max_length=500, help_text="Why, without repeating the secret.")


class Rename(Versioned):
    slug = Text(max_length=100)


class Move(Versioned):
    """The page becomes a child of `target`, or its neighbour."""

    target = Uid()
    position = Choice(choices=list(POSITIONS), required=False)


class Narrow(Versioned):
    narrowed = Choice(
        choices=["unit", "restricted"], allow_null=True, help_text="null: as wide as its space."
    )


class Verify(Body):
    revision = revision_number(help_text="The revision that you read; it must be the current one.")
    note = Text(max_length=500, required=False, allow_blank=True)


class Unverify(Body):
    note = Text(max_length=500, required=False, allow_blank=True)


class Acknowledge(Body):
    revision = revision_number(help_text="The revision that you read; it must be the current one.")


class WatchStart(Body):
    subtree = Flag(required=False, help_text="With all pages below it.")


class CommentCreate(Body):
    """A remark in Markdown; `answers` names the comment that it answers."""

    text = Text(max_length=LONGEST_COMMENT, lines=True)
    answers = WholeNumber(
        min_value=1, required=False, allow_null=True, help_text="Id of a comment of this page."
    )


@extend_schema_field({"type": "string", "format": "binary", "minLength": 1})
class UploadedFile(serializers.FileField):
    """A file with its name; what it is, its bytes say."""

    def to_internal_value(self, data: Any) -> Any:
        if not hasattr(data, "read"):
            raise ValidationError("Send a file.")
        return data


class AttachmentCreate(Body):
    """A form (multipart/form-data) with one file."""

    file = UploadedFile()
