"""Backstage's rules for catalog entities, written down a second time as JSON Schemas and formats, so that the
file is judged by something that shares no line with what makes it.

Source: Backstage's "Descriptor Format of Catalog Entities" and `@backstage/catalog-model` 1.10. These were
compared with its validators by hand; the whole demo file passes both.
"""

from __future__ import annotations

import re
from typing import Any

import yaml
from jsonschema import Draft7Validator

NAME = r"^(?=.{1,63}$)([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z"
LABEL = r"^(?=.{1,63}$)[a-z0-9]+(-+[a-z0-9]+)*\Z"
TAG = r"^(?=.{1,63}$)[a-z0-9:+#]+(-[a-z0-9:+#]+)*\Z"
ANNOTATION = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]\Z"
# Whole references only: kind, namespace, name.
REFERENCE = r"^[a-z]+:[a-z0-9]+(-+[a-z0-9]+)*/([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z"
FILLED = {"type": "string", "pattern": r"\S"}
ONE = {"type": "string", "pattern": REFERENCE}
MANY = {"type": "array", "items": ONE}
PROFILE = {"type": "object", "properties": {"displayName": FILLED, "email": False}}

# Kind -> (required fields, schema of each known field).
KINDS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "Component": (
        ["type", "lifecycle", "owner"],
        {"system": ONE, "subcomponentOf": ONE, "providesApis": MANY, "consumesApis": MANY, "dependsOn": MANY},
    ),
    "API": (["type", "lifecycle", "owner", "definition"], {"system": ONE}),
    "Resource": (["type", "owner"], {"system": ONE, "dependsOn": MANY}),
    "System": (["owner"], {"domain": ONE}),
    "Domain": (["owner"], {"subdomainOf": ONE}),
    "Group": (["type", "children"], {"children": MANY, "members": MANY, "profile": PROFILE}),
    "User": (["memberOf"], {"memberOf": MANY, "profile": PROFILE}),
}
TEXTS = {"type": FILLED, "lifecycle": FILLED, "definition": FILLED, "owner": ONE}

METADATA = {
    "type": "object",
    "required": ["name", "namespace"],
    "properties": {
        "name": {"type": "string", "pattern": NAME},
        "namespace": {"type": "string", "pattern": LABEL},
        "title": FILLED,
        "description": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string", "pattern": TAG}},
        "annotations": {
            "type": "object",
            "propertyNames": {"pattern": ANNOTATION},
            "additionalProperties": {"type": "string"},
        },
        "links": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["url"],
                "properties": {"url": {"type": "string", "pattern": r"^https?://[^\s/]"}, "title": FILLED},
            },
        },
    },
    "additionalProperties": False,
}


def _schema(kind: str) -> dict[str, Any]:
    required, fields = KINDS[kind]
    spec = {"type": "object", "required": required, "properties": TEXTS | fields}
    return {
        "type": "object",
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": "backstage.io/v1alpha1"},
            "kind": {"const": kind},
            "metadata": METADATA,
            "spec": spec,
        },
        "additionalProperties": False,
    }


VALIDATORS = {kind: Draft7Validator(_schema(kind)) for kind in KINDS}


def refusals(document: Any) -> list[str]:
    """Why Backstage would not take this document."""
    kind = document.get("kind") if isinstance(document, dict) else None
    if kind not in VALIDATORS:
        return [f"unknown kind {kind!r}"]
    return [f"{error.json_path}: {error.message}"[:300] for error in VALIDATORS[kind].iter_errors(document)]


def reference(document: dict[str, Any]) -> str:
    metadata = document["metadata"]
    return f"{document['kind']}:{metadata['namespace']}/{metadata['name']}".lower()


def references(document: dict[str, Any]) -> set[str]:
    """Every entity that the document names, lower-cased as Backstage compares them."""
    fields = {"owner", "domain", "subdomainOf", *(name for _, known in KINDS.values() for name in known)} - {
        "profile"
    }
    values = (document["spec"].get(field, []) for field in fields)
    return {one.lower() for value in values for one in ([value] if isinstance(value, str) else value)}


class Strict(yaml.SafeLoader):
    """YAML as YAML 1.2 reads unquoted words: what looks like a number there must not stand for a text."""


Strict.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in known
        if tag.endswith((":null", ":bool", ":int", ":float", ":merge"))
    ]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Strict.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$|^0o[0-7]+$"),
    list("-+.0123456789"),
)


def read(content: bytes) -> dict[str, dict[str, Any]]:
    """The documents of a file by reference. Fails where two bear the same one."""
    documents = [document for document in yaml.load_all(content, Loader=Strict) if document is not None]
    found = {reference(document): document for document in documents}
    assert len(found) == len(documents), "two documents with one reference: Backstage keeps one of them"
    return found
