"""What a body names and nobody knows makes that field wrong; the address was right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.personas import People
from tests.tooling import making
from tests.traces import nothing_changes

Bearer = Callable[[str], Client]
UNKNOWN = 10**6
NONE = "tool:coe/none"
REVISION: dict[str, Any] = {
    "rationale": "One place.",
    "rules": [{"tool": "tool:coe/mlflow", "ring": "trial"}],
}
PROPOSAL = REVISION | {"title": "One place", "reason": "Runs are lost."}


def refused_for(client: Client, path: str, body: dict[str, Any], field: str) -> None:
    with nothing_changes():
        answer = client.post(f"/api/v1/tooling/{path}", body, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("environments", ["nowhere"]),
        ("support_owner", "nobodys"),
        ("capability", "unknown"),
        ("tool", NONE),
    ],
)
def test_an_unknown_name_is_the_fields_fault(bearer: Bearer, field: str, value: object) -> None:
    refused_for(bearer("ben"), "requests/", {field: value}, field)


@pytest.mark.parametrize(
    ("who", "path", "field", "value", "body"),
    [
        ("esther", "standards/", "capability", "unknown", REVISION),
        ("ben", "proposals/", "capability", "unknown", PROPOSAL),
        ("ben", "proposals/", "replaces", UNKNOWN, PROPOSAL | {"capability": "tracking"}),
        ("esther", "tools/", "supported_by", "nobodys", {"tool": "tool:coe/mlflow"}),
    ],
)
def test_so_it_is_where_standards_and_tools_are_written(
    people: People, bearer: Bearer, who: str, path: str, field: str, value: object, body: dict[str, Any]
) -> None:
    making.tool(people, "mlflow")
    making.capability(people)
    refused_for(bearer(who), path, body | {field: value}, field)


@pytest.mark.parametrize(
    ("move", "field", "value", "body"),
    [
        ("verdict/", "alternative", NONE, {"approves": False, "comment": "No."}),
        ("verdict/", "step", UNKNOWN, {"approves": True}),
        ("conditions/", "owner", "nobody", {"text": "Export all runs.", "due": "2098-01-01T00:00:00Z"}),
    ],
)
def test_so_it_is_in_a_review(
    people: People, bearer: Bearer, move: str, field: str, value: object, body: dict[str, Any]
) -> None:
    request = making.in_review(people, making.tool(people, "wandb"))
    step = {"step": making.step(request, "central").pk} if move == "verdict/" else {}
    refused_for(bearer("dmitri"), f"requests/{request.pk}/{move}", {**step, **body, field: value}, field)
