"""Which libraries a logged model needs, read from what MLflow notes at its run; hostile notes say nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apps.catalog.sources.mlflow.flavours import flavours_of, logged_flavours

SKLEARN = {
    "model_uuid": "m-1",
    "artifact_path": "model",
    "flavors": {
        "python_function": {"python_version": "3.11.7", "loader_module": "mlflow.sklearn"},
        "sklearn": {"sklearn_version": "1.5.0", "serialization_format": "cloudpickle"},
    },
}
BOOST = {
    "model_uuid": "m-2",
    "artifact_path": "challenger",
    "flavors": {"xgboost": {"xgb_version": "2.1.0"}, "onnx": {}},
}


def test_a_version_gets_the_flavours_of_its_own_model() -> None:
    logged = logged_flavours(json.dumps([SKLEARN, BOOST]))
    assert flavours_of(logged, "m-1", "models:/m-1") == {"sklearn": "1.5.0"}
    assert flavours_of(logged, "m-2", "models:/m-2") == {"xgboost": "2.1.0", "onnx": ""}
    by_path = flavours_of(logged, "", "mlflow-artifacts:/1/run/artifacts/challenger/")
    assert by_path == {"xgboost": "2.1.0", "onnx": ""}
    assert flavours_of(logged, "m-3", "models:/m-3") == {}  # several models, none of them this one


def test_the_only_model_of_a_run_is_meant() -> None:
    logged = logged_flavours(json.dumps([SKLEARN]))
    assert flavours_of(logged, "m-9", None) == {"sklearn": "1.5.0"}


@pytest.mark.parametrize(
    "history",
    [
        None, 5, "", "{",
        "[" * 90_000, "[" * 200_000, "{}", "[1, null]", '[{"flavors": []}]', '[{"flavors": {"a b": 1}}]',
        json.dumps([{"flavors": {"x" * 80: {}}}]), json.dumps([{"model_uuid": {}, "flavors": {"python_function": 3}}]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_nothing(history: Any) -> None:
    logged = logged_flavours(history)
    assert flavours_of(logged, "m-1", "models:/m-1") == {}


def test_an_odd_version_is_left_open() -> None:
    odd = {
        "model_uuid": "m-1",
        "flavors": {"keras": {"keras_version": "1\u202e0"}, "spacy": {"spacy_version": 3}},
    }
    assert flavours_of(logged_flavours(json.dumps([odd])), "m-1", "") == {"keras": "", "spacy": ""}
