"""Metrics, parameters, data and code behind versions: their runs and logged models, read in batches.

Only runs that versions name are asked for, never one by one. The search wants the ids of all experiments, so
these are listed first. Values that belong to the logged model itself win over those of its run, because a
run may have logged several models. A run that the server does not show (deleted for good, or hidden from our
account) leaves its version's fields unknown, not empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from apps.catalog.sources.mlflow.client import Json, MlflowApi, ReadError
from apps.catalog.sources.mlflow.flavours import HISTORY_TAG, Flavours, logged_flavours
from apps.catalog.sources.mlflow.paging import steady_pages
from apps.catalog.sources.mlflow.values import NAME, keyed, number, odd_number, pairs, text

RUN_FIELDS = ("code_commit", "author", "metrics", "params", "datasets", "flavours")
COMMIT_TAG = "mlflow.source.git.commit"
USER_TAG = "mlflow.user"
CONTEXT_TAG = "mlflow.data.context"
EXPERIMENT_PAGE = 5000
MOST_DATASETS = 100
SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What one run says about a version. `not_numbers` names metrics that are NaN or infinite."""

    metrics: dict[str, float] = field(default_factory=dict)
    not_numbers: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    datasets: tuple[dict[str, str], ...] = ()
    code_commit: str = ""
    author: str = ""
    flavours: dict[str, Flavours] = field(default_factory=dict)  # by logged model, as `logged_flavours`

    def with_model(self, other: RunFacts) -> RunFacts:
        """The same with the values of the logged model over them."""
        return replace(
            self,
            metrics={name: value for name, value in self.metrics.items() if name not in other.not_numbers}
            | other.metrics,
            not_numbers={name: value for name, value in self.not_numbers.items() if name not in other.metrics}
            | other.not_numbers,
            params=self.params | other.params,
        )


class RunReader:
    """Reads runs for one sweep. After the first failure it asks no more; `failure` then says why."""

    def __init__(self, api: MlflowApi, batch: int) -> None:
        self._api = api
        self._batch = batch
        self._experiments: list[str] | None = None
        self._has_logged_models = True
        self.failure = ""
        self.rows = 0

    def facts(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], RunFacts]:
        """Facts for pairs of run id and logged-model id (either may be empty); unknown pairs are left out."""
        pairs_wanted = set(wanted)
        try:
            runs = dict(self._runs({run for run, _ in pairs_wanted if run}))
            models = dict(self._models({model for _, model in pairs_wanted if model}))
        except ReadError as failure:
            self.failure = self.failure or failure.reason
            return {("", ""): RunFacts()}
        runs[""] = RunFacts()
        none = RunFacts()
        return {
            (run, model): runs[run].with_model(models.get(model, none))
            for run, model in pairs_wanted
            if run in runs
        }

    def _runs(self, ids: set[str]) -> Iterator[tuple[str, RunFacts]]:
        for row in self._found("runs", "attributes.run_id", ids, {"run_view_type": "ALL"}):
            info = row.get("info")
            if isinstance(info, dict) and isinstance(run_id := info.get("run_id"), str):
                self.rows += 1
                yield run_id, run_facts(row, info)

    def _models(self, ids: set[str]) -> Iterator[tuple[str, RunFacts]]:
        """Servers before 3.0 have no logged models: their 404 is no failure."""
        if not self._has_logged_models:
            return
        try:
            rows = self._found("logged-models", "model_id", ids, {})
        except ReadError as failure:
            if failure.status != 404:
                raise
            self._has_logged_models = False
            return
        for row in rows:
            info = row.get("info")
            if isinstance(info, dict) and isinstance(model_id := info.get("model_id"), str):
                yield model_id, values_of(row)

    def _found(self, what: str, attribute: str, ids: set[str], more: Json) -> list[Json]:
        safe = sorted(name for name in ids if SAFE_ID.fullmatch(name))
        if self.failure and safe:
            raise ReadError(self.failure)
        return [
            row
            for start in range(0, len(safe), self._batch)
            for row in self._search(what, attribute, safe[start : start + self._batch], more)
        ]

    def _search(self, what: str, attribute: str, ids: list[str], more: Json) -> list[Json]:
        listed = ", ".join(f"'{name}'" for name in ids)
        body = {
            "experiment_ids": self._all_experiments(),
            "filter": f"{attribute} IN ({listed})",
            "max_results": len(ids),
        }
        answer = self._api.post(f"{what}/search", body | more)
        rows = answer.get("models" if what == "logged-models" else what, [])
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _all_experiments(self) -> list[str]:
        if self._experiments is None:
            self._experiments = list(experiment_ids(self._api))
        return self._experiments


def experiment_ids(api: MlflowApi) -> Iterator[str]:
    """Deleted ones too, in order of creation, so that new ones come at the end."""
    listing = steady_pages(experiment_page(api), "experiments", experiment_id)
    yield from {found: None for page in listing for row in page.rows if (found := experiment_id(row))}


def experiment_page(api: MlflowApi, size: int = EXPERIMENT_PAGE) -> Callable[[str], Json]:
    def read(token: str) -> Json:
        following = {"page_token": token} if token else {}
        return api.get(
            "experiments/search", view_type="ALL", order_by="creation_time ASC", max_results=size, **following
        )

    return read


def experiment_id(row: Json) -> str:
    return text(row.get("experiment_id"), 63)


def run_facts(row: Json, info: Json) -> RunFacts:
    data = row.get("data")
    inputs = row.get("inputs")
    tags = {key: tag.get("value") for key, tag in keyed(data.get("tags"))} if isinstance(data, dict) else {}
    return replace(
        values_of(row),
        datasets=datasets(inputs.get("dataset_inputs") if isinstance(inputs, dict) else None),
        code_commit=text(tags.get(COMMIT_TAG), 64),
        author=text(tags.get(USER_TAG), 150) or text(info.get("user_id"), 150),
        flavours=logged_flavours(tags.get(HISTORY_TAG)),
    )


def values_of(row: Json) -> RunFacts:
    """Metrics and parameters, as runs and logged models hold them; the newest value of a metric counts."""
    data = row.get("data")
    if not isinstance(data, dict):
        return RunFacts()
    newest: dict[str, Json] = {}
    for key, metric in keyed(data.get("metrics")):
        if key not in newest or age(metric) >= age(newest[key]):
            newest[key] = metric
    numbers = {key: number(metric.get("value")) for key, metric in newest.items()}
    return RunFacts(
        metrics={key: value for key, value in numbers.items() if value is not None},
        not_numbers={
            key: odd_number(newest[key].get("value")) for key, value in numbers.items() if value is None
        },
        params=pairs(data.get("params")),
    )


def age(metric: Json) -> tuple[float, float]:
    return number(metric.get("step")) or 0.0, number(metric.get("timestamp")) or 0.0


def datasets(rows: Any) -> tuple[dict[str, str], ...]:
    """Name and digest of each, with `"context"` (training, evaluation) where MLflow says it; sorted."""
    found = set()
    for row in rows[:MOST_DATASETS] if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(dataset := row.get("dataset"), dict):
            context = pairs(row.get("tags")).get(CONTEXT_TAG, "")
            found.add((text(dataset.get("name"), NAME), text(dataset.get("digest"), 63), text(context, 63)))
    return tuple(
        {"name": name, "digest": digest} | ({"context": context} if context else {})
        for name, digest, context in sorted(found)
        if name
    )
