"""Entities in the form that Backstage keeps beside code (`catalog-info.yaml`), both ways, without any row.

`read` turns a file into descriptions, `to_backstage` an entity into a document; who may import what is
decided in `apps.catalog.actions.exchange`.
"""

from apps.catalog.exchange.reading import Described, Refused, read
from apps.catalog.exchange.vocabulary import DEPENDENCIES, KINDS_OF
from apps.catalog.exchange.writing import (
    backstage_document,
    backstage_reference,
    catalog_info,
    group_reference,
    to_backstage,
)

__all__ = [
    "DEPENDENCIES",
    "KINDS_OF",
    "Described",
    "Refused",
    "backstage_document",
    "backstage_reference",
    "catalog_info",
    "group_reference",
    "read",
    "to_backstage",
]
