"""One reading of a whole registry: models and prompts, then their versions with what their runs say.

MLflow hides prompts from a search that does not ask for them, so each of the two listings is read twice, once
for each kind. Models are few and kept until their listing has ended; versions pass through page by page. The
listings are not of one moment: a model that appears only among the versions is looked up by name, and when it
proves to be a known one under a new name, nothing may be concluded from the versions of this sweep.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from apps.catalog.sources.base import (
    EntityRecord,
    Record,
    Refusal,
    ScopeDone,
    ScopeFailed,
    SourceFailed,
    VersionRecord,
)
from apps.catalog.sources.mlflow.client import Json, MlflowApi, ReadError
from apps.catalog.sources.mlflow.config import MlflowConfig
from apps.catalog.sources.mlflow.paging import Page, steady_pages
from apps.catalog.sources.mlflow.rows import (
    ENTITY_ID_TAG,
    UnreadableError,
    model_id_of,
    model_record,
    name_of,
    run_id_of,
    version_key,
    version_record,
)
from apps.catalog.sources.mlflow.runs import RunReader

IS_PROMPT = "tags.`mlflow.prompt.is_prompt` = 'true'"
KINDS = ("", IS_PROMPT)
NAMES_AT_ONCE = 100
MOST_LATE_NAMES = 1000


class Sweep:
    """What one sweep knows so far; used once."""

    def __init__(self, api: MlflowApi, config: MlflowConfig) -> None:
        self._api = api
        self._config = config
        self._runs = RunReader(api, config.run_batch)
        self._known: set[str] = set()  # models yielded; versions of others are not
        self._seen: set[str] | None = None  # all models looked at, None after an incomplete listing
        self._adopted: dict[int, str] = {}
        self._renamed: list[str] = []

    def records(self) -> Iterator[Record]:
        yield from self._models()
        yield from self._versions()
        if self._runs.failure:
            yield ScopeFailed("runs", self._runs.failure)
        else:
            yield ScopeDone("runs", self._runs.rows)

    # -- models --------------------------------------------------------------------------------------------

    def _models(self) -> Iterator[Record]:
        rows: dict[str, Json] = {}
        failure: ReadError | None = None
        try:
            for condition in KINDS:
                self._read_models(condition, rows)
        except ReadError as error:
            failure = error
        if failure and not rows:
            raise SourceFailed("registered models", failure.reason)
        self._seen = None if failure else set(rows)
        yield from self._entities(rows.values())
        yield ScopeFailed("models", failure.reason) if failure else ScopeDone("models", len(self._known))

    def _read_models(self, condition: str, rows: dict[str, Json]) -> None:
        """Adds the rows of the last reading by name; only the fields that records need survive the page."""
        mine: set[str] = set()
        number = 0
        for page in self._pages("registered-models", condition, self._config.model_page, name_of):
            if page.reading > number:
                for name in mine:
                    del rows[name]
                mine, number = set(), page.reading
            rows.update((name_of(row), slim(row)) for row in page.rows)
            mine.update(map(name_of, page.rows))

    def _entities(self, rows: Iterable[Json]) -> Iterator[EntityRecord | Refusal]:
        drafts: list[EntityRecord] = []
        for row in rows:
            try:
                record, refusal = self._record(row)
            except UnreadableError as error:
                yield error.refusal
                continue
            drafts.append(record)
            if refusal:
                yield refusal
        yield from self._without_copies(drafts)

    def _record(self, row: Json) -> tuple[EntityRecord, Refusal | None]:
        return model_record(row, self._config.address, self._config.owner_tags)

    def _without_copies(self, drafts: list[EntityRecord]) -> Iterator[EntityRecord | Refusal]:
        """An id on several models says nothing: a person copied the tag. It is ignored on all of them."""
        carriers = Counter(draft.adopted_id for draft in drafts if draft.adopted_id)
        for draft in drafts:
            self._known.add(draft.key)
            if draft.adopted_id and carriers[draft.adopted_id] > 1:
                yield Refusal(draft.key, copied(draft.adopted_id))
                yield replace(draft, adopted_id=None)
                continue
            if draft.adopted_id:
                self._adopted[draft.adopted_id] = draft.key
            yield draft

    # -- versions ------------------------------------------------------------------------------------------

    def _versions(self) -> Iterator[Record]:
        shown: set[tuple[str, str]] = set()
        count = 0
        try:
            for condition in KINDS:
                for page in self._pages("model-versions", condition, self._config.version_page, version_key):
                    yield from self._late_models(page.rows, condition)
                    for record in self._page_of_versions(page.rows, shown):
                        count += isinstance(record, VersionRecord)
                        yield record
        except ReadError as failure:
            yield ScopeFailed("versions", failure.reason)
            return
        yield (
            ScopeFailed("versions", renamed(self._renamed)) if self._renamed else ScopeDone("versions", count)
        )

    def _page_of_versions(
        self, rows: list[Json], shown: set[tuple[str, str]]
    ) -> Iterator[VersionRecord | Refusal]:
        fresh = [row for row in rows if self._belongs(row) and version_key(row) not in shown]
        shown.update(map(version_key, fresh))
        for start in range(0, len(fresh), self._config.run_batch):
            yield from version_records(fresh[start : start + self._config.run_batch], self._runs)

    def _belongs(self, row: Json) -> bool:
        return self._seen is None or name_of(row) in self._known

    def _late_models(self, rows: list[Json], condition: str) -> Iterator[Record]:
        """Models that came, or came under a new name, after their own listing was read."""
        if self._seen is None:
            return
        late = sorted({name_of(row) for row in rows} - self._seen - {""})
        self._seen.update(late)
        if len(late) > MOST_LATE_NAMES:
            raise ReadError(
                f"{len(late)} models appeared while the registry was read; the next sweep reads them."
            )
        for start in range(0, len(late), NAMES_AT_ONCE):
            for row in self._named(late[start : start + NAMES_AT_ONCE], condition):
                yield from self._late_model(row)

    def _named(self, names: list[str], condition: str) -> list[Json]:
        return named(self._api, names, condition)

    def _late_model(self, row: Json) -> Iterator[Record]:
        try:
            record, refusal = self._record(row)
        except UnreadableError as error:
            yield error.refusal
            return
        if record.adopted_id in self._adopted:
            self._renamed.append(record.key)
            return
        self._known.add(record.key)
        yield record
        if refusal:
            yield refusal

    def _pages(
        self, what: str, condition: str, size: int, key_of: Callable[[Json], object]
    ) -> Iterator[Page]:
        return pages_of(self._api, what, condition, size, key_of)


def pages_of(
    api: MlflowApi, what: str, condition: str, size: int, key_of: Callable[[Json], object]
) -> Iterator[Page]:
    order = ["name ASC"] if what == "registered-models" else ["name ASC", "version_number ASC"]
    wanted = {"filter": condition} if condition else {}

    def read(token: str) -> Json:
        following = {"page_token": token} if token else {}
        return api.get(f"{what}/search", max_results=size, order_by=order, **wanted, **following)

    return steady_pages(read, what.replace("-", "_"), key_of)


def named(api: MlflowApi, names: list[str], condition: str) -> list[Json]:
    """The models of these names that exist; one request. Names that the filter cannot quote are left out."""
    quoted = ", ".join(f"'{name}'" for name in names if can_be_quoted(name))
    if not quoted:
        return []
    wanted = f"name IN ({quoted})" + (f" AND {condition}" if condition else "")
    rows = api.get("registered-models/search", max_results=len(names), filter=wanted).get(
        "registered_models", []
    )
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def can_be_quoted(name: str) -> bool:
    return not set("'\"`\\;") & set(name)


def slim(row: Json) -> Json:
    """Without the copies of the latest versions, which are half of a page."""
    return {name: value for name, value in row.items() if name != "latest_versions"}


def version_records(rows: list[Json], runs: RunReader) -> Iterator[VersionRecord | Refusal]:
    wanted = [(run_id_of(row), model_id_of(row)) for row in rows]
    facts = runs.facts(wanted)
    for row, pair in zip(rows, wanted, strict=True):
        try:
            yield version_record(row, facts.get(pair))
        except UnreadableError as error:
            yield error.refusal


def copied(adopted_id: int) -> str:
    return (
        f"Its tag {ENTITY_ID_TAG} ({adopted_id}) stands on other models too and was ignored on all of them."
        " Remove it where it was copied to."
    )


def renamed(names: list[str]) -> str:
    listed = ", ".join(names[:5]) + (" and others" if len(names) > 5 else "")
    return f"Renamed while the registry was read: {listed}. The next sweep reads their versions."
