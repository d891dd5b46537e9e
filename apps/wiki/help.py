"""Which chapter of the handbook explains a page of the portal."""

from __future__ import annotations

READING = "first-steps#Reading and searching"

# A view's name, or its namespace, to the slug of a chapter, with the heading of a section where one tells it.
HELP: dict[str, str] = {
    "activity": "first-steps",
    "activity:home": "first-steps",
    "search": "first-steps",
    "people": "permissions",
    "people:profile": "api",
    "people:token_new": "api",
    "catalog": "catalog",
    "catalog:import": "import-export",
    "catalog:export": "import-export",
    "catalog:access": "permissions",
    "catalog:transfer": "permissions",
    "catalog:deployments": "sources-kubernetes",
    "catalog:all-deployments": "sources-kubernetes",
    "catalog:versions": "sources-mlflow",
    "catalog:sources": "operations",
    "catalog:source": "operations",
    "catalog:run": "operations",
    "tooling": "tooling",
    "tooling:requests": "exceptions",
    "tooling:mine": "exceptions",
    "tooling:inbox": "exceptions",
    "tooling:calendar": "exceptions",
    "tooling:request": "exceptions",
    "tooling:request-new": "exceptions",
    "tooling:request-edit": "exceptions",
    "tooling:request-review": "exceptions",
    "tooling:use": "exceptions",
    "tooling:leads": "exceptions",
    "wiki": "writing-pages",
    "wiki:home": READING,
    "wiki:page": READING,
    "wiki:space": READING,
    "wiki:search": READING,
    "wiki:changes": READING,
    "wiki:access": "permissions",
    "wiki:space-access": "permissions",
    "wiki:verification": "keeping-pages-true",
    "wiki:verify": "keeping-pages-true",
    "wiki:policies": "keeping-pages-true",
    "wiki:acknowledgements": "keeping-pages-true",
    "wiki:import": "import-export",
    "wiki:export": "import-export",
    "wiki:transfer": "import-export",
    "admin": "administration",
    "graphql": "api",
    "api-docs": "api",
    "parts": "accessibility-and-keyboard",
}


def chapter(view_name: str) -> str:
    """The chapter about a view, as in `HELP`; empty for one that has none, which opens the handbook's first page."""
    return HELP.get(view_name) or HELP.get(view_name.partition(":")[0], "")
