"""What the catalog shows of tools in use: relations, the flavours of models, and the images of workloads.

Where a thing runs is told by its workloads. An environment that nobody knows counts as production, and data whose class
nobody knows as internal: what is unknown is taken for the more careful case, as far as it is likely.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from apps.catalog.models import Alias, Deployment, ModelVersion, Relation
from apps.catalog.models.entities import DatasetDetails
from apps.catalog.vocabulary import DeploymentStatus, Kind, RelationType, Stage
from apps.core.policies import SYSTEM
from apps.tooling.manifests import Ecosystem
from apps.tooling.manifests.images import image_name_and_tag, version_of_tag
from apps.tooling.models import Environment, ObservedUse
from apps.tooling.queries.naming import PackageNames
from apps.tooling.vocabulary import PRODUCTION, DataClass

DEVELOPMENT = "development"
OVER = (Stage.RETIRED, Stage.STOPPED)
LONGEST_VERSION = 128
# Flavours of MLflow whose library has another name on PyPI.
LIBRARIES = {
    "paddle": "paddlepaddle",
    "pytorch": "torch",
    "sklearn": "scikit-learn",
    "spark": "pyspark",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One use, as the scan keeps it; the ids of rows."""

    entity: int
    tool: int
    environment: int
    version: str
    origin: str


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything in use, and the class of the data that each entity works on."""

    uses: frozenset[Seen]
    classes: dict[int, DataClass]

    def data_class(self, entity: int) -> DataClass:
        return self.classes.get(entity, DataClass.INTERNAL)


def survey() -> Survey:
    """Reads the whole catalog, whoever owns it: ten statements."""
    places = _Places()
    found = {*_by_relation(places), *_by_flavour(places), *_by_image(places)}
    return Survey(frozenset(each for each in found if each.entity != each.tool), _classes())


class _Places:
    """In which environments things run."""

    def __init__(self) -> None:
        rows = list(Environment._base_manager.order_by("position", "slug"))
        self._known = {name.lower(): row.pk for row in rows for name in (*row.other_names, row.slug)}
        self.production = self._known.get(PRODUCTION, rows[-1].pk if rows else 0)
        self.development = self._known.get(DEVELOPMENT, rows[0].pk if rows else 0)
        self._by_entity: dict[int, set[int]] = defaultdict(set)
        self._by_version: dict[int, set[int]] = defaultdict(set)
        self._versioned: set[int] = set()
        for entity, version, name in running().values_list("entity", "model_version", "environment"):
            self._by_entity[entity].add(self.named(name))
            if version:
                self._by_version[version].add(self.named(name))
                self._versioned.add(entity)

    def named(self, name: str) -> int:
        return self._known.get(name.strip().lower(), self.production)

    def of(self, entity: int, stage: str) -> set[int]:
        """Where its workloads run; without any, its stage says whether it is in production."""
        at_rest = self.production if stage == Stage.PRODUCTION else self.development
        return self._by_entity.get(entity) or {at_rest}

    def of_version(self, version: int, entity: int, stage: str) -> set[int]:
        """Where this version runs. One that does not run, of a model of which others do, is still being developed."""
        if version in self._by_version:
            return self._by_version[version]
        return {self.development} if entity in self._versioned else self.of(entity, stage)


def running() -> QuerySet[Deployment]:
    """The workloads that the catalog sees now and knows as something's."""
    rows = Deployment._base_manager.filter(ended_at=None, entity__tombstoned_at=None)
    return rows.exclude(entity=None).exclude(status=DeploymentStatus.FINISHED).order_by()


def _by_relation(places: _Places) -> Iterator[Seen]:
    rows = Relation._base_manager.filter(
        type=RelationType.USES_TOOL, ended_at=None, target__kind=Kind.TOOL, source__tombstoned_at=None
    ).exclude(source__stage__in=OVER)
    columns: Iterable[Any] = rows.order_by().values_list("source", "target", "source__stage")
    for entity, tool, stage in columns:
        for place in places.of(entity, stage):
            yield Seen(entity, tool, place, "", ObservedUse.Origin.RELATION)


def _by_flavour(places: _Places) -> Iterator[Seen]:
    rows = list(_versions_in_use().values_list("pk", "entity", "entity__stage", "flavours"))
    names = {_library(flavour) for *_, flavours in rows for flavour in flavours}
    tools = PackageNames(SYSTEM, {(Ecosystem.PYPI.value, name) for name in names})
    for version, entity, stage, flavours in rows:
        for flavour, number in flavours.items():
            tool = tools.tool_of(Ecosystem.PYPI.value, _library(flavour))
            if tool is None:
                continue
            for place in places.of_version(version, entity, stage):
                yield Seen(entity, tool.pk, place, str(number)[:LONGEST_VERSION], ObservedUse.Origin.FLAVOUR)


def _library(flavour: str) -> str:
    return LIBRARIES.get(flavour, flavour.replace("_", "-").lower())


def _versions_in_use() -> QuerySet[ModelVersion]:
    """Of each model the newest version, those that an alias points at, and those that run."""
    whole = ModelVersion._base_manager.filter(tombstoned_at=None, entity__tombstoned_at=None)
    newest = whole.order_by("entity_id", "-number", "-id").distinct("entity_id").values("pk")
    named = Alias._base_manager.filter(valid_to=None).values("version")
    deployed = running().exclude(model_version=None).values("model_version")
    rows = whole.filter(Q(pk__in=newest) | Q(pk__in=named) | Q(pk__in=deployed))
    return rows.exclude(entity__stage__in=OVER).exclude(flavours={}).order_by()


def _by_image(places: _Places) -> Iterator[Seen]:
    rows = [
        (entity, places.named(name), *_read(image))
        for entity, name, images in running().values_list("entity", "environment", "images")
        for image in images
    ]
    tools = PackageNames(SYSTEM, {(Ecosystem.IMAGE.value, name) for _, _, name, _ in rows if name})
    for entity, place, name, version in rows:
        tool = tools.tool_of(Ecosystem.IMAGE.value, name) if name else None
        if tool is not None:
            yield Seen(entity, tool.pk, place, version, ObservedUse.Origin.IMAGE)


def _read(image: str) -> tuple[str, str]:
    name, tag = image_name_and_tag(image)
    return (name or "").lower(), (version_of_tag(tag) or "")[:LONGEST_VERSION]


def _classes() -> dict[int, DataClass]:
    """The most sensitive class among the datasets that an entity is directly related to, and its own if it is one."""
    levels = {
        pk: DataClass[level.upper()]
        for pk, level in DatasetDetails._base_manager.values_list("entity", "classification")
    }
    found = dict(levels)
    for entity, level in _related(levels):
        found[entity] = max(found.get(entity, level), level)
    return found


def _related(levels: dict[int, DataClass]) -> Iterator[tuple[int, DataClass]]:
    rows: Iterable[Any] = (
        Relation._base_manager.filter(ended_at=None)
        .filter(Q(source__kind=Kind.DATASET) | Q(target__kind=Kind.DATASET))
        .exclude(type__in=(RelationType.SUPERSEDES, RelationType.DOCUMENTED_BY, RelationType.USES_TOOL))
        .order_by()
        .values_list("source", "target")
    )
    for source, target in rows:
        yield from (
            (one, levels[other]) for one, other in ((source, target), (target, source)) if other in levels
        )
