"""What a body names and nobody knows makes that field wrong; the address was right."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.traces import nothing_changes


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("environments", ["nowhere"]),
        ("support_owner", "nobodys"),
        ("capability", "unknown"),
        ("tool", "tool:coe/none"),
    ],
)
def test_an_unknown_name_is_the_fields_fault(
    bearer: Callable[[str], Client], field: str, value: object
) -> None:
    client = bearer("ben")
    with nothing_changes():
        answer = client.post("/api/v1/tooling/requests/", {field: value}, content_type="application/json")
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
