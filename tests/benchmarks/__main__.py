"""All benchmarks in one run: `python -m tests.benchmarks`. Prints the machine and one table, writes nothing.

`--only catalog_pages,lineage` runs some; `--entities 20000` makes the large catalog smaller, `--pages` the wiki.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from tests.benchmarks.database import catalog_of, portal_on_throwaway, tooling_of, wiki_of
from tests.benchmarks.figures import Figure, machine, table

T = TypeVar("T")
SMALL = 1_000
ON_CATALOGS = ("access_filter", "catalog_pages", "lineage", "web_process", "mlflow_import")
ON_WIKI = ("wiki_search", "wiki_rendering")
ON_TOOLING = ("tooling_http",)
ALONE = ("pods", "mlflow_sweep", "tooling_decide", "planning")
ALL = ON_CATALOGS + ON_WIKI + ON_TOOLING + ALONE


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entities", type=int, default=100_000)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--only", default=",".join(ALL))
    options = parser.parse_args()
    chosen = set(options.only.split(","))
    if unknown := chosen - set(ALL):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    print(machine(), flush=True)
    figures: list[Figure] = []
    try:
        figures.extend(measured(chosen, options.entities, options.pages))
    finally:  # what was measured before an error is shown all the same
        print(table(figures))


def measured(chosen: set[str], entities: int, pages: int) -> Iterator[Figure]:
    with portal_on_throwaway() as url:
        if chosen & set(ON_CATALOGS):
            small = _told(f"{SMALL:,} entities", lambda: catalog_of(SMALL))
            large = _told(f"{entities:,} entities", lambda: catalog_of(entities))
            yield from _on_catalogs(chosen, url, small, large)
        if chosen & set(ON_WIKI):
            _told(f"{pages:,} pages", lambda: wiki_of(pages))
            yield from _on_wiki(chosen)
        if chosen & set(ON_TOOLING):
            name = _told("1,000 standards, 10,000 grants", lambda: tooling_of(SMALL))
            yield from _on_tooling(url, name)
        yield from _alone(chosen)


def _on_catalogs(chosen: set[str], url: str, small: str, large: str) -> Iterator[Figure]:
    from tests.benchmarks import access_filter, catalog_pages, lineage, mlflow_import, web_process

    works: dict[str, Callable[[], list[Figure]]] = {
        "access_filter": lambda: access_filter.figures(large),
        "catalog_pages": lambda: catalog_pages.figures(small, large),
        "lineage": lambda: lineage.figures(small, large),
        "web_process": lambda: web_process.figures(url, large),
        "mlflow_import": lambda: mlflow_import.figures(large),
    }
    for name in ON_CATALOGS:
        if name in chosen:
            yield from _told(name, works[name])


def _on_wiki(chosen: set[str]) -> Iterator[Figure]:
    from tests.benchmarks import wiki_rendering, wiki_search

    for name, module in (("wiki_search", wiki_search), ("wiki_rendering", wiki_rendering)):
        if name in chosen:
            yield from _told(name, module.figures)


def _on_tooling(url: str, database: str) -> Iterator[Figure]:
    from tests.benchmarks import tooling_http

    yield from _told("tooling_http", lambda: tooling_http.figures(url, database))


def _alone(chosen: set[str]) -> Iterator[Figure]:
    from tests.benchmarks import mlflow_sweep, planning, pods, tooling_decide

    works: dict[str, Callable[[], list[Figure]]] = {
        "pods": pods.figures,
        "mlflow_sweep": mlflow_sweep.figures,
        "tooling_decide": tooling_decide.figures,
        "planning": planning.figures,
    }
    for name in ALONE:
        if name in chosen:
            yield from _told(name, works[name])


def _told(name: str, work: Callable[[], T]) -> T:
    """Says on the error output what runs, and how long it took."""
    begin = time.perf_counter()
    print(f"{name} ...", file=sys.stderr, flush=True)
    result = work()
    print(f"{name}: {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
    return result


if __name__ == "__main__":
    main()
