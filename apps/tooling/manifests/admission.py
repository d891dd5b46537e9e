"""What a Kubernetes API server asks before it keeps an object: the images of an AdmissionReview v1.

https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/. Only new images are new use:
an update that leaves them as they are is asked about nothing, so that what runs can still be scaled and removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.core.errors import Invalid
from apps.tooling.manifests.images import add_image
from apps.tooling.manifests.requirement import Collector, Ecosystem, ManifestError, Problem, Requirement

VERSION = "admission.k8s.io/v1"
CONTAINERS = ("initContainers", "containers", "ephemeralContainers")
LONGEST_UID = 100
MOST_IMAGES = 500
OF_POD, OF_TEMPLATE, OF_CRON_JOB = (  # where the kinds of Kubernetes keep a pod's specification
    ("spec",),
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
)
POD_SPECS = (OF_POD, OF_TEMPLATE, OF_CRON_JOB)
KINDS = {  # by group; other kinds are read where they are built alike, and may have no containers at all
    ("", "Pod"): OF_POD,
    ("", "ReplicationController"): OF_TEMPLATE,
    ("apps", "Deployment"): OF_TEMPLATE,
    ("apps", "ReplicaSet"): OF_TEMPLATE,
    ("apps", "StatefulSet"): OF_TEMPLATE,
    ("apps", "DaemonSet"): OF_TEMPLATE,
    ("batch", "Job"): OF_TEMPLATE,
    ("batch", "CronJob"): OF_CRON_JOB,
}
MARKED = ((), ("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
NEXT = "Send what a ValidatingWebhookConfiguration sends: an AdmissionReview of admission.k8s.io/v1."


class NoReview(Invalid):
    """The document is no AdmissionReview of the version that is read here."""

    code = "no_admission_review"


@dataclass(frozen=True, slots=True)
class Review:
    """The request of one AdmissionReview. `images` are those that are new, `problems` what is no image at all.
    `unclear` says why the object may have containers that nobody could read; empty where all were read."""

    uid: str
    namespace: str
    dry_run: bool
    images: tuple[Requirement, ...] = ()
    problems: tuple[Problem, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    unclear: str = ""


def read_review(document: Any) -> Review:
    """Raises NoReview for anything but an AdmissionReview v1 with a request."""
    request = _request(document)
    new, old = _member(request, "object"), _member(request, "oldObject")
    wanted = [image for image in _images(new) if image not in set(_images(old))]
    images, problems = _read(wanted)
    return Review(
        uid=str(request["uid"]),
        namespace=_text(request, "namespace"),
        dry_run=request.get("dryRun") is True,
        images=images,
        problems=problems,
        labels=_marks(new, "labels"),
        annotations=_marks(new, "annotations"),
        unclear=_unclear(request),
    )


def _request(document: Any) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raise NoReview("The body is no object.", next_step=NEXT)
    if (document.get("apiVersion"), document.get("kind")) != (VERSION, "AdmissionReview"):
        raise NoReview("The body is no AdmissionReview of admission.k8s.io/v1.", next_step=NEXT)
    request = document.get("request")
    if not isinstance(request, Mapping):
        raise NoReview("The AdmissionReview has no request.", next_step=NEXT)
    uid = request.get("uid")
    if not isinstance(uid, str) or not 0 < len(uid) <= LONGEST_UID:
        raise NoReview("The request has no uid.", next_step=NEXT)
    for name in ("object", "oldObject"):
        if not isinstance(request.get(name), Mapping | None):
            raise NoReview(f"The request's {name} is no object.", next_step=NEXT)
    return request


def _member(parent: Any, *path: str) -> Mapping[str, Any]:
    """The object at this path; an empty one where there is none."""
    for name in path:
        parent = parent.get(name) if isinstance(parent, Mapping) else None
    return parent if isinstance(parent, Mapping) else {}


def _text(parent: Mapping[str, Any], name: str) -> str:
    value = parent.get(name)
    return value if isinstance(value, str) else ""


def _images(thing: Mapping[str, Any]) -> list[str]:
    """Of all containers that can be read, in order, each once."""
    specs = [_member(thing, *path) for path in POD_SPECS]
    lists = [spec.get(name) for spec in specs for name in CONTAINERS]
    containers = [each for found in lists if isinstance(found, list) for each in found]
    images = [_text(each, "image") for each in containers if isinstance(each, Mapping)]
    return list(dict.fromkeys(image.strip() for image in images if image.strip()))


def _unclear(request: Mapping[str, Any]) -> str:
    """Why nobody can say that these are all images; empty for a kind that need not have any, and for a removal."""
    thing, operation = request.get("object"), request.get("operation")
    if thing is None:
        return "The review has no object." if operation in ("CREATE", "UPDATE") else ""
    kind = _kind(request, thing)
    if operation in ("DELETE", "CONNECT") or (kind[1] and kind not in KINDS):
        return ""
    paths = [KINDS[kind]] if kind in KINDS else POD_SPECS
    if any(_readable(_member(thing, *path)) for path in paths):
        return ""
    return f"The containers of the {kind[1] or 'object'} cannot be read."


def _kind(request: Mapping[str, Any], thing: Mapping[str, Any]) -> tuple[str, str]:
    """Group and kind as the API server says them, else as the object does."""
    said = _member(request, "kind")
    if _text(said, "kind"):
        return _text(said, "group"), _text(said, "kind")
    return _text(thing, "apiVersion").rpartition("/")[0], _text(thing, "kind")


def _readable(spec: Mapping[str, Any]) -> bool:
    """Each container names its image; only the first and the last list may be left out."""
    lists = [spec.get(name) for name in CONTAINERS if name == "containers" or spec.get(name) is not None]
    return all(
        isinstance(found, list)
        and all(isinstance(each, Mapping) and _text(each, "image").strip() for each in found)
        for found in lists
    )


def _read(images: list[str]) -> tuple[tuple[Requirement, ...], tuple[Problem, ...]]:
    """The images with their place as line; too many or unreadable ones are problems, never passed over."""
    if len(images) > MOST_IMAGES:
        return (), (Problem(1, f"The object has more than {MOST_IMAGES} images."),)
    found = Collector(Ecosystem.IMAGE)
    try:
        for place, image in enumerate(images, 1):
            add_image(found, place, image)
    except ManifestError as error:
        return tuple(found.requirements), error.problems
    return tuple(found.requirements), tuple(found.refused)


def _marks(thing: Mapping[str, Any], name: str) -> dict[str, str]:
    """Labels or annotations of the object and of the pods that it will make."""
    found: dict[str, str] = {}
    for path in MARKED:
        marks = _member(thing, *path, "metadata", name)
        found |= {key: text for key, text in marks.items() if isinstance(key, str) and isinstance(text, str)}
    return found
