"""A cluster asks before it keeps an object: Kubernetes' validating admission webhook, AdmissionReview v1 in and out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.errors import PortalError
from apps.core.rest import JSONOnly, query_of
from apps.core.rest_fields import AnyObject, Choice, QueryParameters, Text
from apps.core.rest_problems import translated
from apps.tooling.actions.counting import count_answers
from apps.tooling.api.deciding import CLASSES, ENVIRONMENT_HELP
from apps.tooling.manifests.admission import LONGEST_UID, VERSION, Review, read_review
from apps.tooling.queries.admitting import Admission, admit

log = structlog.get_logger(__name__)
PATIENCE = "600ms"  # for one statement, so that an answer comes within a second
CLUSTER = r"[A-Za-z0-9][-A-Za-z0-9_.]{0,62}"
NO_ANSWER = "The portal could not decide; its logs say why."


class AdmissionQuery(QueryParameters):
    cluster = Text(max_length=63, required=False, help_text="Where the address does not name it.")
    environment = Text(
        max_length=63, required=False, help_text=f"{ENVIRONMENT_HELP} Else the catalog's source says."
    )
    data_class = Choice(choices=CLASSES, required=False, default="internal")
    unlisted = Choice(
        choices=["skip", "deny"], required=False, default="skip", help_text="Images that are no tool."
    )
    timeout = Text(max_length=10, required=False, help_text="API servers add it; it is not read.")


class ReviewAnswer(serializers.Serializer):
    uid = serializers.CharField()
    allowed = serializers.BooleanField()
    status = AnyObject(required=False, help_text="`code` and `message`, where it is not allowed.")
    warnings = serializers.ListField(child=serializers.CharField(), required=False)


class AdmissionAnswer(serializers.Serializer):
    """An AdmissionReview with its response."""

    apiVersion = serializers.ChoiceField(choices=[VERSION])  # noqa: N815 - Kubernetes' names
    kind = serializers.ChoiceField(choices=["AdmissionReview"])
    response = ReviewAnswer()


class ReviewRequest(serializers.Serializer):
    """What is read of the request; whatever else Kubernetes sends is passed over."""

    uid = serializers.CharField(min_length=1, max_length=LONGEST_UID)
    namespace = serializers.CharField(required=False)
    dryRun = serializers.BooleanField(required=False)  # noqa: N815
    object = AnyObject(required=False, allow_null=True)
    oldObject = AnyObject(required=False, allow_null=True)  # noqa: N815


class ReviewBody(serializers.Serializer):
    """An AdmissionReview of admission.k8s.io/v1 as an API server sends it."""

    apiVersion = serializers.ChoiceField(choices=[VERSION])  # noqa: N815
    kind = serializers.ChoiceField(choices=["AdmissionReview"])
    request = ReviewRequest()


class AdmissionView(APIView):
    """The webhook, for a portal that reads one cluster, or a gateway that may name it in the query."""

    content_negotiation_class = JSONOnly
    metadata_class = None
    throttle_classes = ()  # a cluster that starts a thousand pods asks a thousand times
    largest_body = 5 * 1024 * 1024  # etcd keeps less

    @extend_schema(
        parameters=[AdmissionQuery],
        request=ReviewBody,
        responses={200: AdmissionAnswer},
        operation_id="tooling_admission",
        summary="May this object run in this cluster?",
    )
    def post(self, request: Request, **kwargs: str) -> Response:
        """Judges the images of all containers for the team that owns the namespace, as the catalog's source of the
        cluster says. A token needs the scope `admission`. `dryRun` is answered alike and counts nothing. What is no
        AdmissionReview is refused with 400; a failure of the portal is answered as COE_ADMISSION_FAIL_OPEN says.
        """
        wanted = query_of(request, AdmissionQuery)
        wanted.pop("timeout", None)
        wanted["cluster"] = kwargs.get("cluster") or wanted.get("cluster")
        strict = wanted.pop("unlisted") == "deny"
        review = read_review(request.data)
        with _impatient():
            found = admit(request.user, review, strict=strict, **wanted)
        if found.place is not None and not review.dry_run:
            count_answers(found.place, "admission", found.answers)
        return Response(answered(review, found))

    def handle_exception(self, exception: Exception) -> Any:
        """A refusal of the request stays a problem; where the portal itself failed, the cluster still gets its answer."""
        error = translated(exception)
        if error is not None and error.status < 500:
            return super().handle_exception(exception)
        log.error("admission was not decided", fail_open=settings.ADMISSION_FAIL_OPEN, exc_info=exception)
        try:
            review = read_review(self.request.data)
        except (PortalError, APIException) as unreadable:
            return super().handle_exception(unreadable)
        open_door = settings.ADMISSION_FAIL_OPEN
        given = Admission(open_door, NO_ANSWER, warnings=(NO_ANSWER,) if open_door else ())
        return Response(answered(review, given))


class ClusterAdmissionView(AdmissionView):
    """The same with the cluster in the address: Kubernetes takes no query in a webhook's URL."""

    @extend_schema(
        parameters=[
            AdmissionQuery,
            OpenApiParameter("cluster", {"type": "string", "pattern": f"^{CLUSTER}$"}, "path", required=True),
        ],
        request=ReviewBody,
        responses={200: AdmissionAnswer},
        operation_id="tooling_admission_of_cluster",
        summary="May this object run in that cluster?",
    )
    def post(self, request: Request, **kwargs: str) -> Response:
        """As `tooling/admission`, for the cluster of the address."""
        return super().post(request, **kwargs)


def answered(review: Review, found: Admission) -> Mapping[str, Any]:
    """The document that Kubernetes reads."""
    response: dict[str, Any] = {"uid": review.uid, "allowed": found.allowed}
    if not found.allowed:
        response["status"] = {"code": 403, "reason": "Forbidden", "message": found.message}
    if found.warnings:
        response["warnings"] = list(found.warnings)
    return {"apiVersion": VERSION, "kind": "AdmissionReview", "response": response}


@contextmanager
def _impatient() -> Iterator[None]:
    """No statement within waits longer than an API server would."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'; SET LOCAL lock_timeout = '{PATIENCE}'")
        yield
