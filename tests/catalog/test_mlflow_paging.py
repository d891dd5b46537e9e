"""A registry that changes between two pages: nothing is taken for gone that only moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mlflow import MlflowClient

from apps.catalog.sources.base import EntityRecord, Record, Refusal, ScopeDone, ScopeFailed, VersionRecord
from apps.catalog.sources.mlflow import MlflowConfig, MlflowSource
from apps.catalog.sources.mlflow.paging import UnsteadyError, one_row_back, steady_pages
from portal.demo_mlflow import MlflowServer
from tests.mlflow_server import fill

pytestmark = pytest.mark.mlflow

NAMES = [f"model-{number:05d}" for number in range(7)]
Change = Callable[[], Any]


@pytest.fixture
def registry(mlflow_registry: MlflowServer) -> MlflowClient:
    """Seven models with two versions each."""
    fill(mlflow_registry.directory, models=len(NAMES), versions=2, experiments=2)
    return MlflowClient(mlflow_registry.url, mlflow_registry.url)


@pytest.fixture
def sweep(mlflow_registry: MlflowServer) -> Callable[..., list[Record]]:
    """A sweep in pages of three rows; `changes` says what happens before a request, by its number from 0."""

    def run(changes: dict[int, Change] | None = None, **options: int) -> list[Record]:
        sizes = {"model_page": 3, "version_page": 3, "run_batch": 2} | options
        source = MlflowSource(MlflowConfig(tracking_uri=mlflow_registry.url, **sizes))
        read, pending, count = source._api._read, dict(changes or {}), iter(range(10_000))

        def changing(*arguments: Any) -> dict[str, Any]:
            pending.pop(next(count), lambda: None)()
            return read(*arguments)

        source._api._read = changing  # type: ignore[method-assign]
        return list(source.sweep())

    return run


def models(records: list[Record]) -> list[str]:
    return [record.key for record in records if isinstance(record, EntityRecord)]


def versions(records: list[Record]) -> list[tuple[str, str]]:
    return [(record.entity_key, record.version) for record in records if isinstance(record, VersionRecord)]


def ended(records: list[Record], scope: str) -> ScopeDone | ScopeFailed:
    return next(r for r in records if isinstance(r, ScopeDone | ScopeFailed) and r.scope == scope)


def test_small_pages_show_what_one_page_shows(
    registry: MlflowClient, sweep: Callable[..., list[Record]]
) -> None:
    small = sweep()
    assert models(small) == NAMES
    assert small == sweep(model_page=1000, version_page=10_000, run_batch=250)


def test_a_deletion_before_the_seam_hides_nothing(
    registry: MlflowClient, sweep: Callable[..., list[Record]]
) -> None:
    records = sweep({1: lambda: registry.delete_registered_model(NAMES[0])})
    assert models(records) == NAMES[1:]
    assert ended(records, "models") == ScopeDone("models", 6)


def test_an_insertion_before_the_seam_repeats_nothing(
    registry: MlflowClient, sweep: Callable[..., list[Record]]
) -> None:
    records = sweep({1: lambda: registry.create_registered_model("a-new-one")})
    assert models(records) == NAMES
    assert ended(records, "models") == ScopeDone("models", 7)


def test_a_rename_between_two_pages_shows_the_new_name_only(
    registry: MlflowClient, sweep: Callable[..., list[Record]]
) -> None:
    registry.set_registered_model_tag(NAMES[1], "coe.entity_id", "9")
    records = sweep({1: lambda: registry.rename_registered_model(NAMES[1], "z-renamed")})
    assert models(records) == [NAMES[0], *NAMES[2:], "z-renamed"]
    assert not [record for record in records if isinstance(record, Refusal)]
    assert ("z-renamed", "2") in versions(records)


def test_a_registry_that_never_rests_ends_no_scope(
    registry: MlflowClient, sweep: Callable[..., list[Record]]
) -> None:
    for number in range(3):
        registry.create_registered_model(f"aa-{number}")
    # each reading takes five pages; something goes before the second page of each
    records = sweep(
        {
            1: lambda: registry.delete_registered_model("aa-0"),
            6: lambda: registry.delete_registered_model("aa-1"),
            10: lambda: registry.delete_registered_model("aa-2"),
        }
    )
    failed = ended(records, "models")
    assert isinstance(failed, ScopeFailed)
    assert "changed during each of 3 readings" in failed.reason
    assert set(NAMES) <= set(models(records))


def test_versions_that_move_up_are_read(registry: MlflowClient, sweep: Callable[..., list[Record]]) -> None:
    first_of_versions = 4  # three pages of models and one of prompts come before
    records = sweep({first_of_versions + 1: lambda: registry.delete_model_version(NAMES[0], "1")})
    assert set(versions(records)) >= {(name, version) for name in NAMES for version in "12"} - {
        (NAMES[0], "1")
    }
    assert len(versions(records)) == len(set(versions(records)))
    assert isinstance(ended(records, "versions"), ScopeDone)


def test_a_model_born_after_its_listing_comes_with_its_versions(
    registry: MlflowClient, sweep: Callable[..., list[Record]]
) -> None:
    def born() -> None:
        registry.create_registered_model("late")
        registry.create_model_version("late", "s3://bucket/late", await_creation_for=0)
        registry.register_prompt("late-prompt", "Dear {{name}}")

    records = sweep({4: born})
    assert {"late", "late-prompt"} <= set(models(records))
    assert {("late", "1"), ("late-prompt", "1")} <= set(versions(records))
    assert records.index(
        next(r for r in records if isinstance(r, EntityRecord) and r.key == "late")
    ) < records.index(next(r for r in records if isinstance(r, VersionRecord) and r.entity_key == "late"))


def test_a_model_renamed_between_its_listing_and_its_versions_loses_none(
    registry: MlflowClient, sweep: Callable[..., list[Record]]
) -> None:
    registry.set_registered_model_tag(NAMES[1], "coe.entity_id", "9")
    records = sweep({4: lambda: registry.rename_registered_model(NAMES[1], "z-renamed")})
    failed = ended(records, "versions")
    assert isinstance(failed, ScopeFailed)
    assert "z-renamed" in failed.reason
    assert "z-renamed" not in models(records)


def test_rights_that_hide_the_row_at_the_seam_cost_a_second_reading_only() -> None:
    """As MLflow's own permissions do: rows are taken out of a page after its offsets were counted."""
    rows, hidden, reads = [{"name": str(number)} for number in range(10)], {"2", "3"}, []

    def read(token: str) -> dict[str, Any]:
        reads.append(token)
        start = 0 if not token else OFFSETS.index(token)
        shown = [row for row in rows[start : start + 3] if row["name"] not in hidden]
        return {"rows": shown} | ({"next_page_token": OFFSETS[start + 3]} if start + 3 < len(rows) else {})

    pages = list(steady_pages(read, "rows", lambda row: row["name"]))
    assert {row["name"] for page in pages for row in page.rows} == {
        str(number) for number in range(10)
    } - hidden
    assert {page.reading for page in pages} == {0, 1}


def test_tokens_of_another_kind_are_followed_and_read_twice() -> None:
    pages = {"": ["a", "b"], "t1": ["c", "d"], "t2": ["e"]}
    following = {"": "t1", "t1": "t2", "t2": ""}

    def read(token: str) -> dict[str, Any]:
        return {"rows": [{"name": name} for name in pages[token]], "next_page_token": following[token]}

    shown = [row["name"] for page in steady_pages(read, "rows", lambda row: row["name"]) for row in page.rows]
    assert shown == list("abcde") * 2
    pages["t1"] = [f"c{len(pages)}", "d"]
    counter = iter(range(10))

    def moving(token: str) -> dict[str, Any]:
        return read(token) | ({"rows": [{"name": f"new-{next(counter)}"}]} if token == "t2" else {})

    with pytest.raises(UnsteadyError):
        list(steady_pages(moving, "rows", lambda row: row["name"]))


@pytest.mark.parametrize(
    "token", ["", "x", "é", "e30=", "W10=", "eyJvZmZzZXQiOiAwfQ==", "eyJvZmZzZXQiOiAieCJ9"]
)
def test_only_mlflows_own_tokens_are_moved(token: str) -> None:
    assert one_row_back(token) is None


def test_a_token_is_moved_by_one_row() -> None:
    from mlflow.utils.search_utils import SearchUtils

    moved = one_row_back(SearchUtils.create_page_token(1000).decode())
    assert SearchUtils.parse_start_offset_from_page_token(moved) == 999


def offset_token(offset: int) -> str:
    import base64

    return base64.b64encode(b'{"offset":%d}' % offset).decode()


OFFSETS = [offset_token(number) for number in range(20)]
