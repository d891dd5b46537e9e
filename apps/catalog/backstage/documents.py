"""The documents of the file: entities by `to_backstage`, and the organisation around them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from apps.catalog.backstage.names import published_names
from apps.catalog.backstage.world import World
from apps.catalog.exchange import backstage_reference, group_reference, to_backstage
from apps.catalog.exchange import vocabulary as words
from apps.catalog.exchange.writing import UNOWNED
from apps.catalog.models import Entity
from apps.catalog.vocabulary import READINGS, Kind, RelationType
from apps.people.models import BusinessUnit, Team, User

Document = dict[str, Any]
# Our own reference, which stays readable here where a collision changed the name.
REFERENCE = "coe-portal/ref"


def documents(world: World, base_url: str) -> Iterator[Document]:
    """Every document, unchecked, in no particular order."""
    yield from _units(world, base_url)
    yield from _groups(world, base_url)
    yield from _users(world, base_url)
    yield from _entities(world, base_url)


def reference(document: Mapping[str, Any]) -> str:
    """`component:retail-banking/fraud-score`, lower-cased as Backstage compares it."""
    metadata = document["metadata"]
    return f"{document['kind']}:{metadata['namespace']}/{metadata['name']}".lower()


def _units(world: World, base_url: str) -> Iterator[Document]:
    """A unit's owner is its sponsor; a Domain must have one."""
    people = {person.pk: person for person in world.people}
    units = {unit.pk: unit for unit in world.units}
    for unit in world.units:
        sponsor = people.get(unit.sponsor_id or 0)
        spec = {"owner": _user_reference(sponsor) if sponsor else UNOWNED, "type": "business-unit"}
        if unit.parent_id:
            spec["subdomainOf"] = _unit_reference(units[unit.parent_id].slug)
        yield _document("Domain", unit, unit.slug, unit.name, unit.function, spec, base_url)


def _groups(world: World, base_url: str) -> Iterator[Document]:
    """Every team, and one for what no team owns, unless a team bears that name."""
    people = {person.pk: person for person in world.people}
    members: dict[int, list[str]] = defaultdict(list)
    for team_id, user_id in world.memberships:
        if user_id in people:
            members[team_id].append(_user_reference(people[user_id]))
    for team in world.teams:
        spec = _group_spec(team.name, sorted(members[team.pk]))
        group = _document("Group", team, team.slug, team.name, team.description, spec, base_url)
        group["metadata"]["tags"] = [team.kind]
        yield group
    if not any(group_reference(team) == UNOWNED for team in world.teams):
        yield _unowned()


def _group_spec(name: str, members: list[str]) -> Document:
    return {"type": "team", "profile": {"displayName": name}, "children": [], "members": members}


def _unowned() -> Document:
    metadata = {
        "name": UNOWNED.rpartition("/")[2],
        "namespace": "default",
        "title": "Unowned",
        "description": "What the catalog knows and no team owns yet.",
    }
    return _envelope("Group", metadata, _group_spec("Unowned", []))


def _users(world: World, base_url: str) -> Iterator[Document]:
    """Without e-mail; where an identity provider sent the address as the name, the user name stands."""
    teams = {team.pk: group_reference(team) for team in world.teams}
    member_of: dict[int, list[str]] = defaultdict(list)
    for team_id, user_id in world.memberships:
        member_of[user_id].append(teams[team_id])
    for person in world.people:
        name = person.username if "@" in person.name or not person.name.strip() else person.name
        spec = {"profile": {"displayName": name}, "memberOf": sorted(member_of[person.pk])}
        yield _document("User", person, person.username, name, "", spec, base_url)


def _entities(world: World, base_url: str) -> Iterator[Document]:
    names = published_names(world.entities)
    known = {entity.pk: entity for entity in world.entities}
    domains = {unit.slug for unit in world.units}
    edges = _edges(world, known)

    def address(entity: Entity) -> str:
        return backstage_reference(entity).rpartition("/")[0] + "/" + names[entity.pk].lower()

    for entity in world.entities:
        document = to_backstage(
            entity, edges[entity.pk], base_url=base_url, address=address, name=names[entity.pk]
        )
        document["metadata"].setdefault("annotations", {})[REFERENCE] = entity.ref
        if entity.kind == Kind.USE_CASE and entity.namespace in domains:
            document["spec"]["domain"] = _unit_reference(entity.namespace)
        yield document


def _edges(world: World, known: dict[int, Entity]) -> dict[int, list[tuple[str, Entity]]]:
    """Each entity's relations to others in the file, some of them turned round into Backstage's reading."""
    found: dict[int, list[tuple[str, Entity]]] = defaultdict(list)
    for source_id, type_, target_id in world.edges:
        source, target = known.get(source_id), known.get(target_id)
        if source is None or target is None:
            continue
        if turned := _turned(type_, _form(source), _form(target)):
            found[target_id].append((turned, source))
        else:
            found[source_id].append((type_, target))
    return found


def _turned(type_: str, source: str, target: str) -> str:
    """What the target says about the source where Backstage has a field for that only: an API that is part of
    a service is provided by it; what a pipeline produces or a model is deployed as depends on it."""
    if type_ == RelationType.PART_OF and (source, target) == ("API", "Component"):
        return RelationType.SERVES
    flows_on = READINGS[type_].flow > 0 and target in {"Component", "Resource"}
    return RelationType.DEPENDS_ON if flows_on else ""


def _form(entity: Entity) -> str:
    return words.FORMS[entity.kind][0]


def _document(
    kind: str,
    row: BusinessUnit | Team | User,
    name: str,
    title: str,
    description: str,
    spec: Document,
    base_url: str,
) -> Document:
    """A document of the organisation; it stands in the namespace `default`."""
    url = base_url + row.get_absolute_url()
    metadata = {
        "name": name,
        "namespace": "default",
        "title": title,
        "description": description,
        "links": [{"url": url, "title": words.PORTAL}],
        "annotations": {words.ID: str(row.pk), words.URL: url},
    }
    return _envelope(kind, {key: value for key, value in metadata.items() if value}, spec)


def _envelope(kind: str, metadata: Document, spec: Document) -> Document:
    return {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _user_reference(person: User) -> str:
    return f"user:default/{person.username}"


def _unit_reference(slug: str) -> str:
    return f"domain:default/{slug}"
