"""Every surface that answers “may this team use this tool here?”, asked alike: each returns what it answered."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import Client

from apps.catalog.models import Source

FIELDS = "at team tool allowed reason nextStep alternatives cacheUntil grant { id ends } requestUrl"
QUERY = f"""query ($tool: String!, $version: String, $environment: String!, $dataClass: String!, $team: String) {{
  decide(tool: $tool, version: $version, environment: $environment, dataClass: $dataClass, team: $team) {{ {FIELDS} }}
}}"""
DECIDE, CHECK, ADMISSION = (f"/api/v1/tooling/{name}" for name in ("decide", "check", "admission"))


@dataclass(frozen=True)
class Given:
    """What all surfaces say of one use. Instants differ between calls and are compared by what they mean."""

    allowed: bool
    reason: str
    grant: int | None
    at: datetime | None = None

    def same(self, other: Given) -> bool:
        return (self.allowed, self.reason, self.grant) == (other.allowed, other.reason, other.grant)


@dataclass(frozen=True)
class Use:
    """A use of a package of PyPI."""

    package: str
    version: str | None = "1.0"
    environment: str = "production"
    data_class: str = "internal"

    def as_json(self) -> dict[str, Any]:
        said = {"tool": self.package, "environment": self.environment, "data_class": self.data_class}
        return said | ({"version": self.version} if self.version else {})


def given(decision: dict[str, Any], at: str) -> Given:
    grant = decision["grant"]
    return Given(
        decision["allowed"],
        decision["reason"],
        int(grant["id"]) if grant else None,
        datetime.fromisoformat(at),
    )


def by_rest(script: Client, use: Use) -> Given:
    answer = script.post(DECIDE, json.dumps(use.as_json()), "application/json").json()
    return given(answer, answer["at"])


def by_graphql(script: Client, use: Use) -> Given:
    said = use.as_json()
    said["dataClass"] = said.pop("data_class")
    body = json.dumps({"query": QUERY, "variables": said})
    answer = script.post("/graphql", body, "application/json").json()["data"]["decide"]
    return given(answer, answer["at"])


def line_of(use: Use) -> bytes:
    return f"{use.package}=={use.version}\n".encode() if use.version else f"{use.package}\n".encode()


def by_check(script: Client, use: Use) -> Given:
    where = f"?environment={use.environment}&data_class={use.data_class}&filename=requirements.txt"
    report = script.post(CHECK + where, line_of(use), "text/plain").json()
    return given(report["findings"][0]["decision"], report["at"])


def by_command(folder: Path, use: Use, team: str = "risk-ml") -> Given:
    file = folder / "requirements.txt"
    file.write_bytes(line_of(use))
    out = io.StringIO()
    options = {"team": team, "environment": use.environment, "data_class": use.data_class, "format": "json"}
    with suppress(SystemExit):  # its code is another test's subject
        call_command("check_tools", str(file), stdout=out, **options)
    report = json.loads(out.getvalue())
    return given(report["findings"][0]["decision"], report["at"])


def review(*images: str, namespace: str = "risk", labels: Any = None, **request: Any) -> dict[str, Any]:
    """An AdmissionReview of a pod with these images."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "scorer", "namespace": namespace, "labels": labels or {"team": "risk-ml"}},
        "spec": {"containers": [{"name": f"c{at}", "image": image} for at, image in enumerate(images)]},
    }
    asked = {
        "uid": "705ab4f5",
        "operation": "CREATE",
        "namespace": namespace,
        "object": pod,
        "oldObject": None,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked | request}


def a_cluster(name: str = "prod-fra", **config: Any) -> Source:
    return Source._base_manager.create(
        name=f"kubernetes-{name}",
        kind="kubernetes",
        config={"cluster": name, "in_cluster": True, "environment": "production", **config},
    )


def admitted(script: Client, document: Any, where: str = "/prod-fra") -> dict[str, Any]:
    answer = script.post(ADMISSION + where, json.dumps(document), "application/json")
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["response"])


Ask = Callable[[Use], Given]
