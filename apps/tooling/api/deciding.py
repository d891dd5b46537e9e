"""May this team use this tool here? For programs: one use as JSON, or a whole file from CI."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.errors import Invalid, TooLarge
from apps.core.rest import JSONOnly, query_of
from apps.core.rest_fields import AnyObject, Body, Choice, QueryParameters, Text
from apps.core.strict_json import dumps
from apps.people.api import Slug
from apps.tooling.actions.counting import check_file, decide_use
from apps.tooling.queries.deciding import LARGEST_FILE
from apps.tooling.reports import SARIF_TYPE, written
from apps.tooling.vocabulary import MEANINGS, DataClass, Ring

CLASSES = [each.name.lower() for each in DataClass]
REASONS = [(str(reason), meaning) for reason, meaning in MEANINGS.items()]
RINGS = [str(each) for each in Ring]
ENVIRONMENT_HELP = "Its slug, or another name that clusters have for it."
TEAM_HELP = "One of your own teams; needed by those in several."


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A use",
            value={
                "tool": "wandb",
                "version": "0.17.0",
                "environment": "production",
                "data_class": "internal",
            },
            request_only=True,
        )
    ]
)
class DecideBody(Body):
    """A use of a tool."""

    tool = Text(
        max_length=300,
        help_text="`tool:namespace/name`, the name of a package or an image, or the tool's name where only one has it.",
    )
    version = Text(max_length=128, required=False, allow_null=True, help_text="The exact version, if known.")
    environment = Text(max_length=63, help_text=ENVIRONMENT_HELP)
    data_class = Choice(choices=CLASSES, help_text="The most sensitive data that it will touch.")
    team = Slug(required=False, help_text=TEAM_HELP)


class DecidingStandard(serializers.Serializer):
    capability = serializers.CharField()
    revision = serializers.IntegerField()
    effective_from = serializers.DateTimeField()
    rationale = serializers.CharField()
    exit_criteria = serializers.CharField()


class DecidingRule(serializers.Serializer):
    tool = serializers.CharField()
    versions = serializers.CharField()
    environment = serializers.CharField(allow_null=True)
    data_class = serializers.ChoiceField(choices=CLASSES, allow_null=True)
    ring = serializers.ChoiceField(choices=RINGS)


class DecidingGrant(serializers.Serializer):
    id = serializers.IntegerField()
    starts = serializers.DateTimeField()
    ends = serializers.DateTimeField()
    provisional = serializers.BooleanField()


class DecidingCondition(serializers.Serializer):
    text = serializers.CharField()
    due = serializers.DateTimeField()


class DecisionAnswer(serializers.Serializer):
    """`reason` is a code that never changes its meaning. An answer may be kept until `cache_until`, excluded."""

    at = serializers.DateTimeField()
    team = serializers.CharField()
    tool = serializers.CharField(
        help_text="The tool's reference; the text as it was sent where it means none."
    )
    version = serializers.CharField(allow_null=True)
    environment = serializers.CharField()
    data_class = serializers.ChoiceField(choices=CLASSES)
    allowed = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=REASONS)
    ring = serializers.ChoiceField(choices=RINGS)
    excepted = serializers.BooleanField(help_text="Allowed by an exception only.")
    standard = DecidingStandard(allow_null=True)
    rule = DecidingRule(allow_null=True)
    grant = DecidingGrant(allow_null=True)
    conditions = DecidingCondition(many=True, help_text="Conditions of the exception that are not met yet.")
    alternatives = serializers.ListField(child=serializers.CharField())
    next_step = serializers.CharField()
    cache_until = serializers.DateTimeField()
    request_url = serializers.URLField(
        allow_null=True, help_text="The form of a request, filled in; if denied."
    )


class DecideView(APIView):
    """One question."""

    content_negotiation_class = JSONOnly
    metadata_class = None

    @extend_schema(
        request=DecideBody,
        responses={200: DecisionAnswer},
        operation_id="tooling_decide",
        summary="May this team use this tool here?",
    )
    def post(self, request: Request) -> Response:
        """For the team of whoever asks. A tool that no standard knows is answered too: `unknown_tool`, with the form of a
        request in `request_url`. A token needs the scope `tooling:decide`.
        """
        query_of(request, QueryParameters)
        if not isinstance(request.data, dict):
            raise Invalid("The body must be a JSON object.")
        body = DecideBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(decide_use(request.user, "rest", **body.validated_data).as_json())


class WholeBody(BaseParser):
    """The body as bytes, whatever its type says: curl calls every file a form."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream.read(LARGEST_FILE + 1)


class CheckQuery(QueryParameters):
    environment = Text(max_length=63, help_text=ENVIRONMENT_HELP)
    data_class = Choice(choices=CLASSES, required=False, default="internal")
    format = Choice(choices=["json", "text", "sarif"], required=False, default="json")
    filename = Text(
        max_length=300,
        required=False,
        default="",
        help_text="The file's path in its repository: it tells the format, and reports name it.",
    )
    team = Slug(required=False, help_text=TEAM_HELP)
    unlisted = Choice(
        choices=["skip", "deny"],
        required=False,
        default="skip",
        help_text="What is no tool of the catalog is counted only, or denied.",
    )


class CheckUpload(Body):
    file = serializers.FileField(help_text="One file.")


class CheckProblem(serializers.Serializer):
    line = serializers.IntegerField()
    detail = serializers.CharField()


class CheckFinding(serializers.Serializer):
    line = serializers.IntegerField()
    name = serializers.CharField()
    ecosystem = serializers.CharField()
    version = serializers.CharField(allow_null=True)
    specifier = serializers.CharField(allow_null=True)
    tool = serializers.CharField()
    level = serializers.ChoiceField(choices=["none", "note", "error"])
    message = serializers.CharField()
    request_url = serializers.URLField(allow_null=True)
    decision = AnyObject(help_text="As `decide` answers it.")


class CheckReport(serializers.Serializer):
    """Every line that asks for a tool, with its answer at one instant."""

    file = serializers.CharField()
    allowed = serializers.BooleanField()
    team = serializers.CharField()
    environment = serializers.CharField()
    data_class = serializers.ChoiceField(choices=CLASSES)
    at = serializers.DateTimeField()
    counts = AnyObject(help_text="How many findings have which reason.")
    unlisted = serializers.IntegerField(
        help_text="Packages that are no tool of the catalog; not asked about."
    )
    findings = CheckFinding(many=True)
    problems = CheckProblem(many=True, help_text="Lines that lead elsewhere and were not followed.")


REPORTS: Any = {
    (200, "application/json"): CheckReport,
    (200, SARIF_TYPE): OpenApiTypes.OBJECT,
    (200, "text/plain"): str,
    (409, "application/json"): OpenApiResponse(
        CheckReport, description="Something is denied; the report says what."
    ),
    (409, SARIF_TYPE): OpenApiTypes.OBJECT,
    (409, "text/plain"): str,
}


class CheckView(APIView):
    """One file."""

    content_negotiation_class = JSONOnly
    metadata_class = None
    parser_classes = (MultiPartParser, WholeBody)
    extra_problems = {"": (422,)}

    @extend_schema(
        parameters=[CheckQuery],
        request={"application/octet-stream": bytes, "multipart/form-data": CheckUpload},
        responses=REPORTS,
        operation_id="tooling_check",
        summary="May this team use what this file asks for?",
    )
    def post(self, request: Request) -> HttpResponse:
        """Reads requirements.txt, uv.lock, poetry.lock, Pipfile.lock, environment.yml, package.json and its locks, a
        Dockerfile or a list of images; as the body (`curl --data-binary @requirements.txt`) or as a form's `file`.

        200 where all is allowed, 409 with the report where something is denied, 422 where the file cannot be read.
        A token needs the scope `tooling:decide`.
        """
        wanted = query_of(request, CheckQuery)
        form, strict = wanted.pop("format"), wanted.pop("unlisted") == "deny"
        content, name = _file(request)
        name = wanted.pop("filename") or name
        report = check_file(request.user, "check", content, name, strict=strict, **wanted).report
        content_type, body = written(report, form)
        return HttpResponse(
            body if isinstance(body, str) else dumps(body),
            status=200 if report.allowed else 409,
            content_type=content_type,
        )


def _file(request: Request) -> tuple[bytes, str]:
    """The bytes and the name of what was sent. Raises Invalid for a form without its file, TooLarge."""
    if isinstance(request.data, bytes):
        content, name = request.data, ""
    else:
        files = request.FILES.getlist("file")
        if len(files) != 1 or len(request.FILES) != 1:
            raise Invalid(
                errors={"file": ["Send one file."]},
                next_step="curl --data-binary @requirements.txt, or -F file=@requirements.txt.",
            )
        content, name = files[0].read(LARGEST_FILE + 1), files[0].name or ""
    if len(content) > LARGEST_FILE:
        raise TooLarge(f"The file is larger than {LARGEST_FILE // 2**20} MB.", next_step="Split it.")
    return content, name
