"""Who asks, and what they may: tokens, and role rules with the words of a real 403."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.kubernetes_api.answers import Answer, failure

READER = "system:serviceaccount:portal-system:catalog-reader"
EVERYTHING: list[dict[str, Any]] = [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]
OPEN_PATHS = ("/version", "/healthz", "/livez", "/readyz", "/api", "/apis", "/openapi")
VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the authorizer sees it. Without `plural` it is about a path, not about a resource."""

    method: str
    path: str
    group: str = ""
    version: str = ""
    namespace: str = ""
    plural: str = ""
    name: str = ""
    watch: bool = False

    @property
    def verb(self) -> str:
        if self.method in ("GET", "HEAD"):
            if not self.plural or self.name:
                return "get"
            return "watch" if self.watch else "list"
        verb = VERBS.get(self.method, self.method.lower())
        return "deletecollection" if verb == "delete" and not self.name else verb


@dataclass(slots=True)
class User:
    """`rules` have the form of a ClusterRole's rules."""

    name: str
    rules: list[dict[str, Any]] = field(default_factory=list)

    def may(self, asked: Asked) -> bool:
        if not asked.plural:
            return asked.verb == "get" and any(
                asked.path == path or asked.path.startswith(f"{path}/") for path in OPEN_PATHS
            )
        return any(
            covers(rule["verbs"], asked.verb)
            and covers(rule["apiGroups"], asked.group)
            and covers(rule["resources"], asked.plural)
            and (not rule.get("resourceNames") or asked.name in rule["resourceNames"])
            for rule in self.rules
        )


def covers(allowed: list[str], wanted: str) -> bool:
    return "*" in allowed or wanted in allowed


def unauthorized() -> Answer:
    return failure(401, "Unauthorized", "Unauthorized")


def forbidden(user: User, asked: Asked) -> Answer:
    """The sentence names user, verb, resource and where, as a person needs it to ask for the right."""
    if not asked.plural:
        message = f'forbidden: User "{user.name}" cannot {asked.verb} path "{asked.path}"'
        return failure(403, "Forbidden", message, details={})
    qualified = f"{asked.plural}.{asked.group}" if asked.group else asked.plural
    subject = f'{qualified} "{asked.name}"' if asked.name else qualified
    where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
    message = (
        f'{subject} is forbidden: User "{user.name}" cannot {asked.verb} resource "{asked.plural}" '
        f'in API group "{asked.group}" {where}'
    )
    details = {"name": asked.name, "group": asked.group, "kind": asked.plural}
    named = {key: value for key, value in details.items() if value}
    return failure(403, "Forbidden", message, details=named)
