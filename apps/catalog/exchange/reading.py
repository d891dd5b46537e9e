"""From a `catalog-info.yaml` to what its author says about entities of the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.catalog.exchange import vocabulary as words
from apps.catalog.exchange.loading import documents
from apps.catalog.vocabulary import Kind, Stage

_VERSIONS = {"backstage.io/v1alpha1", "backstage.io/v1beta1"}
_ENDS = {Stage.RETIRED, Stage.STOPPED, Stage.SUSPENDED}
MOST_RELATIONS = 200


@dataclass(frozen=True, slots=True)
class Pointer:
    """A relation's other end as the file names it; `form` is a Backstage kind or empty, `namespace` too."""

    type: str
    form: str
    namespace: str
    name: str

    def __str__(self) -> str:
        kind = f"{self.form.lower()}:" if self.form else ""
        return f"{kind}{self.namespace or 'default'}/{self.name}"


@dataclass(frozen=True, slots=True)
class Described:
    """One entity as a file describes it. `fields` holds what `update_entity` may write and the file mentions;
    `owner` is a team's slug or empty, `namespace` is empty where the file leaves it to the owner."""

    number: int
    line: int
    kind: str
    namespace: str
    name: str
    fields: dict[str, Any]
    stage: str
    owner: str
    pointers: tuple[Pointer, ...] = ()
    remarks: tuple[str, ...] = field(default=())

    @property
    def label(self) -> str:
        return f"{self.kind}:{self.namespace or 'default'}/{self.name}"


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that cannot become an entity, with the reason."""

    number: int
    line: int
    label: str
    reason: str


class _Unfit(Exception):
    """This document cannot be read; the message says why."""


def read(text: str) -> list[Described | Refused]:
    """Every document in the file's order. Raises Invalid where the file as a whole cannot be read."""
    return [_read(number, line, content) for number, (line, content) in enumerate(documents(text), start=1)]


def _read(number: int, line: int, content: Any) -> Described | Refused:
    try:
        return _described(number, line, content)
    except _Unfit as reason:
        return Refused(number, line, _label(content), str(reason))


def _described(number: int, line: int, content: Any) -> Described:
    if not isinstance(content, Mapping) or content.get("apiVersion") not in _VERSIONS:
        raise _Unfit("This is no Backstage entity: apiVersion must be backstage.io/v1alpha1.")
    metadata, spec = _mapping(content, "metadata"), _mapping(content, "spec")
    kind = _kind(_text(content, "kind"), _text(spec, "type"))
    lifecycle = _text(spec, "lifecycle")
    remarks: list[str] = []
    return Described(
        number=number,
        line=line,
        kind=kind,
        namespace=_namespace(metadata),
        name=_text(metadata, "name"),
        fields=_fields(kind, metadata, spec),
        stage=_stage(lifecycle, remarks),
        owner=_owner(_text(spec, "owner"), remarks),
        pointers=tuple(_pointers(spec)),
        remarks=tuple(remarks),
    )


def _label(content: Any) -> str:
    if not isinstance(content, Mapping):
        return "no entity"
    metadata = content.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    return f"{str(content.get('kind', 'unknown'))[:40]} {str(name or 'without name')[:80]}"


def _kind(form: str, type_: str) -> str:
    if form == "API":
        return Kind.API
    if form == "System":
        return Kind.USE_CASE
    if form not in words.KINDS_OF:
        raise _Unfit(f"“{form[:40]}” is not kept in this catalog; Component, API, Resource and System are.")
    if kind := words.KINDS.get((form, type_.lower())):
        return kind
    known = ", ".join(sorted({own for (of, own) in words.KINDS if of == form}))
    raise _Unfit(f"A {form} of type “{type_[:40]}” has no place in this catalog; spec.type may be {known}.")


def _fields(kind: str, metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> dict[str, Any]:
    """What the file mentions; what it does not mention stays as it is."""
    readers: tuple[tuple[str, str, Callable[[Mapping[str, Any]], Any]], ...] = (
        ("title", "title", lambda data: _text(data, "title")),
        ("description", "description", lambda data: _text(data, "description")),
        ("tags", "tags", lambda data: _texts(data, "tags")),
        ("links", "links", _links),
    )
    found = {field: take(metadata) for field, key, take in readers if metadata.get(key) is not None}
    annotations = _mapping(metadata, "annotations")
    if tier := _text(annotations, words.TIER):
        found["tier"] = tier
    if location := _text(annotations, words.SOURCE_LOCATION).removeprefix("url:"):
        found["links"] = _with_link(found.get("links", []), location)
    if kind == Kind.API and _text(spec, "definition"):
        found["definition"] = _text(spec, "definition")
        found["definition_type"] = _text(spec, "type")
    return found


def _with_link(links: list[dict[str, str]], url: str) -> list[dict[str, str]]:
    return links if any(link["url"] == url for link in links) else [*links, {"url": url, "title": "Source"}]


def _stage(lifecycle: str, remarks: list[str]) -> str:
    """Ends of a life are decided on the entity's page, never by a file."""
    stage = words.LIFECYCLES.get(lifecycle.lower(), "")
    if lifecycle and (not stage or stage in _ENDS):
        remarks.append(f"Lifecycle “{lifecycle[:40]}” is no stage to begin with; it begins as an idea.")
        return ""
    return stage


def _owner(text: str, remarks: list[str]) -> str:
    """`group:default/risk-ml`, `group:risk-ml` or `risk-ml`; a person is no owner here."""
    kind, _, rest = text.rpartition(":")
    if kind and kind.lower() != "group":
        remarks.append(f"Owner “{text[:80]}” is no team.")
        return ""
    return rest.rpartition("/")[2].lower()


def _namespace(metadata: Mapping[str, Any]) -> str:
    namespace = _text(metadata, "namespace")
    return "" if namespace.lower() == "default" else namespace


def _pointers(spec: Mapping[str, Any]) -> Iterator[Pointer]:
    for key, type_ in words.RELATIONS.items():
        value = spec.get(key)
        names = [value] if isinstance(value, str) else _texts(spec, key)
        if len(names) > MOST_RELATIONS:
            raise _Unfit(f"spec.{key} names more than {MOST_RELATIONS} entities.")
        for text in names:
            yield _pointer(type_, text, words.IMPLIED_KIND.get(key, ""))


def _pointer(type_: str, text: str, implied: str) -> Pointer:
    kind, _, rest = text.strip().rpartition(":")
    namespace, _, name = rest.rpartition("/")
    forms = {form.lower(): form for form in words.KINDS_OF}
    return Pointer(
        type_, forms.get(kind.lower(), implied), "" if namespace.lower() == "default" else namespace, name
    )


def _links(metadata: Mapping[str, Any]) -> list[dict[str, str]]:
    links = metadata["links"]
    if not isinstance(links, list) or not all(isinstance(link, Mapping) for link in links):
        raise _Unfit("metadata.links must be a list, each with a url and a title.")
    own = _text(_mapping(metadata, "annotations"), words.URL)
    found = [{"url": _text(link, "url"), "title": _text(link, "title")} for link in links]
    return [link for link in found if not own or link != {"url": own, "title": words.PORTAL}]


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise _Unfit(f"“{key}” must hold names with values.")
    return value or {}


def _text(data: Mapping[str, Any], key: str) -> str:
    """Text, or a number written without quotes; empty where absent."""
    value = data.get(key)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _Unfit(f"“{key}” must be text.")
    return str(value).strip()


def _texts(data: Mapping[str, Any], key: str) -> list[str]:
    value = data.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, str | int | float) for item in value):
        raise _Unfit(f"“{key}” must be a list of texts.")
    return [str(item) for item in value]
