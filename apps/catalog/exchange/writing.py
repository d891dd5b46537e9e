"""From an entity to its document in Backstage's model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from apps.catalog.exchange import vocabulary as words
from apps.catalog.exchange.stream import stream
from apps.catalog.models import Entity, Source
from apps.catalog.vocabulary import Kind, RelationType
from apps.people.models import Team

Edge = tuple[str, Entity]
Address = Callable[[Entity], str]
UNOWNED = "group:default/unowned"


def backstage_reference(entity: Entity) -> str:
    """`component:retail-banking/fraud-score`, lower-cased as Backstage compares it."""
    return f"{words.FORMS[entity.kind][0]}:{entity.namespace}/{entity.name}".lower()


def group_reference(team: Team | None) -> str:
    """Teams stand in the namespace `default`: their slugs are unique and survive reorganisations."""
    return f"group:default/{team.slug}" if team else UNOWNED


def to_backstage(
    entity: Entity,
    relations: Iterable[Edge] = (),
    *,
    base_url: str = "",
    address: Address = backstage_reference,
    name: str = "",
) -> dict[str, Any]:
    """The entity's document. `relations` are its living outgoing edges as (type, target), already narrowed to
    what the reader may see. Two of our kinds may share a Backstage kind and so a name: whoever writes many
    entities gives unambiguous ones by `name` and `address`."""
    form, type_ = words.FORMS[entity.kind]
    spec: dict[str, Any] = {"type": type_, "owner": group_reference(entity.owner)}
    if form in {"Component", "API"}:
        spec["lifecycle"] = entity.stage
    if form == "API":
        spec["type"] = str(entity.curated.get("definition_type") or type_)
        spec["definition"] = str(entity.curated.get("definition") or "none given")
    return {
        "apiVersion": "backstage.io/v1alpha1",
        "kind": form,
        "metadata": _metadata(entity, base_url, name),
        "spec": spec | _edges(form, list(relations), address),
    }


def catalog_info(entity: Entity, relations: Iterable[Edge] = (), *, base_url: str = "") -> str:
    """The `catalog-info.yaml` of one entity."""
    return backstage_document([to_backstage(entity, relations, base_url=base_url)])


def backstage_document(documents: Iterable[dict[str, Any]]) -> str:
    """Many documents as one YAML stream, in the order given."""
    return "".join(stream(documents))


def _metadata(entity: Entity, base_url: str, name: str) -> dict[str, Any]:
    own = f"{base_url}{entity.get_absolute_url()}" if base_url else ""
    links = [{"url": own, "title": words.PORTAL}] if own else []
    members = {
        "name": name or entity.name,
        "namespace": entity.namespace,
        "title": entity.title,
        "description": entity.description,
        "tags": list(entity.tags),
        "links": links + [{"url": link["url"], "title": link["title"]} for link in entity.links],
        "annotations": _annotations(entity, own),
    }
    return {key: value for key, value in members.items() if value}


def _annotations(entity: Entity, own: str) -> dict[str, str]:
    """Values are strings, or Backstage drops the entity."""
    source = entity.source if entity.source_id else None
    registered = source is not None and source.kind == Source.Kind.MLFLOW and entity.kind == Kind.MODEL
    values = {
        words.ID: str(entity.pk),
        words.URL: own,
        words.TIER: str(entity.tier or ""),
        words.KUBERNETES_ID: entity.name if words.FORMS[entity.kind][0] == "Component" else "",
        words.REGISTERED_MODEL: entity.source_key if registered else "",
    }
    return {key: value for key, value in values.items() if value}


def _edges(form: str, relations: list[Edge], address: Address) -> dict[str, Any]:
    """Each edge in the one field that Backstage reads for these two kinds; others have no place there."""
    found: dict[str, list[str]] = {}
    for type_, target in relations:
        if key := _field(form, type_, words.FORMS[target.kind][0]):
            found.setdefault(key, []).append(address(target))
    spec: dict[str, Any] = {key: sorted(set(found[key])) for key in sorted(found)}
    return {key: values[0] if key in {"system", "subcomponentOf"} else values for key, values in spec.items()}


def _field(form: str, type_: str, target: str) -> str:
    if type_ == RelationType.PART_OF:
        return _whole(form, target)
    if form == "Component" and target == "API":
        provides = {RelationType.SERVES, RelationType.PRODUCES}
        return "providesApis" if type_ in provides else "consumesApis" if type_ in words.DEPENDENCIES else ""
    depends = form in {"Component", "Resource"} and target in {"Component", "Resource"}
    return "dependsOn" if depends and type_ in words.DEPENDENCIES else ""


def _whole(form: str, target: str) -> str:
    if target == "System" and form != "System":
        return "system"
    return "subcomponentOf" if form == target == "Component" else ""
