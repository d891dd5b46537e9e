"""What Backstage accepts, asked before a document is served.

Source: the entity policies and kind schemas of `@backstage/catalog-model` 1.10 (envelope, field formats,
required spec fields) and the built-in kinds of `@backstage/plugin-catalog-backend` 4.0 (references must be
whole).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.catalog.vocabulary import NAME, NAMESPACE
from apps.core.checking import TAG, TAG_LENGTH

ROOT_KEYS = {"apiVersion", "kind", "metadata", "spec"}
# Spec fields of each kind: required texts, optional texts.
_TEXTS: dict[str, tuple[set[str], set[str]]] = {
    "Component": ({"type", "lifecycle", "owner"}, {"system", "subcomponentOf"}),
    "API": ({"type", "lifecycle", "owner", "definition"}, {"system"}),
    "Resource": ({"type", "owner"}, {"system"}),
    "System": ({"owner"}, {"type", "domain"}),
    "Domain": ({"owner"}, {"type", "subdomainOf"}),
    "Group": ({"type"}, {"parent"}),
    "User": (set(), set()),
}
_REQUIRED_LISTS = {"Group": {"children"}, "User": {"memberOf"}}
# Spec fields that name other entities, by whether they hold one or many.
ONE = ("owner", "system", "subcomponentOf", "domain", "subdomainOf", "parent")
MANY = ("dependsOn", "dependencyOf", "providesApis", "consumesApis", "children", "members", "memberOf")
_REFERENCE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}:(?P<namespace>[^/:]+)/(?P<name>[^/:]+)", re.ASCII)
_BREAKS_ADDRESS = re.compile(r"[\x00-\x20\x7f<>\"\\^`{|}]")


def problems(document: Mapping[str, Any]) -> list[str]:
    """Why Backstage would drop the document; empty where it would take it."""
    metadata, spec = document.get("metadata"), document.get("spec")
    if set(document) != ROOT_KEYS or not isinstance(metadata, Mapping) or not isinstance(spec, Mapping):
        return ["the root must hold apiVersion, kind, metadata and spec, nothing else"]
    if document["apiVersion"] != "backstage.io/v1alpha1" or document["kind"] not in _TEXTS:
        return ["apiVersion or kind is unknown"]
    return [*_of_metadata(metadata), *_of_spec(document["kind"], spec)]


def _of_metadata(metadata: Mapping[str, Any]) -> Iterator[str]:
    if not _matches(NAME, metadata.get("name")):
        yield "metadata.name breaks the rule of names"
    if not _matches(NAMESPACE, metadata.get("namespace")):
        yield "metadata.namespace is no DNS label"
    if "title" in metadata and not _filled(metadata["title"]):
        yield "metadata.title is empty or no text"
    if not isinstance(metadata.get("description", ""), str):
        yield "metadata.description is no text"
    yield from (
        f"tag {tag!r} breaks the rule of tags" for tag in metadata.get("tags", ()) if not _is_tag(tag)
    )
    yield from _of_annotations(metadata.get("annotations", {}))
    yield from _of_links(metadata.get("links", ()))


def _of_annotations(annotations: Mapping[Any, Any]) -> Iterator[str]:
    for key, value in annotations.items():
        if not _is_annotation_key(key) or not isinstance(value, str):
            yield f"annotation {key!r} breaks the rule of keys or its value is no text"


def _of_links(links: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for link in links:
        if not _is_address(link.get("url")):
            yield "a link has no whole address"
        if "title" in link and not _filled(link["title"]):
            yield "a link's title is empty"


def _of_spec(kind: str, spec: Mapping[str, Any]) -> Iterator[str]:
    required, optional = _TEXTS[kind]
    for field in sorted(required | optional & set(spec)):
        if not _filled(spec.get(field)):
            yield f"spec.{field} is missing or empty"
    for field in sorted(_REQUIRED_LISTS.get(kind, set()) - set(spec)):
        yield f"spec.{field} is missing"
    named = [spec[field] for field in ONE if field in spec]
    for field in MANY:
        values = spec.get(field, [])
        if not isinstance(values, list):
            yield f"spec.{field} is no list"
        else:
            named += values
    yield from (f"{text!r} is no reference" for text in named if not is_reference(text))
    if "profile" in spec and not _filled(spec["profile"].get("displayName")):
        yield "spec.profile.displayName is empty"


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _filled(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_tag(value: Any) -> bool:
    return _matches(TAG, value) and len(value) <= TAG_LENGTH


def _is_annotation_key(key: Any) -> bool:
    """`suffix` or `prefix/suffix`, the prefix a DNS subdomain, the suffix a name."""
    if not isinstance(key, str):
        return False
    prefix, slash, suffix = key.rpartition("/")
    labels = prefix.split(".") if slash else []
    return (
        bool(NAME.fullmatch(suffix))
        and len(prefix) <= 253
        and all(NAMESPACE.fullmatch(label) for label in labels)
    )


def _is_address(value: Any) -> bool:
    """An absolute http(s) address that every parser reads alike; stricter than the WHATWG rules there."""
    if not isinstance(value, str) or _BREAKS_ADDRESS.search(value):
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def is_reference(value: Any) -> bool:
    """Kind, namespace and name, all written: short forms depend on who reads them."""
    match = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return bool(match and NAMESPACE.fullmatch(match["namespace"]) and NAME.fullmatch(match["name"]))
