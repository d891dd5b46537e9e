"""What the pods of one controller hold: GPUs, readiness, and the image that truly runs.

GPUs are counted as the scheduler reserves them: requests, not use; containers add up, and a preparing init
container only counts where it asks for more. Source: Kubernetes, "Init Containers" and "Sidecar Containers",
resource sharing within containers.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from apps.catalog.sources.kubernetes.objects import (
    Json,
    ObjectError,
    Ref,
    condition,
    containers,
    controller,
    mapping,
    moment,
    objects,
    reference,
    text,
    texts,
)
from apps.catalog.sources.kubernetes.owners import Marks

FINISHED_PHASES = ("Succeeded", "Failed")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]{1,3})|(n|u|m|k|[MGTPE]|[KMGTPE]i))?"
)
SCALES = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10) ** 3,
    **{letter: Decimal(10) ** (3 * power) for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


@dataclass(slots=True)
class PodTally:
    """Sums over the pods of one controller. `gpus` is None when a pod of it could not be read.

    The other fields are those of its newest pod, for controllers that the sweep does not read themselves.
    """

    pods: int = 0
    ready: int = 0
    gpus: int | None = 0
    digest: str = ""
    newest: str = ""
    since: datetime | None = None
    images: tuple[str, ...] = ()
    marks: Marks = field(default_factory=lambda: Marks({}, {}))


def owner_ref(pod: Json) -> Ref:
    """The pod's controller, or the pod itself where nothing controls it."""
    return controller(pod) or reference(pod, "Pod")


def add_pod(tally: PodTally, pod: Json) -> None:
    finished = text(pod, "status.phase") in FINISHED_PHASES
    gpus = 0 if finished else requested_gpus(mapping(pod, "spec"))
    remember_newest(tally, pod)
    if finished:
        return
    tally.pods += 1
    tally.ready += condition(pod, "Ready") == "True"
    if tally.gpus is not None:
        tally.gpus += gpus


def add_tally(total: PodTally, part: PodTally) -> None:
    """Add what one controller holds to what stands above it (a replica set to its deployment)."""
    total.pods += part.pods
    total.ready += part.ready
    total.gpus = None if total.gpus is None or part.gpus is None else total.gpus + part.gpus
    if part.newest > total.newest:
        total.newest, total.since, total.marks = part.newest, part.since, part.marks
        total.digest, total.images = part.digest, part.images


def remember_newest(tally: PodTally, pod: Json) -> None:
    """Times are RFC 3339 in UTC, so that their text sorts as they do; the name decides between equals."""
    age = f"{text(pod, 'metadata.creationTimestamp')} {text(pod, 'metadata.name')}"
    if tally.newest and age <= tally.newest:
        return
    tally.newest = age
    tally.digest = image_digest(pod)
    tally.since = moment(pod, "metadata.creationTimestamp")
    tally.images = images_of(mapping(pod, "spec"))
    tally.marks = Marks(texts(pod, "metadata.labels"), texts(pod, "metadata.annotations"))


def images_of(spec: Json) -> tuple[str, ...]:
    """Image references of the running containers, each once, in their order."""
    return tuple(dict.fromkeys(image for entry in containers(spec) if (image := text(entry, "image"))))


def image_digest(pod: Json) -> str:
    """The registry digest of the first container: as the node reports it, as the reference pins it, or at
    least the image id that the node computed itself (no "@" in front of it)."""
    first = next(iter(objects(pod, "spec.containers")), {})
    states = [
        entry for entry in objects(pod, "status.containerStatuses") if entry.get("name") == first.get("name")
    ]
    reported = text(states[0], "imageID") if states else ""
    pinned = text(first, "image")
    for place in (reported.partition("@")[2], pinned.partition("@")[2], reported):
        if found := DIGEST.search(place):
            return found[0]
    return ""


def requested_gpus(spec: Json) -> int:
    """Whole devices that the scheduler sets aside for a pod; a MIG slice counts one."""
    peaks: Counter[str] = Counter()
    sidecars: Counter[str] = Counter()
    for entry in objects(spec, "initContainers"):
        wanted = gpu_requests(entry)
        if entry.get("restartPolicy") == "Always":
            sidecars += wanted
            peaks |= sidecars
        else:
            peaks |= sidecars + wanted
    running = Counter(sidecars)
    for entry in objects(spec, "containers"):
        running += gpu_requests(entry)
    return (running | peaks).total()


def gpu_requests(container: Json) -> Counter[str]:
    """Requests per device type; an extended resource's request defaults to its limit."""
    resources = mapping(container, "resources")
    wanted: Counter[str] = Counter()
    for source in ("limits", "requests"):
        for name, quantity in mapping(resources, source).items():
            if name == "nvidia.com/gpu" or name.startswith("nvidia.com/mig-"):
                wanted[name] = whole_devices(name, quantity)
    return wanted


def whole_devices(name: str, quantity: object) -> int:
    read = QUANTITY.fullmatch(str(quantity))
    if read is None:
        raise ObjectError(f"the quantity {str(quantity)[:40]!r} of {name} cannot be read")
    amount, exponent, suffix = read.groups()
    value = Decimal(amount + (exponent or "")) * SCALES.get(suffix, Decimal(1))
    if not 0 <= value <= 1_000_000:
        raise ObjectError(f"the quantity {str(quantity)[:40]!r} of {name} is out of range")
    return int(value.to_integral_value(ROUND_CEILING))
